"""Orders of the hotline become cases, each with its contact in a transaction of its own; what is left is cleaned away.

A worker that dies has filed whole orders and nothing of the next one. The number of an order is unique, so that
neither a second worker nor a second sheet makes another case of it.
"""

import hashlib
import logging
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, DataError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from events import calendars
from events.clock import WorkCalendar
from events.hotline.orders import Order
from events.models import HOTLINE, Event, HotlineImport, HotlineOrder, HotlineRow, ResidentContact
from events.services.filing import file_under_free_number
from events.services.hotline import (
    LEFT_OUT,
    Outcome,
    Status,
    free,
    locked_import,
    order_of,
    progress_key,
    queue,
    queue_later,
    work,
)
from events.services.residents import title_of
from events.text import TITLE_LENGTH
from grids.encryption import Secret, Unreadable
from grids.models import User
from grids.moments import aware_now
from grids.phones import plain_phone
from grids.sheets import progress

logger = logging.getLogger(__name__)

BATCH = 500  # orders in one task; the rest is the next one's
STEP = 20  # orders between two reports of how far it is
PATIENCE = timedelta(minutes=1)  # before the beat asks again for what waits
WRITTEN = ("outcome", "event", "problem", "cells")


@transaction.atomic
def confirm_hotline(*, actor: User, hotline_import: HotlineImport, at: datetime | None = None) -> HotlineImport:
    """Have everything filed that is ready; what is undecided stays to be decided on."""
    locked = locked_import(actor, hotline_import, Status.CHECKED, Status.DONE)
    if not locked.rows.filter(outcome=Outcome.READY).exists():
        raise ValidationError(_("There is nothing to file."))
    locked.status, locked.confirmed_at, locked.attempts = Status.CONFIRMED, aware_now(at), 0
    locked.save(update_fields=["status", "confirmed_at", "attempts"])
    queue_later(locked)
    return locked


def file_hotline(*, pk: int, at: datetime | None = None) -> None:
    """File a batch of the orders of a confirmed sheet, and have the next one asked for."""
    work(pk, Status.CONFIRMED, lambda hotline_import: _file_batch(hotline_import, aware_now(at)))


def _file_batch(hotline_import: HotlineImport, at: datetime) -> None:
    ready = hotline_import.rows.filter(outcome=Outcome.READY).order_by("number")
    total = hotline_import.rows.filter(outcome__in=(Outcome.READY, Outcome.FILED)).count()
    left = ready.count()
    calendar = calendars.current()
    for done, row in enumerate(list(ready.values_list("pk", flat=True)[:BATCH]), start=1):
        if done % STEP == 1:
            progress.report(progress_key(hotline_import.pk), "writing", total - left + done - 1, total)
        _file_row(hotline_import, row, calendar, at)
    _finish_batch(hotline_import, at)


@transaction.atomic
def _finish_batch(hotline_import: HotlineImport, at: datetime) -> None:
    locked = free(hotline_import.pk, Status.CONFIRMED)
    if locked is None:
        return
    locked.attempts, locked.counts = 0, locked.count()
    if locked.counts.get(Outcome.READY):
        transaction.on_commit(lambda: _queue_next(locked), robust=True)
    else:
        locked.status, locked.finished_at = Status.DONE, at
    locked.save(update_fields=["attempts", "counts", "status", "finished_at"])


def _queue_next(hotline_import: HotlineImport) -> None:
    progress.end(progress_key(hotline_import.pk))  # or the next task would take this one for still at work
    queue(hotline_import)


def _file_row(hotline_import: HotlineImport, pk: int, calendar: WorkCalendar, at: datetime) -> None:
    """File a row, or say of it why not: one that nothing can be made of keeps no other back."""
    try:
        return _file_order(hotline_import, pk, calendar, at)
    except ValidationError as error:
        problem = " ".join(error.messages)
    except Unreadable:
        problem = _("The row cannot be read any more: its key is missing. Upload it again.")
    except Exception as error:
        if isinstance(error, DatabaseError) and not isinstance(error, DataError):
            raise  # no fault of the row: the beat tries again
        number = HotlineRow.objects.filter(pk=pk).values_list("number", flat=True).first()
        # Neither message nor traceback: either may hold what a resident said.
        logger.error("Row %s of hotline import %s failed: %s", number, hotline_import.pk, type(error).__name__)
        problem = _("The system has failed at this row. Please tell its operators.")
    HotlineRow.objects.filter(pk=pk, outcome=Outcome.READY).update(outcome=Outcome.REFUSED, problem=problem)
    return None


