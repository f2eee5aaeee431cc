"""The indicators: one formula each, over measures, with weights that the office sets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from events.figures import measures as m
from events.figures.measures import Day, Measure
from events.models import RatingWeight

Weights = dict[str, Decimal]  # by the measure's name


def weights() -> Weights:
    """How much each rating counts now: one query. The measures of ratings are named after them."""
    stored = RatingWeight.objects.values_list("rating", "weight")
    return {str(rating): weight for rating, weight in RatingWeight.DEFAULTS.items()} | dict(stored)


@dataclass(frozen=True, eq=False)
class Indicator:
    """A rate: the counts above, each times its weight, over the sum of the counts below."""

    name: str
    title: Promise
    above: tuple[Measure, ...]
    below: tuple[Measure, ...]
    left_out: Promise  # what is not counted, and why
    day: Day = Day.FILED  # by which a period is meant: rates are of the cases filed in it

    @property
    def measures(self) -> set[Measure]:
        return {*self.above, *self.below}

    def at(self, at: datetime) -> Q:
        """Which cases it is about as of that time: those below the line, where those above are among them."""
        condition = Q()
        for measure in self.below:
            condition |= measure.at(at)
        return condition

    def formula(self, weights: Weights) -> str:
        """How it is reckoned, in words."""
        above = [_weighted(measure, weights) for measure in self.above if weights.get(measure.name, 1)]
        return f"{added(above)} ÷ {added([str(measure.title) for measure in self.below])}"

    def value(self, counts: dict[str, int], weights: Weights) -> Decimal | None:
        """Between 0 and 1 (rework may be more); None where nothing is below the line: no cases, which is not zero."""
        below = sum(counts[measure.name] for measure in self.below)
        if not below:
            return None
        above = sum(counts[measure.name] * weights.get(measure.name, Decimal(1)) for measure in self.above)
        return Decimal(above) / below


def _weighted(measure: Measure, weights: Weights) -> str:
    weight = weights.get(measure.name, Decimal(1))
    return str(measure.title) if weight == 1 else f"{weight.normalize():f} × {measure.title}"


def added(terms: list[str]) -> str:
    """One side of a formula."""
    return f"({' + '.join(terms)})" if len(terms) > 1 else "".join(terms) or "0"


CONFIDENTIAL = _("Clue reports are in no figure.")
_DUE = (m.CLOSED, m.OVERDUE_ACCEPTED)
_NOT_DUE = _("Left out: what is open inside its limit, suspended, voided or merged. Clue reports are in no figure.")
_UNRATED = _("Left out: what nobody rated. Clue reports are in no figure.")
_UNANSWERED = _("Left out: what nobody rated, and ratings that left this question open. Clue reports are in no figure.")

FILING = Indicator("filing", _("filing rate"), (m.ACCEPTED,), (m.RECEIVED,), CONFIDENTIAL)
CLOSING = Indicator("closing", _("closing rate"), (m.CLOSED,), _DUE, _NOT_DUE)
ON_TIME = Indicator("on_time_closing", _("on-time closing rate"), (m.ON_TIME,), _DUE, _NOT_DUE)
REWORK = Indicator("rework", _("rework rate"), (m.FAILED_CHECKS,), (m.ACCEPTED,), CONFIDENTIAL)
RESPONSE = Indicator("response", _("response rate"), (m.CONTACTED,), (m.CONTACT_ANSWERED,), _UNANSWERED)
RESOLUTION = Indicator("resolution", _("resolution rate"), (m.SOLVED,), (m.SOLVED_ANSWERED,), _UNANSWERED)
SATISFACTION = Indicator(
    "satisfaction", _("satisfaction rate"), (m.SATISFIED, m.FAIR, m.UNSATISFIED), (m.RATED,), _UNRATED
)
IN_GRID = Indicator("in_grid", _("closed in the grid loop"), (m.CLOSED_IN_GRID,), (m.CLOSED,), CONFIDENTIAL)

INDICATORS = {
    indicator.name: indicator
    for indicator in (FILING, CLOSING, ON_TIME, REWORK, RESPONSE, RESOLUTION, SATISFACTION, IN_GRID)
}


def measures_of(indicators: Iterable[Indicator]) -> list[Measure]:
    """What has to be counted for them, each once."""
    return sorted(set().union(*(indicator.measures for indicator in indicators)), key=lambda measure: measure.name)
