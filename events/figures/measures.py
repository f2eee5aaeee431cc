"""What is counted: each measure is a condition on a case as it stands, the same of the cases and of their tallies.

Confidential cases are in none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from events.figures.days import DAY, midnight
from events.workflow import OPEN, Loop, Rating, Status

# The columns of a case that measures may ask; `EventQuerySet.profiled` and `Tally` both have them under these names.
PROFILE = (
    "status", "start_loop", "top_loop", "loop", "is_accepted", "is_late", "reworks", "rating", "was_contacted",
    "was_solved",
)  # fmt: skip


class Day(models.TextChoices):
    """Which day of a case puts it into a period."""

    FILED = "filed", _("day of filing")
    CLOSED = "closed", _("day of closing")


@dataclass(frozen=True, eq=False)  # each is itself alone: to compare conditions and titles would take its time
class Measure:
    """So many cases: those that fit the condition, or with a `weight` the sum of that column over them.

    What depends on the time of looking is said by `moment`, and of the open cases alone.
    """

    name: str
    title: Promise
    condition: Q = field(default_factory=Q)
    day: Day = Day.FILED
    weight: str = ""
    moment: Callable[[datetime], Q] | None = None

    def at(self, at: datetime) -> Q:
        """The whole condition as of that time."""
        return _OPEN & self.among_open(at) if self.moment else self.condition

    def among_open(self, at: datetime) -> Q:
        """The same where only open cases are looked at anyway, none of which is to be asked once more."""
        return self.condition & self.moment(at)


def is_over(at: datetime, due: str = "due_at") -> Q:
    return Q(**{f"{due}__lt": at})


def is_due_today(at: datetime, due: str = "due_at") -> Q:
    """From now to the end of the day here."""
    return Q(**{f"{due}__gte": at, f"{due}__lt": midnight(timezone.localdate(at) + DAY)})


_OPEN = Q(status__in=sorted(OPEN))
_CLOSED = Q(status=Status.CLOSED)
_RATED = ~Q(rating="")

RECEIVED = Measure("received", _("received"))
OPEN_NOW = Measure("open", _("open"), _OPEN)
OVERDUE = Measure("overdue", _("overdue"), moment=is_over)
ACCEPTED = Measure("accepted", _("accepted"), Q(is_accepted=True))
CLOSED = Measure("closed", _("closed"), _CLOSED)
SETTLED = Measure("settled", _("closed in the period"), _CLOSED, day=Day.CLOSED)
SETTLED_LATE = Measure("settled_late", _("closed late in the period"), _CLOSED & Q(is_late=True), day=Day.CLOSED)
ON_TIME = Measure("on_time", _("closed in time"), _CLOSED & Q(is_late=False))
CLOSED_LATE = Measure("closed_late", _("closed late"), _CLOSED & Q(is_late=True))
# Accepted, not suspended, and over its limit: due to be closed as much as what is closed.
OVERDUE_ACCEPTED = Measure(
    "overdue_accepted",
    _("accepted, open and overdue"),
    ~Q(status=Status.SUSPENDED) & Q(is_accepted=True),
    moment=is_over,
)
DUE_TODAY = Measure("due_today", _("due today"), moment=is_due_today)
SUSPENDED = Measure("suspended", _("suspended"), Q(status=Status.SUSPENDED))
VOIDED = Measure("voided", _("voided"), Q(status=Status.VOIDED))
MERGED = Measure("merged", _("merged"), Q(status=Status.MERGED))
LEFT = Measure("left", _("voided or merged"), Q(status__in=[Status.VOIDED, Status.MERGED]))
FAILED_CHECKS = Measure("failed_checks", _("failed checks"), Q(is_accepted=True, reworks__gt=0), weight="reworks")
CLOSED_IN_GRID = Measure("closed_in_grid", _("closed without leaving the grid loop"), _CLOSED & Q(top_loop=Loop.GRID))
RATED = Measure("rated", _("rated"), _RATED)
SATISFIED = Measure("satisfied", _("satisfied"), Q(rating=Rating.SATISFIED))
FAIR = Measure("fair", _("fairly satisfied"), Q(rating=Rating.FAIR))
UNSATISFIED = Measure("unsatisfied", _("unsatisfied"), Q(rating=Rating.UNSATISFIED))
# Whoever rates may leave the two questions open: what was not answered is neither a yes nor a no.
CONTACT_ANSWERED = Measure(
    "contact_answered", _("told whether they were contacted"), _RATED & Q(was_contacted__isnull=False)
)
CONTACTED = Measure("contacted", _("contacted"), _RATED & Q(was_contacted=True))
SOLVED_ANSWERED = Measure("solved_answered", _("told whether it is solved"), _RATED & Q(was_solved__isnull=False))
SOLVED = Measure("solved", _("solved, says the reporter"), _RATED & Q(was_solved=True))


def _aged(least: int | None, most: int | None) -> Callable[[datetime], Q]:
    """Filed so many days ago: `least` to `most`, each None without end."""

    def moment(at: datetime) -> Q:
        condition = Q(filed_at__lte=at - timedelta(days=least)) if least else Q()
        return condition & Q(filed_at__gt=at - timedelta(days=most)) if most else condition

    return moment


# How long the open cases have been open, in days around the clock since filing.
AGEING = tuple(
    Measure(name, title, moment=_aged(least, most))
    for name, title, least, most in (
        ("aged_1", _("open for less than 1 day"), None, 1),
        ("aged_3", _("open for 1 to 3 days"), 1, 3),
        ("aged_7", _("open for 3 to 7 days"), 3, 7),
        ("aged_15", _("open for 7 to 15 days"), 7, 15),
        ("aged_30", _("open for 15 to 30 days"), 15, 30),
        ("aged_longer", _("open for over 30 days"), 30, None),
    )
)

MEASURES = {
    measure.name: measure
    for measure in (
        RECEIVED, OPEN_NOW, OVERDUE, DUE_TODAY, ACCEPTED, CLOSED, SETTLED, SETTLED_LATE, ON_TIME, CLOSED_LATE,
        OVERDUE_ACCEPTED, SUSPENDED, VOIDED, MERGED, LEFT, FAILED_CHECKS, CLOSED_IN_GRID, RATED, SATISFIED, FAIR,
        UNSATISFIED, CONTACT_ANSWERED, CONTACTED, SOLVED_ANSWERED, SOLVED, *AGEING,
    )
}  # fmt: skip
