"""Rows of a hotline's sheet as its page shows them: masked, and with their case only for who may see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.hotline.masking import masked
from events.models import Event, HotlineImport, HotlineRow
from events.services.hotline import order_of
from grids.encryption import Unreadable
from grids.exporting import Column
from grids.masking import mask_name, mask_phone
from grids.models import User, load_ancestors
from grids.sheets import cells, reading

SAMPLES = 3
CHUNK = 500
SAMPLE_LENGTH = 24
TEXT_SHOWN = 60
PASSED_OVER = {
    reading.Ignored.EXAMPLE: gettext_lazy("the worked example"),
    reading.Ignored.TOTAL: gettext_lazy("a line of totals"),
    reading.Ignored.NOTE: gettext_lazy("a note below the table"),
    reading.Ignored.EMPTY: gettext_lazy("nothing in the columns that are read"),
}
PHASES = {
    "reading": gettext_lazy("Reading the file"),
    "checking": gettext_lazy("Checking the rows"),
    "writing": gettext_lazy("Filing the cases"),
}


@dataclass
class Shown:
    """A row for people."""

    pk: int
    number: int
    order: str
    title: str = ""
    where: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    category: str = ""
    place: str = ""
    problem: str = ""
    remarks: list[str] = field(default_factory=list)
    event: Event | None = None
    is_hidden: bool = False  # it is a case, which the reader may not see


def show_rows(rows: list[HotlineRow], hotline_import: HotlineImport, user: User | None = None) -> list[Shown]:
    """The rows, with their cases where `user` may see them."""
    numbers = [row.event_id for row in rows if row.event_id]
    visible = {}
    if user and numbers:
        visible = Event.objects.visible_to(user).only("number", "title", "is_confidential").in_bulk(numbers)
    load_ancestors(row.grid for row in rows if row.grid)
    return [_shown(row, hotline_import, visible) for row in rows]


def results(hotline_import: HotlineImport, outcome: str, user: User) -> Iterator[Shown]:
    """All rows of one outcome, a chunk at a time, for a sheet of what became of the orders."""
    rows = rows_of(hotline_import, outcome).iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        yield from show_rows(chunk, hotline_import, user)


def rows_of(hotline_import: HotlineImport, outcome: str) -> QuerySet[HotlineRow]:
    found = hotline_import.rows.filter(outcome=outcome).select_related("category", "grid")
    return found.order_by("number")


RESULTS = [
    Column(gettext_lazy("row"), 8, lambda shown, at: shown.number),
    Column(gettext_lazy("order number"), 24, lambda shown, at: shown.order),
    Column(gettext_lazy("Case"), 20, lambda shown, at: shown.event.number if shown.event else ""),
    Column(gettext_lazy("title"), 36, lambda shown, at: shown.title),
    Column(gettext_lazy("category"), 24, lambda shown, at: shown.category),
    Column(gettext_lazy("Place"), 36, lambda shown, at: shown.place),
    Column(gettext_lazy("problem"), 36, lambda shown, at: shown.problem),
]


def _shown(row: HotlineRow, hotline_import: HotlineImport, visible: Mapping[int, Event]) -> Shown:
    shown = Shown(row.pk, row.number, row.order, category=str(row.category or ""))
    shown.place = row.grid.full_name if row.grid else ""
    shown.problem = row.problem
    shown.remarks = [str(PASSED_OVER.get(remark, remark)) for remark in row.remarks]
    shown.event = visible.get(row.event_id)
    shown.is_hidden = bool(row.event_id) and shown.event is None
    if shown.event:
        shown.title = shown.event.title
    elif row.cells is not None and hotline_import.columns:
        _tell_order(shown, row, hotline_import)
    return shown


def _tell_order(shown: Shown, row: HotlineRow, hotline_import: HotlineImport) -> None:
    try:
        order = order_of(row, hotline_import)
    except Unreadable:
        shown.problem = shown.problem or _("The row cannot be read any more: its key is missing. Upload it again.")
        return
    shown.title = _cut(order.title or order.text, TEXT_SHOWN)
    shown.where = [part for part in (order.area, order.address) if part]
    facts = (
        (_("category of the hotline"), order.word),
        (_("name of the resident"), mask_name(order.name)),
        (_("phone of the resident"), mask_phone(order.phone) if order.phone else ""),
        (_("time limit of the hotline"), order.limit),
        (_("urgency"), order.urgency_here.label if order.is_urgent else ""),
    )
    shown.facts = [f"{title}：{value}" for title, value in facts if value]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def samples_of(hotline_import: HotlineImport, columns: Mapping[str, str]) -> dict[int, list[str]]:
    """A few cells of each column, by its index, so that a person sees what it holds; raises Unreadable."""
    headings = hotline_import.layout["columns"]
    names, phones = (headings.get(columns.get(key, "")) for key in ("name", "phone"))
    rows = hotline_import.rows.filter(cells__isnull=False).order_by("number")[:SAMPLES]
    samples: dict[int, list[str]] = {index: [] for index in headings.values()}
    for row in rows:
        for index, raw in enumerate(cells.unpacked(row.cells.reveal())):
            if index not in samples or cells.is_blank(raw):
                continue
            text = cells.shown(raw)
            text = mask_name(text) if index == names else mask_phone(text) if index == phones else masked(text)
            samples[index].append(_cut(text, SAMPLE_LENGTH))
    return samples
