"""What of the cases belongs on the agenda of a joint meeting; clue reports never."""

from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext as _

from branches.meetings.agenda import Asked, Point
from events.hot_spots import find_hot_spots, may_see_hot_spot
from events.models import Event
from events.references import EventSource, HotSpotSource
from grids.access import within

MOST_CASES = 12
MOST_HOT_SPOTS = 3
ORDINARY = 2  # rank of a case that neither is late nor under supervision


def open_cases(asked: Asked) -> list[Point]:
    """The open cases of the area: those under supervision and overdue first, then those that came furthest up."""
    cases = Event.objects.visible_to(asked.user).filter(within(asked.area), is_confidential=False).open()
    late = Q(due_at__lt=asked.at)
    rank = Case(
        When(late, is_supervised=True, then=0), When(late | Q(is_supervised=True), then=1), default=Value(ORDINARY)
    )
    cases = cases.annotate(rank=rank).order_by("rank", "due_at", "pk")
    return [
        Point(f"{case.number} {case.title}", EventSource.kind, case.number, _why(case, asked), case.rank < ORDINARY)
        for case in cases[:MOST_CASES]
    ]


def _why(case: Event, asked: Asked) -> str:
    words = [case.get_status_display()]
    if case.is_supervised:
        words.append(_("supervised"))
    if case.is_overdue(asked.at):
        words.append(_("overdue"))
    return " · ".join(map(str, words))


def hot_spots(asked: Asked) -> list[Point]:
    """What many report in one community of the area these days."""
    found = find_hot_spots(Event.objects.filter(within(asked.area)), asked.at)
    seen = [spot for spot in found if may_see_hot_spot(asked.user, spot.community)]
    return [
        Point(
            HotSpotSource.name_of(spot.category, spot.community),
            HotSpotSource.kind,
            HotSpotSource.key_of(spot.category, spot.community),
            _("%(count)d cases within few days") % {"count": spot.count},
        )
        for spot in seen[:MOST_HOT_SPOTS]
    ]
