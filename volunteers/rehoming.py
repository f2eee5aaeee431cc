"""What every noun of this floor does alike when the tree is reorganised; positions are shifted by then."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Model, TextChoices
from django.utils.translation import gettext as _

from grids.models import Grid, GridChange

Moved = Iterable[tuple[tuple[int, int], tuple[int, int]]]


def carry_on(
    model: type[Model],
    change: GridChange,
    successors: list[Grid],
    action: TextChoices,
    at: datetime,
    text: str | None = None,
) -> None:
    """The rows of a grid that went out of use, those of old among them, go on at the first that took its place.

    Each gets a step with the text, which names the grids unless told otherwise. Without a successor all stay where
    they were.
    """
    ended = change.grid
    if not (ended.retired_at and successors):
        return
    rows = list(model.objects.select_for_update(of=("self",)).filter(grid=ended).order_by("pk"))
    if not rows:
        return
    model.objects.filter(grid=ended).update(grid=successors[0], position=successors[0].lft)
    if text is None:
        said = {"grid": ended.name, "successors": "、".join(grid.name for grid in successors)}
        text = _("%(grid)s became %(successors)s.") % said
    steps = model._meta.get_field("steps")
    steps.related_model.objects.bulk_create(
        steps.related_model(**{steps.field.name: row}, action=action, to_state=row.state, text=text, at=at)
        for row in rows
    )
