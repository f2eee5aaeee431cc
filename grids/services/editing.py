"""One grid at a time: entering it, its name and size, and taking back what was entered by mistake."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from grids.access import check_may_manage, check_may_reshape
from grids.models import Grid, User


def create_grid(
    *,
    actor: User | None,
    code: str,
    name: str,
    households: int = 0,
    is_demo: bool = False,
    at: datetime | None = None,
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


def rename_grid(*, actor: User | None, grid: Grid, name: str, at: datetime | None = None) -> Grid:
    """Give the grid another name."""
    with transaction.atomic():
        grid = locked(grid)
        check_may_manage(actor, grid)
        grid.name = name.strip()
        grid.clean_fields()
        grid.save(update_fields=["name", "initials"])
    return grid


def set_households(*, actor: User | None, grid: Grid, households: int, at: datetime | None = None) -> Grid:
    """Set the number of households that live in the grid."""
    with transaction.atomic():
        grid = locked(grid)
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
        grid = locked(grid, exclusive=True)
        check_may_reshape(actor, grid)
        if refusal := why_not_delete(grid):
            raise ValidationError(refusal)
        grid.delete()


def locked(grid: Grid, *, exclusive: bool = False) -> Grid:
    """The row as it is now. Exclusive also waits for those who are placing something under it."""
    return Grid.objects.select_for_update(no_key=not exclusive).get(pk=grid.pk)
