"""A sheet on its way: uploaded, read and checked, confirmed, written in one transaction, and perhaps undone.

What a person asks for is a state; a worker does it. Each of its tasks may run twice, and a worker may die at any
moment: then the state is as before, and the beat has it done again.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from io import BytesIO
from itertools import groupby, islice
from pathlib import PurePath
from tempfile import TemporaryFile
from typing import BinaryIO, TextIO

from celery import current_app
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import ProtectedError, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from grids.access import managed_ranges
from grids.models import SheetImport, SheetRow, User
from grids.services import bulk
from grids.sheets import kinds, progress, reading
from grids.sheets.kinds import ADDED, CHANGED, IGNORED, UNCHANGED, WRONG, Kind, Row, Run
from grids.sheets.workbook import BadFile

logger = logging.getLogger(__name__)

Status = SheetImport.Status
CHUNK = 1000  # rows in memory at a time
MOST_ATTEMPTS = 5  # a sheet that kills its worker must not do so for ever
PATIENCE = timedelta(minutes=1)  # before the beat asks again for what waits
KEPT_FOR = timedelta(days=30)  # a sheet that nobody confirms
MOST_REFUSALS = 10
STORED = ("cells", "label", "stage", "values", "outcome", "problems", "remarks", "before", "object_pk", "created_user")


class Refused(Exception):
    """What was asked for cannot be done, and nothing was; the message is for the person who asked."""


def imports_of(user: User) -> QuerySet[SheetImport]:
    """The imports that a person may see: their own of the kinds that are theirs to bring in, a superuser all."""
    if user.is_active and user.is_superuser:
        return SheetImport.objects.defer("content")
    mine = SheetImport.objects.defer("content").filter(uploaded_by=user)
    if managed_ranges(user):
        return mine
    return mine.filter(kind__in=[kind.key for kind in kinds.all_kinds() if kind.may_bring_in(user)])


# What a person asks for


def upload_sheet(*, actor: User, kind: Kind, file_name: str, file: BinaryIO, at: datetime | None = None) -> SheetImport:
    """Take a file in and have it checked; ValidationError for what is seen at once to be no sheet."""
    _check_may_bring_in(actor, kind)
    if file.seek(0, 2) > reading.LARGEST_UPLOAD:
        raise ValidationError(too_large_text())
    try:
        reading.check_file(file)
    except BadFile as error:
        raise ValidationError(str(error)) from error
    file.seek(0)
    name = "".join(char for char in PurePath(file_name).name if char.isprintable())
    with transaction.atomic():
        sheet_import = SheetImport.objects.create(
            kind=kind.key,
            file_name=name[-200:],
            content=file.read(),
            uploaded_by=actor,
            uploaded_at=at or timezone.now(),
        )
        _queue_later(sheet_import)
    return sheet_import


def confirm_sheet(*, actor: User, sheet_import: SheetImport, at: datetime | None = None) -> SheetImport:
    """Have everything written that the preview shows; refused while a row is wrong."""
    with transaction.atomic():
        locked = _locked(actor, sheet_import, Status.CHECKED)
        if locked.counts.get(WRONG):
            raise ValidationError(_("Nothing is written while rows are wrong. Mend the sheet and upload it anew."))
        if not locked.counts.get(ADDED) and not locked.counts.get(CHANGED):
            raise ValidationError(_("There is nothing to write: everything is as the sheet says."))
        locked.status, locked.confirmed_by, locked.confirmed_at = Status.CONFIRMED, actor, at or timezone.now()
        locked.attempts = 0
        locked.save(update_fields=["status", "confirmed_by", "confirmed_at", "attempts"])
        _queue_later(locked)
    return locked


def recheck_sheet(*, actor: User, sheet_import: SheetImport) -> SheetImport:
    """Compare the rows with the database as it is now."""
    with transaction.atomic():
        locked = _locked(actor, sheet_import, Status.CHECKED, Status.FAILED)
        if not locked.layout:
            raise ValidationError(_("The file could not be read. Upload another one."))
        locked.status, locked.problem, locked.attempts = Status.UPLOADED, "", 0
        locked.save(update_fields=["status", "problem", "attempts"])
        _queue_later(locked)
    return locked


def cancel_sheet(*, actor: User | None, sheet_import: SheetImport) -> SheetImport:
    """Give the import up; its rows are forgotten, that there was one is not."""
    with transaction.atomic():
        locked = _locked(actor, sheet_import, Status.UPLOADED, Status.CHECKED, Status.FAILED)
        locked.rows.all().delete()
        locked.status, locked.content = Status.CANCELLED, b""
        locked.save(update_fields=["status", "content"])
    return locked


def request_undo(*, actor: User, sheet_import: SheetImport, at: datetime | None = None) -> SheetImport:
    """Have a written import taken back, as long as nothing depends on it."""
    with transaction.atomic():
        locked = _locked(actor, sheet_import, Status.APPLIED)
        locked.status, locked.undone_by, locked.undone_at = Status.UNDOING, actor, at or timezone.now()
        locked.problem, locked.attempts = "", 0
        locked.save(update_fields=["status", "undone_by", "undone_at", "problem", "attempts"])
        _queue_later(locked)
    return locked


def too_large_text() -> str:
    return _("The file is larger than %(size)d MB. Split the table, or leave pictures out.") % {
        "size": reading.LARGEST_UPLOAD // 2**20
    }


def _check_may_bring_in(actor: User, kind: Kind | None) -> None:
    may = kind.may_bring_in(actor) if kind else managed_ranges(actor)
    if not may:
        raise PermissionDenied(_("Only who manages a grid can import sheets."))


def _locked(actor: User | None, sheet_import: SheetImport, *allowed: str) -> SheetImport:
    """The import as it is now; PermissionDenied or ValidationError where the actor or its state forbids."""
    if actor:
        _check_may_bring_in(actor, kinds.find(sheet_import.kind))
    locked = SheetImport.objects.select_for_update(of=("self",)).defer("content").get(pk=sheet_import.pk)
    if actor and not actor.is_superuser and locked.uploaded_by_id != actor.pk:
        raise PermissionDenied(_("This is somebody else's import."))
    if locked.status not in allowed:
        raise ValidationError(
            _("This is not possible any more: the import is %(state)s.") % {"state": locked.get_status_display()}
        )
    return locked


# What a worker does

TASKS = {Status.UPLOADED: "check_sheet", Status.CONFIRMED: "apply_sheet", Status.UNDOING: "undo_sheet"}


def check_sheet(*, pk: int, at: datetime | None = None) -> None:
    """Read an uploaded sheet and say of each row what it would do; changes nothing but the preview."""
    _work(pk, Status.UPLOADED, lambda sheet_import: _check(sheet_import, at or timezone.now()))


def apply_sheet(*, pk: int, at: datetime | None = None) -> None:
    """Write a confirmed sheet in one transaction, or nothing of it when the database has changed since the preview."""
    _work(pk, Status.CONFIRMED, lambda sheet_import: _apply(sheet_import, at or timezone.now()))


def undo_sheet(*, pk: int, at: datetime | None = None) -> None:
    """Take a written sheet back in one transaction, or nothing of it when something depends on it."""
    _work(pk, Status.UNDOING, lambda sheet_import: _undo(sheet_import, at or timezone.now()))


def continue_sheets(*, at: datetime | None = None) -> int:
    """Ask again for what waits, and give up what nobody has confirmed for long; returns how many were asked for."""
    at = at or timezone.now()
    for stale in SheetImport.objects.filter(
        status__in=(Status.CHECKED, Status.FAILED), uploaded_at__lt=at - KEPT_FOR
    ).defer("content"):
        cancel_sheet(actor=None, sheet_import=stale)
    since = at - PATIENCE
    waiting = SheetImport.objects.defer("content").filter(
        Q(status=Status.UPLOADED, uploaded_at__lt=since)
        | Q(status=Status.CONFIRMED, confirmed_at__lt=since)
        | Q(status=Status.UNDOING, undone_at__lt=since)
    )
    return sum(_queue(sheet_import) for sheet_import in waiting.order_by("pk"))


def _queue_later(sheet_import: SheetImport) -> None:
    transaction.on_commit(lambda: _queue(sheet_import), robust=True)


def _queue(sheet_import: SheetImport) -> bool:
    try:
        current_app.send_task(f"grids.tasks.{TASKS[sheet_import.status]}", [sheet_import.pk], retry=False)
    except BrokerError as error:  # the beat asks again once the broker is back
        logger.warning("The broker is away, import %s waits: %s", sheet_import.pk, error)
        return False
    return True


def _work(pk: int, status: str, work: Callable[[SheetImport], None]) -> None:
    """Do one step of an import, unless another worker is at it or has done it."""
    if not progress.begin(pk):
        return
    try:
        sheet_import = _claim(pk, status)
        if sheet_import:
            work(sheet_import)
    except (BadFile, Refused) as error:
        _fail(pk, status, str(error))
    except PermissionDenied as error:
        _fail(pk, status, str(error) or _("Your posts do not allow this."))
    except (ValidationError, IntegrityError, ProtectedError) as error:
        logger.warning("Import %s was refused by the database or a service: %s", pk, type(error).__name__)
        _fail(pk, status, changed_text())
    except DatabaseError as error:
        # A deadlock, a restart, a lock that was not to be had: the beat tries again.
        logger.warning("Import %s has to wait: %s", pk, type(error).__name__)
    except Exception:
        logger.exception("Import %s failed.", pk)
        _fail(pk, status, _("The system has failed at this sheet. Nothing was written. Please tell its operators."))
    finally:
        progress.end(pk)


def _claim(pk: int, status: str) -> SheetImport | None:
    with transaction.atomic():
        sheet_import = _free(pk, status)
        if sheet_import is None:
            return None
        sheet_import.attempts += 1
        if sheet_import.attempts > MOST_ATTEMPTS:
            raise Refused(_("The worker was interrupted at this sheet again and again. Nothing was written."))
        sheet_import.save(update_fields=["attempts"])
    return sheet_import


def _free(pk: int, status: str) -> SheetImport | None:
    """The import, locked, if it is in this state and no other worker holds it."""
    found = SheetImport.objects.select_for_update(of=("self",), skip_locked=True).defer("content")
    return found.filter(pk=pk, status=status).first()


def _fail(pk: int, status: str, problem: str) -> None:
    """Say why a step was not taken. What could not be undone stays written; what cannot be read is not kept."""
    changes = {"status": Status.FAILED, "problem": problem, "attempts": 0}
    if status == Status.UPLOADED:
        changes["content"] = b""
    if status == Status.UNDOING:
        changes |= {"status": Status.APPLIED, "undone_by": None, "undone_at": None}
    SheetImport.objects.filter(pk=pk, status=status).update(**changes)


def changed_text() -> str:
    return _("The database has changed since the preview, so nothing was written. Check the sheet again.")


# Reading and checking


def _check(sheet_import: SheetImport, at: datetime) -> None:
    kind = _kind_of(sheet_import)
    actor = sheet_import.uploaded_by
    run = Run(actor=actor, ranges=managed_ranges(actor), at=at)
    with TemporaryFile("w+", encoding="utf-8") as spool:
        layout, total = _spool(sheet_import, kind, run, spool)
        counts, done = Counter(), 0
        for chunk in _chunks(_spooled(spool)):
            rows = [_read_row(kind, layout, *given) for given in chunk]
            kind.check([row for row in rows if row.outcome != IGNORED], run)
            _store(sheet_import, kind, rows, STORED)
            counts.update(row.outcome for row in rows)
            done += len(rows)
            progress.report(sheet_import.pk, "checking", done, total)
    if not done:
        raise Refused(_("The table has a header but no rows."))
    with transaction.atomic():
        locked = _free(sheet_import.pk, Status.UPLOADED)
        if locked:
            locked.status, locked.layout, locked.counts = Status.CHECKED, asdict(layout), dict(counts)
            locked.content, locked.attempts, locked.problem = b"", 0, ""
            locked.save(update_fields=["status", "layout", "counts", "content", "attempts", "problem"])
        elif SheetImport.objects.filter(pk=sheet_import.pk, status=Status.CANCELLED).exists():
            sheet_import.rows.all().delete()  # given up while this was writing them


def _kind_of(sheet_import: SheetImport) -> Kind:
    kind = kinds.find(sheet_import.kind)
    if kind is None:
        raise Refused(_("This kind of sheet is no longer known."))
    return kind


def _spool(sheet_import: SheetImport, kind: Kind, run: Run, spool: TextIO) -> tuple[reading.Layout, int]:
    """Write all rows to a file, from the upload or, when it was read before, from the database; tell the kind of each.

    All rows have to be seen before the first is checked, and they must not lie in memory. Also gives their number.
    """
    layout, rows = _source(sheet_import, kind)
    number = 0
    for number, (row_number, cells, ignored) in enumerate(rows, start=1):
        spool.write(json.dumps([row_number, cells, ignored], ensure_ascii=False) + "\n")
        if not ignored:
            kind.collect(_read_row(kind, layout, row_number, cells, ""), run)
        if number % CHUNK == 0:
            progress.report(sheet_import.pk, "reading", number)
    return layout, number


def _source(sheet_import: SheetImport, kind: Kind) -> tuple[reading.Layout, Iterable]:
    if not sheet_import.layout:
        content = BytesIO(SheetImport.objects.values_list("content", flat=True).get(pk=sheet_import.pk))
        table = reading.read_table(content, kind.names, kind.required, kind.main)
        return table.layout, table.rows
    rows = sheet_import.rows.order_by("number").values_list("number", "cells", "outcome", "remarks")
    return reading.Layout(**sheet_import.layout), (
        (number, cells, remarks[0] if outcome == IGNORED and remarks else "")
        for number, cells, outcome, remarks in rows.iterator(chunk_size=CHUNK)
    )


def _read_row(kind: Kind, layout: reading.Layout, number: int, cells: list, ignored: str) -> Row:
    row = Row(number=number, cells=cells)
    if ignored:
        row.outcome = IGNORED
        row.remarks.append(ignored)
    else:
        kind.read(row, layout.columns)
    return row


def _spooled(spool: TextIO) -> Iterator[list]:
    spool.seek(0)
    return map(json.loads, spool)


def _chunks(items: Iterable) -> Iterator[list]:
    items = iter(items)
    while chunk := list(islice(items, CHUNK)):
        yield chunk


def _store(sheet_import: SheetImport, kind: Kind, rows: list[Row], fields: tuple[str, ...]) -> None:
    """Write the rows down, over those of an earlier attempt."""
    SheetRow.objects.bulk_create(
        [
            SheetRow(
                sheet_import_id=sheet_import.pk,
                number=row.number,
                cells=row.cells,
                label=kind.label(row),
                stage=row.stage,
                values=row.values,
                outcome=row.outcome,
                problems=row.problems,
                remarks=row.remarks,
                before=row.before,
                object_pk=row.object_pk,
                created_user_id=row.created_user,
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["sheet_import", "number"],
        update_fields=fields,
    )


# Writing and undoing


def _apply(sheet_import: SheetImport, at: datetime) -> None:
    kind = _kind_of(sheet_import)
    layout = reading.Layout(**sheet_import.layout)
    with transaction.atomic():
        locked = _free(sheet_import.pk, Status.CONFIRMED)
        if locked is None:
            return
        actor = locked.confirmed_by
        run = Run(actor=actor, ranges=managed_ranges(actor), at=at)
        total = locked.rows.exclude(outcome=IGNORED).count()
        bulk.lock_grids(_codes(locked, kind, layout, run))
        done = 0
        for chunk in _written_in_order(locked.rows.exclude(outcome=IGNORED)):
            rows = [_read_row(kind, layout, row.number, row.cells, "") for row in chunk]
            kind.check(rows, run)
            if any(row.plan != _plan_of(promised) for row, promised in zip(rows, chunk, strict=True)):
                raise Refused(changed_text())
            changing = [row for row in rows if row.outcome != UNCHANGED]
            kind.apply(changing, run)
            _forget_cells(chunk, changing)
            done += len(chunk)
            progress.report(sheet_import.pk, "writing", done, total)
        locked.rows.filter(outcome__in=(UNCHANGED, IGNORED)).update(cells=[])
        locked.status, locked.applied_at, locked.attempts = Status.APPLIED, at, 0
        locked.save(update_fields=["status", "applied_at", "attempts"])


def _codes(sheet_import: SheetImport, kind: Kind, layout: reading.Layout, run: Run) -> set[str]:
    """The codes that the rows stand on; the kind is told of each row on the way."""
    codes = set()
    rows = sheet_import.rows.exclude(outcome=IGNORED).order_by("number").values_list("number", "cells", "values")
    for number, cells, values in rows.iterator(chunk_size=CHUNK):
        row = _read_row(kind, layout, number, cells, "")
        kind.collect(row, run)
        codes |= {values.get("grid"), row.given.get("code")} - {None}
    return codes


def _written_in_order(rows: QuerySet[SheetRow], backwards: bool = False) -> Iterator[list[SheetRow]]:
    """Chunks of one stage each; only the keys of all rows are kept in memory."""
    order = ("-stage", "-number") if backwards else ("stage", "number")
    keys = list(rows.order_by(*order).values_list("stage", "pk"))
    for _stage, same in groupby(keys, key=lambda pair: pair[0]):
        for chunk in _chunks(pk for _nothing, pk in same):
            found = SheetRow.objects.in_bulk(chunk)
            yield [found[pk] for pk in chunk]


def _plan_of(row: SheetRow) -> tuple:
    return row.outcome, row.object_pk, row.before, row.values


def _forget_cells(stored: list[SheetRow], written: list[Row]) -> None:
    """Note what the rows have become. Their cells were for the preview, and may hold more than we want to keep."""
    by_number = {row.number: row for row in stored}
    for row in written:
        kept = by_number[row.number]
        kept.object_pk, kept.created_user_id, kept.cells = row.object_pk, row.created_user, []
    SheetRow.objects.bulk_create(
        [by_number[row.number] for row in written],
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=["object_pk", "created_user", "cells"],
    )


def _undo(sheet_import: SheetImport, at: datetime) -> None:
    kind = _kind_of(sheet_import)
    with transaction.atomic():
        locked = _free(sheet_import.pk, Status.UNDOING)
        if locked is None:
            return
        actor = locked.undone_by
        run = Run(actor=actor, ranges=managed_ranges(actor), at=at, notes={"applied_at": locked.applied_at})
        written = locked.rows.filter(outcome__in=(ADDED, CHANGED))
        total, done = written.count(), 0
        kind.before_undo(written.filter(outcome=ADDED).values_list("object_pk", flat=True))
        for chunk in _written_in_order(written, backwards=True):
            _refuse_if_any(kind.undo([_row_of(row) for row in chunk], run))
            done += len(chunk)
            progress.report(sheet_import.pk, "undoing", done, total)
        for users in _chunks(locked.created_users().order_by("pk").iterator(chunk_size=CHUNK)):
            _refuse_if_any(bulk.delete_people(users=users))
        locked.status, locked.undone_at, locked.attempts = Status.UNDONE, at, 0
        locked.save(update_fields=["status", "undone_at", "attempts"])


def _row_of(stored: SheetRow) -> Row:
    return Row(
        number=stored.number,
        cells=[],
        outcome=stored.outcome,
        before=stored.before,
        values=stored.values,
        object_pk=stored.object_pk,
        stage=stored.stage,
    )


def _refuse_if_any(refusals: list[str]) -> None:
    if refusals:
        more = [_("And more.")] if len(refusals) > MOST_REFUSALS else []
        reasons = "".join([*refusals[:MOST_REFUSALS], *more])
        raise Refused(_("It cannot be undone. %(reasons)s") % {"reasons": reasons})
