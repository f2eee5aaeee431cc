"""What a cell says: from what a file holds to a value, or a sentence on how to mend it. Nothing is ever guessed."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

# As `reading` gives a cell and as JSON keeps it: text, a number, yes or no, nothing, or one of the `special` ones.
Raw = str | int | float | bool | dict | None

EXACT_DIGITS = 15  # Excel keeps no more of a number
LONGEST = 2000  # characters of a cell; what is longer is no value of ours
LARGEST_NUMBER = 10**EXACT_DIGITS
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
SCIENTIFIC = re.compile(r"[0-9]+([.][0-9]+)?[eE][+-]?[0-9]+|[0-9]+[.][0-9]*")
DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d\d)(\d\d)")
MIDNIGHT = re.compile(r"(?<=\d)T?0?0:00(:00)?$")
SEPARATORS = re.compile(r"[、,;/，；\s]+")
YES = {"是", "有", "对", "y", "yes", "true", "1", "√", "✓", "✔"}
NO = {"否", "无", "不", "n", "no", "false", "0", "×", "x", "-", "—"}


class Unreadable(ValueError):
    """A cell that does not say what its column asks for; the message says what to do."""


def formula(text: str) -> dict:
    return {"formula": text}


def error(text: str) -> dict:
    return {"error": text}


def moment(value: datetime) -> dict:
    return {"date": value.isoformat()}


def oversized(text: str) -> dict:
    return {"long": text[:100]}


def packed(row: list[Raw]) -> str:
    """The cells of a row as one text, for where they are kept encrypted."""
    return json.dumps(row, ensure_ascii=False)


def unpacked(text: str) -> list[Raw]:
    return json.loads(text)


def shown(raw: Raw) -> str:
    """The cell for a person to recognise."""
    if isinstance(raw, dict):
        value = next(iter(raw.values()))
        return value.removesuffix("T00:00:00") if "date" in raw else value
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return f"{raw:.15G}"
    return "" if raw is None else str(raw)


def is_blank(raw: Raw) -> bool:
    return raw is None or (isinstance(raw, str) and not plain(raw))


def plain(text: str) -> str:
    """Full-width forms made narrow, without spaces and invisible marks around or within: for codes and words."""
    return "".join(INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).split())


def text(raw: Raw) -> str:
    """One line as it was typed: only the spaces around it go, odd ones become ordinary ones."""
    value = _string(raw)
    return "".join(" " if char.isspace() else char for char in INVISIBLE.sub("", value)).strip()


def lines(raw: Raw) -> str:
    """Text of several lines, each ended by \\n."""
    value = INVISIBLE.sub("", _string(raw)).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char if char.isprintable() or char in "\n\t" else " " for char in value).strip()


def word(raw: Raw) -> str:
    """A username, an address: no spaces, no full-width letters."""
    return plain(_string(raw))


def code(raw: Raw) -> str:
    """The digits of a code, exactly as they were meant; digits that Excel has lost are never made up."""
    if isinstance(raw, bool | dict):
        raise Unreadable(_not_text(raw))
    if isinstance(raw, float) or (isinstance(raw, int) and abs(raw) >= LARGEST_NUMBER):
        raise Unreadable(_lost_digits())
    if isinstance(raw, int):
        return str(raw)
    value = plain(raw or "").removeprefix("'")
    if SCIENTIFIC.fullmatch(value):
        raise Unreadable(_lost_digits())
    return value


def count(raw: Raw) -> int | None:
    """A whole number from 0 on; None for an empty cell."""
    if isinstance(raw, bool | dict):
        raise Unreadable(_not_text(raw) if isinstance(raw, dict) else _whole_number())
    if isinstance(raw, float):
        if not raw.is_integer():
            raise Unreadable(_whole_number())
        raw = int(raw)
    if isinstance(raw, str):
        value = plain(raw).removesuffix("户").removesuffix(".0")
        if re.fullmatch(r"\d{1,3}(,\d{3})+", value, re.ASCII):
            value = value.replace(",", "")
        if not value:
            return None
        if not re.fullmatch(r"\d{1,10}", value, re.ASCII):
            raise Unreadable(_whole_number())
        raw = int(value)
    if raw is not None and not 0 <= raw < 2**31:
        raise Unreadable(_whole_number())
    return raw


def day(raw: Raw) -> str:
    """A date as 2026-03-01; empty for an empty cell."""
    if isinstance(raw, dict) and "date" in raw:
        return raw["date"][:10]
    if isinstance(raw, dict):
        raise Unreadable(_not_text(raw))
    value = MIDNIGHT.sub("", plain(raw)) if isinstance(raw, str) else raw
    if value is None or value == "":
        return ""
    found = DATE.fullmatch(value) if isinstance(value, str) else None
    try:
        return date(*(int(part) for part in found.groups() if part)).isoformat()
    except (AttributeError, ValueError):
        raise Unreadable(_("Write the date as 2026-03-01, or format the cell as a date.")) from None


def local_day(at: datetime | None) -> str:
    """The day of a moment as `day` reads it; empty for none."""
    return timezone.localtime(at).date().isoformat() if at else ""


def yes_or_no(raw: Raw) -> bool | None:
    """None for an empty cell."""
    if isinstance(raw, bool):
        return raw
    value = plain(_string(raw)).lower()
    if not value:
        return None
    if value in YES or value in NO:
        return value in YES
    raise Unreadable(_("Write 是 or 否."))


class Choice:
    """One of some words, each with a value; the labels of the choices and further words that people write."""

    def __init__(
        self, choices: type, words: Mapping[str, str] | None = None, offered: Iterable[str] | None = None
    ) -> None:
        """`offered` are the labels that a refusal names, where some of the choices are not for a sheet to give."""
        self.choices, self.further, self.offered = choices, words or {}, offered

    @cached_property
    def words(self) -> dict[str, str]:
        labels = {plain(str(label)).lower(): value for value, label in self.choices.choices}
        return {word: getattr(value, "value", value) for word, value in {**self.further, **labels}.items()}

    def __call__(self, raw: Raw) -> str:
        """The value; empty for an empty cell."""
        said = plain(_string(raw)).lower()
        if not said:
            return ""
        if said not in self.words:
            raise Unreadable(_unknown_word(self.offered or self.choices.labels))
        return self.words[said]

    def write(self, value: object) -> str:
        return str(self.choices(value).label) if value not in (None, "") else ""


class Several:
    """Any number of some words, with 、 or a comma between them; the value is a list of keys."""

    def __init__(self, labels: Mapping[str, str], words: Mapping[str, str]) -> None:
        self.labels, self.words = labels, words

    def __call__(self, raw: Raw) -> list[str] | None:
        """In the order of the labels; None for an empty cell, an empty list for 无."""
        said = [plain(part) for part in SEPARATORS.split(unicodedata.normalize("NFKC", _string(raw))) if plain(part)]
        if not said:
            return None
        if said == ["无"]:
            return []
        if unknown := [part for part in said if part not in self.words]:
            raise Unreadable(
                _("“%(word)s” is not known. Write one or more of: %(words)s.")
                % {"word": unknown[0], "words": "、".join(map(str, self.labels.values()))}
            )
        chosen = {self.words[part] for part in said}
        return [key for key in self.labels if key in chosen]

    def write(self, value: list[str]) -> str:
        return "、".join(str(self.labels[key]) for key in value) or "无"


def identity(value: object) -> object:
    return value


Reader = Callable[[Raw], object]


def _string(raw: Raw) -> str:
    if isinstance(raw, bool | dict):
        raise Unreadable(_not_text(raw))
    if isinstance(raw, float) or (isinstance(raw, int) and abs(raw) >= LARGEST_NUMBER):
        raise Unreadable(
            _("Excel holds this as a number and may have changed it. Format the column as text, type it anew.")
        )
    return "" if raw is None else str(raw)


def _not_text(raw: dict | bool) -> str:
    if isinstance(raw, bool):
        return _("This is a yes-or-no value of Excel. Format the column as text and type it anew.")
    if "formula" in raw:
        return _("This is a formula. Copy the column and paste it as values.")
    if "error" in raw:
        return _("The formula in this cell has failed. Type the value in its place.")
    if "long" in raw:
        return _("At most %(count)d characters fit into a cell here.") % {"count": LONGEST}
    return _("Excel has turned this into a date. Format the column as text and type it anew.")


def _lost_digits() -> str:
    return _(
        "Excel has turned this code into a number, and digits may be lost. Format the column as text, then type the "
        "code anew."
    )


def _whole_number() -> str:
    return _("Write a whole number without a sign, such as 36.")


def _unknown_word(labels: Iterable[str]) -> str:
    return _("This word is not known here. Write one of: %(words)s.") % {"words": "、".join(map(str, labels))}
