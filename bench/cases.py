"""Cases with honest histories, in bulk: the project's own transitions in memory, sealed steps, one COPY a table."""

import gc
import multiprocessing
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from operator import attrgetter

from django.db import connection, connections, transaction

from bench.city import BATCH, City
from bench.copying import copy, count_on, trust
from bench.timing import analyze
from events.drafts import Draft, Limits, Rule
from events.models import Event, Notice, Step
from events.routing import Staffing, entry
from events.transitions import TRANSITIONS, file, seal_all
from events.waking import wake
from events.workflow import Action, Rating, Side, Status, Urgency, can_climb
from grids.models import Grid, User

Life = tuple[Action, ...]  # what is done to a case after it was filed
Lives = dict[Life, int]  # with weights

_TO_THE_END = (Action.ACCEPT, Action.ASSIGN, Action.RESOLVE, Action.PASS_CHECK)
CLOSED: Lives = {
    _TO_THE_END: 45,
    (*_TO_THE_END, Action.RATE): 30,
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
SHARE_OPEN, SHARE_URGENT = 0.05, 0.05
YEARS, RECENTLY = timedelta(days=730), timedelta(days=10)
RATINGS = {Rating.SATISFIED: 75, Rating.FAIR: 18, Rating.UNSATISFIED: 7}
AGAIN = (Action.RESOLVE, Action.PASS_CHECK)  # what follows when the reporter is not satisfied
MINUTE = timedelta(minutes=1)
ANSWERED = ("contacted", "solved")
ANSWERS = {True: 80, False: 10, None: 10}  # whether who rated was contacted, and whether it is solved

EVENT = [field.attname for field in Event._meta.concrete_fields]
STEP = [field.attname for field in Step._meta.concrete_fields if not field.primary_key]
NOTICE = ("step_id", "event_id", "recipient_id", "created_at", "delivered_at", "read_at", "text", "page", "key")


def fill(city: City, count: int, processes: int = 1) -> None:
    """Five of a hundred cases are open, the others were closed over two years."""
    now = city.now
    still_open = round(count * SHARE_OPEN)
    add_cases(city, count - still_open, (now - YEARS, now - RECENTLY), CLOSED, processes)
    add_cases(city, still_open, (now - RECENTLY, now), OPEN, processes)
    analyze()


def add_cases(
    city: City,
    many: int,
    filed: tuple[datetime, datetime],
    lives: Lives,
    processes: int = 1,
    *,
    swept: bool = False,
) -> None:
    """Add cases filed between two times; neighbours share a batch, and so the look-up of who is posted there.

    The same cases come of any number of processes. When `swept`, the clock takes up what is overdue in between, as in
    a running system.
    """
    codes = sorted(city.random.choices(city.places, k=many))
    drawn = city.random.choices(list(lives), weights=list(lives.values()), k=many)
    first, seed = next(city.numbers), city.random.random()
    city.numbers = count(first + many)
    parts = [
        (codes[start : start + BATCH], drawn[start : start + BATCH], first + start) for start in range(0, many, BATCH)
    ]
    add = partial(_add_part, city, filed, seed, swept)
    if processes == 1:
        for part in parts:
            add(part)
    else:
        connections.close_all()  # which no two processes share
        with multiprocessing.get_context("fork").Pool(processes, _work_on, [add]) as pool:
            for _done in pool.imap_unordered(_do_part, parts):
                pass
    if connection.vendor == "postgresql":
        count_on(Event)


Part = tuple[list[str], list[Life], int]  # places, lives, and the number of the first


def _work_on(add: partial) -> None:
    """In each process, which has the city from the one that it was forked from."""
    global _add
    _add = add


def _do_part(part: Part) -> None:
    _add(part)


def _add_part(city: City, filed: tuple[datetime, datetime], seed: float, swept: bool, part: Part) -> None:
    codes, drawn, first = part
    own = replace(city, random=random.Random(f"{seed} {first}"), numbers=count(first))
    gc.disable()  # rows refer to nothing in circles, and looking for circles would take a fifth of the time
    try:
        _add_batch(own, codes, drawn, filed, Limits(), swept)
    finally:
        gc.enable()


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
    write = _copy if connection.vendor == "postgresql" else _insert
    write(events, sealed)


def _insert(events: list[Event], sealed: Sequence[tuple[Step, set[int]]]) -> None:
    Event.objects.bulk_create(events)
    Step.objects.bulk_create([step for step, _people in sealed])
    Notice.objects.bulk_create(
        Notice(**dict(zip(NOTICE, _notice(step, person), strict=True))) for step, people in sealed for person in people
    )


def _copy(events: list[Event], sealed: Sequence[tuple[Step, set[int]]]) -> None:
    trust()
    copy(Event, EVENT, map(attrgetter(*EVENT), events))
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('events_step_id_seq') FROM generate_series(1, %s)", [len(sealed)])
        for (step, _people), (key,) in zip(sealed, cursor.fetchall(), strict=True):
            step.pk = key
    copy(Step, ["id", *STEP], map(attrgetter("id", *STEP), (step for step, _people in sealed)))
    copy(Notice, NOTICE, (_notice(step, person) for step, people in sealed for person in people))


def _event(city: City, grid: Grid, filed: tuple[datetime, datetime]) -> Event:
    since, until = filed
    at = since + (until - since) * city.random.random()
    category = city.random.choice(city.categories)
    number = next(city.numbers)
    return Event(
        pk=number + 1,
        number=f"{at:%Y%m%d}-{number % 10**6:06}",
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
    """One draft after the other, each to be sealed before the next is asked for; ends now, or where nobody can act."""
    filing = Draft(
        event, Action.FILE, event.filed_at, staffing, limits, actor=event.reporter, side=Side.REPORTER, rule=Rule.PLACE
    )
    file(filing, entry(event.grid.code, event.category.lowest_loop, staffing.is_staffed))
    yield filing
    at, left = event.filed_at, list(life)
    while left:
        action = left.pop(0)
        at += timedelta(hours=city.random.uniform(0.2, 20))
        if at > city.now:
            return
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
            details=_said(city, action),
        )
        TRANSITIONS[action](draft)
        if action == Action.RATE:
            left += AGAIN if event.rating == Rating.UNSATISFIED else ()
        yield draft


def _swept(event: Event, until: datetime, staffing: Staffing, limits: Limits) -> Iterator[Draft]:
    """What the sweep does to an overdue case before that time, each time at the next minute; reminders left out."""
    while event.status in (Status.FILED, Status.HANDLING) and event.wake_at and event.due_at <= until - MINUTE:
        yield wake(event, event.due_at + MINUTE, staffing, limits)


def _actor(city: City, event: Event, action: Action, staffing: Staffing) -> tuple[Side, User | None]:
    if action == Action.RATE:
        return Side.REPORTER, event.reporter
    if action in (Action.PASS_CHECK, Action.FAIL_CHECK):
        side, people = Side.ORIGIN, staffing.checkers(event.case(), event.checker.code)
    else:
        side, people = Side.DESK, staffing.desk(event.holder.code)
    return side, city.by_key[people[0]] if people else None


def _said(city: City, action: Action) -> dict:
    """What who rates answers; no other action says more than its words."""
    if action != Action.RATE:
        return {}
    draw = city.random.choices
    answers = {name: draw(list(ANSWERS), weights=ANSWERS.values())[0] for name in ANSWERED}
    rating = draw(list(RATINGS), weights=RATINGS.values())[0]
    return {"rating": rating} | {name: answer for name, answer in answers.items() if answer is not None}


def _notice(step: Step, person: int) -> tuple:
    read_at = None if step.event.is_open else step.at  # of what has ended, nothing waits in an inbox
    return step.pk, step.event_id, person, step.at, step.at, read_at, "", "", ""
