"""What the pages of samples and second looks share: whose they are, of which grids, and the way to reopen in place."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied

from events import services
from events.forms import ActForm
from events.models import Event, QuickClosing, Sample, SampleItem
from events.suggestions import with_places
from events.workflow import TABLE, Action, refusal
from grids.access import inspected_ranges, inspecting_posts
from grids.models import Grid, Level, User

GRIDS_TO_CHOOSE = 60
MANY = 1_000  # counting further costs more than the number is worth


def check_inspects(user: User) -> None:
    """PermissionDenied for who re-checks nothing."""
    if not inspected_ranges(user):
        raise PermissionDenied


def rechecks_of(user: User) -> dict[str, int]:
    """How many drawn and how many fast closed cases wait for who re-checks, counted to one more than MANY."""
    if not inspected_ranges(user):
        return {}
    samples = Sample.objects.inspected_by(user)
    return {
        "drawn": SampleItem.objects.filter(finding="", sample__in=samples)[: MANY + 1].count(),
        "fast": QuickClosing.objects.inspected_by(user).waiting().order_by()[: MANY + 1].count(),
    }


def inspected_grids(user: User, chosen: Grid | None = None) -> list[Grid]:
    """The grids to choose from: those of the person's posts, what lies directly below, and the chosen one."""
    own = [post.grid for post in inspecting_posts(user)]
    if not own and user.is_superuser:
        own = list(Grid.objects.active().filter(level=Level.CITY))
    below = Grid.objects.active().filter(parent__in=own).order_by("lft")[:GRIDS_TO_CHOOSE]
    grids = {grid.pk: grid for grid in [*own, *below, *([chosen] if chosen else [])]}
    return with_places(sorted(grids.values(), key=lambda grid: grid.lft))


def concluded_among(events: Iterable[Event], user: User) -> set[int]:
    """The keys of those that this person resolved or passed the check of."""
    mine = Event.objects.filter(pk__in=[event.pk for event in events]).concluded_by(user)
    return set(mine.values_list("pk", flat=True))


def mark_moved(items: Iterable[SampleItem], user: User) -> list[SampleItem]:
    """Set `is_elsewhere` on drawn cases that lie outside the person's area since a grid was moved, or are confidential.

    Of those a sample shows the number and the result, and nothing else.
    """
    items = list(items)
    for item in items:
        item.is_elsewhere = item.event.is_confidential or not services.may_inspect_case(user, item.event)
    return items


def reopening(event: Event, user: User, reason: str) -> tuple[ActForm | None, str]:
    """The form that reopens the case with this reason filled in, or why it is not open to the person."""
    move = TABLE[Action.REOPEN]
    if refused := refusal(event.case(), move, event.sides_of(user)):
        return None, str(refused.detail)
    form = ActForm(move, event)
    form.initial["reason"] = reason
    return form, ""
