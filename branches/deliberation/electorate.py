"""Who is entitled to vote: people with accounts by role and organisation, and households without one."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from branches.models import Topic, Voter
from grids.access import within
from grids.models import Grid, Level, Organisation, Post, User

MOST_SLIPS = 6_000  # two communities; a street votes community by community


class TooMany(Exception):
    """More households than slips are printed for at once."""

    def __init__(self, households: int):
        said = {"households": households, "most": MOST_SLIPS}
        super().__init__(
            _("%(households)d households are more than %(most)d slips. Vote in smaller grids, or without slips.") % said
        )


def places_of(topic: Topic) -> list[Grid]:
    """Where those live and work who vote: on the topic's grid; of a branch's topic, on what it covers of that."""
    grid, branch = topic.grid, topic.branch
    if branch is None or branch.dissolved_on or any(lft <= grid.lft <= rght for lft, rght in branch.ranges):
        return [grid]
    covered = branch.cover.active().filter(position__range=(grid.lft, grid.rght))
    return [row.grid for row in covered.select_related("grid").order_by("position")]


def entitled_people(
    grids: Iterable[Grid], roles: Iterable[str], organisations: Iterable[Organisation]
) -> QuerySet[User]:
    """Those with an open account who hold one of the roles in the grids or below, or represent an organisation."""
    posts = Post.objects.working().filter(_inside(grids), role__in=list(roles))
    chosen = [organisation.pk for organisation in organisations]
    listed = Q(pk__in=posts.values("user")) | Q(pk__in=User.objects.filter(organisations__in=chosen).values("pk"))
    return User.objects.filter(listed, is_active=True).order_by("pk")


def offered_organisations(topic: Topic) -> QuerySet[Organisation]:
    """Those in use where the topic is voted on and the branch's partners, if they have somebody to vote for them."""
    partners = Q(pk__in=topic.branch.partners.values("organisation")) if topic.branch else Q(pk__in=[])
    near = Organisation.objects.active().filter(_inside(places_of(topic)) | partners)
    return near.filter(representatives__is_active=True).distinct()


def _inside(grids: Iterable[Grid]) -> Q:
    return within([(grid.lft, grid.rght) for grid in grids])


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
    grid, grids = topic.grid, places_of(topic)
    people = entitled_people(grids, roles, organisations)
    listed = [Voter(topic=topic, grid=grid, position=grid.lft, user=user) for user in people]
    places = [place for one in grids for place in slip_places(one)] if households else []
    total = sum(number for _place, number in places)
    if total > MOST_SLIPS:
        raise TooMany(total)
    numbered = iter(range(1, total + 1))
    return listed + [
        Voter(topic=topic, grid=place, position=place.lft, slip=next(numbered))
        for place, number in places
        for _household in range(number)
    ]
