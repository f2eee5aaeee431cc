"""Hot spots: many cases of one category in one community within a few days, for who answers for the place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, F, Min, QuerySet

from events.models import Category, Event
from grids.access import merged, ranges, within
from grids.models import Grid, Level, User
from grids.tree import WIDTHS

LEVELS = (Level.COMMUNITY, Level.STREET)  # whose workbench shows them


@dataclass(frozen=True)
class HotSpot:
    """So many cases of a category were received in a community, the first of them at `since`, as counted at `at`."""

    category: Category
    community: Grid
    count: int
    since: datetime
    at: datetime


def hot_spots(user: User, at: datetime) -> list[HotSpot]:
    """Those in the communities and streets where the person is posted, most cases first; four queries at most."""
    places = merged((post.grid.lft, post.grid.rght) for post in user.active_posts if post.grid.level in LEVELS)
    return find_hot_spots(Event.objects.filter(within(places)), at) if places else []


def find_hot_spots(events: QuerySet[Event], at: datetime) -> list[HotSpot]:
    """Those among the events; by arithmetic on `position`."""
    # What are hotline orders is looked up only where there is enough with them: of all it takes longer than to count.
    perhaps = list(_crowded(events.filed_lately(at)).values_list("category", "community"))
    if not perhaps:
        return []
    categories, communities = zip(*perhaps, strict=True)
    received = events.received_lately(at).filter(category__in=set(categories))
    rows = _crowded(received, among=set(communities)).annotate(since=Min("filed_at"))
    rows = list(rows.order_by("-count", "since", "community", "category"))
    categories = Category.objects.in_bulk([row["category"] for row in rows])
    communities = _communities(str(row["community"]) for row in rows)
    return [
        HotSpot(categories[row["category"]], communities[str(row["community"])], row["count"], row["since"], at)
        for row in rows
        if str(row["community"]) in communities  # what arose above communities lies in none
    ]


def _crowded(events: QuerySet[Event], among: Iterable[int] | None = None) -> QuerySet[dict]:
    """Category and community of those that are many, counted of no column, so that an index alone answers."""
    events = events.order_by().annotate(community=F("position") / WIDTHS[Level.COMMUNITY])
    if among is not None:
        events = events.filter(community__in=among)
    return events.values("category", "community").annotate(count=Count("*")).filter(count__gte=settings.HOT_SPOT_CASES)


def _communities(codes: Iterable[str]) -> dict[str, Grid]:
    if not (codes := set(codes)):
        return {}
    return {grid.code: grid for grid in Grid.objects.active().filter(level=Level.COMMUNITY, code__in=codes)}


def may_see_hot_spot(user: User, community: Grid) -> bool:
    """Whether the person sees every case there that is counted."""
    return any(lft <= community.lft <= rght for lft, rght in ranges(user))


def cases_of(category: Category, community: Grid, at: datetime) -> QuerySet[Event]:
    """The very cases that a hot spot counted at that time, newest first."""
    found = Event.objects.inside(community).received_lately(at).filter(category=category)
    return found.order_by(F("filed_at").desc(), F("pk").desc())
