"""What a place tells, as RSS."""

from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils.translation import gettext as _

from branches.models import Publication, Story
from grids.models import Grid

NEWEST = 30


class DisclosureFeed(Feed):
    """The newest publications of a place, and stories of the place and below."""

    def get_object(self, request, grid: Grid) -> Grid:
        return grid

    def title(self, grid: Grid) -> str:
        return _("%(place)s in public") % {"place": grid.full_name}

    def description(self, grid: Grid) -> str:
        return _("Decisions, figures, resources, activities and stories of %(place)s") % {"place": grid.name}

    def link(self, grid: Grid) -> str:
        return reverse("public_disclosure", args=[grid.code])

    def items(self, grid: Grid) -> list[Publication | Story]:
        published = Publication.objects.on(grid).public().order_by("-published_at", "-pk")[:NEWEST]
        stories = Story.objects.within(grid).public().order_by("-published_at", "-pk")[:NEWEST]
        self.code = grid.code
        return sorted([*published, *stories], key=lambda one: one.published_at, reverse=True)[:NEWEST]

    def item_title(self, item: Publication | Story) -> str:
        return item.title

    def item_description(self, item: Publication | Story) -> str:
        return item.after if isinstance(item, Story) else item.text

    def item_pubdate(self, item: Publication | Story):
        return item.published_at

    def item_link(self, item: Publication | Story) -> str:
        name = "public_story" if isinstance(item, Story) else "public_publication"
        return reverse(name, args=[self.code, item.pk])
