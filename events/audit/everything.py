"""Proof that the events are what their steps tell: replay, hash chain, clocks, outbox, digests and balance."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from django.db.models import F, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from events import calendars
from events.audit.attachments import attachment_problems, file_problems
from events.audit.cases import case_problems
from events.audit.digests import Head, digest_problems, head_problems
from events.audit.merging import merge_problems
from events.audit.occasions import occasion_problems
from events.audit.outbox import (
    contact_problems,
    outbox_problems,
    promise_problems,
    standstill_problems,
    stray_problems,
    word_problems,
)
from events.audit.reading import UNREADABLE, guarded, pass_over, subject_of, time_problems
from events.audit.samples import sample_problems
from events.audit.sentences import sentence
from events.audit.tables import balance_problems, calendar_problems, orphan_problems, place_problems
from events.clock import WorkCalendar
from events.models import OCCASIONS, AuditHead, Delivery, Event, Notice, Occasion, Step

CHUNK = 500
Problem = tuple[str, Any, Any]  # what, expected, found


@dataclass
class Tally:
    """What a check counted on its way: the digest keeps it."""

    events: int = 0
    steps: int = 0
    grown: Callable[[Head], None] | None = None  # takes the heads of the histories that grew since the digest before

    def add(self, other: "Tally") -> None:
        self.events += other.events
        self.steps += other.steps


def problems(*, at: datetime | None = None, read_files: bool = False, tally: Tally | None = None) -> Iterator[str]:
    """One sentence for each thing wrong: which case, what, what was expected and what was found.

    Photos and files must be there; `read_files` also reads every one and compares its hash, which takes its time.
    To be true of a system at work it is to be read inside of one `snapshot`.
    """
    at, tally = at or timezone.now(), Tally() if tally is None else tally
    yield from history_problems(at, tally)
    yield from whole_problems()
    yield from lost_files(read_files)


def history_problems(at: datetime, tally: Tally, after: int = 0, upto: int | None = None) -> Iterator[str]:
    """Of each case for itself; of those with primary keys in a range where several processes share them."""
    for history in _histories(after, upto):
        if isinstance(history, Unreadable):
            tally.events += 1
            told = subject_of(Event, history.event_id)
            yield sentence(told, _("history"), _("something that can be read"), history.error)
            continue
        for problem in _problems(history, at, tally):
            yield sentence(history.event.number, *problem)


def whole_problems() -> Iterator[str]:
    """What no case tells for itself."""
    yield from _all(orphan_problems(), place_problems(), merge_problems(), stray_problems(), contact_problems())
    yield from _all(time_problems(), attachment_problems(), word_problems())
    yield from _all(calendar_problems(), balance_problems(), digest_problems(), sample_problems())


def state_problems(*, at: datetime) -> Iterator[str]:
    """Nothing is lost by it, but somebody must see to it: the outbox stands still, or a promise is not kept."""
    yield from _all(standstill_problems(at=at), promise_problems(at=at))


def lost_files(read_files: bool) -> Iterator[str]:
    """Photos and files that are not there. To be read after the snapshot: of what is erased meanwhile it knows not."""
    yield from _all(file_problems(read_files=read_files))


def _all(*sources: Iterator[tuple[str, str, Any, Any]]) -> Iterator[str]:
    for source in sources:
        for problem in guarded(_("All cases"), source.__name__, source):
            yield sentence(*problem)


class History(NamedTuple):
    """A case with everything that hangs on it; all of them rows with the models' columns as attributes."""

    event: NamedTuple
    steps: list[NamedTuple]
    told: Mapping[int, list[tuple[int, int, int | None]]]  # by step: notice, recipient, how many ways it went
    sent: list[tuple[int, int]]  # notice and recipient of each delivery
    heads: list[tuple[int, int, str]]  # number of the digest, steps and last hash then
    occasions: list[tuple[int | None, ...]]  # keys of what it arose from, in the order of OCCASIONS
    editions: Mapping[str, WorkCalendar]


class Unreadable(NamedTuple):
    """A case whose rows hold what no column of theirs can, and what reading them ended with."""

    event_id: int
    error: str


def _problems(history: History, at: datetime, tally: Tally) -> Iterator[Problem]:
    event, steps = history.event, history.steps
    tally.events += 1
    tally.steps += len(steps)
    # Of the steps, not of the row, where anything may stand.
    head = (len(steps), str(steps[-1].hash) if steps else "")
    if tally.grown and (not history.heads or history.heads[-1][1:] != head):
        tally.grown(Head(event.id, event.number, *head))
    yield from guarded("", _("sealed heads"), head_problems(steps, history.heads))
    yield from guarded("", _("history"), case_problems(event, steps, history.editions, at))
    yield from guarded("", _("what it arose from"), occasion_problems(steps, history.occasions))
    yield from guarded("", _("notices"), outbox_problems(steps, history.told, history.sent))


def _histories(after: int, upto: int | None) -> Iterator[History | Unreadable]:
    """Every event in the range, a chunk at a time."""
    keys = Event.objects.order_by("pk").values_list("pk", flat=True)
    if upto is not None:
        keys = keys.filter(pk__lte=upto)
    while chunk := list(keys.filter(pk__gt=after)[:CHUNK]):
        yield from _chunk(after, chunk)
        after = chunk[-1]


def _chunk(after: int, keys: list[int]) -> Iterator[History | Unreadable]:
    """The events with these keys, all that lie behind `after`. What cannot be read is halved until it stands alone."""
    try:
        found = list(_read(after, keys[-1]))
    except UNREADABLE as error:
        name = pass_over(error)
        if len(keys) == 1:
            found = [Unreadable(keys[0], name)]
        else:
            half = len(keys) // 2
            # Each from its own first key: what hangs on an event that is gone must not speak against the next one.
            found = chain.from_iterable(_chunk(part[0] - 1, part) for part in (keys[:half], keys[half:]))
    yield from found


def _read(after: int, upto: int) -> Iterator[History]:
    """Rows, for an audit reads millions, and a model instance takes as long to make as its hash does to prove."""
    around = {
        "grid_lft": F("grid__lft"),
        "holder_code": F("holder__code"),
        "holder_retired_at": F("holder__retired_at"),
        "holder_lft": F("holder__lft"),
        "holder_rght": F("holder__rght"),
    }
    rows = Event.objects.annotate(**around).order_by("pk").values_list(*_columns(Event), *around, named=True)
    inside = {"event__gt": after, "event__lte": upto}
    steps = _by_event(Step.objects.filter(**inside).order_by("event", "ordinal"), *_columns(Step), named=True)
    notices = _by_event(Notice.objects.filter(**inside), "step_id", "pk", "recipient_id", "ways", "event_id")
    sent = _by_event(Delivery.objects.filter(**inside), "notice_id", "recipient_id", "event_id")
    heads = AuditHead.objects.filter(**inside).order_by("digest__number")
    heads = _by_event(heads, "digest__number", "step_count", "head_hash", "event_id")
    occasions = _by_event(Occasion.objects.filter(**inside), *(f"{name}_id" for name in OCCASIONS), "event_id")
    # Read for all of them at once; each is then known to this process.
    editions = calendars.of_all(_named_calendars(steps.values()))
    for event in rows.filter(pk__gt=after, pk__lte=upto):
        told = defaultdict(list)
        for step_id, *notice, _event in notices[event.id]:
            told[step_id].append(tuple(notice))
        yield History(
            event,
            steps[event.id],
            told,
            [row[:2] for row in sent[event.id]],
            [row[:3] for row in heads[event.id]],
            [row[:-1] for row in occasions[event.id]],
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
