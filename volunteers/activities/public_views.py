"""Activities that everybody may read of, on the public pages of a community or street."""

from django.contrib.syndication.views import Feed
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.disclosure.public_views import told_of
from grids.models import Grid
from volunteers.models import Activity
from volunteers.services.activities import time_and_place

PAGE_SIZE = 20
NEWEST = 30


def to_join(grid: Grid):
    """The public activities to come of the grid and below it, the next first."""
    return Activity.objects.public().within(grid).to_join(timezone.now()).with_related().with_counts()


@told_of
def public_activities(request: HttpRequest, grid: Grid) -> HttpResponse:
    """What one can join here: what, when, where, and whether there is room."""
    page = Paginator(to_join(grid).prefetch_related("skills"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "volunteers/public_activities.html", {"grid": grid, "page": page})


@told_of
def public_activity_feed(request: HttpRequest, grid: Grid) -> HttpResponse:
    """The same as RSS."""
    return ActivityFeed()(request, grid)


class ActivityFeed(Feed):
    """The activities to join of a place."""

    def get_object(self, request, grid: Grid) -> Grid:
        return grid

    def title(self, grid: Grid) -> str:
        return _("Activities of %(place)s") % {"place": grid.full_name}

    def description(self, grid: Grid) -> str:
        return _("Activities to join of %(place)s") % {"place": grid.name}

    def link(self, grid: Grid) -> str:
        return reverse("public_activities", args=[grid.code])

    def items(self, grid: Grid) -> list[Activity]:
        self.page = self.link(grid)
        return list(to_join(grid)[:NEWEST])

    def item_title(self, item: Activity) -> str:
        return item.title

    def item_description(self, item: Activity) -> str:
        return "\n".join(filter(None, [time_and_place(item), item.needs]))

    def item_link(self, item: Activity) -> str:
        return f"{self.page}#activity-{item.pk}"

    def item_guid(self, item: Activity) -> str:
        return f"activity-{item.pk}"

    item_guid_is_permalink = False
