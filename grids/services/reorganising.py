"""Changing the shape of the tree, and telling the floors above of it."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from grids import tree
from grids.models import Grid, User
from grids.services.editing import locked
from grids.services.staffing import end_post

# Sent inside the transaction of a move or retirement, with `kind` ("move" or "retire"), `grid` (as it is now), `actor`,
# `at`, `old_code`, `new_code`, `old_interval` and `new_interval`. Rows with a position have been shifted already.
reorganised = Signal()


def move_grid(
    *, actor: User | None, grid: Grid, new_parent: Grid, code: str | None = None, at: datetime | None = None
) -> Grid:
    """Move the grid and all below it under `new_parent`, to `code` or the next free one; its level stays."""
    at = at or timezone.now()
    with transaction.atomic():
        grid = Grid.objects.get(pk=grid.pk)
        old_code = grid.code
        Grid.objects.relocate(grid, new_parent, code)
        if grid.code != old_code:
            _announce("move", grid, actor, at, old_code)
    return grid


def retire_grid(*, actor: User | None, grid: Grid, at: datetime | None = None) -> Grid:
    """Take the grid out of use: its posts end and nothing new is placed there; its history stays.

    Refused while something below it is in use.
    """
    at = at or timezone.now()
    with transaction.atomic():
        grid = locked(grid, exclusive=True)
        if grid.retired_at:
            return grid
        if child := grid.children.active().first():
            raise ValidationError(_("%(child)s below it is still in use. Retire or move it first.") % {"child": child})
        for post in grid.posts.active():
            end_post(actor=actor, post=post, at=at)
        grid.retired_at = at
        grid.save(update_fields=["retired_at"])
        _announce("retire", grid, actor, at, grid.code)
    return grid


def _announce(kind: str, grid: Grid, actor: User | None, at: datetime, old_code: str) -> None:
    reorganised.send(
        sender=Grid,
        kind=kind,
        grid=grid,
        actor=actor,
        at=at,
        old_code=old_code,
        new_code=grid.code,
        old_interval=tree.interval(old_code),
        new_interval=(grid.lft, grid.rght),
    )
