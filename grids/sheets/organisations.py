"""Organisations on the grids, by their name in the grid."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from grids.models import Organisation, OrganisationKind
from grids.models.organisation import MOBILE
from grids.services import bulk
from grids.sheets import cells
from grids.sheets.grids import CODE
from grids.sheets.kinds import ADDED, CHANGED, Column, Kind, Row, Run, field_problem
from grids.sheets.places import find_grids

KIND_WORDS = {
    "驻区单位": OrganisationKind.RESIDENT_UNIT, "驻地单位": OrganisationKind.RESIDENT_UNIT,
    "业委会": OrganisationKind.OWNERS_COMMITTEE, "业主委员会": OrganisationKind.OWNERS_COMMITTEE,
    "物业": OrganisationKind.PROPERTY_COMPANY, "物业公司": OrganisationKind.PROPERTY_COMPANY,
    "物业服务企业": OrganisationKind.PROPERTY_COMPANY,
    "机关": OrganisationKind.GOVERNMENT_OFFICE, "机关单位": OrganisationKind.GOVERNMENT_OFFICE,
    "派出所": OrganisationKind.POLICE_STATION,
    "警务室": OrganisationKind.POLICE_ROOM, "社区警务室": OrganisationKind.POLICE_ROOM,
    "社会组织": OrganisationKind.SOCIAL_ORGANISATION,
}  # fmt: skip
SERVICES = {
    "offers_public": pgettext_lazy("services", "public"),
    "offers_social": pgettext_lazy("services", "social"),
    "offers_market": pgettext_lazy("services", "market"),
    "offers_volunteer": pgettext_lazy("services", "volunteer"),
}
SERVICE_WORDS = {
    f"{word}{ending}": key
    for word, key in zip(("公共", "社会", "市场", "志愿"), SERVICES, strict=True)
    for ending in ("", "服务")
} | {"志愿者服务": "offers_volunteer", "志愿者": "offers_volunteer"}
read_kind = cells.Choice(OrganisationKind, KIND_WORDS)
read_services = cells.Several(SERVICES, SERVICE_WORDS)
FIELDS = ("name", "kind", "address", "contact", "phone", *SERVICES, "is_joint")


class OrganisationSheet(Kind):
    key = "organisations"
    title = gettext_lazy("Organisations")
    columns = (
        CODE,
        Column(
            "name",
            pgettext_lazy("column", "organisation"),
            ("单位名称", "组织名称", "机构名称", "名称"),
            is_required=True,
            example="健康社区物业服务有限公司",
            help=gettext_lazy("Up to 64 characters. In one grid each name stands once."),
        ),
        Column(
            "kind",
            pgettext_lazy("column", "kind of organisation"),
            ("类型", "单位类型", "组织类型", "类别", "性质", "单位性质"),
            read=read_kind,
            write=read_kind.write,
            is_required=True,
            example="物业公司",
        ),
        Column("address", pgettext_lazy("column", "address"), ("地址", "详细地址", "办公地址"), example="健康街 8 号"),
        Column("contact", pgettext_lazy("column", "contact"), ("联系人", "负责人", "联络人"), example="物业前台"),
        Column(
            "phone",
            pgettext_lazy("column", "office phone"),
            ("办公电话", "单位电话", "座机", "固定电话", "值班电话"),
            read=cells.word,
            example="0471-1234567",
            help=gettext_lazy("A public number; it stands on signboards. Never a private one."),
        ),
        Column(
            "services",
            pgettext_lazy("column", "kinds of service"),
            ("服务类别", "服务类型", "服务内容"),
            read=read_services,
            write=read_services.write,
            example="公共、市场",
            help=gettext_lazy("Any of 公共, 社会, 市场, 志愿, with 、 between them; 无 for none."),
        ),
        Column(
            "is_joint",
            pgettext_lazy("column", "takes cases"),
            ("参与联办", "是否联办", "联办单位", "是否参与联办"),
            read=cells.yes_or_no,
            write=lambda value: "是" if value else "否",
            example="是",
            help=gettext_lazy("是 if cases can be assigned to it, otherwise 否."),
        ),
        Column(
            "dissolved",
            pgettext_lazy("column", "dissolved on"),
            ("注销日期", "撤销日期"),
            read=cells.day,
            is_history=True,
            help=gettext_lazy("Only in exports: such a row is passed over when it is read back."),
        ),
    )

    def check(self, rows: list[Row], run: Run) -> None:
        find_grids(rows, run, self["code"])
        placed = [row for row in rows if row.grid is not None]
        grids = {row.grid.pk for row in placed}
        there = {(one.grid_id, one.name): one for one in Organisation.objects.active().filter(grid__in=grids)}
        rooms = {one.grid_id: one for one in there.values() if one.kind == OrganisationKind.POLICE_ROOM}
        for row in placed:
            self._check_fields(row)
            name = row.given.get("name")
            if name is None:
                continue
            if first := run.claim(row, (row.grid.pk, name)):
                row.wrong(self["name"], _("Row %(number)d has the same organisation.") % {"number": first})
            organisation = there.get((row.grid.pk, name))
            self._check_room(row, organisation, rooms.get(row.grid.pk), run)
            if organisation:
                after = self._given(row)
                row.compared(organisation.pk, {key: getattr(organisation, key) for key in FIELDS}, after)
            else:
                row.added({"grid": row.grid.code, **self._given(row)})

    def _check_fields(self, row: Row) -> None:
        for key in ("name", "address", "contact", "phone"):
            if row.given.get(key) and (problem := field_problem(Organisation, key, row.given[key])):
                row.wrong(self[key], problem)
        if MOBILE.search(row.given.get("phone") or ""):
            row.remarks.append(_("The phone looks like a private mobile, so no signboard will show it."))

    def _check_room(self, row: Row, organisation: Organisation | None, room: Organisation | None, run: Run) -> None:
        if row.given.get("kind") != OrganisationKind.POLICE_ROOM:
            return
        if room and room != organisation:
            row.wrong(self["kind"], _("This grid already has a police room: %(name)s.") % {"name": room})
        elif first := run.claim(row, (row.grid.pk, "police room")):
            row.wrong(self["kind"], _("Row %(number)d already is the police room.") % {"number": first})

    def _given(self, row: Row) -> dict[str, object]:
        """The fields that the row fills; what it leaves empty stays as it is."""
        given = {key: value for key, value in row.given.items() if key in FIELDS and value not in ("", None)}
        if (services := row.given.get("services")) is not None:
            given |= {key: key in services for key in SERVICES}
        return given

    def told(self, values: dict) -> list[tuple[str, str]]:
        told = super().told({key: value for key, value in values.items() if key not in SERVICES})
        if SERVICES.keys() & values.keys():
            chosen = [str(label) for key, label in SERVICES.items() if values.get(key)]
            told.append((str(self["services"].title), "、".join(chosen) or "无"))
        return told

    def apply(self, rows: list[Row], run: Run) -> None:
        new = [row for row in rows if row.outcome == ADDED]
        organisations = [Organisation(grid=row.grid, **_fields(row)) for row in new]
        bulk.create_organisations(actor=run.actor, organisations=organisations)
        for row, organisation in zip(new, organisations, strict=True):
            row.object_pk = organisation.pk
        bulk.change_organisations(
            actor=run.actor, changes={row.object_pk: row.values for row in rows if row.outcome == CHANGED}
        )

    def undo(self, rows: list[Row], run: Run) -> list[str]:
        refusals = bulk.delete_organisations(
            actor=run.actor, rows={row.object_pk: _fields(row) for row in rows if row.outcome == ADDED}
        )
        return refusals + bulk.restore_organisations(
            actor=run.actor,
            rows={row.object_pk: (row.before, row.values) for row in rows if row.outcome == CHANGED},
        )

    def export(self, queryset: QuerySet) -> Iterator[dict[str, object]]:
        for one in queryset.select_related("grid").iterator(chunk_size=1000):
            yield {
                "code": one.grid.code,
                "name": one.name,
                "kind": one.kind,
                "address": one.address,
                "contact": one.contact,
                "phone": one.phone,
                "services": [key for key in SERVICES if getattr(one, key)],
                "is_joint": one.is_joint,
                "dissolved": cells.local_day(one.dissolved_at),
            }


def _fields(row: Row) -> dict[str, object]:
    return {key: value for key, value in row.values.items() if key != "grid"}
