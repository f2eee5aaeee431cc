"""What is left of a hotline's sheet, as a sheet again: without what belongs to the callers, and with what is wrong."""

from collections.abc import Callable, Mapping
from typing import BinaryIO

from django.utils.translation import gettext as _

from events.hotline.columns import NAMES, NUMBER
from events.hotline.masking import hidden, is_hidden, masked
from events.models import HotlineImport, HotlineRow
from events.services.hotline import LEFT_OUT, Outcome, order_of
from grids.encryption import Unreadable
from grids.masking import mask_name, mask_phone
from grids.sheets import cells, reading, writing
from grids.sheets.cells import Raw

CHUNK = 500
Mask = Callable[[str], str]
MASKS: dict[str, Mask] = {"name": mask_name, "phone": mask_phone}


def sheet_of_left(hotline_import: HotlineImport) -> BinaryIO:
    """The rows that were not filed, with the reason beside each, to be mended and brought in again."""
    told = _(
        "Names and phones are hidden here; the order number finds them in the hotline's own sheet. Mended and brought "
        "in again, the rows get them back by themselves as long as the first sheet is kept."
    )
    layout = reading.Layout(**hotline_import.layout | {"above": [[1, [told]]], "number": 2})
    left = hotline_import.rows.filter(outcome__in=LEFT_OUT, cells__isnull=False).order_by("number")
    rows = enumerate(left.iterator(chunk_size=CHUNK), start=layout.number + 1)
    masks = _masks(hotline_import)
    return writing.error_sheet(layout, ((place, *_left(row, hotline_import, masks)) for place, row in rows))


def _left(row: HotlineRow, hotline_import: HotlineImport, masks: Mapping[int, Mask]) -> tuple[list[Raw], str]:
    number = hotline_import.layout["columns"][hotline_import.columns[NUMBER]]
    try:
        raws, order = cells.unpacked(row.cells.reveal()), order_of(row, hotline_import)
    except Unreadable:
        return [*[None] * number, row.order], _("The row cannot be read any more: its key is missing. Upload it again.")
    for index, raw in enumerate(raws):
        if index in masks:
            raws[index] = _hidden(raw, masks[index])
        elif index != number:  # which may look like a phone, and is what the order is found by
            raws[index] = _masked(raw, order.name, order.phone)
    return raws, problem_text(row)


def _masks(hotline_import: HotlineImport) -> dict[int, Mask]:
    """By index the columns of names and phones: those that were told to be, and any that is called so."""
    headings = hotline_import.layout["columns"]
    return {
        index: mask
        for key, mask in MASKS.items()
        for heading, index in headings.items()
        if heading == hotline_import.columns.get(key) or heading in NAMES[key]
    }


def _hidden(raw: Raw, mask: Mask) -> Raw:
    if cells.is_blank(raw) or is_hidden(shown := cells.shown(raw).strip()):
        return raw
    return hidden(mask(shown))


def _masked(raw: Raw, name: str, phone: str) -> Raw:
    """The cell as it is, but for a phone or a name in it."""
    if raw is None or (isinstance(raw, dict) and "date" in raw):
        return raw
    shown = cells.shown(raw)
    without = masked(shown, name, phone)
    return raw if without == shown else without


def problem_text(row: HotlineRow) -> str:
    """Why a row was not filed."""
    if row.outcome != Outcome.OPEN:
        return row.problem
    lacking = [_("Its place was not decided.")] if row.grid_id is None else []
    return "".join(lacking + ([_("Its category was not decided.")] if row.category_id is None else []))
