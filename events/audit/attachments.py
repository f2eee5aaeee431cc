"""Proof that the photos and files are those that the chained steps tell of."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from events.audit.reading import guarded
from events.audit.sentences import Problem
from events.models import Attachment, Step

CHUNK = 1000


def attachment_problems() -> Iterator[Problem]:
    """The rows, held against the steps."""
    yield from _strays()
    told = Step.objects.filter(details__has_key="attachments").annotate(number=F("event__number"))
    for steps in _chunks(told, "id", "ordinal", "details", "number"):
        found = defaultdict(list)
        rows = Attachment.objects.filter(step__in=[step.id for step in steps]).order_by("step", "ordinal")
        for step_id, number, name, sha256 in rows.values_list("step", "ordinal", "name", "sha256"):
            found[step_id].append(f"{number}. {name} {sha256}")
        for step in steps:
            what = _("files of step %(ordinal)s") % {"ordinal": step.ordinal}
            yield from guarded(step.number, what, _step_problems(step, what, found[step.id]))


def file_problems(*, read_files: bool = False) -> Iterator[Problem]:
    """Each file must be there in its size; `read_files` reads them all as well."""
    kept = Attachment.objects.filter(step__isnull=False).exclude(pk__in=_erased())
    attachments = kept.annotate(event_number=F("event__number"), step_ordinal=F("step__ordinal"))
    columns = ("id", "ordinal", "size", "sha256", "file", "thumbnail", "event_number", "step_ordinal")
    for row in chain.from_iterable(_chunks(attachments, *columns)):
        what = _("file %(number)s of step %(ordinal)s") % {"number": row.ordinal, "ordinal": row.step_ordinal}
        for problem in guarded(row.event_number, what, _file_problems(row, what, read_files)):
            if not _erased().filter(pk=row.id).exists():  # since this row was read
                yield problem


def _chunks(rows: QuerySet, *names: str) -> Iterator[list]:
    """Rows of plain columns, a chunk at a time."""
    last, plain = 0, rows.order_by("pk").values_list(*names, named=True)
    while chunk := list(plain.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1].id


def _strays() -> Iterator[Problem]:
    """Rows that no step tells of, or that hang on another case than their step."""
    untold = Attachment.objects.filter(step__isnull=False).exclude(step__details__has_key="attachments")
    for key, number, sha256 in untold.order_by("pk").values_list("pk", "event__number", "sha256").iterator():
        yield number, _("file of attachment %(key)s") % {"key": key}, "", sha256
    moved = Attachment.objects.filter(step__isnull=False).exclude(event=F("step__event")).order_by("pk")
    for key, number, other in moved.values_list("pk", "event__number", "step__event__number").iterator():
        yield number, _("event of the step of attachment %(key)s") % {"key": key}, number, other


def _step_problems(step, what: str, found: list[str]) -> Iterator[Problem]:
    told = enumerate(step.details["attachments"], start=1)
    recorded = [f"{number}. {each['name']} {each['sha256']}" for number, each in told]
    if recorded != found:
        yield step.number, what, "; ".join(recorded), "; ".join(found)


def _file_problems(row, what: str, read_files: bool) -> Iterator[Problem]:
    if (size := _size(row.file)) != row.size:
        yield row.event_number, what, _("%(size)s bytes") % {"size": row.size}, _bytes(size)
    elif read_files and (sha256 := _sha256(row.file)) != row.sha256:
        yield row.event_number, what, row.sha256, sha256
    if row.thumbnail and not _size(row.thumbnail):
        yield row.event_number, _("thumbnail of attachment %(key)s") % {"key": row.id}, row.thumbnail, None


def _erased() -> QuerySet[Attachment]:
    """Residents' photos that went together with their name and phone; nothing else is ever erased."""
    return Attachment.objects.of_residents().filter(erased_at=F("event__contact__erased_at"), file="")


def _bytes(size: int | str | None) -> str:
    return size or "" if not isinstance(size, int) else _("%(size)s bytes") % {"size": size}


def _size(name: str) -> int | str | None:
    """The size of a file, nothing where there is none, or why it cannot be told."""
    try:
        return default_storage.size(name) if name else None
    except FileNotFoundError:
        return None
    except (OSError, SuspiciousOperation, ValueError) as error:
        return type(error).__name__


def _sha256(name: str) -> str:
    with default_storage.open(name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
