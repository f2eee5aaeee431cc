"""Members of organisations, each with the community that they report to, what they offer and when."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from grids.access import EVERYTHING, managed_ranges, visible_organisations, visible_people
from grids.models import Grid, Level, Organisation, User
from grids.sheets import cells
from grids.sheets.grids import CODE
from grids.sheets.kinds import ADDED, CHANGED, Column, Kind, Row, Run
from grids.sheets.people import People, check_person, create_people, take_note
from grids.sheets.places import find_grids
from volunteers.enrolments.access import represented
from volunteers.enrolments.cells import read_community, read_skills, read_times, write_skills, write_times
from volunteers.models import MemberEnrolment, Skill
from volunteers.services.enrolling import change_member_offers, create_member_enrolments, delete_member_enrolments
from volunteers.services.enrolments import YEARS, elsewhere_text
from volunteers.services.offers import Giving
from volunteers.times import ANY_TIME

# What people leave out of a community's name.
ENDINGS = ("", "居委会", "社区居委会", "村委会", "嘎查村委会")
OFFERED = ("skills", "times")


class MemberSheet(Kind):
    key = "members"
    title = gettext_lazy("Members for double check-in")
    main = "community"
    columns = (
        Column(
            "community",
            pgettext_lazy("column", "community"),
            ("报到社区", "所在社区", "社区名称", "社区编码", *CODE.synonyms),
            read=read_community,
            is_required=True,
            example="150105001001",
            help=gettext_lazy("Where the member lives or serves: the code, or the name where there is one of it."),
        ),
        Column(
            "name",
            pgettext_lazy("column", "person's name"),
            ("姓名", "党员姓名", "人员姓名"),
            is_required=True,
            example="王建国",
        ),
        Column(
            "username",
            pgettext_lazy("column", "username"),
            ("用户名", "账号", "登录名", "账户"),
            read=cells.word,
            example="wangjianguo",
            help=gettext_lazy("Tells people of one name apart. Left empty, somebody new gets one from the pinyin."),
        ),
        Column(
            "organisation",
            pgettext_lazy("column", "organisation"),
            ("单位", "单位名称", "所在单位", "党组织", "所在党组织", "工作单位"),
            example="区住房和城乡建设局",
            help=gettext_lazy("Left empty, the one that you represent."),
        ),
        Column(
            "skills",
            pgettext_lazy("column", "skills"),
            ("特长", "技能", "可提供服务", "服务内容", "服务意向"),
            read=read_skills,
            write=write_skills,
            example="家电维修、入户探望",
            help=gettext_lazy("From the list of skills, with 、 between them; 无 for none. Left empty, as they are."),
        ),
        Column(
            "times",
            pgettext_lazy("column", "times"),
            ("服务时间", "可服务时间", "时间"),
            read=read_times,
            write=write_times,
            example="周一至周五晚上、周六全天",
            help=gettext_lazy("Parts of days: 上午, 下午, 晚上, 全天; 随时 for any. Left empty, any time."),
        ),
        Column(
            "since",
            pgettext_lazy("column", "reported on"),
            ("报到日期", "报到时间"),
            read=cells.day,
            example="2026-03-01",
            help=gettext_lazy("Left empty, the day on which the sheet is written."),
        ),
        Column(
            "ended",
            pgettext_lazy("column", "ended on"),
            ("结束日期", "转出日期"),
            read=cells.day,
            is_history=True,
            help=gettext_lazy("Only in exports: such a row is passed over when it is read back."),
        ),
    )

    def may_bring_in(self, user: User) -> bool:
        """Who manages a grid, and who represents an organisation."""
        return super().may_bring_in(user) or (user.is_active and bool(user.represented_positions))

    def collect(self, row: Row, run: Run) -> None:
        take_note(row, run)

    def check(self, rows: list[Row], run: Run) -> None:
        _name_communities(rows, self["community"])
        find_grids(rows, replace(run, ranges=EVERYTHING), self["community"])
        placed = [row for row in rows if row.grid is not None and row.given.get("name")]
        known = _Known(placed, run)
        theirs = _("This username is somebody's outside your reach. Who has an account reports by themselves.")
        people = People(placed, run, known.reachable(), taken=theirs)
        meant = []
        for row in placed:
            check_person(row, self)
            self._check_fields(row, known, run)
            organisation = known.organisation(row, self)
            user = organisation and people.meant(row, self, known.members_of(organisation))
            if user:
                meant.append((row, user, organisation))
        current = _current([user for _row, user, _organisation in meant if user.pk])
        for row, user, organisation in meant:
            self._compare(row, user, organisation, current.get(user.pk), run)

    def _check_fields(self, row: Row, known: "_Known", run: Run) -> None:
        if row.grid.level != Level.COMMUNITY:
            row.wrong(self["community"], _("Choose a community; one reports to no other grid."))
        if unknown := [name for name in row.given.get("skills") or () if name not in known.skills]:
            words = {"word": unknown[0], "words": "、".join(known.skills)}
            row.wrong(self["skills"], _("“%(word)s” is not known. Write one or more of: %(words)s.") % words)
        since = row.given.get("since")
        if since and (int(since[:4]) not in YEARS or since > cells.local_day(run.at)):
            row.wrong(self["since"], _("The day of the report is today or in the past."))

    def _compare(self, row: Row, user: User, organisation: Organisation, now: MemberEnrolment | None, run: Run) -> None:
        if first := run.claim(row, ("member", user.username)):
            row.wrong(self["name"], _("Row %(number)d has the same person.") % {"number": first})
        elif user.pk and not user.is_active:
            row.wrong(self["name"], _("The account of %(user)s has been closed.") % {"user": user})
        elif now and now.grid_id != row.grid.pk:
            row.wrong(self["community"], elsewhere_text(now))
        elif now and now.organisation_id != organisation.pk:
            said = {"organisation": now.organisation, "grid": now.grid.name}
            row.wrong(self["organisation"], _("Enrolled in %(grid)s as of %(organisation)s.") % said)
        elif now:
            before = _offered(now)
            after = {key: row.given[key] for key in OFFERED if row.given.get(key) is not None}
            if not (after.get("skills", before["skills"])):
                after.pop("times", None)
            row.compared(now.pk, before, after)
        else:
            row.added(self._values(row, user, organisation))

    def _values(self, row: Row, user: User, organisation: Organisation) -> dict[str, object]:
        if user.pk is None:
            row.remarks.append(_("New account: %(username)s.") % {"username": user.username})
        skills, times = row.given.get("skills") or [], row.given.get("times")
        if times and not skills:
            row.remarks.append(_("Times count with a skill; without one nothing is offered."))
        return {
            "grid": row.grid.code,
            "community": row.grid.name,
            "name": row.given["name"],
            "username": user.username,
            "organisation": organisation.name,
            "organisation_key": organisation.pk,
            "skills": skills,
            "times": (times or ANY_TIME) if skills else None,
            "since": row.given.get("since") or "",
        }

    def apply(self, rows: list[Row], run: Run) -> None:
        new = [row for row in rows if row.outcome == ADDED]
        users = create_people(new, run)
        organisations = Organisation.objects.in_bulk({row.values["organisation_key"] for row in new})
        skills = _skills()
        enrolments = [
            MemberEnrolment(
                grid=row.grid,
                user=users[row.values["username"]],
                organisation=organisations[row.values["organisation_key"]],
                since=_day(row.values["since"], run),
            )
            for row in new
        ]
        offers = [_givings(row.values, skills) for row in new]
        create_member_enrolments(actor=run.actor, enrolments=enrolments, offers=offers, at=run.at)
        for row, enrolment in zip(new, enrolments, strict=True):
            row.object_pk = enrolment.pk
        self._change({row.object_pk: row.values for row in rows if row.outcome == CHANGED}, run)

    def _change(self, values: dict[int, dict], run: Run) -> None:
        skills, found = _skills(), _with_offers(MemberEnrolment.objects.filter(pk__in=values))
        offers = {one: _givings(_offered(one) | values[one.pk], skills, one) for one in found}
        change_member_offers(actor=run.actor, offers=offers, at=run.at)

    def undo(self, rows: list[Row], run: Run) -> list[str]:
        added = {row.object_pk: row.values for row in rows if row.outcome == ADDED}
        refusals = delete_member_enrolments(
            actor=run.actor,
            keys=list(added),
            is_changed=lambda one: _differs(one, added[one.pk]),
        )
        changed = {row.object_pk: row for row in rows if row.outcome == CHANGED}
        there = {one.pk: one for one in _with_offers(MemberEnrolment.objects.current().filter(pk__in=changed))}
        refusals += [
            _("%(row)s has been changed since.") % {"row": there.get(pk) or pk}
            for pk, row in changed.items()
            if pk not in there or _differs(there[pk], row.values)
        ]
        if not refusals:
            self._change({pk: row.before for pk, row in changed.items()}, run)
        return refusals

    def export(self, queryset: QuerySet) -> Iterator[dict[str, object]]:
        for one in _with_offers(queryset).iterator(chunk_size=500):
            yield {
                "community": one.grid.code,
                "name": one.user.name,
                "username": one.user.username,
                "organisation": one.organisation.name,
                "since": one.since.isoformat(),
                "ended": one.ended_on.isoformat() if one.ended_on else "",
                **_offered(one),
            }


def _name_communities(rows: Iterable[Row], column: Column) -> None:
    """Put the code where a row gives the name of a community; say which are meant where several are called so."""
    named = [row for row in rows if row.given.get(column.key) and not row.given[column.key].isdigit()]
    wanted = {f"{row.given[column.key]}{ending}" for row in named for ending in ENDINGS}
    found = defaultdict(list)
    if wanted:
        for grid in Grid.objects.active().filter(level=Level.COMMUNITY, name__in=wanted).order_by("lft"):
            found[grid.name].append(grid)
    for row in named:
        name = row.given.pop(column.key)
        grids = next((grids for ending in ENDINGS if (grids := found.get(f"{name}{ending}"))), [])
        if len(grids) == 1:
            row.given[column.key] = grids[0].code
        elif grids:
            text = _("Several communities are called so. Write the code: %(grids)s.")
            row.wrong(column, text % {"grids": "、".join(f"{grid.code} {grid.parent.name}" for grid in grids[:9])})
        else:
            row.wrong(column, _("There is no community of this name. Write its code."))


def _with_offers(queryset: QuerySet[MemberEnrolment]) -> QuerySet[MemberEnrolment]:
    return queryset.select_related("grid", "user", "organisation").prefetch_related("offers__skill")


def _offered(enrolment: MemberEnrolment) -> dict[str, object]:
    """What the columns say of the offers as they are: of times that differ, the one that most have."""
    offers = [offer for offer in enrolment.offers.all() if offer.withdrawn_on is None]
    times = [offer.times for offer in offers]
    return {
        "skills": sorted(offer.skill.name for offer in offers),
        "times": max(times, key=times.count) if times else None,
    }


def _differs(enrolment: MemberEnrolment, values: dict) -> bool:
    present = _offered(enrolment)
    return any(present[key] != values[key] for key in OFFERED if key in values)


def _skills() -> dict[str, Skill]:
    return {skill.name: skill for skill in Skill.objects.all()}


def _givings(values: dict, skills: dict[str, Skill], enrolment: MemberEnrolment | None = None) -> list[Giving]:
    """The offers that the columns say; what was said about one stays."""
    there = enrolment.offers.all() if enrolment else ()
    notes = {offer.skill.name: offer.note for offer in there if offer.withdrawn_on is None}
    times = values["times"] or ANY_TIME
    return [Giving(skills[name], times, notes.get(name, "")) for name in values["skills"]]


def _current(users: list[User]) -> dict[int, MemberEnrolment]:
    found = MemberEnrolment.objects.current().filter(user__in=users)
    return {one.user_id: one for one in _with_offers(found)}


def _day(day: str, run: Run) -> date:
    return date.fromisoformat(day) if day else timezone.localdate(run.at)


class _Known:
    """What the rows name, read at once."""

    def __init__(self, rows: list[Row], run: Run):
        self.run = run
        self.skills = [skill.name for skill in Skill.objects.filter(is_active=True)]
        self.represented = list(represented(run.actor))
        names = {row.given.get("organisation") for row in rows} - {None, ""}
        within_reach = Q(pk__in=[one.pk for one in self.represented])
        if managed_ranges(run.actor):
            within_reach |= Q(pk__in=visible_organisations(run.actor).values("pk"))
        self.named = defaultdict(list)
        for one in Organisation.objects.active().filter(within_reach, name__in=names).order_by("position"):
            self.named[one.name].append(one)
        self._members = self._read_members({row.given["name"] for row in rows if not row.given.get("username")})

    def _read_members(self, names: set[str]) -> dict[int, list[User]]:
        """Those of these names who are enrolled now, by organisation."""
        members = defaultdict(list)
        found = MemberEnrolment.objects.current().filter(user__name__in=names).select_related("user")
        for enrolment in found:
            members[enrolment.organisation_id].append(enrolment.user)
        return members

    def members_of(self, organisation: Organisation) -> list[User]:
        return self._members[organisation.pk]

    def reachable(self) -> QuerySet[User]:
        """Whom the sheet may name by username: as for posts, and members of the represented organisations."""
        ours = MemberEnrolment.objects.filter(organisation__in=self.represented)
        seen = Q(pk__in=visible_people(self.run.actor).values("pk"))
        return User.objects.filter(seen | Q(pk__in=ours.values("user")) | Q(pk=self.run.actor.pk))

    def organisation(self, row: Row, kind: Kind) -> Organisation | None:
        """That of the row, if the person may report for it; None after saying what is wrong."""
        name = row.given.get("organisation")
        found = self.named[name] if name else self.represented
        ours = [one for one in found if one in self.represented]
        if not self.run.is_inside(row.grid.lft) or len(ours) == 1:
            found = ours
        if len(found) == 1:
            return found[0]
        if name and found:
            row.wrong(kind["organisation"], _("There are several organisations %(name)s here.") % {"name": name})
        elif name:
            text = _("You report for no organisation %(name)s; who is a member of none asks the community first.")
            row.wrong(kind["organisation"], text % {"name": name})
        else:
            row.wrong(kind["organisation"], _("Write the organisation that the member is of."))
        return None
