"""Asking what would have been: small questions are answered at once, large ones by a worker.

Nothing of a case is changed; what is written is the question and its answer, which is forgotten after some days.
"""

import logging
from datetime import date, datetime, timedelta

from celery import current_app
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from events.figures.measures import Day
from events.figures.scope import Scope
from events.models import Event, WhatIf
from events.what_if.outcome import MOST_CASES, TooMany, what_if
from events.what_if.question import check_period, of_json, to_json
from events.what_if.replay import Scenario
from grids.access import may_oversee
from grids.models import Grid, User
from grids.moments import aware_now
from grids.sheets import progress

logger = logging.getLogger(__name__)

FEW = 2_000  # cases that are run again while the person waits
KEPT = timedelta(days=7)
FORGOTTEN = timedelta(minutes=2)  # a message that nobody took until then is sent again
REPEATED = timedelta(minutes=5)  # a form sent twice, or once more for an answer that is being worked out
MOST_ATTEMPTS = 3
Status = WhatIf.Status


def asked_what_ifs(user: User) -> QuerySet[WhatIf]:
    """What somebody has asked lately, newest first."""
    return WhatIf.objects.filter(asked_by=user).select_related("grid")


def ask_what_if(
    *, actor: User, grid: Grid, since: date, until: date, scenario: Scenario, at: datetime | None = None
) -> WhatIf:
    """Ask it, and answer it at once where there are few cases. Asked again within minutes it is the same question.

    ValidationError, by field, where it cannot be asked.
    """
    at = aware_now(at)
    if not may_oversee(actor, grid):
        raise PermissionDenied(_("Only who answers for a grid may ask this of its cases."))
    check_period(since, until)
    if scenario.is_as_recorded:
        raise ValidationError(_("Say what would have been otherwise: a limit, the calendar or the staffing."))
    count = _count(Scope(grid, since, until))
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # a form sent twice asks once
        question = {"grid": grid, "since": since, "until": until, "scenario": to_json(scenario)}
        mine = WhatIf.objects.filter(asked_by=actor).exclude(status=Status.FAILED)
        if same := mine.filter(asked_at__gt=at - REPEATED, **question).first():
            return same
        if mine.filter(status=Status.WAITING).exists():
            raise ValidationError(_("Your question before is still being worked out. Wait until it is answered."))
        asked = WhatIf.objects.create(asked_by=actor, asked_at=at, **question)
        if count > FEW:
            transaction.on_commit(lambda: _queue(asked.pk), robust=True)
    if count <= FEW:
        answer_what_if(pk=asked.pk)
        asked.refresh_from_db()
    return asked


def _count(scope: Scope) -> int:
    """How many cases it is about; ValidationError where they are too many."""
    count = Event.objects.filter(scope.condition(Day.FILED)).order_by().values("pk")[: MOST_CASES + 1].count()
    if count > MOST_CASES:
        raise ValidationError({"until": _too_many()})
    return count


def _too_many() -> str:
    return _("These are more than %(most)d cases. Choose a shorter period or a smaller grid.") % {"most": MOST_CASES}


def _queue(pk: int) -> None:
    try:
        current_app.send_task("events.tasks.answer_what_if", [pk], retry=False)
    except BrokerError as error:  # the beat asks again once the broker is back
        logger.warning("The broker is away, what-if %s waits: %s", pk, error)


def progress_key(pk: int) -> str:
    return f"what-if-{pk}"


def answer_what_if(*, pk: int) -> None:
    """Work a question out, unless it is answered, or another worker is at it."""
    key = progress_key(pk)
    if not progress.begin(key):
        return
    try:
        WhatIf.objects.filter(pk=pk, status=Status.WAITING).update(attempts=F("attempts") + 1)
        asked = WhatIf.objects.select_related("grid").filter(pk=pk, status=Status.WAITING).first()
        if asked:
            _answer(asked)
    except TooMany:
        _fail(pk, _too_many())
    except DatabaseError as error:  # a restart, or a lock that was not to be had: the beat tries again
        logger.warning("What-if %s has to wait: %s", pk, type(error).__name__)
    except Exception:
        logger.exception("What-if %s failed.", pk)
        _fail(pk, _("The system has failed at this question. Please tell its operators."))
    finally:
        progress.end(key)


def _answer(asked: WhatIf) -> None:
    if asked.attempts > MOST_ATTEMPTS:
        _fail(asked.pk, _("The worker was interrupted at this question again and again."))
        return
    key = progress_key(asked.pk)
    scope = Scope(asked.grid, asked.since, asked.until)
    outcome = what_if(
        scope,
        of_json(asked.scenario),
        asked.asked_at,
        lambda phase, done, total: progress.report(key, phase, done, total),
    )
    done = WhatIf.objects.filter(pk=asked.pk, status=Status.WAITING)
    done.update(status=Status.DONE, outcome=outcome.as_json())


def _fail(pk: int, problem: str) -> None:
    WhatIf.objects.filter(pk=pk, status=Status.WAITING).update(status=Status.FAILED, problem=problem)


def continue_what_ifs(*, at: datetime | None = None) -> int:
    """Send again what a worker has lost, and forget what is old; returns how many were sent."""
    at = aware_now(at)
    WhatIf.objects.filter(asked_at__lt=at - KEPT).delete()
    waiting = WhatIf.objects.filter(status=Status.WAITING, asked_at__lt=at - FORGOTTEN).values_list("pk", flat=True)
    for pk in (sent := list(waiting)):
        _queue(pk)
    return len(sent)
