"""Cases, as the floors below point to them."""

import re
from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branches.references import OFFERED, Shown
from events.hot_spots import may_see_hot_spot
from events.models import Category, Event
from events.workflow import Status
from grids.models import Grid, User

KEY = re.compile("[0-9]{1,18}", re.ASCII)


class EventSource:
    """A case by its number; never a confidential one, which nothing elsewhere may tell of."""

    kind = "event"
    title = _("case")

    def show(self, user: User, keys: Iterable[str]) -> dict[str, Shown]:
        return {event.number: self._shown(event) for event in self._visible(user).filter(number__in=list(keys))}

    def offer(self, user: User, grid: Grid, words: str = "") -> list[Shown]:
        events = self._visible(user).filter(position__range=(grid.lft, grid.rght)).order_by("-filed_at", "-pk")
        events = events.search(words) if words.strip() else events
        return [self._shown(event) for event in events[:OFFERED]]

    def _visible(self, user: User) -> QuerySet[Event]:
        return Event.objects.visible_to(user).filter(is_confidential=False)

    def _shown(self, event: Event) -> Shown:
        name = f"{event.number} {event.title}"
        url = reverse("event_detail", args=[event.number])
        return Shown(self.kind, event.number, name, event.get_status_display(), url, event.status == Status.CLOSED)


class HotSpotSource:
    """A category in a community, as long as both are there; the page of the hot spot says how it stands now."""

    kind = "hot_spot"
    title = _("hot spot")

    def show(self, user: User, keys: Iterable[str]) -> dict[str, Shown]:
        parts = {key: key.partition("-") for key in keys}
        communities = Grid.objects.in_bulk({code for code, _dash, _pk in parts.values()}, field_name="code")
        categories = Category.objects.in_bulk({pk for _code, _dash, pk in parts.values() if KEY.fullmatch(pk)})
        found = {}
        for key, (code, _dash, pk) in parts.items():
            community = communities.get(code)
            category = categories.get(int(pk)) if KEY.fullmatch(pk) else None
            if community and category and may_see_hot_spot(user, community):
                found[key] = self._shown(category, community)
        return found

    def offer(self, user: User, grid: Grid, words: str = "") -> list[Shown]:
        return []  # it is no evidence of anything

    def _shown(self, category: Category, community: Grid) -> Shown:
        url = reverse("hot_spot", args=[community.code, category.pk])
        return Shown(self.kind, self.key_of(category, community), self.name_of(category, community), url=url)

    @staticmethod
    def key_of(category: Category, community: Grid) -> str:
        return f"{community.code}-{category.pk}"

    @staticmethod
    def name_of(category: Category, community: Grid) -> str:
        return f"{community.name} · {category.minor}"
