"""The same figures by SQL written by hand: what the database alone needs, and so the least that a page could take."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from django.db import connection, transaction

from events.models import Event, Step
from grids.models import Grid
from grids.tree import WIDTHS

IS_OPEN = "status IN ('filed', 'handling', 'resolved', 'suspended')"
DASHBOARD = f"""
    SELECT count(*) FILTER (WHERE {IS_OPEN}), count(*) FILTER (WHERE {IS_OPEN} AND due_at < %(at)s),
        count(*) FILTER (WHERE {IS_OPEN} AND due_at >= %(at)s AND due_at < %(at)s::date + 1),
        count(*) FILTER (WHERE filed_at >= %(at)s::date), count(*) FILTER (WHERE closed_at >= %(at)s::date),
        count(*) FILTER (WHERE status = 'closed' AND late_at IS NULL), count(*) FILTER (WHERE status = 'closed'),
        count(*) FILTER (WHERE rating = 'satisfied'), count(*) FILTER (WHERE rating <> '')
    FROM events_event
    WHERE position BETWEEN %(lft)s AND %(rght)s AND NOT is_confidential AND filed_at >= %(since)s
"""  # noqa: S608 (our own words)
INDICATORS = f"""
    SELECT position / %(width)s, count(*), count(accepted_at), count(*) FILTER (WHERE status = 'closed'),
        count(*) FILTER (WHERE status = 'closed' AND late_at IS NULL), sum(reworks),
        count(*) FILTER (WHERE {IS_OPEN} AND accepted_at IS NOT NULL AND due_at < %(at)s),
        count(*) FILTER (WHERE status = 'closed' AND top_loop = 'grid'), count(*) FILTER (WHERE rating <> ''),
        count(*) FILTER (WHERE rating = 'satisfied'), count(*) FILTER (WHERE rating = 'fair')
    FROM events_event
    WHERE position BETWEEN %(lft)s AND %(rght)s AND NOT is_confidential AND filed_at >= %(since)s
    GROUP BY 1
"""  # noqa: S608 (our own words)
OVERDUE = f"""
    SELECT * FROM events_event WHERE status = 'filed' AND {IS_OPEN} AND due_at < %(at)s
    ORDER BY filed_at DESC, id DESC LIMIT 20 OFFSET %(skipped)s
"""  # noqa: S608 (our own words)
WORKBENCH = """
    SELECT * FROM events_event WHERE holder_id = %(holder)s AND status IN ('filed', 'handling')
    ORDER BY due_at LIMIT 21
"""

COPY = "INSERT INTO {0} ({1}) SELECT {2} FROM {0} WHERE id = %s"

Calls = Iterator[Callable[[], object]]


def dashboard(grid: Grid, at: datetime) -> Calls:
    return _ask(DASHBOARD, _place(grid, at, timedelta(days=30)))


def indicators(grid: Grid, at: datetime) -> Calls:
    return _ask(INDICATORS, _place(grid, at, timedelta(days=365)) | {"width": WIDTHS[grid.level + 1]})


def overdue(at: datetime, page: int) -> Calls:
    return _ask(OVERDUE, {"at": at, "skipped": (page - 1) * 20})


def workbench(grid: Grid) -> Calls:
    return _ask(WORKBENCH, {"holder": grid.pk})


def filing() -> Calls:
    """An event and its step in one transaction, as copies of the last ones."""
    event, step = Event.objects.latest("pk"), Step.objects.latest("pk")
    for number in count():
        values = {"number": f"9-{number}", "head_hash": "", "idempotency_key": None}
        yield partial(_insert, (Event, event.pk, values), (Step, step.pk, {"ordinal": 10_000 + number}))


def action() -> Calls:
    """An event changed and a step added, in one transaction."""
    step = Step.objects.latest("pk")
    for number, key in enumerate(Event.objects.filter(status="filed").values_list("pk", flat=True)[:200]):
        change = "UPDATE events_event SET status = 'handling', accepted_at = now(), step_count = 2 WHERE id = %s"
        yield partial(_insert, (Step, step.pk, {"ordinal": 20_000 + number}), change=(change, [key]))


def _place(grid: Grid, at: datetime, lately: timedelta) -> dict:
    return {"lft": grid.lft, "rght": grid.rght, "at": at, "since": at - lately}


def _ask(question: str, given: dict) -> Calls:
    def ask() -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(question, given)
            return cursor.fetchall()

    while True:
        yield ask


@transaction.atomic
def _insert(*copies: tuple, change: tuple | None = None) -> None:
    with connection.cursor() as cursor:
        for model, key, values in copies:
            names = [field.column for field in model._meta.concrete_fields if not field.primary_key]
            told = ", ".join("%s" if name in values else name for name in names)
            given = [values[name] for name in names if name in values]
            cursor.execute(COPY.format(model._meta.db_table, ", ".join(names), told), [*given, key])
        if change:
            cursor.execute(*change)
