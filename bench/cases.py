"""Cases with honest histories, in bulk: the project's own transitions in memory, sealed steps, one INSERT a table."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from bench.city import BATCH, City
from events.drafts import Draft, Limits, Rule
from events.models import Event, Notice, Step
from events.routing import Staffing, entry
from events.transitions import TRANSITIONS, file, seal_all
from events.waking import wake
from events.workflow import Action, Side, Status, Urgency, can_climb
from grids.models import Grid, User

Life = tuple[Action, ...]  # what is done to a case after it was filed
Lives = dict[Life, int]  # with weights

_TO_THE_END = (Action.ACCEPT, Action.ASSIGN, Action.RESOLVE, Action.PASS_CHECK)
CLOSED: Lives = {
    _TO_THE_END: 75,
    (Action.ESCALATE, *_TO_THE_END): 15,
    (Action.ACCEPT, Action.RESOLVE, Action.FAIL_CHECK, Action.RESOLVE, Action.PASS_CHECK): 7,
    (Action.VOID,): 3,
}
OPEN: Lives = {
    (): 35,
    (Action.ESCALATE,): 15,
    (Action.ACCEPT,): 15,
    (Action.ACCEPT, Action.ASSIGN): 20,
    (Action.ACCEPT, Action.RESOLVE): 15,
}
SHARE_URGENT = 0.05
MINUTE = timedelta(minutes=1)


def add_cases(city: City, count: int, filed: tuple[datetime, datetime], lives: Lives, *, swept: bool = False) -> None:
    """Add cases filed between two times; neighbours share a batch, and so the look-up of who is posted there.

    When `swept`, the clock takes up what is overdue in between, as in a running system.
    """
    limits = Limits()
    codes = sorted(city.random.choices(city.places, k=count))
    drawn = city.random.choices(list(lives), weights=list(lives.values()), k=count)
    for start in range(0, count, BATCH):
        _add_batch(city, codes[start : start + BATCH], drawn[start : start + BATCH], filed, limits, swept)


@transaction.atomic
def _add_batch(
    city: City, codes: list[str], drawn: list[Life], filed: tuple[datetime, datetime], limits: Limits, swept: bool
) -> None:
    staffing = Staffing.above(codes)
    events, sealed = [], []
    for code, life in zip(codes, drawn, strict=True):
        event = _event(city, staffing.grids[code], filed)
        events.append(event)
        for draft in _drafts(city, event, life, staffing, limits, swept):
            sealed += seal_all(draft)
    Event.objects.bulk_create(events)
    for step, _people in sealed:
        step.event = step.event  # takes over the key that the event has only now
    Step.objects.bulk_create([step for step, _people in sealed])
    Notice.objects.bulk_create(_notice(step, person) for step, people in sealed for person in people)


def _event(city: City, grid: Grid, filed: tuple[datetime, datetime]) -> Event:
    since, until = filed
    at = since + (until - since) * city.random.random()
    category = city.random.choice(city.categories)
    return Event(
        number=f"{at:%Y%m%d}-{next(city.numbers) % 10**6:06}",
        category=category,
        grid=grid,
        position=grid.lft,
        title=f"{category.minor}，请派人处理",
        description="居民反映已有几天，老人和孩子出入不安全，请尽快派人来看。",
        address="东侧楼梯",
        urgency=Urgency.URGENT if city.random.random() < SHARE_URGENT else Urgency.NORMAL,
        reporter=city.random.choice(city.users),
        filed_at=at,
    )


def _drafts(city: City, event: Event, life: Life, staffing: Staffing, limits: Limits, swept: bool) -> Iterator[Draft]:
    """One draft after the other, each to be sealed before the next is asked for; ends early where nobody can act."""
    filing = Draft(
        event, Action.FILE, event.filed_at, staffing, limits, actor=event.reporter, side=Side.REPORTER, rule=Rule.PLACE
    )
    file(filing, entry(event.grid.code, event.category.lowest_loop, staffing.is_staffed))
    yield filing
    at = event.filed_at
    for action in life:
        at += timedelta(hours=city.random.uniform(0.2, 20))
        if swept:
            yield from _swept(event, at, staffing, limits)
        side, actor = _actor(city, event, action, staffing)
        if actor is None or (action == Action.ESCALATE and not can_climb(event.case())):
            return
        draft = Draft(
            event,
            action,
            at,
            staffing,
            limits,
            actor=actor,
            side=side,
            reason="需要上级协调",
            note="已处理",
            handler=actor,
        )
        TRANSITIONS[action](draft)
        yield draft


def _swept(event: Event, until: datetime, staffing: Staffing, limits: Limits) -> Iterator[Draft]:
    """What the sweep does to an overdue case before that time, each time at the next minute; reminders left out."""
    while event.status in (Status.FILED, Status.HANDLING) and event.wake_at and event.due_at <= until - MINUTE:
        yield wake(event, event.due_at + MINUTE, staffing, limits)


def _actor(city: City, event: Event, action: Action, staffing: Staffing) -> tuple[Side, User | None]:
    if action in (Action.PASS_CHECK, Action.FAIL_CHECK):
        side, people = Side.ORIGIN, staffing.checkers(event.case(), event.checker.code)
    else:
        side, people = Side.DESK, staffing.desk(event.holder.code)
    return side, city.by_key[people[0]] if people else None


def _notice(step: Step, person: int) -> Notice:
    return Notice(step=step, event=step.event, recipient_id=person, created_at=step.at, delivered_at=step.at)
