"""A sample with its results, and its population, as Excel sheets that say how the draw can be done again."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Sample, SampleItem
from events.rechecks.inspecting import mark_moved
from events.rechecks.sampling import lot
from events.wording import draw_of, lot_rule, place_of
from grids.models import User, load_ancestors
from grids.xlsx import Sheet, stream

RESULTS = [
    (gettext_lazy("place in the draw"), 10),
    (gettext_lazy("number"), 18),
    (gettext_lazy("title"), 36),
    (gettext_lazy("category"), 24),
    (gettext_lazy("Place"), 40),
    (gettext_lazy("closed at"), 17),
    (gettext_lazy("state"), 10),
    (gettext_lazy("result of the re-check"), 14),
    (gettext_lazy("note"), 40),
    (gettext_lazy("re-checked by"), 12),
    (gettext_lazy("re-checked at"), 17),
    (gettext_lazy("lot (SHA-256)"), 66),
]
POPULATION = [
    (gettext_lazy("number"), 18),
    (gettext_lazy("lot (SHA-256)"), 66),
    (gettext_lazy("place in the draw"), 10),
]


def about(sample: Sample) -> list[list[object]]:
    """What a sheet says of the draw itself."""
    return [
        [_("Sample"), f"{sample.pk} {sample}"],
        [_("Draws"), draw_of(sample)],
        [_("Drawn by"), f"{sample.drawn_by_name} {sample.drawn_by_post}".strip()],
        [_("Drawn at"), sample.drawn_at],
        [_("Seed"), sample.seed],
        [_("How it is drawn"), "\n".join(lot_rule(sample))],
        [_("Cases in the population"), sample.population_size],
        [_("SHA-256 of the population"), sample.population_digest],
    ]


def sample_sheet(sample: Sample, items: Iterable[SampleItem], user: User, at: datetime) -> Iterator[bytes]:
    """The drawn cases with what the re-check found; the sample has its figures."""
    items = mark_moved(items, user)
    load_ancestors(item.event.grid for item in items)
    figures = _("re-checked %(checked)d of %(drawn)d: holds %(holds)d, does not hold %(fails)d, unclear %(unclear)d")
    names = ("checked", "drawn", "holds", "fails", "unclear")
    head = [
        *about(sample),
        [_("Results"), figures % {name: getattr(sample, name) for name in names}],
        [_("As of"), f"{timezone.localtime(at):%Y-%m-%d %H:%M}"],
        [_("Exported by"), str(user)],
        [],
        [str(heading) for heading, _width in RESULTS],
    ]
    sheet = Sheet(_("Sample"), [width for _heading, width in RESULTS], frozen=len(head))
    return stream(sheet, chain(head, (_result(sample, item) for item in items)), bold=len(head))


def _result(sample: Sample, item: SampleItem) -> list[object]:
    event = item.event
    if item.is_elsewhere:
        unseen = [""] * 5
        return [
            item.place,
            event.number,
            *unseen,
            item.get_finding_display(),
            "",
            "",
            "",
            lot(sample.seed, event.number),
        ]
    return [
        item.place,
        event.number,
        event.title,
        str(event.category),
        event.grid.full_name if event.is_open else place_of(event),
        event.closed_at,
        event.get_status_display(),
        item.get_finding_display(),
        item.note,
        item.checked_by_name,
        item.checked_at,
        lot(sample.seed, event.number),
    ]


def population_sheet(sample: Sample) -> Iterator[bytes]:
    """Every case number of the population with its lot, and the place of those that were drawn."""
    places = dict(sample.items.values_list("event__number", "place"))
    head = [*about(sample), [], [str(heading) for heading, _width in POPULATION]]
    rows = ([number, lot(sample.seed, number), places.get(number)] for number in sample.numbers())
    sheet = Sheet(_("Population"), [width for _heading, width in POPULATION], frozen=len(head))
    return stream(sheet, chain(head, rows), bold=len(head))
