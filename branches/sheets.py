"""Branches, by their name at their seat; what they cover stands in one cell, their partners in another."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from branches import services
from branches.models import Branch, BranchGrid, ChiefTitle, SiteKind
from branches.services import Bringing
from branches.services.branches import delete_branches, seat_code
from grids.access import visible_people
from grids.models import Grid, Organisation, User
from grids.sheets import cells
from grids.sheets.grids import CODE
from grids.sheets.kinds import ADDED, CHANGED, Column, Kind, Row, Run, field_problem
from grids.sheets.places import find_grids, several_text, successors_of, unknown_text
from grids.tree import ancestor_codes

KIND_WORDS = {"单独建": "solo", "单独组建": "solo", "联合": "joint", "联合组建": "joint", "联合建": "joint"}
SITE_WORDS = {
    "公安派出所": SiteKind.POLICE_STATION, "市场监督管理所": SiteKind.MARKET_REGULATION_OFFICE,
    "市场所": SiteKind.MARKET_REGULATION_OFFICE, "党群中心": SiteKind.PARTY_SERVICE_CENTRE,
    "社区党群服务中心": SiteKind.PARTY_SERVICE_CENTRE, "物业": SiteKind.PROPERTY_COMPANY,
    "物业公司": SiteKind.PROPERTY_COMPANY,
}  # fmt: skip
read_kind = cells.Choice(Branch.Kind, KIND_WORDS)
read_site = cells.Choice(SiteKind, SITE_WORDS)
DESCRIBED = ("kind", "site_kind", "site_address", "member_count", "founded_on")
LED = ("secretary", "chief_title", "deputy")
FIELDS = (*DESCRIBED, *LED, "grids", "partners")


def read_codes(raw: cells.Raw) -> list[str]:
    """Codes with 、 between them, in their order."""
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return [cells.code(raw)]
    return sorted({cells.code(part) for part in cells.SEPARATORS.split(cells.text(raw)) if cells.plain(part)})


def read_partners(raw: cells.Raw) -> list[list[str]]:
    """“name：what it brings”, with ； between them."""
    found = []
    for part in re.split("[;；]", cells.text(raw)):
        name, _sign, brings = unicodedata.normalize("NFKC", part).replace(":", "：", 1).partition("：")
        if name.strip():
            found.append([name.strip(), brings.strip()])
    return sorted(found)


def write_partners(partners: list[list[str]]) -> str:
    return "；".join(f"{name}：{brings}" if brings else name for name, brings in partners)


class BranchSheet(Kind):
    key = "branches"
    title = gettext_lazy("Party branches")
    columns = (
        Column(
            "code",
            pgettext_lazy("column", "code of the seat"),
            ("所在网格编码", *CODE.synonyms),
            read=cells.code,
            is_required=True,
            example="150105001001",
            help=gettext_lazy("The community that holds all that it covers, or the lowest grid above that does."),
        ),
        Column(
            "name",
            pgettext_lazy("column", "branch"),
            ("支部名称", "党支部名称", "党支部", "名称"),
            is_required=True,
            example="健康社区第1网格党支部",
        ),
        Column(
            "kind",
            pgettext_lazy("column", "way it is built"),
            ("组建方式", "建设方式", "类型"),
            read=read_kind,
            write=read_kind.write,
            example="单建",
        ),
        Column(
            "grids",
            pgettext_lazy("column", "codes of the covered grids"),
            ("覆盖网格", "覆盖网格编码", "覆盖楼栋", "覆盖楼栋编码"),
            read=read_codes,
            write="、".join,
            example="1501050010010001、1501050010010002",
            help=gettext_lazy("With 、 between them. Left empty, they stay as they are; a new branch needs them."),
        ),
        Column(
            "site_kind",
            pgettext_lazy("column", "kind of site"),
            ("阵地类型", "阵地"),
            read=read_site,
            write=read_site.write,
            example="党群服务中心",
        ),
        Column(
            "site_address", pgettext_lazy("column", "address of the site"), ("阵地地址", "地址"), example="健康街 8 号"
        ),
        Column(
            "secretary",
            pgettext_lazy("column", "username of the secretary"),
            ("书记用户名", "书记账号", "书记"),
            read=cells.word,
            example="wangjianguo",
            help=gettext_lazy("Of somebody who is there; people are entered with the sheet of posts."),
        ),
        Column(
            "chief_title",
            pgettext_lazy("column", "which of the five chiefs"),
            ("五长", "五长职务", "书记职务"),
            example="派出所所长",
        ),
        Column(
            "deputy",
            pgettext_lazy("column", "username of the deputy"),
            ("副书记用户名", "副书记账号", "副书记"),
            read=cells.word,
            example="lixiuying",
        ),
        Column(
            "member_count",
            pgettext_lazy("column", "members"),
            ("党员人数", "党员数"),
            read=cells.count,
            example="12",
        ),
        Column(
            "founded_on",
            pgettext_lazy("column", "founded on"),
            ("成立日期", "成立时间", "组建日期"),
            read=cells.day,
            example="2026-01-05",
        ),
        Column(
            "partners",
            pgettext_lazy("column", "partner organisations"),
            ("共建单位", "联建单位", "共建单位及资源"),
            read=read_partners,
            write=write_partners,
            example="安居物业：提供活动场地；第一小学：开放操场",
            help=gettext_lazy("Name：what it brings, with ； between them; organisations that are there."),
        ),
        Column(
            "dissolved",
            pgettext_lazy("column", "dissolved on"),
            ("撤销日期", "解散日期"),
            read=cells.day,
            is_history=True,
            help=gettext_lazy("Only in exports: such a row is passed over when it is read back."),
        ),
    )

    def check(self, rows: list[Row], run: Run) -> None:
        find_grids(rows, run, self["code"])
        placed = [row for row in rows if row.grid is not None and row.given.get("name")]
        former = self._follow_codes(placed)
        known = _Known([_given(row) for row in placed], run.actor)
        there = _branches([row.grid.pk for row in placed])
        for row in placed:
            branch = there.get((row.grid.pk, row.given["name"]))
            if first := run.claim(row, (row.grid.pk, row.given["name"])):
                row.wrong(self["name"], _("Row %(number)d has the same branch.") % {"number": first})
            self._check_fields(row, run)
            self._check_cover(row, branch, known, run, former)
            self._check_names(row, branch, known)
            if branch:
                before = _present(branch)
                row.compared(branch.pk, before, {key: value for key, value in _given(row).items() if key in before})
            else:
                row.added({"grid": row.grid.code, "name": row.given["name"], **_given(row)})

    def _follow_codes(self, rows: list[Row]) -> "_Former":
        """Let former codes of covered grids with one successor lead there, with a remark, as the seat's does."""
        former = _Former(code for row in rows for code in row.given.get("grids") or ())
        for row in rows:
            codes = row.given.get("grids") or []
            now = {code: former.successor(code) for code in codes}
            row.remarks += [
                _("%(code)s is a former code; today it is %(grid)s.") % {"code": code, "grid": grid}
                for code, grid in now.items()
                if grid
            ]
            if any(now.values()):
                row.given["grids"] = sorted({grid.code if grid else code for code, grid in now.items()})
        return former

    def _check_fields(self, row: Row, run: Run) -> None:
        for key in ("name", "site_address"):
            if row.given.get(key) and (problem := field_problem(Branch, key, row.given[key])):
                row.wrong(self[key], problem)
        if (row.given.get("founded_on") or "") > cells.local_day(run.at):
            row.wrong(self["founded_on"], _("A branch is entered when it has been founded, not before."))

    def _check_cover(self, row: Row, branch: Branch | None, known: "_Known", run: Run, former: "_Former") -> None:
        codes = row.given.get("grids") or []
        if not codes:
            if branch is None and not row.problems:
                row.wrong(self["grids"], _("Write the codes of the grids that it covers."))
            return
        problems = [
            former.problem(code) if code not in known.grids else self._cover_problem(row, code, branch, known, run)
            for code in codes
        ]
        problems = [problem for problem in problems if problem]
        nested = (
            [code for code in codes if any(above in codes for above in ancestor_codes(code))] if not problems else []
        )
        if nested:
            problems.append(_("%(code)s lies inside another grid of this cell.") % {"code": nested[0]})
        if not problems and seat_code(codes) != row.grid.code:
            text = _("Its seat is %(code)s, the lowest grid that holds all of these.")
            row.wrong(self["code"], text % {"code": seat_code(codes)})
        if problems:
            row.wrong(self["grids"], " ".join(problems))

    def _cover_problem(self, row: Row, code: str, branch: Branch | None, known: "_Known", run: Run) -> str:
        grid = known.grids[code]
        if not row.grid.lft <= grid.lft <= row.grid.rght:
            return _("%(grid)s lies outside the seat.") % {"grid": grid}
        owner = known.owners.get(grid.pk)
        if owner and owner != branch:
            return _("%(grid)s has a branch of its own already: %(branch)s.") % {"grid": grid, "branch": owner}
        if first := run.claim(row, ("cover", grid.pk)):
            return _("Row %(number)d covers %(grid)s already.") % {"number": first, "grid": grid}
        return ""

    def _check_names(self, row: Row, branch: Branch | None, known: "_Known") -> None:
        for key in ("secretary", "deputy"):
            username = row.given.get(key)
            if username and not known.person(username, branch):
                row.wrong(self[key], _("There is nobody with this username whom you could appoint."))
        title = row.given.get("chief_title")
        if title and title not in known.titles:
            row.wrong(self["chief_title"], _unknown_title())
        given = _given(row)
        led = {key: given.get(key) or (_present(branch)[key] if branch else "") for key in LED}
        if led["secretary"] and led["secretary"] == led["deputy"]:
            row.wrong(self["deputy"], _("Secretary and deputy are two people."))
        if led["chief_title"] and not led["secretary"]:
            row.wrong(self["chief_title"], _("Choose the secretary whose office this is."))
        for name, brings in row.given.get("partners") or []:
            if problem := known.partner_problem(name, row.grid) or field_problem_of_partner(brings):
                row.wrong(self["partners"], problem)

    def apply(self, rows: list[Row], run: Run) -> None:
        known = _Known([row.values for row in rows], run.actor)
        branches = Branch.objects.in_bulk([row.object_pk for row in rows if row.outcome == CHANGED])
        for row in rows:
            if row.outcome == ADDED:
                row.object_pk = self._found(row, known, run).pk
            elif row.outcome == CHANGED:
                _write(branches[row.object_pk], row.values, known, run)

    def _found(self, row: Row, known: "_Known", run: Run) -> Branch:
        given = row.values
        return services.found_branch(
            actor=run.actor,
            name=given["name"],
            kind=given.get("kind") or Branch.Kind.SOLO,
            grids=[known.grids[code] for code in given["grids"]],
            founded_on=date.fromisoformat(given["founded_on"]) if given.get("founded_on") else None,
            site_kind=given.get("site_kind") or SiteKind.OTHER,
            site_address=given.get("site_address", ""),
            secretary=known.people.get(given.get("secretary")),
            chief_title=known.titles.get(given.get("chief_title")),
            deputy=known.people.get(given.get("deputy")),
            member_count=given.get("member_count") or 0,
            partners=known.bringings(given.get("partners", []), row.grid),
            at=run.at,
        )

    def undo(self, rows: list[Row], run: Run) -> list[str]:
        known = _Known([values for row in rows for values in (row.before, row.values)], run.actor)
        refusals = delete_branches(
            actor=run.actor,
            keys=[row.object_pk for row in rows if row.outcome == ADDED],
            is_changed=_changes({row.object_pk: row.values for row in rows if row.outcome == ADDED}),
            at=run.at,
        )
        for row in rows:
            if row.outcome != CHANGED:
                continue
            branch = Branch.objects.filter(pk=row.object_pk, dissolved_on=None).first()
            if branch is None or _differs(branch, row.values):
                refusals.append(_("%(row)s has been changed since.") % {"row": branch or row.object_pk})
                continue
            try:
                _write(branch, row.before, known, run)
            except ValidationError as error:
                refusals += error.messages
        return refusals

    def export(self, queryset: QuerySet) -> Iterator[dict[str, object]]:
        for branch in _whole(queryset).iterator(chunk_size=500):
            yield {
                "code": branch.grid.code,
                "name": branch.name,
                **_present(branch),
                "dissolved": branch.dissolved_on.isoformat() if branch.dissolved_on else "",
            }


