"""How a problem is told."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _


def sentence(subject: str, what: str, expected: Any, found: Any, *, hidden: bool = False) -> str:
    """Of a clue report the administrators learn that something is wrong with it, and no more."""
    told = {"subject": subject, "what": what}
    if hidden:
        return _("%(subject)s: %(what)s: not as it was recorded") % told
    told |= {"expected": _shown(expected), "found": _shown(found)}
    return _("%(subject)s: %(what)s: expected %(expected)s, found %(found)s") % told


def _shown(value: Any) -> str:
    if value is None or value == "":
        return _("nothing")
    return f"{value:%Y-%m-%d %H:%M:%S.%f%z}" if isinstance(value, datetime) else str(value)
