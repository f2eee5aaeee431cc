"""Who holds a case, who checks it, and why. The choice is arithmetic on codes; `Staffing` reads who is there."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Q

from events.workflow import DESK_ROLES, LOOP_OF_DIGITS, LOOPS, UPPER_ROLES, Case, Loop
from grids.models import Grid, Post, Role, User
from grids.tree import ancestor_codes, shared


@dataclass(frozen=True)
class Route:
    """Where a case goes: the loop, the code of the grid, and the codes passed over because nobody is posted there."""

    loop: Loop
    code: str
    skipped: tuple[str, ...] = ()
    is_unstaffed: bool = False


class Unroutable(Exception):
    """There is no grid in the direction asked for."""


def path(code: str) -> list[str]:
    """The codes from a grid up to its city, nearest first."""
    return [code, *ancestor_codes(code)]


def loop_of(code: str) -> Loop:
    return LOOP_OF_DIGITS[len(code)]


def entry(code: str, lowest: Loop, is_staffed: Callable[[str], bool]) -> Route:
    """The first grid at or above `code` in the loop `lowest` or a higher one whose desk is not vacant.

    Where even the city has nobody, the city holds it all the same: a case always has a holder.
    """
    stations = [station for station in path(code) if LOOPS.index(loop_of(station)) >= LOOPS.index(lowest)]
    return _first_staffed(stations, is_staffed)


def climb(code: str, holder: str, is_staffed: Callable[[str], bool]) -> Route:
    """One loop up from the holder; in the city loop from the district to the city. Raises Unroutable at the city."""
    above = path(code)[path(code).index(holder) + 1 :]
    stations = [station for station in above if loop_of(station) != loop_of(holder) or loop_of(holder) == Loop.CITY]
    if not stations:
        raise Unroutable(holder)
    return _first_staffed(stations, is_staffed)


def descend(code: str, holder: str, is_staffed: Callable[[str], bool]) -> Route:
    """One loop down from the holder's, entered at its lowest grid; a vacant one passes the case up again."""
    below = LOOPS.index(loop_of(holder)) - 1
    if below < 0:
        raise Unroutable(holder)
    return entry(code, LOOPS[below], is_staffed)


def _first_staffed(stations: list[str], is_staffed: Callable[[str], bool]) -> Route:
    for index, station in enumerate(stations):
        if is_staffed(station):
            return Route(loop_of(station), station, tuple(stations[:index]))
    return Route(loop_of(stations[-1]), stations[-1], tuple(stations[:-1]), is_unstaffed=True)


class Seat(NamedTuple):
    """Who is posted on a grid, in which role."""

    user_id: int
    role: str


@dataclass
class Staffing:
    """The grids on the ways up from some codes and the people posted on them, read in two queries.

    The grids stay as they are until the transaction ends.
    """

    grids: dict[str, Grid] = field(default_factory=dict)
    posts: dict[str, list[Seat]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def above(cls, codes: Iterable[str], holding: User | None = None) -> "Staffing":
        """Read them; `holding` somebody who acts, the posts stay until the commit, and theirs that have ended are
        forgotten: rights are read once for each request, which may wait for a lock while a post ends.

        Held after the grids and before any event, the order in which a post is ended as well.
        """
        wanted = {station for code in codes for station in path(code)}
        staffing = cls(Grid.objects.hold(wanted))
        by_pk = {grid.pk: grid for grid in staffing.grids.values()}
        own = {post.pk: post for post in holding.active_posts} if holding else {}
        found = Post.objects.working().filter(Q(grid__in=by_pk) | Q(pk__in=own)).order_by("pk")
        if holding:
            held = list(shared(found))
            holding.active_posts = [own[post.pk] for post in held if post.pk in own]
            seats = [(post.grid_id, post.user_id, post.role) for post in held]
        else:
            seats = found.values_list("grid_id", "user_id", "role")
        for grid_id, user_id, role in seats:
            if grid_id in by_pk:
                staffing.posts[by_pk[grid_id].code].append(Seat(user_id, role))
        return staffing

    def name(self, code: str) -> str:
        """The grid's name at this time; a building or unit with its community's in front."""
        return " ".join(self.grids[step].name for step in reversed(path(code)) if len(step) >= min(len(code), 12))

    def ancestors(self, grid: Grid) -> list[Grid]:
        """What `Grid.ancestors` would ask for again."""
        return [self.grids[code] for code in reversed(ancestor_codes(grid.code))]

    def desk(self, code: str) -> list[int]:
        """Primary keys of the people who answer for what this grid holds."""
        return [post.user_id for post in self.posts.get(code, ()) if post.role in DESK_ROLES]

    def upper(self, code: str) -> list[int]:
        """Who decides above this grid: the officials and the chief of the nearest grid above that has any."""
        for station in ancestor_codes(code):
            if people := [post.user_id for post in self.posts.get(station, ()) if post.role in UPPER_ROLES]:
                return people
        return []

    def is_staffed(self, code: str) -> bool:
        return bool(self.desk(code))

    def checkers(self, case: Case, code: str) -> list[int]:
        """Who may check a resolved case at this grid: anybody posted there but the one who resolved it.

        A clue report is checked by the police alone, or failing them by another person of the holder's desk.
        """
        if not case.is_confidential:
            people = [post.user_id for post in self.posts.get(code, ())]
        else:
            people = [post.user_id for post in self.posts.get(code, ()) if post.role == Role.POLICE]
            if code == case.holder_code:
                people += self.desk(code)
        return [person for person in dict.fromkeys(people) if person != case.resolver_id]

    def check_route(self, case: Case) -> Route:
        """The lowest grid from where the case arose upward that has somebody to check it."""
        return self._check_from(case, path(case.grid_code))

    def climbed_check_route(self, case: Case) -> Route:
        """The next stop of a check that nobody made: the community, then the street; higher only where both are empty.

        Raises Unroutable at the end of that way.
        """
        stations = path(case.grid_code)
        above = stations[stations.index(case.checker_code) + 1 :]
        if not any(loop_of(code) in (Loop.COMMUNITY, Loop.STREET) for code in above):
            raise Unroutable(case.checker_code)
        route = self._check_from(case, [code for code in above if loop_of(code) != Loop.GRID])
        if route.code not in above:  # a check never goes down again
            raise Unroutable(case.checker_code)
        return route

    def _check_from(self, case: Case, stations: list[str]) -> Route:
        if case.is_confidential:
            stations = [code for code in stations if self.checkers(case, code)] or [case.holder_code]
        return _first_staffed(stations, lambda code: bool(self.checkers(case, code)))
