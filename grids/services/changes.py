"""The record of what was done to the tree, and the codes that were given up by it."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from grids.models import FormerCode, Grid, GridChange, User
from grids.tree import Recoded

BATCH = 1000


def checked_reason(actor: User | None, reason: str) -> str:
    """The reason as it is kept; ValidationError at `reason` when a person gives none."""
    reason = reason.strip()
    GridChange(reason=reason).clean_fields(
        exclude=[field.name for field in GridChange._meta.fields if field.name != "reason"]
    )
    if actor and not reason:
        raise ValidationError({"reason": _("Say why; it will stand in the history of these grids.")})
    return reason


def checked_moment(at: datetime | None) -> datetime:
    """The time of a reorganisation: now, or a moment that has been."""
    now = timezone.now()
    if at and at > now:
        raise ValidationError({"at": _("A reorganisation is entered when it happens, not for the future.")})
    return at or now


def record(kind: str, *, actor: User | None, at: datetime, grid: Grid, reason: str, **names: str) -> GridChange:
    """Write down the change of `grid`; `names` are the `old_…` and `new_…` that differ from what it is called now."""
    change = GridChange(
        kind=kind,
        grid=grid,
        at=at,
        actor=actor,
        actor_name=str(actor or ""),
        reason=reason,
        **{"old_name": grid.name, "new_name": grid.name, "old_code": grid.code, "new_code": grid.code} | names,
    )
    change.save()
    return change


def record_renames(*, actor: User | None, at: datetime, reason: str, renamed: Iterable[tuple[Grid, str]]) -> None:
    """Write down the new names of many grids, given with their old names; the caller holds the grids."""
    GridChange.objects.bulk_create(
        (
            GridChange(
                kind=GridChange.Kind.RENAME,
                grid=grid,
                position=grid.lft,
                at=at,
                actor=actor,
                actor_name=str(actor or ""),
                reason=reason,
                old_name=old_name,
                new_name=grid.name,
                old_code=grid.code,
                new_code=grid.code,
            )
            for grid, old_name in renamed
        ),
        batch_size=BATCH,
    )


def keep_codes(change: GridChange, recoded: Iterable[Recoded]) -> None:
    """Let the old code of each of these grids lead to it for ever."""
    FormerCode.objects.bulk_create(
        (FormerCode(code=one.old, name=one.name, new_code=one.new, grid_id=one.pk, change=change) for one in recoded),
        batch_size=BATCH,
    )


def keep_code(change: GridChange, successors: Iterable[Grid]) -> None:
    """Let the code of a grid that goes out of use lead to what takes its place, who continues it first."""
    FormerCode.objects.bulk_create(
        FormerCode(code=change.old_code, name=change.old_name, new_code=grid.code, grid=grid, change=change)
        for grid in successors
    )
