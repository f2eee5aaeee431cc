"""How cases go: each story yields when it goes on and has people act when that time has come."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from events.demo.places import COMMUNITY
from events.demo.simulation import Matter
from events.workflow import MAX_REWORKS, MAX_SEND_BACKS, Action, Rating

Telling = Iterator[datetime]


def accepted(matter: Matter) -> Telling:
    yield matter.in_time(0.03, 0.3)
    matter.accept()


def assigned(matter: Matter) -> Telling:
    yield from accepted(matter)
    yield matter.in_time(0.02, 0.15)
    matter.assign()


def resolved(matter: Matter) -> Telling:
    """Accepted, mostly assigned, and dealt with."""
    yield from assigned(matter) if matter.rng.random() < 0.8 else accepted(matter)
    yield matter.in_time(0.1, 0.8)
    matter.resolve()


def settled(matter: Matter) -> Telling:
    """The plain way: dealt with, checked, closed."""
    yield from resolved(matter)
    yield from passed(matter)


def passed(matter: Matter) -> Telling:
    yield matter.in_time(0.05, 0.7)
    matter.take(Action.PASS_CHECK)


def settled_at_once(matter: Matter) -> Telling:
    """Resolved before anybody can have been there: for a second look."""
    yield matter.now + timedelta(seconds=matter.rng.randint(40, 70))
    matter.accept()
    yield matter.now + timedelta(seconds=matter.rng.randint(50, 120))
    matter.resolve()
    yield from passed(matter)


def discussed(matter: Matter) -> Telling:
    """Closed after a remark and an urging from above."""
    yield from assigned(matter)
    yield matter.in_time(0.05, 0.3)
    matter.take(Action.COMMENT, by=matter.event.handler)
    yield matter.in_time(0.1, 0.3)
    matter.take(Action.URGE)
    yield matter.in_time(0.1, 0.5)
    matter.resolve()
    yield from passed(matter)


def handed_up(matter: Matter) -> Telling:
    """Not to be solved in the grid: the desk hands it up, and it is settled there."""
    yield from handed_up_once(matter)
    yield from settled(matter)


def handed_up_once(matter: Matter) -> Telling:
    if matter.rng.random() < 0.6:
        yield from accepted(matter)
    yield matter.in_time(0.1, 0.5)
    matter.take(Action.ESCALATE)


def handed_up_twice(matter: Matter) -> Telling:
    yield from handed_up_once(matter)
    yield from handed_up_once(matter)
    yield from settled(matter)


def handed_to_the_city(matter: Matter) -> Telling:
    while len(matter.event.holder.code) > 4:
        yield from handed_up_once(matter)
    yield from settled(matter)


def climbed(loops: int):
    """Left alone until it climbed so many times by itself, then settled."""

    def story(matter: Matter) -> Telling:
        for _loop in range(loops):
            yield matter.overdue()
        yield from settled(matter)

    return story


def climbed_in_hand(matter: Matter) -> Telling:
    """Assigned but not dealt with in time."""
    yield from assigned(matter)
    yield matter.overdue()
    yield from settled(matter)


def supervised(matter: Matter) -> Telling:
    """An official puts it under supervision; it is settled in time."""
    yield from assigned(matter)
    yield matter.in_time(0.1, 0.3)
    matter.take(Action.SUPERVISE)
    yield matter.in_time(0.1, 0.6)
    matter.resolve()
    yield from passed(matter)


def sent_back(matter: Matter) -> Telling:
    """Handed up, sent back with advice, settled below."""
    yield from handed_up_once(matter)
    yield matter.in_time(0.1, 0.4)
    matter.take(Action.SEND_BACK)
    yield from settled(matter)


def sent_back_too_often(matter: Matter) -> Telling:
    """Up and down, until the third wish to send it back makes it climb."""
    for _time in range(MAX_SEND_BACKS + 1):
        yield from handed_up_once(matter)
        yield matter.in_time(0.1, 0.4)
        matter.take(Action.SEND_BACK)
    yield from settled(matter)


def redone(matter: Matter) -> Telling:
    """The first check fails."""
    yield from failed(matter)
    yield matter.in_time(0.1, 0.6)
    matter.resolve()
    yield from passed(matter)


def failed(matter: Matter) -> Telling:
    yield from resolved(matter)
    yield matter.in_time(0.05, 0.5)
    matter.fail()


def redone_too_often(matter: Matter) -> Telling:
    """The third failed check makes it climb; it is settled there."""
    yield from failed(matter)
    for _time in range(MAX_REWORKS):
        yield matter.in_time(0.1, 0.6)
        matter.resolve()
        yield matter.in_time(0.05, 0.5)
        matter.fail()
    yield from settled(matter)


def reopened(matter: Matter) -> Telling:
    """Closed, taken up again by somebody above, closed for good."""
    yield from settled(matter)
    yield matter.later(matter.rng.uniform(4, 30))
    matter.take(Action.REOPEN)
    yield matter.in_time(0.2, 0.7)
    matter.resolve()
    yield from passed(matter)


def asked(matter: Matter) -> Telling:
    """The desk asks who reported it before somebody goes there."""
    yield from accepted(matter)
    matter.take(Action.ASK)
    yield matter.in_time(0.02, 0.1)
    matter.take(Action.ANSWER, by=matter.reporter)
    yield matter.in_time(0.1, 0.6)
    matter.resolve()
    yield from passed(matter)


def _judged(matter: Matter) -> datetime:
    """When who reported it says what they think: soon, as the seven days do not wait for a long holiday."""
    return (matter.now + timedelta(hours=matter.rng.uniform(1, 30))).replace(microsecond=0)


def rated(rating: str, **answers: bool):
    """Closed, and rated by who reported it, who may also tell whether they were `contacted` and it is `solved`."""

    def story(matter: Matter) -> Telling:
        yield from settled(matter)
        yield _judged(matter)
        matter.take(Action.RATE, by=matter.reporter, rating=rating, **answers)

    return story


def unsatisfied(matter: Matter) -> Telling:
    """Closed, not good enough for who reported it, and done again."""
    yield from settled(matter)
    yield _judged(matter)
    said = {"rating": Rating.UNSATISFIED, "reason": matter.report.complaint, "contacted": True, "solved": False}
    matter.take(Action.RATE, by=matter.reporter, **said)
    yield matter.in_time(0.2, 0.7)
    matter.resolve()
    yield from passed(matter)


def voided(matter: Matter) -> Telling:
    yield matter.in_time(0.1, 0.6)
    matter.take(Action.VOID)


def checked_late(climbs: int):
    """Nobody checks in time, so the check moves up."""

    def story(matter: Matter) -> Telling:
        yield from resolved(matter)
        for _climb in range(climbs):
            yield matter.overdue()
        yield from passed(matter)

    return story


def never_settled(matter: Matter) -> Telling:
    """Nobody does anything; the clock takes it to the city and marks it there."""
    yield from ()


# The accounts' desks: stories that stop where somebody is to go on.


def waits(matter: Matter) -> Telling:
    """Reported and not accepted; where nobody acts, the clock does."""
    yield from ()


def lies_unassigned(matter: Matter) -> Telling:
    yield matter.later(0.15)
    matter.accept()


def lies_assigned(matter: Matter) -> Telling:
    yield from lies_unassigned(matter)
    yield matter.later(0.1)
    matter.assign()


def _lies_with(username: str):
    def story(matter: Matter) -> Telling:
        yield from lies_unassigned(matter)
        yield matter.later(0.1)
        matter.assign(matter.simulation.staff.users[username])

    return story


lies_with_worker = _lies_with("worker")
lies_with_police = _lies_with("police")


def lies_with_organisation(matter: Matter) -> Telling:
    """The property company is to deal with it."""
    yield from lies_unassigned(matter)
    yield matter.later(0.2)
    matter.assign_organisation()


def settled_by_organisation(matter: Matter) -> Telling:
    yield from lies_with_organisation(matter)
    yield matter.in_time(0.1, 0.7)
    matter.resolve()
    yield from passed(matter)


def chief_checks(matter: Matter) -> Telling:
    """Resolved by the worker, so somebody else checks."""
    yield from lies_with_worker(matter)
    yield matter.later(0.8)
    matter.resolve()


def worker_checks(matter: Matter) -> Telling:
    """Resolved by the desk itself."""
    yield from lies_unassigned(matter)
    yield matter.later(0.9)
    matter.resolve()


def worker_mends(matter: Matter) -> Telling:
    """A failed check brought it back to the worker."""
    yield from chief_checks(matter)
    yield matter.later(0.7)
    matter.fail()


def came_back(matter: Matter) -> Telling:
    """Handed up and sent back with advice."""
    yield from handed_to(COMMUNITY)(matter)
    yield matter.later(1)
    matter.take(Action.SEND_BACK)


def was_reopened(matter: Matter) -> Telling:
    """Closed, and taken up again by the street."""
    yield from chief_checks(matter)
    yield matter.later(2)
    matter.take(Action.PASS_CHECK)
    yield matter.later(16)
    matter.take(Action.REOPEN, by=matter.simulation.staff.users["street"])


def handed_to(code: str, then=waits):
    """Handed up from desk to desk until the grid `code` holds it."""

    def story(matter: Matter) -> Telling:
        while len(matter.event.holder.code) > len(code):
            yield matter.later(0.3)
            matter.accept()
            yield matter.later(0.5)
            matter.take(Action.ESCALATE)
        yield from then(matter)

    return story


def police_work(matter: Matter) -> Telling:
    """The building hands it to the community, where the police are posted."""
    yield from handed_to(COMMUNITY, lies_with_police)(matter)


def clue_settled(matter: Matter) -> Telling:
    yield from police_work(matter)
    yield matter.in_time(0.3, 0.8)
    matter.resolve()
    yield from passed(matter)
