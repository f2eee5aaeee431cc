"""Figures in words: what a measure counts, how an indicator is reckoned, of where and when, and what is left out."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.figures.counting import Counts, totals
from events.figures.days import midnight
from events.figures.measures import AGEING, Day, Measure
from events.figures.showing import rate_text
from events.filters import FilterForm
from events.indicators import CONFIDENTIAL, INDICATORS, Indicator, Weights, added, weights
from grids.access import covers
from grids.models import load_ancestors

MEANINGS: dict[str, Promise] = {
    "received": gettext_lazy("All that was filed, whatever became of it."),
    "open": gettext_lazy("What has not ended: to be accepted, in handling, to be checked, or suspended."),
    "overdue": gettext_lazy("What is open and past its time limit at the time of looking."),
    "due_today": gettext_lazy("What is open and due from the time of looking to the end of that day."),
    "accepted": gettext_lazy("What a desk has accepted at least once, whatever became of it."),
    "closed": gettext_lazy("What is closed now; what was taken up again is not."),
    "settled": gettext_lazy("What is closed now, by the day of its closing, whenever it was filed."),
    "settled_late": gettext_lazy("The same, as far as it ran over a time limit on its way."),
    "on_time": gettext_lazy("What is closed and never ran over a time limit of handling, in any loop."),
    "closed_late": gettext_lazy("What is closed and ran over a time limit of handling on its way, in any loop."),
    "overdue_accepted": gettext_lazy("What was accepted, is open and not suspended, and is past its time limit now."),
    "suspended": gettext_lazy("What is suspended now."),
    "voided": gettext_lazy("What a desk has voided."),
    "merged": gettext_lazy("What goes on in another case."),
    "left": gettext_lazy("What a desk has voided, and what goes on in another case."),
    "failed_checks": gettext_lazy("How often a check failed; the list shows each case once."),
    "closed_in_grid": gettext_lazy("What is closed and never climbed out of the grid loop."),
    "rated": gettext_lazy("What was rated by who reported it."),
    "satisfied": gettext_lazy("What was rated as satisfied."),
    "fair": gettext_lazy("What was rated as fairly satisfied."),
    "unsatisfied": gettext_lazy("What was rated as unsatisfied; it was handled again."),
    "contact_answered": gettext_lazy("What was rated, with an answer to whether somebody was in touch."),
    "contacted": gettext_lazy("What was rated, where the reporter says that somebody was in touch."),
    "solved_answered": gettext_lazy("What was rated, with an answer to whether it is solved."),
    "solved": gettext_lazy("What was rated, where the reporter says that it is solved."),
} | {
    measure.name: gettext_lazy("What is open, by how long ago it was filed, in days around the clock.")
    for measure in AGEING
}


def meaning(figure: Measure | Indicator) -> str:
    """What the measure counts, in a sentence; of an indicator, which cases its list holds."""
    if isinstance(figure, Indicator):
        below = "、".join(str(measure.title) for measure in figure.below)
        return _("The list holds the cases below the line: %(below)s.") % {"below": below}
    return str(MEANINGS.get(figure.name, ""))


def period_text(since: date | None, until: date | None, day: Day = Day.FILED) -> str:
    """Which days of filing, or of closing, are meant."""
    match day, bool(since), bool(until):
        case Day.CLOSED, True, True:
            text = _("closed from %(since)s to %(until)s")
        case Day.CLOSED, True, False:
            text = _("closed since %(since)s")
        case Day.CLOSED, False, True:
            text = _("closed until %(until)s")
        case _filed, True, True:
            text = _("filed from %(since)s to %(until)s")
        case _filed, True, False:
            text = _("filed since %(since)s")
        case _filed, False, True:
            text = _("filed until %(until)s")
        case _always:
            text = _("of all time")
    return text % {"since": since, "until": until}


def cases_of(measure: Measure) -> Measure:
    """How many cases stand behind a sum."""
    return replace(measure, name=f"{measure.name}_cases", weight="")


def number_text(measure: Measure, counts: Counts) -> str:
    """The number in words: of a sum also the cases behind it, as `cases_of` counts them."""
    number = counts[measure.name]
    if measure.weight:
        cases = counts[cases_of(measure).name]
        return _("%(number)s failed checks, in %(cases)s cases") % {"number": f"{number:,}", "cases": f"{cases:,}"}
    return ngettext("%(number)s case", "%(number)s cases", number) % {"number": f"{number:,}"}


def sum_text(indicator: Indicator, counts: Counts, weights: Weights) -> str:
    """The formula with its numbers, as: (10 + 0.9 × 2) ÷ 13."""
    above = [(weights.get(measure.name, Decimal(1)), counts[measure.name]) for measure in indicator.above]
    terms = [f"{number:,}" if by == 1 else f"{by.normalize():f} × {number:,}" for by, number in above if by]
    return f"{added(terms)} ÷ {added([f'{counts[measure.name]:,}' for measure in indicator.below])}"


# The card above a list that was opened from a figure


class Formula(NamedTuple):
    """How an indicator is reckoned, and what is left out."""

    title: str
    words: str
    left_out: str


@dataclass(frozen=True)
class Card:
    """What a list shows whose cases a figure counts."""

    title: str
    number: str
    reckoning: str  # of a rate, the sum
    meaning: str
    formulas: list[Formula]  # of the indicator itself, or of those in which the measure stands
    left_out: str  # where no formula says it
    place: str
    dashboard: str  # of the grid, where the person may see all of it
    period: str
    at: datetime
    is_whole: bool  # the figure of the whole grid, not only of what the person may see
    is_narrowed: bool  # the list is shorter than the figure, for other filters


def card(form: FilterForm, at: datetime) -> Card | None:
    """What the figure of these filters is; None without one. Its number is exact, however long the list is.

    Whoever may not see the whole grid is told the number of what they may see.
    """
    figure = form.asked_figure
    if figure is None:
        return None
    scope, given = form.scope(at), weights()
    is_whole = scope is not None and covers(form.user, scope.grid)
    counts = _counts(form, figure, at, is_whole)
    if scope:
        load_ancestors([scope.grid])
    is_rate = isinstance(figure, Indicator)
    formulas = formulas_of(figure, given)
    return Card(
        title=str(figure.title),
        number=rate_text(figure.value(counts, given)) if is_rate else number_text(figure, counts),
        reckoning=sum_text(figure, counts, given) if is_rate else "",
        meaning=meaning(figure),
        formulas=formulas,
        left_out="" if formulas else str(CONFIDENTIAL),
        place=scope.grid.full_name if scope else _("everything that you may see"),
        dashboard=reverse("dashboard", args=[scope.grid.code]) if is_whole else "",
        period=period_text(*form.period(at), figure.day),
        at=midnight(form.cleaned_data["on"]) if form.cleaned_data["on"] else at,
        is_whole=is_whole,
        is_narrowed=form.narrows_figure(),
    )


def formulas_of(figure: Measure | Indicator, weights: Weights) -> list[Formula]:
    """Of the indicator itself, or of every one in which the measure stands."""
    found = [each for each in INDICATORS.values() if each == figure or figure in each.measures]
    return [Formula(str(each.title), each.formula(weights), str(each.left_out)) for each in found]


def _counts(form: FilterForm, figure: Measure | Indicator, at: datetime, is_whole: bool) -> Counts:
    """Of the whole grid, or of the cases there that the person may see."""
    if isinstance(figure, Indicator):
        measures = list(figure.measures)
    else:
        measures = [figure, cases_of(figure)] if figure.weight else [figure]
    if is_whole and not form.is_of_a_part():
        return totals(form.scope(at), measures, at)
    aggregates = {each.name: _aggregate(each, each.at(at) if each != figure else None) for each in measures}
    return form.counted().events(at).order_by().aggregate(**aggregates)


def _aggregate(measure: Measure, condition):
    condition = condition or None
    return Sum(measure.weight, filter=condition, default=0) if measure.weight else Count("pk", filter=condition)
