"""What every change of a state on this floor has in common, whichever noun it is of."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import TextChoices

from branches.exceptions import StateConflict
from volunteers.workflow import Table, refusal


def check_move(table: Table, state: TextChoices, action: TextChoices, sides: Iterable[TextChoices]) -> None:
    """PermissionDenied where the action is another side's, StateConflict where it is not open now."""
    if refused := refusal(table, state, action, sides):
        raise PermissionDenied(refused.text) if refused.is_forbidden else StateConflict(refused.text)