def _whole(queryset: QuerySet[Branch]) -> QuerySet[Branch]:
    return queryset.with_people().prefetch_related("cover__grid", "partners__organisation")


def _branches(seats: Iterable[int]) -> dict[tuple[int, str], Branch]:
    found = _whole(Branch.objects.active().filter(grid__in=set(seats)))
    return {(branch.grid_id, branch.name): branch for branch in found}


def _present(branch: Branch) -> dict[str, object]:
    """What the columns say of a branch as it is."""
    return {
        "kind": branch.kind,
        "grids": sorted(row.grid.code for row in branch.cover.all() if row.until is None),
        "site_kind": branch.site_kind,
        "site_address": branch.site_address,
        "secretary": branch.secretary.username if branch.secretary else "",
        "chief_title": branch.chief_title.name if branch.chief_title else "",
        "deputy": branch.deputy.username if branch.deputy else "",
        "member_count": branch.member_count,
        "founded_on": branch.founded_on.isoformat(),
        "partners": sorted([one.organisation.name, one.brings] for one in branch.partners.all()),
    }


def _given(row: Row) -> dict[str, object]:
    """The fields that the row fills; what it leaves empty stays as it is."""
    return {key: value for key, value in row.given.items() if key in FIELDS and value not in ("", None, [])}