@transaction.atomic
def _file_order(hotline_import: HotlineImport, pk: int, calendar: WorkCalendar, at: datetime) -> None:
    """The row becomes a case, or is found to be one already."""
    rows = HotlineRow.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk, outcome=Outcome.READY)
    row = rows.select_related("category", "grid").first()
    if row is None:  # another worker has it
        return
    if row.category is None or row.grid is None:  # taken out of the system since it was chosen
        row.outcome = Outcome.OPEN
        row.save(update_fields=["outcome"])
        return
    order = order_of(row, hotline_import)
    known, is_new = HotlineOrder.objects.filter(source=HOTLINE, number=order.number).first(), False
    if known is None:
        _recall(order, hotline_import)
        known, is_new = _file(hotline_import, row, order, calendar, at)
    row.outcome = Outcome.FILED if is_new else Outcome.KNOWN
    row.event_id, row.problem, row.cells = known.event_id, "", None
    row.save(update_fields=WRITTEN)


def _recall(order: Order, hotline_import: HotlineImport) -> None:
    """Name and phone that our sheet of what is left hid, from the row that it was made of; ValidationError without."""
    rows = HotlineRow.objects.filter(order=order.number, outcome__in=LEFT_OUT, cells__isnull=False)
    rows = rows.filter(hotline_import__uploaded_by=hotline_import.uploaded_by).exclude(hotline_import=hotline_import)
    rows = rows.select_related("hotline_import").defer("hotline_import__content").order_by("-pk")
    for row in rows if order.hidden else ():
        with suppress(Unreadable):
            first = order_of(row, row.hotline_import)
            for key in order.hidden:
                setattr(order, key, getattr(order, key) or getattr(first, key))
    if not all(getattr(order, key) for key in order.hidden):
        raise ValidationError(
            _("Name or phone is hidden here, and the earlier sheet is gone: take them from the hotline's own sheet.")
        )


def _file(
    hotline_import: HotlineImport, row: HotlineRow, order: Order, calendar: WorkCalendar, at: datetime
) -> tuple[HotlineOrder, bool]:
    """The order with its case and contact, and whether it is new: a sheet beside this one may have been first."""
    title = order.title if order.title and len(order.title) <= TITLE_LENGTH else title_of(order.title or order.text)
    event = Event(
        category=row.category,
        grid=row.grid,
        title=title,
        description="" if order.text == title else order.text,
        address=order.address,
        urgency=order.urgency_here,
        is_confidential=row.category.is_confidential,
        idempotency_key=hashlib.sha256(f"{HOTLINE}\0{order.number}".encode()).hexdigest(),
        filed_at=at,
    )
    told = {"hotline": {"source": HOTLINE, "number": order.number}}
    filed = file_under_free_number(event, at, filer=hotline_import.uploaded_by, details=told)
    if filed is not event:
        return HotlineOrder.objects.get(source=HOTLINE, number=order.number), False
    ResidentContact.objects.create(  # without a code: nobody has handed one out
        event=event, name=Secret.of_any(order.name), phone=Secret.of_any(plain_phone(order.phone)), created_at=at
    )
    made = HotlineOrder.objects.create(
        event=event,
        number=order.number,
        word=order.word,
        urgency=order.urgency,
        called_at=order.called_at,
        limit=order.limit,
        due_at=order.due_at(at, calendar),
        hotline_import=hotline_import,
    )
    return made, True


def continue_hotlines(*, at: datetime | None = None) -> int:
    """Ask again for what waits, and remove what was kept long enough; returns how many were asked for."""
    at = aware_now(at)
    since = at - PATIENCE
    waiting = HotlineImport.objects.defer("content").filter(
        Q(status=Status.UPLOADED, uploaded_at__lt=since) | Q(status=Status.CONFIRMED, confirmed_at__lt=since)
    )
    asked = sum(queue(hotline_import) for hotline_import in waiting.order_by("pk"))
    for pk in _outlived(at).order_by("pk").values_list("pk", flat=True):
        _clean(pk, at)
    return asked


def _outlived(at: datetime) -> QuerySet[HotlineImport]:
    """The sheets whose rows were kept long enough, and that no worker has something to do for."""
    old = at - timedelta(days=settings.HOTLINE_KEPT_DAYS)
    kept = HotlineImport.objects.defer("content").filter(cleaned_at=None, uploaded_at__lt=old)
    return kept.exclude(status__in=(Status.UPLOADED, Status.CONFIRMED))


@transaction.atomic
def _clean(pk: int, at: datetime) -> None:
    """A sheet that nobody confirmed is given up, and the rows of any are removed; cases and counts stay."""
    found = _outlived(at).select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if found is None:  # somebody is at it, or has just confirmed it
        return
    if found.status != Status.DONE and not found.orders.exists():
        found.status = Status.CANCELLED
    found.rows.all().delete()
    found.content, found.cleaned_at = None, at
    found.save(update_fields=["status", "content", "cleaned_at"])
