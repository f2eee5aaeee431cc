"""What is shown of cases that may be the same: a few of them with picture, words, state and age."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from events.models import Attachment, Category, Event, Step
from events.nearness import Point
from events.services import merged_into
from events.wording import ago, place_of
from events.workflow import TABLE, Action, refusal
from grids.models import Grid, User, load_ancestors

MOST = 5  # a handful is looked through; who finds nothing among them files
MOST_JOINED = 20


@dataclass(frozen=True)
class Offer:
    """A handful of the cases that were found, the first ones, and how many there are in all."""

    cases: Sequence[Event] = ()
    count: int = 0

    def __bool__(self) -> bool:
        return bool(self.cases)


def offer(found: QuerySet[Event], at: datetime) -> Offer:
    """The first of these cases with their `place`, `ago` and `photo`, in three queries, and one more to count many."""
    cases = list(found.with_related()[: MOST + 1])
    count = len(cases) if len(cases) <= MOST else found.count()
    cases = cases[:MOST]
    load_ancestors(case.grid for case in cases)
    load_photos(cases)
    for case in cases:
        case.place, case.ago = place_of(case), ago(case.filed_at, at)
    return Offer(cases, count)


def open_alike(user: User, *, category: Category, grid: Grid, point: Point | None, at: datetime) -> Offer:
    """The open cases that may be the same as what the person is about to report, of those that they may see."""
    seen = Event.objects.visible_to(user).open().held_above(grid)
    return offer(seen.alike(category=category, grid=grid, point=point, at=at), at)


def load_photos(events: Iterable[Event]) -> None:
    """Set `photo`: the first picture of each case, None where there is none."""
    events = list(events)
    photos: dict[int, Attachment] = {}
    pictures = Attachment.objects.filter(event__in=events, kind=Attachment.Kind.IMAGE, erased_at=None)
    for photo in pictures.order_by("step_id", "ordinal") if events else ():
        photos.setdefault(photo.event_id, photo)
    for event in events:
        event.photo = photos.get(event.pk)


@dataclass(frozen=True)
class Joined:
    """The reports that were merged into a case: those that a person may see, first ones first, and how many more."""

    reports: Sequence[Event]
    hidden: int  # out of sight
    left: int  # beyond what is listed

    @property
    def count(self) -> int:
        return len(self.reports) + self.hidden + self.left


def joined(event: Event, user: User) -> Joined | None:
    """Who else reported the same, each with the `filing` step and its photos; None where nobody did.

    `may_separate` tells whether the person may have one handled on its own again.
    """
    merged = merged_into(event)
    if not merged:
        return None
    goes_on = {one.pk: one for one in (event, *merged)}
    for one in merged:
        one.merged_into = goes_on[one.merged_into_id]
    found = Event.objects.visible_to(user).filter(pk__in=[one.pk for one in merged])
    visible = list(found.with_related().order_by("pk"))
    reports = visible[:MOST_JOINED]
    filed = Step.objects.filter(event__in=reports, ordinal=1).prefetch_related("attachments")
    steps = {step.event_id: step for step in filed}
    for report in reports:
        report.filing, report.merged_into = steps[report.pk], goes_on[report.merged_into_id]
        report.may_separate = refusal(report.case(), TABLE[Action.SEPARATE], report.sides_of(user)) is None
    return Joined(reports, len(merged) - len(visible), len(visible) - len(reports))
