"""What cases tell joint patrols: in which buildings public safety was at stake lately. Clue reports never count."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Count, F
from django.urls import reverse
from django.utils import timezone

from events.filters import during
from events.models import Category, Event, PoliceWork
from grids.models import Grid, Level, User
from grids.tree import WIDTHS
from volunteers.patrols.suggesting import DAYS, Hint


def cases_of_safety(user: User, community: Grid, at: datetime) -> list[Hint]:
    """For each building and category the cases of the last ninety days that the user may see; two queries.

    What was voided counts too, so that the number opens exactly the list that the filters of the cases show.
    """
    categories = Category.objects.filter(police_work=PoliceWork.SAFETY, is_confidential=False).in_bulk()
    if not categories:
        return []
    since = timezone.localdate(at) - timedelta(days=DAYS)
    found = Event.objects.visible_to(user).filter(category__in=categories, is_confidential=False)
    below = found.filter(position__gt=community.lft, position__lte=community.rght)  # in a building of it
    rows = below.filter(*during({"since": since}, at)).order_by()
    rows = rows.values("category", building=F("position") / WIDTHS[Level.BUILDING]).annotate(count=Count("*"))
    return [
        Hint(
            code=str(row["building"]),
            label=categories[row["category"]].minor,
            count=row["count"],
            url=_list_of(str(row["building"]), row["category"], since.isoformat()),
        )
        for row in rows.order_by("-count", "building", "category")
    ]


def _list_of(building: str, category: int, since: str) -> str:
    return f"{reverse('event_list')}?{urlencode({'grid': building, 'category': category, 'since': since})}"