def _differs(branch: Branch, values: dict) -> bool:
    present = _present(branch)
    return any(present[key] != value for key, value in values.items() if key in present)


def _changes(values: dict[int, dict]):
    return lambda branch: _differs(branch, values[branch.pk])


def _write(branch: Branch, values: dict, known: "_Known", run: Run) -> None:
    """Bring a branch to these values, by the services that a person would use."""
    given = _present(branch) | values
    if values.keys() & set(DESCRIBED):
        described = {key: given[key] for key in DESCRIBED} | {"founded_on": date.fromisoformat(given["founded_on"])}
        services.describe_branch(actor=run.actor, branch=branch, name=branch.name, at=run.at, **described)
    if "grids" in values:
        services.cover(actor=run.actor, branch=branch, grids=[known.grids[code] for code in given["grids"]], at=run.at)
    if values.keys() & set(LED):
        services.appoint_leaders(
            actor=run.actor,
            branch=branch,
            secretary=branch.secretary if "secretary" not in values else known.people.get(given["secretary"]),
            chief_title=branch.chief_title if "chief_title" not in values else known.titles.get(given["chief_title"]),
            deputy=branch.deputy if "deputy" not in values else known.people.get(given["deputy"]),
            at=run.at,
        )
    if "partners" in values:
        wanted = known.bringings(given["partners"], branch.grid)
        for partner in branch.partners.exclude(organisation__in=[one.organisation for one in wanted]):
            services.remove_partner(actor=run.actor, partner=partner)
        for one in wanted:
            services.add_partner(actor=run.actor, branch=branch, organisation=one.organisation, brings=one.brings)


