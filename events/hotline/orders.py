"""One row of a hotline's sheet as an order: what it says, without what must not be kept, and what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time

from django.utils import timezone
from django.utils.translation import gettext as _

from events.clock import Limit, Unit, WorkCalendar, add
from events.hotline.columns import BY_KEY, NUMBER, TEXT
from events.hotline.masking import is_hidden, masked
from events.models import AREA_LENGTH, ORDER_LENGTH, WORD_LENGTH
from events.text import TEXT_LENGTH, says_nothing
from events.workflow import Urgency
from grids.sheets import cells
from grids.sheets.cells import Raw, Unreadable

TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?\s*T?\s*(?:(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2}))?)?[分秒]?(?:\.\d+)?"
)
END_OF_DAY = time(23, 59)
# Other programs write 0001-01-01 or 9999-12-31 for no time at all, which no clock or database of ours can reckon with.
YEARS = range(1990, 2101)
SPAN = re.compile(r"(\d{1,3})个?(工作日|工作小时|工作时|小时|自然日|天|日)(?:内)?")
UNITS = {
    "工作日": Unit.WORKING_DAY, "工作小时": Unit.WORKING_HOUR, "工作时": Unit.WORKING_HOUR,
    "小时": Unit.EMERGENCY_HOUR, "自然日": Unit.EMERGENCY_DAY, "天": Unit.EMERGENCY_DAY, "日": Unit.EMERGENCY_DAY,
}  # fmt: skip
NOT_URGENT = re.compile("不|非|一般|普通|否")
URGENT = re.compile("急|^是$")
NAME_LENGTH, PHONE_LENGTH = 32, 64
# How much fits of what is kept and shown in the open: the caller's own words, and those that sort the order.
TOLD = {"text": TEXT_LENGTH, "title": TEXT_LENGTH, "address": 200}
SORTED = {
    "word": WORD_LENGTH, "limit": WORD_LENGTH, "urgency": 32,
    "street": AREA_LENGTH // 2, "community": AREA_LENGTH // 2,
}  # fmt: skip


@dataclass
class Order:
    """`name` and `phone` are only ever kept encrypted; all the rest but the number is masked."""

    number: str = ""
    text: str = ""
    title: str = ""
    word: str = ""
    urgency: str = ""
    street: str = ""
    community: str = ""
    address: str = ""
    limit: str = ""
    called_at: datetime | None = None
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    hidden: tuple[str, ...] = ()  # which of these two our own sheet of what is left has hidden
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def area(self) -> str:
        """Which street and community it says; the same words mean the same place again."""
        return " ".join(part for part in (self.street, self.community) if part)[:AREA_LENGTH]

    @property
    def is_urgent(self) -> bool:
        return bool(URGENT.search(self.urgency)) and not NOT_URGENT.search(self.urgency)

    @property
    def urgency_here(self) -> Urgency:
        return Urgency.URGENT if self.is_urgent else Urgency.NORMAL

    def due_at(self, at: datetime, calendar: WorkCalendar) -> datetime | None:
        """When the hotline wants it done: the time that it names, or its span since the call, or else since `at`."""
        if named := moment(self.limit, END_OF_DAY):
            return named
        span = SPAN.fullmatch(cells.plain(self.limit))
        if not span or not int(span[1]):
            return None
        with suppress(ValueError):  # beyond the calendar
            return add(self.called_at or at, Limit(int(span[1]), UNITS[span[2]]), calendar)
        return None


def read_order(row: list[Raw], places: Mapping[str, int]) -> Order:
    """The order of a row whose columns stand at these places."""
    order = Order()
    reader = _Reader(row, places, order)
    order.number = reader.take(NUMBER, cells.code, ORDER_LENGTH)
    order.text = reader.take(TEXT, cells.lines)
    order.title = reader.take("title", cells.text)
    order.address = reader.take("address", cells.text)
    order.word = reader.take("word", cells.text)
    order.street = reader.take("street", cells.word)
    order.community = reader.take("community", cells.word)
    order.urgency = reader.take("urgency", cells.word)
    order.limit = reader.take("limit", _shown)
    order.name = reader.take("name", cells.text, NAME_LENGTH)
    order.phone = reader.take("phone", cells.word, PHONE_LENGTH)
    order.called_at = _called_at(order, reader.take("called_at", _shown))
    _leave_out_hidden(order)
    # What is known of the caller is taken out before anybody sees it; cut afterwards, for a mask may be longer.
    for key, length in (TOLD | SORTED).items():
        caller = (order.name, order.phone) if key in TOLD else ()
        setattr(order, key, masked(getattr(order, key), *caller)[:length])
    _check(order, reader)
    return order


class _Reader:
    """Takes the cells of one row; what cannot be read is a problem where it is needed and a remark where it is not."""

    def __init__(self, row: list[Raw], places: Mapping[str, int], order: Order) -> None:
        self.row, self.places, self.order = row, places, order
        self.unreadable: set[str] = set()

    def take(self, key: str, read: Callable[[Raw], str], length: int = TEXT_LENGTH) -> str:
        index = self.places.get(key)
        raw = self.row[index] if index is not None and index < len(self.row) else None
        column = BY_KEY[key]
        try:
            return read(raw)[:length]
        except Unreadable as error:
            self.unreadable.add(key)
            told = f"{column.title}：{error}"
            (self.order.problems if column.is_required else self.order.remarks).append(told)
            return ""


def _check(order: Order, reader: _Reader) -> None:
    if not order.number and NUMBER not in reader.unreadable:
        order.problems.append(_("The order number is empty. Where cells are merged, split them and fill each row."))
    if TEXT not in reader.unreadable and says_nothing(order.text):
        if says_nothing(order.title):
            order.problems.append(_("It does not say what it is about."))
        else:
            order.text = order.title


def _leave_out_hidden(order: Order) -> None:
    order.hidden = tuple(key for key in ("name", "phone") if is_hidden(getattr(order, key)))
    for key in order.hidden:
        setattr(order, key, "")
    if order.hidden:
        order.remarks.append(_("Name or phone is hidden in this row; it is taken from the sheet that the row was in."))


def _called_at(order: Order, said: str) -> datetime | None:
    called_at = moment(said, time())
    if said and called_at is None:
        order.remarks.append(_("The time of the call could not be read and is left out."))
    return called_at


def _shown(raw: Raw) -> str:
    """Dates as Excel keeps them, or whatever was typed."""
    return cells.text(cells.shown(raw) if isinstance(raw, dict) and "date" in raw else raw)


def moment(said: str, clock: time) -> datetime | None:
    """A local time of our days that text names, on a day alone at `clock`; None for anything else."""
    found = TIME.fullmatch(said.strip())
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups())
    if year not in YEARS:
        return None
    try:
        at = clock if hour is None else time(hour, minute, second or 0)
        return timezone.make_aware(datetime(year, month, day, at.hour, at.minute, at.second))  # noqa: DTZ001  made aware here
    except ValueError:
        return None
