"""Proof that a stored sample is what its seed draws from its population, and what the histories say of that list."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from events.models import Sample, Step
from events.rechecks.sampling import digest, draw, population_text
from events.workflow import Action, Status

# A step bears the time at which its service began, and is seen once it is committed: who drew then saw it or did not.
LATE = timedelta(minutes=5)
FEW = 5


def sample_problems(sample: Sample) -> Iterator[str]:
    """One sentence for each thing wrong with the draw: its list, its digest, its cases and their order."""
    numbers, text = sample.numbers(), sample.population
    if text != population_text(set(numbers)):
        yield _("the population is not in ascending order, or holds a number twice")
    if len(numbers) != sample.population_size:
        yield _("the population holds %(found)d numbers instead of %(expected)d") % {
            "found": len(numbers),
            "expected": sample.population_size,
        }
    if digest(text) != sample.population_digest:
        yield _("the population has another digest: %(found)s") % {"found": digest(text)}
    expected = draw(sample.seed, numbers, sample.size)
    drawn = list(sample.items.order_by("place").values_list("place", "event__number"))
    if drawn != (right := list(enumerate(expected, start=1))):
        wrong = sorted(set(right) - set(drawn)) or sorted(set(drawn) - set(right))
        yield _("at %(count)d places not what the seed draws, beginning with place %(places)s") % {
            "count": len(wrong),
            "places": few(str(place) for place, _number in wrong),
        }
    if strange := sorted(set(numbers) - _closed_then(sample, sample.drawn_at - LATE)):
        yield _("%(count)d by their histories not closed in the period: %(numbers)s") % {
            "count": len(strange),
            "numbers": few(strange),
        }


def few(texts: Iterable[str]) -> str:
    """The first of them, for a sentence that is to be read."""
    texts = list(texts)
    return "、".join(texts[:FEW]) + ("…" if len(texts) > FEW else "")


def left_out(sample: Sample) -> list[str]:
    """The cases that by their histories were closed then, in the subtree as it lies today, and are not on the list.

    Grids that were moved since explain some; nothing else does.
    """
    where = {"event__position__range": (sample.grid.lft, sample.grid.rght)}
    inside = _closed_then(sample, sample.drawn_at + LATE, at__lt=sample.drawn_at - LATE, **where)
    return sorted(inside - set(sample.numbers()))


def _closed_then(sample: Sample, until: datetime, **where) -> set[str]:
    """The cases whose check was passed in the period and that were not taken up again before a moment."""
    begin, end = sample.bounds()
    taken_up = Step.objects.filter(event=OuterRef("event"), ordinal__gt=OuterRef("ordinal"), at__lt=until)
    closings = Step.objects.filter(action=Action.PASS_CHECK, event__is_confidential=False, **where)
    still = closings.filter(at__gte=begin, at__lt=end).exclude(Exists(taken_up.exclude(to_status=Status.CLOSED)))
    return set(still.values_list("event__number", flat=True))
