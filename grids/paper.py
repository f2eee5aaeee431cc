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
    foot_height: float
    heads: tuple[Columns, ...]
    are_heads_beside: bool


NAMES = (Type("huge", 20, 24), Type("large", 13, 16), Type("small", 8, 10))
CHIEFS = (Type("large", 12, 15), Type("small", 7, 9))
PLACE = Type("place", 5, 7)
VALUE = Type("value", 6.5, 9)
PHONE = Type("phone", 4.6, 6.4)
GRAND, ROOMY = Type("grand", 7, 11), Type("roomy", 5.6, 9)
COMMON, DENSE = Type("common", 4.6, 7), Type("dense", 3.4, 5)
BAND_PADDING, TITLE_LINE, CODE_WIDTH = 18, 8, 50
ROWS, ROW_PADDING, SECTION_TITLE, PADDING = 4, 5, 11, 10
PHONE_SHARE, PHONE_GAP = 0.58, 3

# In Chinese characters; hardly a name is as long, and what is longer ends in an ellipsis.
PERSON, PLACE_LENGTH, ORGANISATION, STAFF, POLICE, BRANCH = 16, 80, 32, 36, 18, 36

LAYOUTS = {
    Paper.A4: Layout(
        height=297,
        band_width=186,
        value_width=146,
        phone_width=124,
        foot_height=68,
        heads=(
            Columns("grand", 2, 90, GRAND),
            Columns("roomy", 2, 90, ROOMY),
            Columns("common", 3, 59, COMMON),
            Columns("dense", 4, 43, DENSE),
        ),
        are_heads_beside=False,
    ),
    Paper.A3: Layout(
        height=210,
        band_width=273,
        value_width=124,
        phone_width=110,
        foot_height=56,
        heads=(
            Columns("grand", 1, 100, GRAND),
            Columns("roomy", 2, 48, ROOMY),
            Columns("common", 2, 48, COMMON),
            Columns("dense", 3, 30, DENSE),
        ),
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
    name_type: str
    place: str
    chief: str
    chief_type: str
    staff: str
    police: str
    police_room: str
    branch: str
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
    place, chief = short(board.place, PLACE_LENGTH), short(board.chief, PERSON)
    chief_type = _largest(CHIEFS, chief, layout.value_width)
    values = [
        listed(board.staff, STAFF),
        listed(board.police, POLICE),
        short(str(board.police_room or ""), ORGANISATION),
        *([short(branch_text(board), BRANCH)] if board.branch else []),
    ]
    used = (
        BAND_PADDING
        + TITLE_LINE
        + name_type.height(board.grid.name, layout.band_width)
        + PLACE.height(place, layout.band_width - CODE_WIDTH)
        + PADDING
    )
    if not layout.are_heads_beside:
        used += chief_type.height(chief, layout.value_width) + layout.foot_height
        used += (ROWS + bool(board.branch)) * ROW_PADDING
        used += sum(VALUE.height(value, layout.value_width) for value in values)
    columns, heads = _fit(board.heads, layout, layout.height - used - SECTION_TITLE)
    return Sheet(
        board=board,
        paper=paper,
        url=url,
        qr=qr,
        name_type=name_type.css,
        place=place,
        chief=chief,
        chief_type=chief_type.css,
        staff=values[0],
        police=values[1],
        police_room=values[2],
        branch="".join(values[3:]),
        phones=_phones(board.phones, layout),
        heads=heads,
        heads_type=columns.css,
        left_out=len(board.heads) - len(heads),
    )


def branch_text(board: Board) -> str:
    """The Party branch with who leads it and where it meets, in a line."""
    secretary = board.branch.public_secretary
    led = [_("secretary %(name)s") % {"name": secretary}] if secretary else []
    return "，".join([board.branch.name, *led, str(board.branch.get_site_kind_display())])


def short(text: str, length: float) -> str:
    """The text, cut with an ellipsis where it is longer than so many Chinese characters."""
    if width(text) <= length:
        return text
    while text and width(text) > length - 1:
        text = text[:-1]
    return f"{text}…"


def listed(names: Sequence[str], length: float) -> str:
    """The names one after the other; where they find no room, how many there are."""
    shown = [short(name, PERSON) for name in names]
    while len(shown) > 1 and width("、".join(shown)) > length:
        shown.pop()
    if len(shown) == len(names):
        return "、".join(shown)
    return _("%(names)s and others, %(count)d in all") % {"names": "、".join(shown), "count": len(names)}


def _largest(types: Sequence[Type], text: str, room: float) -> Type:
    """The largest type in which the text needs one line; else the smallest."""
    return next((one for one in types if lines(text, room / one.size) == 1), types[-1])


def _phones(phones: list[Organisation], layout: Layout) -> list[Organisation]:
    """Those that fit beside the QR code, each with its `short_name`."""
    height, shown = SECTION_TITLE, []
    name_width, number_width = PHONE_SHARE * layout.phone_width, (1 - PHONE_SHARE) * layout.phone_width - PHONE_GAP
    for organisation in phones:
        organisation.short_name = short(organisation.name, ORGANISATION)
        height += 1.5 + max(
            PHONE.height(organisation.short_name, name_width), PHONE.height(organisation.public_phone, number_width)
        )
        if height > layout.foot_height:
            break
        shown.append(organisation)
    return shown


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
    height = columns.type.height(f"{head.name}　{head.chief or _('vacant')}", columns.width)
    if head.below_names:
        height += columns.type.height(head.below_names, columns.width)
    return height + 1.2
