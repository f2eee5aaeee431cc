"""A scenario as forms, commands and the database hold it, and what of it can be asked."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from events.clock import Limit, Unit
from events.models import parse_spans
from events.models.catalogue import LONGEST_LIMIT
from events.running import as_json
from events.what_if.replay import Scenario
from events.workflow import Loop, Urgency
from grids.access import may_oversee
from grids.models import Grid, User

LONGEST_PERIOD = timedelta(days=366)
MOST_GRIDS = 100
UNITS = {
    "wd": Unit.WORKING_DAY,
    "wh": Unit.WORKING_HOUR,
    "ed": Unit.EMERGENCY_DAY,
    "eh": Unit.EMERGENCY_HOUR,
}
LIMIT = re.compile(rf"({'|'.join(Loop)})(?::({'|'.join(Urgency)}))?=(\d{{1,6}})({'|'.join(UNITS)})", re.ASCII)
Key = tuple[Loop, Urgency]


def check_period(since: date, until: date) -> None:
    """ValidationError, by field, for days in the wrong order or too many of them."""
    if until < since:
        raise ValidationError({"until": _("This day is before the first one.")})
    if until - since >= LONGEST_PERIOD:
        raise ValidationError({"until": _("At most %(days)d days.") % {"days": LONGEST_PERIOD.days}})


def limit(amount: int, unit: str) -> Limit:
    """ValidationError for what no administrator could set either."""
    if not 1 <= amount <= LONGEST_LIMIT:
        raise ValidationError(_("A limit is a whole number from 1 to %(most)d.") % {"most": LONGEST_LIMIT})
    return Limit(amount, Unit(unit))


def parse_limit(text: str) -> tuple[Key, Limit]:
    """The limit of “grid=2wd” or “community:urgent=8eh”; ValidationError in a sentence when it is none."""
    found = LIMIT.fullmatch(text.strip())
    if not found:
        raise ValidationError(
            _("“%(text)s” is no limit. Write grid=2wd or community:urgent=8eh: wd and wh are working days and hours, "
              "ed and eh emergency days and hours.") % {"text": text[:40]}
        )  # fmt: skip
    loop, urgency, amount, unit = found.groups()
    return (Loop(loop), Urgency(urgency or Urgency.NORMAL)), limit(int(amount), UNITS[unit])


def parse_codes(text: str, user: User | None) -> frozenset[str]:
    """The codes of a text, of grids in use that the person answers for; a command may name all."""
    codes = frozenset(re.split(r"[\s,，、;；]+", text.strip())) - {""}
    if len(codes) > MOST_GRIDS:
        raise ValidationError(_("At most %(most)d grids.") % {"most": MOST_GRIDS})
    wanted = [code for code in codes if code.isascii() and code.isdigit()]
    found = {
        grid.code for grid in Grid.objects.active().filter(code__in=wanted) if user is None or may_oversee(user, grid)
    }
    if strange := sorted(codes - found):
        raise ValidationError(_("There is no such grid in your area: %(code)s.") % {"code": strange[0][:18]})
    return frozenset(codes)


def hours_text(scenario: Scenario) -> str:
    return " ".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in scenario.hours)


def to_json(scenario: Scenario) -> dict[str, Any]:
    """Only what is otherwise than recorded."""
    said = {
        "limits": {f"{loop}:{urgency}": as_json(each) for (loop, urgency), each in scenario.limits.items()},
        "ignores_categories": scenario.ignores_categories,
        "saturdays": scenario.saturdays,
        "hours": hours_text(scenario),
        "no_emergency": scenario.no_emergency,
        "staffed": sorted(scenario.staffed),
        "vacant": sorted(scenario.vacant),
    }
    return {name: value for name, value in said.items() if value}


def of_json(said: Mapping[str, Any]) -> Scenario:
    limits = {}
    for key, (amount, unit) in said.get("limits", {}).items():
        loop, _colon, urgency = key.partition(":")
        limits[Loop(loop), Urgency(urgency)] = Limit(amount, Unit(unit))
    return Scenario(
        limits=limits,
        ignores_categories=said.get("ignores_categories", False),
        saturdays=said.get("saturdays", False),
        hours=parse_spans(said["hours"]) if "hours" in said else (),
        no_emergency=said.get("no_emergency", False),
        staffed=frozenset(said.get("staffed", ())),
        vacant=frozenset(said.get("vacant", ())),
    )
