"""What may be told in public of cases: counts, the gist of one, and photos of staff. Clue reports are never in it."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, time, timedelta

from django.core.files import File
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from branches.disclosure.tellers import Gist, Photo, Tally
from events.attachments import Kind
from events.models import Attachment, Event
from events.workflow import Status
from grids.models import Grid, User


class EventTeller:
    """Cases, by their numbers."""

    kind = "event"

    def count(self, grid: Grid, month: date) -> list[Tally]:
        """By major category; what was voided, or goes on in another case, is not counted."""
        first = month.replace(day=1)
        begin, end = (_midnight(day) for day in (first, (first + timedelta(days=31)).replace(day=1)))
        events = Event.objects.inside(grid).filter(filed_at__gte=begin, filed_at__lt=end, is_confidential=False)
        events = events.exclude(status__in=[Status.VOIDED, Status.MERGED]).order_by()
        counts = events.values("category__major").annotate(
            received=Count("pk"), closed=Count("pk", filter=Q(status=Status.CLOSED))
        )
        return [Tally(*row) for row in counts.values_list("category__major", "received", "closed")]

    def gist(self, user: User, key: str) -> Gist | None:
        event = self._visible(user, key).select_related("category", "grid").first()
        if event is None:
            return None
        outcome = event.get_outcome_display() or event.get_status_display()
        return Gist(event.grid, event.category.minor, outcome, event.status == Status.CLOSED)

    def photos(self, user: User, key: str) -> list[Photo]:
        attachments = self._of_staff(user, key).order_by("step_id", "ordinal")
        return [Photo(str(one.key), reverse("attachment_thumbnail", args=[one.key]), one.name) for one in attachments]

    def open_photos(self, user: User, key: str, keys: Iterable[str]) -> list[File]:
        files = []
        for attachment in self._of_staff(user, key).filter(key__in=list(keys)).order_by("step_id", "ordinal"):
            with suppress(FileNotFoundError):  # the daily check tells of it
                files.append(File(attachment.file.open("rb"), attachment.name))
        return files

    def _visible(self, user: User, key: str) -> QuerySet[Event]:
        return Event.objects.visible_to(user).filter(number=key, is_confidential=False)

    def _of_staff(self, user: User, key: str) -> QuerySet[Attachment]:
        """Photos of steps that somebody with an account took; residents have none."""
        events = self._visible(user, key).values("pk")
        return Attachment.objects.filter(event__in=events, kind=Kind.IMAGE, erased_at=None, step__actor__isnull=False)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_default_timezone())
