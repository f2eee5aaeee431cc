"""One grid at a time: entering it, its name and size, and taking back what was entered by mistake."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from grids.access import check_may_manage, check_may_reshape
from grids.models import Grid, GridChange, User
from grids.services.changes import checked_moment, checked_reason, record


def create_grid(
    *,
    actor: User | None,
    code: str,
    name: str,
    households: int = 0,
    is_demo: bool = False,
) -> Grid:
    """A new grid at the place that its code names; ValidationError at `code` when there is none."""
    grid = Grid(code=code, name=name.strip(), households=households, is_demo=is_demo)
    with transaction.atomic():
        grid.clean_fields(exclude=["parent"])
        check_may_manage(actor, grid.parent)
        try:
            grid.save()
        except IntegrityError as error:
            raise ValidationError({"code": _("There is already a grid with this code.")}) from error
    return grid


def rename_grid(*, actor: User | None, grid: Grid, name: str, reason: str = "", at: datetime | None = None) -> Grid:
    """Give the grid another name; the one before stays in its history."""
    do_rename(actor=actor, grid=grid, name=name, reason=reason, at=at)
    return Grid.objects.get(pk=grid.pk)


@transaction.atomic
def do_rename(*, actor: User | None, grid: Grid, name: str, reason: str, at: datetime | None) -> GridChange | None:
    """The record of the renaming, None where the name is this already. A person need not say why: names get mended."""
    reason, at = checked_reason(None, reason), checked_moment(at)
    (grid,) = Grid.objects.reserve(grid)
    check_may_manage(actor, grid)
    grid = Grid.objects.reserve_numbers(grid)
    old_name, grid.name = grid.name, name.strip()
    grid.clean_fields()
    if grid.name == old_name:
        return None
    grid.save(update_fields=["name", "initials"])
    return record("rename", actor=actor, at=at, grid=grid, reason=reason, old_name=old_name)


def set_households(*, actor: User | None, grid: Grid, households: int) -> Grid:
    """Set the number of households that live in the grid."""
    with transaction.atomic():
        grid = Grid.objects.select_for_update(no_key=True).get(pk=grid.pk)
        check_may_manage(actor, grid)
        grid.households = households
        grid.clean_fields()
        grid.save(update_fields=["households"])
    return grid


def why_not_delete(grid: Grid) -> str:
    """Why the grid cannot be deleted: something hangs on it. Empty when it can."""
    for relation in grid._meta.related_objects:
        if relation.related_model._base_manager.filter(**{relation.field.name: grid.pk}).exists():
            return _("%(grid)s has history (%(what)s hang on it), so it cannot be deleted. Retire it instead.") % {
                "grid": grid,
                "what": relation.related_model._meta.verbose_name_plural,
            }
    return ""


def delete_grid(*, actor: User | None, grid: Grid) -> None:
    """Delete a grid that was entered by mistake; what has children, posts or events is retired instead."""
    with transaction.atomic():
        (grid,) = Grid.objects.reserve(grid)
        grid = Grid.objects.seize(grid)
        check_may_reshape(actor, grid)
        if refusal := why_not_delete(grid):
            raise ValidationError(refusal)
        grid.delete()
