"""Proof that the events are what their steps tell: replay, hash chain, clocks, outbox, digests and balance."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from events import calendars
from events.audit.attachments import attachment_problems
from events.audit.cases import case_problems
from events.audit.digests import Head, digest_problems, head_problems
from events.audit.merging import merge_problems
from events.audit.outbox import contact_problems, outbox_problems, stray_problems
from events.audit.sentences import sentence
from events.audit.tables import balance_problems, calendar_problems, orphan_problems, place_problems
from events.clock import WorkCalendar
from events.models import AuditHead, Delivery, Event, Notice, Step

CHUNK = 500
# What reading rows ends with that somebody wrote past the services; the check must not end with it.
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)
Problem = tuple[str, Any, Any]  # what, expected, found


@dataclass
class Tally:
    """What a check counted on its way: the digest keeps it."""

    events: int = 0
    steps: int = 0
    heads: list[Head] = field(default_factory=list)  # of the histories that grew since the digest before

    def add(self, other: "Tally") -> None:
        self.events += other.events
        self.steps += other.steps
        self.heads += other.heads


def problems(*, at: datetime | None = None, read_files: bool = False, tally: Tally | None = None) -> Iterator[str]:
    """One sentence for each thing wrong: which case, what, what was expected and what was found.

    Photos and files must be there; `read_files` also reads every one and compares its hash, which takes its time.
    To be true of a system at work it is to be read inside of one `snapshot`.
    """
    at, tally = at or timezone.now(), Tally() if tally is None else tally
    yield from history_problems(at, tally)
    yield from whole_problems(read_files)


def history_problems(at: datetime, tally: Tally, after: int = 0, upto: int | None = None) -> Iterator[str]:
    """Of each case for itself; of those with primary keys in a range where several processes share them."""
    for history in _histories(after, upto):
        for problem in _problems(history, at, tally):
            yield sentence(history.event.number, *problem, hidden=history.event.is_confidential)


def whole_problems(read_files: bool) -> Iterator[str]:
    """What no case tells for itself."""
    yield from _all(orphan_problems(), place_problems(), merge_problems(), stray_problems(), contact_problems())
    yield from _all(attachment_problems(read_files=read_files))
    yield from _all(calendar_problems(), balance_problems(), digest_problems())


def _all(*sources: Iterator[tuple[str, str, Any, Any]]) -> Iterator[str]:
    for source in sources:
        try:
            for problem in source:
                yield sentence(*problem, hidden=Event.objects.filter(number=problem[0], is_confidential=True).exists())
        except UNREADABLE as error:
            yield sentence(_("All cases"), source.__name__, _("something that can be read"), type(error).__name__)


class History(NamedTuple):
    """A case with everything that hangs on it; all of them rows with the models' columns as attributes."""

    event: NamedTuple
    steps: list[NamedTuple]
    told: Mapping[int, list[tuple[int, int, int | None]]]  # by step: notice, recipient, how many ways it went
    sent: list[tuple[int, int]]  # notice and recipient of each delivery
    heads: list[tuple[int, int, str]]  # number of the digest, steps and last hash then
    editions: Mapping[str, WorkCalendar]


def _problems(history: History, at: datetime, tally: Tally) -> Iterator[Problem]:
    event, steps = history.event, history.steps
    tally.events += 1
    tally.steps += len(steps)
    if not history.heads or history.heads[-1][1:] != (event.step_count, event.head_hash):
        tally.heads.append(Head(event.id, event.number, event.step_count, event.head_hash))
    yield from head_problems(steps, history.heads)
    try:
        yield from case_problems(event, steps, history.editions, at)
        yield from outbox_problems(steps, history.told, history.sent)
    except UNREADABLE as error:
        yield _("history"), _("one that can be replayed"), type(error).__name__


def _histories(after: int, upto: int | None) -> Iterator[History]:
    """Every event in the range, a chunk at a time.

    An audit reads millions of rows, and a model instance takes as long to make as its hash does to prove.
    """
    around = {
        "grid_lft": F("grid__lft"),
        "holder_code": F("holder__code"),
        "holder_retired_at": F("holder__retired_at"),
        "holder_lft": F("holder__lft"),
        "holder_rght": F("holder__rght"),
    }
    rows = Event.objects.annotate(**around).order_by("pk").values_list(*_columns(Event), *around, named=True)
    last = after
    if upto is not None:
        rows = rows.filter(pk__lte=upto)
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        # From the event before: what hangs on one that is gone belongs to this chunk's look-ups and is read once.
        inside = {"event__gt": last, "event__lte": (last := chunk[-1].id)}
        steps = _by_event(Step.objects.filter(**inside).order_by("event", "ordinal"), *_columns(Step), named=True)
        notices = _by_event(Notice.objects.filter(**inside), "step_id", "pk", "recipient_id", "ways", "event_id")
        sent = _by_event(Delivery.objects.filter(**inside), "notice_id", "recipient_id", "event_id")
        heads = AuditHead.objects.filter(**inside).order_by("digest__number")
        heads = _by_event(heads, "digest__number", "step_count", "head_hash", "event_id")
        # Read for all of them at once; each is then known to this process.
        editions = calendars.of_all(_named_calendars(steps.values()))
        for event in chunk:
            told = defaultdict(list)
            for step_id, *notice, _event in notices[event.id]:
                told[step_id].append(tuple(notice))
            yield History(
                event,
                steps[event.id],
                told,
                [row[:2] for row in sent[event.id]],
                [row[:3] for row in heads[event.id]],
                editions,
            )


def _by_event(rows, *names: str, named: bool = False) -> Mapping[int, list]:
    """Rows by their event, which is the column `event_id`, or the last one."""
    found = defaultdict(list)
    for row in rows.values_list(*names, named=named):
        found[row.event_id if named else row[-1]].append(row)
    return found


def _named_calendars(histories: Iterable[list[NamedTuple]]) -> set[str]:
    named = (step.details.get("calendar", "") for steps in histories for step in steps if type(step.details) is dict)
    return {digest for digest in named if type(digest) is str}


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]
