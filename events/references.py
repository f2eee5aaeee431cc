"""Cases, as the floors below point to them."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branches.references import OFFERED, Shown
from events.models import Event
from events.workflow import Status
from grids.models import Grid, User


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
