"""What every change of a state on this floor has in common, whichever noun it is of."""

from collections.abc import Iterable
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet, TextChoices

from branches.exceptions import StateConflict
from volunteers.workflow import Table, refusal

Row = TypeVar("Row", bound=Model)


def lock_row(rows: QuerySet[Row], pk: int) -> Row:
    """The row as it is now, which nobody else changes until the transaction ends.

    Locked first and read afterwards: who waited for the lock would see what is joined to it as it was before.
    """
    rows.model.objects.select_for_update().values_list("pk").get(pk=pk)
    return rows.get(pk=pk)


def check_move(table: Table, state: TextChoices, action: TextChoices, sides: Iterable[TextChoices]) -> None:
    """PermissionDenied where the action is another side's, StateConflict where it is not open now."""
    if refused := refusal(table, state, action, sides):
        raise PermissionDenied(refused.text) if refused.is_forbidden else StateConflict(refused.text)
