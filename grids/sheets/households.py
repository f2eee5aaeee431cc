"""How many households live in a grid."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grids.services import bulk
from grids.sheets.grids import CODE, HOUSEHOLDS
from grids.sheets.kinds import CHANGED, Column, Kind, Row, Run
from grids.sheets.places import find_grids


class HouseholdSheet(Kind):
    key = "households"
    title = gettext_lazy("Households of grids")
    columns = (
        CODE,
        Column(
            "households",
            HOUSEHOLDS.title,
            HOUSEHOLDS.synonyms,
            read=HOUSEHOLDS.read,
            is_required=True,
            example="36",
            help=gettext_lazy("A whole number."),
        ),
    )

    def check(self, rows: list[Row], run: Run) -> None:
        find_grids(rows, run, self["code"])
        for row in rows:
            if row.grid is None:
                continue
            if first := run.claim(row, row.grid.pk):
                row.wrong(self["code"], _("Row %(number)d is about the same grid.") % {"number": first})
            elif "households" in row.given:
                row.compared(row.grid.pk, {"households": row.grid.households}, {"households": row.given["households"]})

    def apply(self, rows: list[Row], run: Run) -> None:
        bulk.change_grids(
            actor=run.actor, changes={row.object_pk: row.values for row in rows if row.outcome == CHANGED}
        )

    def undo(self, rows: list[Row], run: Run) -> list[str]:
        return bulk.restore_grids(
            actor=run.actor,
            rows={row.object_pk: (row.before, row.values) for row in rows if row.outcome == CHANGED},
        )

    def export(self, queryset: QuerySet) -> Iterator[dict[str, object]]:
        # Retired grids count nobody any more.
        for code, households in queryset.active().values_list("code", "households").iterator(chunk_size=2000):
            yield {"code": code, "households": households}
