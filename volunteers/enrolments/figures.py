"""How many reported where: by organisation, by community, by the grid that they serve with."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet
from django.utils.http import urlencode

from grids.models import Grid, load_ancestors
from volunteers.enrolments.workflow import EnrolmentState
from volunteers.models import MemberEnrolment, OrganisationEnrolment


class Line(NamedTuple):
    """One organisation, community or grid with its counts; `query` narrows the list of members to it."""

    name: str
    query: dict[str, str]
    waiting: int
    confirmed: int
    placed: int
    organisations: int | None = None

    @property
    def address(self) -> str:
        """The query as an address has it."""
        return urlencode(self.query)

    @property
    def total(self) -> int:
        return self.waiting + self.confirmed + self.placed


FIELDS = {
    "organisation": ("organisation", "organisation__name", "organisation__position"),
    "community": ("grid__code", "grid__name", "grid__lft"),
    "place": ("place__code", "place__name", "place__lft"),
}


def _of_state(state: EnrolmentState) -> Count:
    return Count("pk", filter=Q(state=state))


def grouped(members: QuerySet[MemberEnrolment], by: str) -> QuerySet:
    """Rows of key, name and the counts of those current now; whoever is placed nowhere yet has no place."""
    key, name, order = FIELDS[by]
    current = members.current().exclude(**{key: None}) if by == "place" else members.current()
    return (
        current.order_by(order, key)
        .values_list(key, name)
        .annotate(
            waiting=_of_state(EnrolmentState.APPLIED),
            confirmed=_of_state(EnrolmentState.CONFIRMED),
            placed=_of_state(EnrolmentState.PLACED),
        )
    )


def lines(rows: Iterable[tuple], by: str, reports: QuerySet[OrganisationEnrolment], inside: Grid | None) -> list[Line]:
    """The rows of one page as they are shown; communities with how many organisations reported to them."""
    rows, narrowed = list(rows), {"grid": inside.code} if inside else {}
    parameter = "organisation" if by == "organisation" else "grid"
    counts = _reports([row[0] for row in rows], reports) if by == "community" else {}
    names = {} if by == "organisation" else _places([row[0] for row in rows])
    return [
        Line(
            names.get(row[0], row[1]),
            narrowed | {parameter: str(row[0])},
            *row[-3:],
            counts.get(row[0], 0) if by == "community" else None,
        )
        for row in rows
    ]


def _places(codes: list[str]) -> dict[str, str]:
    """Where the grids lie, for there is a 1号楼 in every community."""
    grids = list(Grid.objects.filter(code__in=codes))
    load_ancestors(grids)
    return {grid.code: grid.full_name for grid in grids}


def _reports(codes: list[str], reports: QuerySet[OrganisationEnrolment]) -> dict[str, int]:
    found = reports.current().filter(grid__code__in=codes).order_by()
    return dict(found.values_list("grid__code").annotate(Count("pk")))


def totals(members: QuerySet[MemberEnrolment]) -> dict[str, int]:
    """Of those current now, by state; one query."""
    return members.aggregate(
        waiting=_of_state(EnrolmentState.APPLIED),
        confirmed=_of_state(EnrolmentState.CONFIRMED),
        placed=_of_state(EnrolmentState.PLACED),
    )
