"""Members' areas follow their buildings, and each lies in one community."""

from collections import defaultdict
from typing import NamedTuple

from django.db.models import F, Q
from django.db.models.functions import Greatest

from branches.models import AreaGrid, AreaMember, MemberArea
from branches.services.rehoming.naming import free_name
from branches.services.rehoming.news import News
from grids.models import Grid, Level
from grids.tree import community_code

AREA_LEVELS = (Level.BUILDING, Level.UNIT)
NAME_LENGTH = MemberArea._meta.get_field("name").max_length


def rehome_areas(news: News) -> None:
    """What takes a building's place lies in its area; an area moves with its buildings."""
    if news.ended and news.ended.level in AREA_LEVELS:
        _hand_area_on(news, news.ended)
    _follow_buildings(news)


def _hand_area_on(news: News, ended: Grid) -> None:
    """The area of a building that went out of use goes on over what took its place, where that is free."""
    row = AreaGrid.objects.active().filter(grid=ended).select_for_update(of=("self",)).first()
    if row is None:
        return
    AreaGrid.objects.filter(pk=row.pk).update(until=max(news.day, row.since))
    for successor in news.successors:
        held = Q(grid=successor) | Q(position__range=(successor.lft, successor.rght)) | Q(grid=successor.parent_id)
        if successor.level in AREA_LEVELS and not AreaGrid.objects.active().filter(held).exists():
            AreaGrid.objects.create(area_id=row.area_id, grid=successor, since=news.day)


class _Share(NamedTuple):
    """The buildings of an area that lie in one community."""

    area: MemberArea
    community: Grid
    rows: list[AreaGrid]

    @property
    def households(self) -> int:
        return sum(row.grid.households for row in self.rows)


def _follow_buildings(news: News) -> None:
    """An area of which buildings lie in another community now; any number in a fixed number of queries.

    It stays where it was, or if nothing of it is left there, where most households are; what is elsewhere becomes an
    area of its own with the same members.
    """
    away = Q(cover__position__lt=F("grid__lft")) | Q(cover__position__gt=F("grid__rght"))
    keys = MemberArea.objects.active().filter(away, cover__until=None).values("pk")
    areas = list(MemberArea.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
    if not areas:
        return
    going, apart = [], []
    for shares in _shares(areas).values():
        kept = max(shares, key=lambda share: (share.community.pk == share.area.grid_id, share.households))
        apart += [share for share in shares if share is not kept]
        kept.area.grid, kept.area.position = kept.community, kept.community.lft
        going.append(kept.area)
    MemberArea.objects.bulk_update(going, ["grid", "position"])
    news.count(MemberArea, len(going) + len(apart))
    if apart:
        _set_apart(news, apart)


def _shares(areas: list[MemberArea]) -> dict[int, list[_Share]]:
    """By area, in the order of the tree."""
    rows = AreaGrid.objects.active().filter(area__in=areas).select_related("grid").order_by("position")
    found: dict[int, dict[str, list[AreaGrid]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.area_id][community_code(row.grid.code)].append(row)
    codes = {code for by_code in found.values() for code in by_code}
    communities = {grid.code: grid for grid in Grid.objects.filter(code__in=codes)}
    return {area.pk: [_Share(area, communities[code], held) for code, held in found[area.pk].items()] for area in areas}


def _set_apart(news: News, shares: list[_Share]) -> None:
    """Areas of their own for what lies elsewhere now."""
    taken: dict[int, set[str]] = defaultdict(set)
    branches = {share.area.branch_id for share in shares}
    for branch, name in MemberArea.objects.active().filter(branch__in=branches).values_list("branch", "name"):
        taken[branch].add(name)
    new = []
    for area, community, _rows in shares:
        name = free_name(area.name, community.name, taken[area.branch_id], NAME_LENGTH)
        taken[area.branch_id].add(name)
        place = {"grid": community, "position": community.lft}
        new.append(MemberArea(branch_id=area.branch_id, name=name, drawn_on=news.day, is_demo=area.is_demo, **place))
    MemberArea.objects.bulk_create(new)
    rows = [row.pk for share in shares for row in share.rows]
    AreaGrid.objects.filter(pk__in=rows).update(until=Greatest(F("since"), news.day))
    AreaGrid.objects.bulk_create(
        AreaGrid(area=area, grid=row.grid, position=row.position, since=max(news.day, row.since))
        for area, share in zip(new, shares, strict=True)
        for row in share.rows
    )
    members = AreaMember.objects.active().filter(area__in=[share.area for share in shares])
    people: dict[int, list[AreaMember]] = defaultdict(list)
    for member in members:
        people[member.area_id].append(member)
    AreaMember.objects.bulk_create(
        AreaMember(area=area, user_id=member.user_id, since=max(news.day, member.since))
        for area, share in zip(new, shares, strict=True)
        for member in people[share.area.pk]
    )
