"""Proof that a stored sample is what its seed draws from its population, and what the histories say of that list."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from events.models import Sample, Step
from events.sampling import digest, draw, population_text
from events.services.sampling import bounds
from events.workflow import Action, Status


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
    if drawn != list(enumerate(expected, start=1)):
        yield _("the seed draws %(expected)s, and drawn were %(found)s") % {
            "expected": "、".join(expected),
            "found": "、".join(number for _place, number in drawn),
        }
    if strange := sorted(set(numbers) - _closed_then(sample)):
        yield _("by their histories not closed in the period: %(numbers)s") % {"numbers": "、".join(strange)}


def left_out(sample: Sample) -> list[str]:
    """The cases that by their histories were closed then, in the subtree as it lies today, and are not on the list.

    Grids that were moved since explain some; nothing else does.
    """
    inside = _closed_then(sample, event__position__range=(sample.grid.lft, sample.grid.rght))
    return sorted(inside - set(sample.numbers()))


def _closed_then(sample: Sample, **where) -> set[str]:
    """The cases whose check was passed in the period and that were still closed when the sample was drawn."""
    begin, end = bounds(sample)
    taken_up = Step.objects.filter(event=OuterRef("event"), ordinal__gt=OuterRef("ordinal"), at__lt=sample.drawn_at)
    closings = Step.objects.filter(
        action=Action.PASS_CHECK, at__gte=begin, at__lt=end, event__is_confidential=False, **where
    )
    still = closings.exclude(Exists(taken_up.exclude(to_status=Status.CLOSED)))
    return set(still.values_list("event__number", flat=True))
