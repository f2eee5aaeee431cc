"""How a signboard fits on its paper: what is printed how large, and what is left to the page behind the QR code.

Lengths are in units: a millimetre on A4, 1.41 of them on A3. `static/saihan/signboard.css` sets the type in the same
sizes, so that what is counted to fit here fits there; a browser test prints the worst case.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from grids.boards import Board, Head
from grids.models import Organisation

HALF = 0.6  # an ASCII character, at the widest, against a Chinese one
SLACK = 0.95  # Chinese punctuation does not begin a line, so not every line is filled


class Paper(TextChoices):
    A4 = "a4", "A4"
    A3 = "a3", "A3"


@dataclass(frozen=True)
class Type:
    """A size of type by the name of its CSS class: height of a letter and of a line."""

    css: str
    size: float
    line: float

    def height(self, text: str, width: float) -> float:
        return self.line * lines(text, width / self.size)


@dataclass(frozen=True)
class Columns:
    """How the heads of the grids below are set: the CSS class, so many columns of that width, in that type."""

    css: str
    count: int
    width: float
    type: Type


@dataclass(frozen=True)
class Layout:
    """The room on one paper: the whole, what people's names get, the phones beside the QR code, and the heads."""

    height: float
    band_width: float
    value_width: float
    phone_width: float
    heads: tuple[Columns, ...]
    are_heads_beside: bool


NAMES = (Type("huge", 20, 24), Type("large", 13, 16), Type("small", 8, 10))
CHIEFS = (Type("large", 12, 15), Type("small", 7, 9))
PLACE = Type("place", 5, 7)
VALUE = Type("value", 6.5, 9)
PHONE = Type("phone", 4.6, 6.4)
BAND_PADDING, TITLE_LINE, ROW_PADDING, SECTION_TITLE, PADDING = 18, 8, 5, 11, 10
QR_HEIGHT = 66
PHONES_HEIGHT = 74
STAFF_LENGTH = 56
ROOMY, COMMON, DENSE = Type("roomy", 5.6, 9), Type("common", 4.6, 7), Type("dense", 3.7, 5.4)

LAYOUTS = {
    Paper.A4: Layout(
        height=297,
        band_width=186,
        value_width=146,
        phone_width=122,
        heads=(Columns("roomy", 2, 90, ROOMY), Columns("common", 3, 59, COMMON), Columns("dense", 4, 43, DENSE)),
        are_heads_beside=False,
    ),
    Paper.A3: Layout(
        height=210,
        band_width=273,
        value_width=124,
        phone_width=100,
        heads=(Columns("roomy", 2, 48, ROOMY), Columns("common", 2, 48, COMMON), Columns("dense", 3, 30, DENSE)),
        are_heads_beside=True,
    ),
}


@dataclass(frozen=True)
class Sheet:
    """A board as it is printed: the texts that fit, and the CSS classes of their sizes."""

    board: Board
    paper: Paper
    url: str
    qr: str
    name: str
    name_type: str
    chief_type: str
    staff: str
    police: str
    phones: list[Organisation]
    heads: list[Head]
    heads_type: str
    left_out: int  # heads that found no room


def width(text: str) -> float:
    """The length of a text in Chinese characters."""
    return sum(1 if unicodedata.east_asian_width(letter) in "WFA" else HALF for letter in text)


def lines(text: str, room: float) -> int:
    """How many lines of so many characters the text takes."""
    return max(1, math.ceil(width(text) / math.floor(SLACK * room)))


def lay_out(board: Board, paper: Paper, url: str, qr: str) -> Sheet:
    """The largest type in which the board's texts fit."""
    layout = LAYOUTS[paper]
    name_type = _largest(NAMES, board.grid.name, layout.band_width)
    chief_type = _largest(CHIEFS, board.chief, layout.value_width)
    staff, police = listed(board.staff), listed(board.police)
    phones, phones_height = _phones(board.phones, layout)
    used = _band_height(board, layout, name_type) + PADDING
    people = [
        chief_type.height(board.chief, layout.value_width),
        VALUE.height(staff, layout.value_width),
        VALUE.height(police, layout.value_width),
        VALUE.height(str(board.police_room or ""), layout.value_width),
    ]
    if not layout.are_heads_beside:
        used += sum(people) + len(people) * ROW_PADDING + max(QR_HEIGHT, phones_height)
    columns, heads = _fit(board.heads, layout, layout.height - used - SECTION_TITLE)
    return Sheet(
        board=board,
        paper=paper,
        url=url,
        qr=qr,
        name=board.grid.name,
        name_type=name_type.css,
        chief_type=chief_type.css,
        staff=staff,
        police=police,
        phones=phones,
        heads=heads,
        heads_type=columns.css,
        left_out=len(board.heads) - len(heads),
    )


def listed(names: Sequence[str], length: int = STAFF_LENGTH) -> str:
    """The names one after the other; those that find no room are counted."""
    shown = list(names)
    while len(shown) > 1 and width("、".join(shown)) > length:
        shown.pop()
    if len(shown) == len(names):
        return "、".join(shown)
    return _("%(names)s and others, %(count)d in all") % {"names": "、".join(shown), "count": len(names)}


def _largest(types: Sequence[Type], text: str, room: float) -> Type:
    """The largest type in which the text needs one line; else the smallest."""
    return next((one for one in types if lines(text, room / one.size) == 1), types[-1])


def _band_height(board: Board, layout: Layout, name_type: Type) -> float:
    return (
        BAND_PADDING
        + TITLE_LINE
        + name_type.height(board.grid.name, layout.band_width)
        + PLACE.height(board.place, layout.band_width - 50)
    )


def _phones(phones: list[Organisation], layout: Layout) -> tuple[list[Organisation], float]:
    """Those that fit beside the QR code, and the height that they take."""
    height, shown = SECTION_TITLE, []
    for organisation in phones:
        height += 1.5 + PHONE.height(organisation.name, layout.phone_width * 0.58)
        if height > PHONES_HEIGHT:
            break
        shown.append(organisation)
    return shown, min(height, PHONES_HEIGHT)


def _fit(heads: list[Head], layout: Layout, room: float) -> tuple[Columns, list[Head]]:
    """The roomiest columns that take all heads; in the densest ones, as many as there is room for."""
    for columns in layout.heads:
        taken = _taken(heads, columns, room)
        if taken == len(heads):
            break
    return columns, heads[:taken]


def _taken(heads: list[Head], columns: Columns, room: float) -> int:
    """How many heads the columns take, filled one after the other; a head is never split between two."""
    column, height = 1, 0.0
    for taken, head in enumerate(heads):
        own = head_height(head, columns)
        if height + own > room:
            column, height = column + 1, 0.0
        if column > columns.count or own > room:
            return taken
        height += own
    return len(heads)


def head_height(head: Head, columns: Columns) -> float:
    """Of a grid and its chief, and the line of its own heads below it."""
    height = columns.type.height(f"{head.name}　{head.chief}", columns.width)
    if head.below_names:
        height += columns.type.height(head.below_names, columns.width)
    return height + 1.2
