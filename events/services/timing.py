"""Changing a limit, the working hours or the calendar: first what it would do to the open cases, then, confirmed, that.

A change begins as a draft that lists the open cases which would move. Confirmed, it is written and holds for clocks
that start from then on; the open cases follow, each with a step of its own, where the administrator chose so. Only
clocks that run follow: what is suspended takes up the calendar in force when it is resumed, and keeps its limit.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from celery import current_app
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from events import calendars
from events.clock import NOTICES, PUBLISHED, Day, Limit
from events.models import (
    CalendarDay,
    CalendarYear,
    Category,
    ServiceLevel,
    Source,
    TimeChange,
    WorkingHours,
    parse_spans,
)
from events.services.adjusting import plan
from events.services.catalogue import save_category, save_service_level
from events.text import says_nothing
from grids.access import check_may_manage
from grids.models import User
from grids.moments import aware_now

logger = logging.getLogger(__name__)

KEPT_DRAFTS = timedelta(days=1)


# Drafting


def change_level(*, level: ServiceLevel, actor: User | None, at: datetime | None = None) -> TimeChange | None:
    """Draft the new limit of a loop, given as an edited row; nothing is written unless no open case moves."""
    level.full_clean()
    limit = level.time_limit()
    before = ServiceLevel.objects.get(pk=level.pk).time_limit()
    if limit == before:
        return None
    return _draft(
        TimeChange.Kind.LEVEL, str(level), {"pk": level.pk, "limit": _json(before)},
        {"pk": level.pk, "limit": _json(limit)}, actor, at,
    )  # fmt: skip


@transaction.atomic
def change_category(*, category: Category, actor: User | None, at: datetime | None = None) -> TimeChange | None:
    """Draft the new limit of a category, given as an edited row; whatever else was edited is saved at once."""
    check_may_manage(actor, None)
    category.full_clean()
    limit, unit, stored = category.limit, category.unit, Category.objects.get(pk=category.pk)
    before, after = stored.time_limit(), category.time_limit()
    category.limit, category.unit = stored.limit, stored.unit
    save_category(category=category)
    if before == after:
        return None
    draft = _draft(
        TimeChange.Kind.CATEGORY, str(category), {"pk": category.pk, "limit": _json(before)},
        {"pk": category.pk, "limit": _json(after)}, actor, at,
    )  # fmt: skip
    if draft.status == TimeChange.Status.DONE:
        category.limit, category.unit = limit, unit
    return draft


def change_hours(*, spans: str, actor: User | None, at: datetime | None = None) -> TimeChange | None:
    """Draft new working hours, such as “08:30-12:00 14:30-18:00”. ValidationError under `spans`."""
    try:
        parsed = parse_spans(spans)
    except ValidationError as error:
        raise ValidationError({"spans": error}) from None
    spans = " ".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in parsed)
    row = WorkingHours.objects.first()
    before = row.spans if row else ""
    if spans == before:
        return None
    return _draft(TimeChange.Kind.HOURS, "", {"spans": before}, {"spans": spans}, actor, at)


def change_calendar(
    *,
    year: int,
    notice: str,
    days: Iterable[tuple[date, Day]],
    actor: User | None,
    source: str = Source.EDITED,
    at: datetime | None = None,
) -> TimeChange | None:
    """Draft what a notice says of a year: all its days that differ from the week. ValidationError by field."""
    given = sorted(days)
    _check_days(year, [day for day, _said in given])
    CalendarYear(year=year, notice=notice).full_clean(validate_unique=False)
    before = _calendar_json(year)
    after = {
        "year": year, "notice": notice, "source": source,
        "days": [[day.isoformat(), said.is_working, said.name] for day, said in given],
    }  # fmt: skip
    if all(before[name] == after[name] for name in ("notice", "days")):
        return None
    return _draft(TimeChange.Kind.CALENDAR, str(year), before, after, actor, at)


def load_calendar(
    *, year: int, reason: str = "", actor: User | None = None, at: datetime | None = None
) -> TimeChange | None:
    """Take a year's days from chinesecalendar; None when they are there, or somebody has edited the year.

    With a reason the open cases move; otherwise the days hold for clocks that start from now on.
    """
    if year not in NOTICES:
        raise ValidationError(_("chinesecalendar does not know the notice for %(year)d yet.") % {"year": year})
    if CalendarYear.objects.filter(year=year, source=Source.EDITED).exists():
        return None
    days = [(day, said) for day, said in PUBLISHED.items() if day.year == year]
    stored = CalendarYear.objects.filter(year=year).first()
    notice = NOTICES[year] or (stored.notice if stored else "")
    change = change_calendar(year=year, notice=notice, days=days, actor=actor, source=Source.PACKAGE, at=at)
    if change and change.status == TimeChange.Status.DRAFT:
        said = reason or _("Loaded from chinesecalendar.")
        change = confirm_change(change=change, actor=actor, reason=said, moves_open=bool(reason), at=at)
    return change


def _check_days(year: int, days: list[date]) -> None:
    if stray := next((day for day in days if day.year != year), None):
        raise ValidationError({"days": _("%(day)s is not in %(year)d.") % {"day": stray, "year": year}})
    if twice := next((day for day, count in Counter(days).items() if count > 1), None):
        raise ValidationError({"days": _("%(day)s is given twice.") % {"day": twice}})


def _calendar_json(year: int) -> dict:
    row = CalendarYear.objects.filter(year=year).first()
    days = CalendarDay.objects.filter(year__year=year).order_by("date").values_list("date", "is_working", "name")
    return {
        "year": year,
        "notice": row.notice if row else None,
        "days": [[day.isoformat(), is_working, name] for day, is_working, name in days],
    }


def _json(limit: Limit | None) -> list | None:
    return limit and [limit.amount, limit.unit.value]


@transaction.atomic
def _draft(kind: str, target: str, before: dict, after: dict, actor: User | None, at: datetime | None) -> TimeChange:
    check_may_manage(actor, None)
    at = aware_now(at)
    TimeChange.objects.filter(status=TimeChange.Status.DRAFT, drafted_at__lt=at - KEPT_DRAFTS).delete()
    change = TimeChange(kind=kind, target=target, before=before, after=after, drafted_by=actor, drafted_at=at)
    change.counts, change.planned = plan(change, at)
    change.save()
    if not change.counts["moved"]:
        confirm_change(change=change, actor=actor, reason=_("No open case is touched."), moves_open=False, at=at)
        change.refresh_from_db()
    return change


# Confirming


@transaction.atomic
def confirm_change(
    *, change: TimeChange, actor: User | None, reason: str, moves_open: bool, at: datetime | None = None
) -> TimeChange:
    """Write a drafted change; with `moves_open` the open cases follow. ValidationError when it cannot be any more."""
    check_may_manage(actor, None)
    at = aware_now(at)
    if says_nothing(reason):
        raise ValidationError({"reason": _("Say why; it will stand in the history of each case that moves.")})
    try:
        TimeChange._meta.get_field("reason").clean(reason, change)
    except ValidationError as error:
        raise ValidationError({"reason": error}) from None
    change = TimeChange.objects.select_for_update().get(pk=change.pk)
    if change.status != TimeChange.Status.DRAFT:
        state = {"status": change.get_status_display()}
        raise ValidationError(_("This change was decided already. It is now: %(status)s.") % state)
    if TimeChange.objects.filter(status=TimeChange.Status.CONFIRMED).exists():
        raise ValidationError(_("Another change is still moving the open cases. Wait until it is done."))
    calendars.settle()
    _write(change, actor, at)
    change.reason, change.moves_open = reason.strip(), moves_open
    change.confirmed_by, change.confirmed_at = actor, at
    if moves_open:
        change.status = TimeChange.Status.CONFIRMED
        transaction.on_commit(_queue, robust=True)
    else:
        change.status, change.done_at, change.planned = TimeChange.Status.DONE, at, []
    try:
        with transaction.atomic():
            change.save()
    except IntegrityError:  # somebody has confirmed another one at the same moment
        raise ValidationError(_("Another change is still moving the open cases. Wait until it is done.")) from None
    return change


@transaction.atomic
def discard_change(*, change: TimeChange, actor: User | None) -> TimeChange:
    """Give up a draft; nothing changes."""
    check_may_manage(actor, None)
    change = TimeChange.objects.select_for_update().get(pk=change.pk)
    if change.status == TimeChange.Status.DRAFT:
        change.status, change.planned = TimeChange.Status.DISCARDED, []
        change.save()
    return change


def _queue() -> None:
    try:
        current_app.send_task("events.tasks.adjust_deadlines", retry=False)
    except BrokerError as error:  # the beat goes on with it once the broker is back
        logger.warning("The broker is away, the open cases wait: %s", error)


def _write(change: TimeChange, actor: User | None, at: datetime) -> None:
    """Put the change in force, unless what it changes has been changed since it was drafted."""
    before, after = change.before, change.after
    match change.kind:
        case TimeChange.Kind.LEVEL:
            level = ServiceLevel.objects.select_for_update().get(pk=after["pk"])
            _check_unchanged(before["limit"], _json(level.time_limit()))
            level.amount, level.unit = after["limit"]
            save_service_level(level=level)
        case TimeChange.Kind.CATEGORY:
            category = Category.objects.select_for_update().get(pk=after["pk"])
            _check_unchanged(before["limit"], _json(category.time_limit()))
            category.limit, category.unit = after["limit"] or (None, "")
            save_category(category=category)
        case TimeChange.Kind.HOURS:
            hours = WorkingHours.objects.select_for_update().first() or WorkingHours(pk=1)
            _check_unchanged(before["spans"], hours.spans)
            hours.spans = after["spans"]
            hours.source, hours.edited_by, hours.edited_at = Source.EDITED, actor, at
            hours.save()
        case TimeChange.Kind.CALENDAR:
            _write_year(change, actor, at)
    if change.kind in (TimeChange.Kind.HOURS, TimeChange.Kind.CALENDAR):
        change.edition = calendars.publish(calendars.as_edited(), at)


def _write_year(change: TimeChange, actor: User | None, at: datetime) -> None:
    after = change.after
    edited = {"source": after["source"], "edited_by": actor, "edited_at": at}
    year = CalendarYear.objects.select_for_update().filter(year=after["year"]).first()
    stored = _calendar_json(after["year"])
    _check_unchanged([change.before["notice"], change.before["days"]], [stored["notice"], stored["days"]])
    year = year or CalendarYear(year=after["year"])
    year.notice = after["notice"]
    for name, value in edited.items():
        setattr(year, name, value)
    year.save()
    kept = [day for day in after["days"] if day in stored["days"]]
    year.days.exclude(date__in=[day for day, *_said in kept]).delete()
    CalendarDay.objects.bulk_create(
        CalendarDay(year=year, date=day, is_working=is_working, name=name, **edited)
        for day, is_working, name in after["days"]
        if [day, is_working, name] not in kept
    )


def _check_unchanged(before: object, now: object) -> None:
    if before != now:
        raise ValidationError(_("Somebody has changed this meanwhile. Begin again, so that you see what would move."))
