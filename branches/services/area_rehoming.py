"""Members' areas follow the tree: what takes a building's place lies in its area; areas move with their buildings."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, Q
from django.utils import timezone

from branches.models import AreaGrid, MemberArea
from grids.models import Grid, Level
from grids.tree import community_code

AREA_LEVELS = (Level.BUILDING, Level.UNIT)


def rehome_areas(*, grid: Grid, successors: Iterable[Grid], at: datetime) -> None:
    """Called inside the transaction of a reorganisation that changed `grid`."""
    if grid.level in AREA_LEVELS and grid.retired_at:
        _succeed(grid, successors, at)
    _reseat()


def _succeed(grid: Grid, successors: Iterable[Grid], at: datetime) -> None:
    """The area of a building that went out of use goes on over what took its place, where that is free."""
    row = AreaGrid.objects.active().filter(grid=grid).select_for_update(of=("self",)).first()
    if row is None:
        return
    day = timezone.localdate(at)
    AreaGrid.objects.filter(pk=row.pk).update(until=max(day, row.since))
    for successor in successors:
        held = Q(grid=successor) | Q(position__range=(successor.lft, successor.rght)) | Q(grid=successor.parent_id)
        if successor.level in AREA_LEVELS and not AreaGrid.objects.active().filter(held).exists():
            AreaGrid.objects.create(area_id=row.area_id, grid=successor, since=day)


def _reseat() -> None:
    """An area whose buildings moved out of its community belongs to the one that they came to."""
    away = Q(cover__position__lt=F("grid__lft")) | Q(cover__position__gt=F("grid__rght"))
    areas = MemberArea.objects.active().filter(away, cover__until=None).distinct()
    for area in areas:
        first = area.cover.active().select_related("grid").order_by("position").first()
        area.grid = Grid.objects.get(code=community_code(first.grid.code))
        area.save()