def _unknown_title() -> str:
    titles = ChiefTitle.objects.filter(is_active=True).values_list("name", flat=True)
    return _("This word is not known here. Write one of: %(words)s.") % {"words": "、".join(titles)}


def field_problem_of_partner(brings: str) -> str:
    longest = 200
    return (
        _("What a partner brings has at most %(count)d characters.") % {"count": longest}
        if len(brings) > longest
        else ""
    )


class _Former:
    """Those of the codes that no grid in use has: what took their place, and why one leads nowhere."""

    def __init__(self, codes: Iterable[str]):
        codes = set(codes)
        gone = codes - set(Grid.objects.active().filter(code__in=codes).values_list("code", flat=True))
        self._successors = successors_of(gone)
        self._retired = {*self._successors, *Grid.objects.filter(code__in=gone).values_list("code", flat=True)}

    def successor(self, code: str) -> Grid | None:
        """The one grid that took the place of a former code."""
        found = self._successors.get(code, [])
        return found[0] if len(found) == 1 else None

    def problem(self, code: str) -> str:
        found = self._successors.get(code)
        return f"{code}：{several_text(found) if found else unknown_text(code, self._retired)}"


class _Known:
    """What the rows name, read at once."""

    def __init__(self, values: Iterable[dict], actor: User):
        values = list(values)
        codes = {code for one in values for code in one.get("grids", ())}
        self.grids = {grid.code: grid for grid in Grid.objects.active().filter(code__in=codes)}
        covers = BranchGrid.objects.active().filter(grid__code__in=codes).select_related("branch")
        self.owners = {cover.grid_id: cover.branch for cover in covers}
        names = {one[key] for one in values for key in ("secretary", "deputy") if one.get(key)}
        people = User.objects.filter(username__in=names)
        self.people = {user.username: user for user in people}
        may = people.filter(pk__in=visible_people(actor).values("pk"), is_active=True)
        self._appointable = set(may.values_list("username", flat=True))
        self.titles = {title.name: title for title in ChiefTitle.objects.filter(is_active=True)}
        partners = {name for one in values for name, _brings in one.get("partners", ())}
        found = Organisation.objects.active().filter(name__in=partners).select_related("grid")
        self._organisations = list(found.order_by("position"))

    def person(self, username: str, branch: Branch | None) -> User | None:
        """Whom the person may appoint, or who leads the branch already."""
        leads = branch and username in {str(getattr(one, "username", "")) for one in (branch.secretary, branch.deputy)}
        return self.people.get(username) if leads or username in self._appointable else None

    def organisations(self, name: str, seat: Grid) -> list[Organisation]:
        """Of this name at the seat or below; where there is none, on the nearest grid above it."""
        named = [one for one in self._organisations if one.name == name]
        if inside := [one for one in named if seat.lft <= one.position <= seat.rght]:
            return inside
        above = [one for one in named if one.grid.code in ancestor_codes(seat.code)]
        return [one for one in above if len(one.grid.code) == max(len(other.grid.code) for other in above)]

    def partner_problem(self, name: str, seat: Grid) -> str:
        found = self.organisations(name, seat)
        if not found:
            return _("There is no organisation %(name)s here; enter it first.") % {"name": name}
        return _("There are several organisations %(name)s here.") % {"name": name} if len(found) > 1 else ""

    def bringings(self, partners: list[list[str]], seat: Grid) -> list[Bringing]:
        return [Bringing(found[0], brings) for name, brings in partners if (found := self.organisations(name, seat))]
