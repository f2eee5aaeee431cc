"""Making the reports of the months: by the clock for all grids that are due, by hand for a month that lacks one."""

import logging
from collections.abc import Iterator
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events import calendars
from events.audit.snapshots import snapshot
from events.clock import WorkCalendar
from events.figures.days import next_month, previous_month, this_month
from events.models import Event, MonthlyReport
from events.reports.gathering import VERSION, gather
from grids.access import INSPECTORS, may_inspect
from grids.models import Grid, Level, Post, User
from grids.moments import aware_now
from grids.services import notify

logger = logging.getLogger(__name__)

LOWEST_REPORTED = Level.STREET
MOST_MONTHS = 12  # that an outage may have lasted
MOST_YEARS = 10  # that one may look back


def make_monthly_reports(*, at: datetime | None = None) -> int:
    """Make what is due and missing, from the first working day after a month on; how many that were.

    Safe to run twice and beside itself. A grid that fails is reported and does not stop the others; the next run tries
    it again.
    """
    at, calendar = aware_now(at), calendars.current()
    made = 0
    for month in _months_due(at, calendar):
        for grid in _without_report(month):
            try:
                made += _make(grid, month, at, calendar) is not None
            except Exception:
                logger.exception("The report of %s for %s failed; it is tried again.", grid.code, month)
    return made


def make_report(*, actor: User, grid: Grid, month: date, at: datetime | None = None) -> MonthlyReport:
    """Make the report of a past month by hand, or give the one that there is.

    Raises PermissionDenied for who is no chief or official of the grid or above, and ValidationError by field.
    """
    at, month = aware_now(at), month.replace(day=1)
    if not may_inspect(actor, grid):
        raise PermissionDenied(_("You do not answer for %(grid)s.") % {"grid": grid})
    _check(grid, month, at)
    return _made(grid, month) or _make(grid, month, at, calendars.current(), actor) or _made(grid, month)


def _check(grid: Grid, month: date, at: datetime) -> None:
    now = this_month(at)
    if month >= now:
        raise ValidationError({"month": _("This month is not over yet. Choose one before.")})
    if month.year < now.year - MOST_YEARS:
        raise ValidationError({"month": _("Choose a month of the last %(count)d years.") % {"count": MOST_YEARS}})
    if grid.level > LOWEST_REPORTED:
        raise ValidationError({"grid": _("Reports are made for streets, districts and cities.")})
    if grid.retired_at:
        raise ValidationError({"grid": _("%(grid)s has been retired already.") % {"grid": grid}})


def _months_due(at: datetime, calendar: WorkCalendar) -> Iterator[date]:
    """The month that is over, and those before it for which an outage left no grid a report."""
    last = previous_month(this_month(at))
    latest = MonthlyReport.objects.order_by("-month").values_list("month", flat=True).first()
    months = [last]
    while latest and previous_month(months[0]) > latest and len(months) < MOST_MONTHS:
        months.insert(0, previous_month(months[0]))
    yield from (month for month in months if timezone.localdate(at) >= due_day(month, calendar))


def due_day(month: date, calendar: WorkCalendar) -> date:
    """The first working day after the month."""
    return calendar.nth(next_month(month), 0)


def _without_report(month: date) -> QuerySet[Grid]:
    """The grids in use that have cases or posts, and no report of this month yet."""
    inside = {"position__gte": OuterRef("lft"), "position__lte": OuterRef("rght")}
    cases, posts = Event.objects.filter(**inside), Post.objects.active().filter(**inside)
    reported = Grid.objects.active().filter(level__lte=LOWEST_REPORTED)
    reported = reported.exclude(monthlyreports__month=month).order_by("lft")
    return reported.filter(Exists(cases) | Exists(posts))


def _made(grid: Grid, month: date) -> MonthlyReport | None:
    return MonthlyReport.objects.filter(grid=grid, month=month).first()


def _make(
    grid: Grid, month: date, at: datetime, calendar: WorkCalendar, actor: User | None = None
) -> MonthlyReport | None:
    """None where somebody made it at the same moment."""
    with snapshot():
        data = gather(grid, month, at)
    report = MonthlyReport(
        grid=grid,
        month=month,
        grid_name=data["grid"]["name"],
        made_at=at,
        made_by=actor,
        made_by_name=str(actor or ""),
        is_belated=timezone.localdate(at) > due_day(month, calendar),
        version=VERSION,
        data=data,
    )
    try:
        with transaction.atomic():
            report.save()
            _tell(report, at)
    except IntegrityError:
        return None
    return report


def _tell(report: MonthlyReport, at: datetime) -> None:
    """Who answers for this very grid, but not who made it."""
    posts = Post.objects.working().filter(grid=report.grid, role__in=INSPECTORS)
    users = User.objects.filter(pk__in=posts.values("user")).exclude(pk=report.made_by_id)
    text = _("The report of %(grid)s for %(month)s is there.")
    said = {"grid": report.grid.name, "month": date_format(report.month, "Y-m")}
    url = reverse("report_detail", args=[report.pk])
    notify(users=users, text=text % said, url=url, key=f"monthly-report-{report.pk}", at=at)
