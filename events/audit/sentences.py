"""How a problem is told."""

import re
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from events.models import Event

Problem = tuple[str, str, Any, Any]  # of which case or thing, what, expected, found
NUMBER = re.compile(r"\d{8}-\d{6}")


def sentence(subject: str, what: str, expected: Any, found: Any) -> str:
    """Of a clue report the administrators learn that something is wrong with one, and not even its number.

    A clue goes by its primary key, and a sentence that would name one says no more than that something is wrong.
    """
    told = {"subject": str(subject), "what": str(what), "expected": _shown(expected), "found": _shown(found)}
    clues = _clues(*told.values())
    if not clues:
        return _("%(subject)s: %(what)s: expected %(expected)s, found %(found)s") % told
    if subject in clues:
        told["subject"] = _("Confidential case with primary key %(pk)d") % {"pk": clues[subject]}
    told["what"] = NUMBER.sub(lambda named: "…" if named.group() in clues else named.group(), told["what"])
    return _("%(subject)s: %(what)s: not as it was recorded") % told


def _clues(*texts: str) -> dict[str, int]:
    """The primary keys of the confidential cases that are named, by their numbers."""
    named = {number for text in texts for number in NUMBER.findall(text)}
    clues = Event.objects.filter(number__in=named, is_confidential=True) if named else Event.objects.none()
    return dict(clues.values_list("number", "pk"))


def _shown(value: Any) -> str:
    if value is None or value == "":
        return _("nothing")
    return f"{value:%Y-%m-%d %H:%M:%S.%f%z}" if isinstance(value, datetime) else str(value)
