"""Reading rows that somebody may have spoiled: whatever stands in them, the check goes on and names them."""

from collections.abc import Iterable, Iterator

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, connection
from django.db.models import DateField, DateTimeField, Model
from django.utils.translation import gettext as _

from events.audit.sentences import Problem
from events.models import Attachment, AuditDigest, Delivery, Event, Notice, ResidentContact, Sample, SampleItem, Step

# What reading ends with that somebody wrote past the services; not every exception, for a task is stopped by one.
UNREADABLE = (
    ArithmeticError, AttributeError, DatabaseError, LookupError, OSError, RecursionError, SuspiciousOperation,
    TypeError, ValueError,
)  # fmt: skip
TIMED = (Event, Step, Notice, Delivery, Attachment, ResidentContact, AuditDigest, Sample, SampleItem)
DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
TIME = f"{DAY} [0-9][0-9]:[0-9][0-9]:[0-9][0-9]*"


def pass_over(error: Exception) -> str:
    """What to call an error of the data; an error of the database itself is raised again, for it ends the check."""
    if isinstance(error, DatabaseError) and not connection.is_usable():
        raise error
    return type(error).__name__


def guarded(subject: str, what: str, problems: Iterable[tuple]) -> Iterator[tuple]:
    """The problems of one part of the check; where it cannot read what it needs, that is the last of them."""
    try:
        yield from problems
    except UNREADABLE as error:
        yield *([subject] if subject else []), what, _("something that can be read"), pass_over(error)


def time_problems() -> Iterator[Problem]:
    """SQLite takes any text for a time, and Django reads what is none as nothing."""
    if connection.vendor != "sqlite":
        return
    for model in TIMED:
        for field in model._meta.concrete_fields:
            if isinstance(field, DateField):
                yield from _no_times(model, field)


def _no_times(model: type[Model], field: DateField) -> Iterator[Problem]:
    shape = TIME if isinstance(field, DateTimeField) else DAY
    # The names are the models' own.
    query = (
        f'SELECT id, CAST("{field.column}" AS TEXT) FROM {model._meta.db_table} WHERE "{field.column}" IS NOT NULL '  # noqa: S608  our own names
        f'AND (julianday("{field.column}") IS NULL OR "{field.column}" NOT GLOB %s) ORDER BY id'
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [shape])
        found = cursor.fetchall()
    for pk, text in found:
        subject, what = subject_of(model, pk), str(field.verbose_name)
        if model not in (Event, AuditDigest):
            what = f"{model._meta.verbose_name} {pk}: {what}"
        yield subject, what, _("a time"), text


def subject_of(model: type[Model], pk: int) -> str:
    """The number of the case that a row belongs to, or else what the row is."""
    path = "number" if model is Event else "event__number"
    if hasattr(model, "event") or model is Event:
        found = model._base_manager.filter(pk=pk).values_list(path, flat=True).first()
        if found:
            return found
    return _("%(what)s with primary key %(pk)d") % {"what": model._meta.verbose_name, "pk": pk}
