"""Who is entitled to vote: people with accounts by role and organisation, and households without one."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from branches.models import Topic, Voter
from grids.models import Grid, Level, Organisation, Post, User

MOST_SLIPS = 6_000  # two communities; a street votes community by community


class TooMany(Exception):
    """More households than slips are printed for at once."""

    def __init__(self, households: int):
        said = {"households": households, "most": MOST_SLIPS}
        super().__init__(
            _("%(households)d households are more than %(most)d slips. Vote in smaller grids, or without slips.") % said
        )


def entitled_people(grid: Grid, roles: Iterable[str], organisations: Iterable[Organisation]) -> QuerySet[User]:
    """Those with an open account who hold one of the roles in the grid or below it, or represent an organisation."""
    posts = Post.objects.working().within(grid).filter(role__in=list(roles))
    chosen = [organisation.pk for organisation in organisations]
    listed = Q(pk__in=posts.values("user")) | Q(pk__in=User.objects.filter(organisations__in=chosen).values("pk"))
    return User.objects.filter(listed, is_active=True).order_by("pk")


def offered_organisations(grid: Grid) -> QuerySet[Organisation]:
    """Those in use in the grid and below it, which have somebody to vote for them."""
    return Organisation.objects.active().within(grid).filter(representatives__is_active=True).distinct()


def slip_places(grid: Grid) -> list[tuple[Grid, int]]:
    """The buildings of the grid with their households; without any, the grid and its own."""
    buildings = Grid.objects.active().within(grid).filter(level=Level.BUILDING, households__gt=0).order_by("lft")
    if grid.level > Level.BUILDING:
        buildings = buildings.none()
    return [(one, one.households) for one in buildings] or [(grid, grid.households)]


def list_voters(
    topic: Topic, *, roles: Iterable[str], organisations: Iterable[Organisation], households: bool
) -> list[Voter]:
    """The list of voters, not stored yet; raises TooMany."""
    grid = topic.grid
    people = entitled_people(grid, roles, organisations)
    listed = [Voter(topic=topic, grid=grid, position=grid.lft, user=user) for user in people]
    places = slip_places(grid) if households else []
    total = sum(number for _place, number in places)
    if total > MOST_SLIPS:
        raise TooMany(total)
    numbered = iter(range(1, total + 1))
    return listed + [
        Voter(topic=topic, grid=place, position=place.lft, slip=next(numbered))
        for place, number in places
        for _household in range(number)
    ]
