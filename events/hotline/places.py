"""Where an order arose: by what somebody said of its area before, by its community, by what its address begins with."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from django.db.models import QuerySet

from events.hotline.orders import Order
from events.workflow import CITY_DIGITS
from grids.access import workable_grids
from grids.models import Grid, Level, User
from grids.sheets import cells

ENDINGS = re.compile("(社区居民委员会|居民委员会|社区居委会|居委会|村民委员会|村委会|社区|嘎查|村)$")
SHORTEST = 2  # characters of a name that may be found in an address


class Places:
    """Finds the grid of orders among those that a person may file for below `home`; never guesses between two."""

    def __init__(self, user: User, home: Grid, remembered: Mapping[str, Grid]) -> None:
        self.user, self.home, self.remembered = user, home, remembered
        self.user_grids = workable_grids(user).within(home)
        above = list(self.user_grids.filter(level__in=(Level.STREET, Level.COMMUNITY)).only("code", "name", "level"))
        self.streets = {grid.code: _bare(grid.name) for grid in above if grid.level == Level.STREET}
        self.communities = [grid for grid in above if grid.level == Level.COMMUNITY]
        self.by_name: dict[str, list[Grid]] = defaultdict(list)
        for grid in self.communities:
            self.by_name[_bare(grid.name)].append(grid)
        self.buildings: dict[int, list[Grid]] = {}

    def is_elsewhere(self, order: Order) -> bool:
        """Whether it names a community, or a street, that is known to lie outside: the office there brings it in.

        What nobody knows by that name may be another way of writing one's own, and is asked.
        """
        if order.area in self.remembered or self._named(order):
            return False
        return (_bare(order.community), _bare(order.street)) in self.outside

    @cached_property
    def outside(self) -> set[tuple[str, str]]:
        """What a sheet may say, as (community, street), of places in the city that the person does not file for."""
        communities = Grid.objects.active().filter(level=Level.COMMUNITY, code__startswith=self.home.code[:CITY_DIGITS])
        mine = workable_grids(self.user).filter(level=Level.COMMUNITY)
        return _sayings(communities.exclude(pk__in=mine.values("pk"))) - _sayings(mine)

    def find(self, orders: Iterable[Order]) -> list[Grid | None]:
        """The grid of each order, None where a person has to say; the buildings of all in one query."""
        orders = list(orders)
        found = [self._community(order) for order in orders]
        self._load_buildings(found)
        return [grid and self._building(order, grid) for order, grid in zip(orders, found, strict=True)]

    def _community(self, order: Order) -> Grid | None:
        if order.area:
            return self.remembered.get(order.area) or self._named(order)
        if len(inside := self._in_address(cells.plain(order.address))) == 1:
            return inside[0]
        # The sheet of one community need not say each time which one it is.
        return self.home if self.home.level == Level.COMMUNITY and not inside else None

    def _named(self, order: Order) -> Grid | None:
        named = self.by_name.get(_bare(order.community), []) if order.community else []
        if order.street:
            street = _bare(order.street)
            named = [grid for grid in named if self.streets.get(grid.code[:9], street) == street]
        return named[0] if len(named) == 1 else None

    def _in_address(self, address: str) -> list[Grid]:
        """The communities whose whole name stands in the address; of 新桥社区 and 东新桥社区 the longer one."""
        inside = [grid for grid in self.communities if len(grid.name) > SHORTEST and cells.plain(grid.name) in address]
        longest = max((len(grid.name) for grid in inside), default=0)
        return [grid for grid in inside if len(grid.name) == longest]

    def _load_buildings(self, grids: Iterable[Grid | None]) -> None:
        wanted = {grid.pk for grid in grids if grid and grid.level == Level.COMMUNITY} - self.buildings.keys()
        if not wanted:
            return
        self.buildings |= {pk: [] for pk in wanted}
        for building in self.user_grids.filter(parent__in=wanted, level=Level.BUILDING):
            self.buildings[building.parent_id].append(building)

    def _building(self, order: Order, grid: Grid) -> Grid:
        """The building that the address names right away or behind the community; in between may stand a compound."""
        address, name = cells.plain(order.address), cells.plain(grid.name)
        rest = address.rpartition(name)[2].lstrip("，,、-") if name in address else address
        named = [one for one in self.buildings.get(grid.pk, ()) if rest.startswith(cells.plain(one.name))]
        return max(named, key=lambda one: len(one.name), default=grid)


def _sayings(communities: QuerySet[Grid]) -> set[tuple[str, str]]:
    """Community and street by their bare names, both or one of them alone."""
    named = [(_bare(name), _bare(street)) for name, street in communities.values_list("name", "parent__name")]
    return {said for name, street in named for said in ((name, street), (name, ""), ("", street))}


def _bare(name: str) -> str:
    """A name as offices write it in ever new ways: 健康社区居委会 is 健康."""
    plain = cells.plain(name)
    return ENDINGS.sub("", plain).removesuffix("街道办事处").removesuffix("街道") or plain
