"""Hands that write past the services with plain SQL, and take everything back afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction

from events import history
from events.models import Attachment, AuditHead, Delivery, Event, Notice, Step
from tests.events.conftest import MONDAY

# What belongs to a step, and what to a case, from the end to the beginning.
OF_STEP = (Attachment, Notice)
OF_CASE = (AuditHead, Delivery, Attachment, Notice, Step)


@contextmanager
def tampering() -> Iterator[None]:
    """What is written inside is undone, before the database checks the references at the end of the test."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def write(row: models.Model, **values: Any) -> None:
    """Change columns of one row, given by their attribute names."""
    for name, value in values.items():
        field = next(field for field in row._meta.concrete_fields if field.attname == name)
        prepared = field.get_db_prep_save(value, connection)
        sql(f"UPDATE {row._meta.db_table} SET {field.column} = %s WHERE id = %s", prepared, row.pk)  # noqa: S608  our own names


def remove(model: type[models.Model], column: str, key: int) -> None:
    sql(f"DELETE FROM {model._meta.db_table} WHERE {column} = %s", key)  # noqa: S608  our own names


def remove_step(step: Step) -> None:
    """With what hangs on it, so that the step alone must tell."""
    for notice in Notice.objects.filter(step=step):
        remove(Delivery, "notice_id", notice.pk)
    for model in OF_STEP:
        remove(model, "step_id", step.pk)
    remove(Step, "id", step.pk)


def remove_case(event: Event, *, heads: bool = True) -> None:
    """With all that hangs on it; `heads` are what the digests hold of it."""
    for model in OF_CASE:
        if heads or model is not AuditHead:
            remove(model, "event_id", event.pk)
    remove(Event, "id", event.pk)


def insert_step(event: Event, ordinal: int) -> Step:
    """A remark that nobody made, with a right hash of its own; the steps after it make room."""
    for step in event.steps.filter(ordinal__gte=ordinal).order_by("-ordinal"):
        write(step, ordinal=step.ordinal + 1)
    forged = event.steps.order_by("ordinal").last()
    before = event.steps.filter(ordinal=ordinal - 1).first()
    forged.pk, forged.ordinal, forged.action, forged.note = None, ordinal, "comment", "伪造"
    forged.details = {"told": []}
    forged.previous_hash = before.hash if before else ""
    forged.hash = history.digest(forged, event.number)
    Step.objects.bulk_create([forged])
    return forged


def reseal(event: Event) -> None:
    """Give the whole history right numbers and hashes again, and the row what follows from it: a perfect forgery."""
    previous = ""
    for ordinal, step in enumerate(event.steps.order_by("ordinal"), start=1):
        step.ordinal, step.previous_hash = ordinal, previous
        previous = step.hash = history.digest(step, event.number)
        write(step, ordinal=ordinal, previous_hash=step.previous_hash, hash=step.hash)
    write(event, **history.replay(event.steps.order_by("ordinal")))


def another(field: models.Field, value: Any) -> Any:
    """Some other value that the column takes, as near as possible to the one that is there."""
    match field:
        case models.JSONField():
            return value | {"forged": True} if isinstance(value, dict) else [*value, "伪造"]
        case models.DateTimeField():
            return (value or MONDAY) + timedelta(microseconds=1)
        case models.DateField():
            return (value or date(2026, 1, 1)) + timedelta(days=1)
        case models.BooleanField():
            return not value
        case models.ForeignKey():
            return field.related_model._base_manager.exclude(pk=value).order_by("-pk").values_list("pk", flat=True)[0]
        case models.AutoField():
            return value + 10_000
        case models.IntegerField():
            return (value or 0) + 1
        case models.CharField(choices=[*choices]):
            return next(choice for choice, _name in choices if choice != value)
        case models.UUIDField():
            return uuid4()
        case _text:
            value = str(value or "")
            return f"{'1' if value[:1] == '0' else '0'}{value[1:]}"


def findings(*options: str) -> str:
    """What `check_events` complains of, as it must."""
    complaints = StringIO()
    with pytest.raises(CommandError):
        call_command("check_events", *options, stdout=StringIO(), stderr=complaints)
    return complaints.getvalue()
