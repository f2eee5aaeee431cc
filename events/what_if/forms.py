"""What the page of what-ifs is asked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.explanations import limit_text
from events.models import Unit, parse_spans
from events.what_if.question import check_period, limit, parse_codes
from events.what_if.replay import Scenario
from events.what_if.words import Levels
from events.workflow import LOOPS, Loop, Urgency
from grids.forms import DayField, TextField
from grids.models import User

USUAL_DAYS = 90
TEXT_LENGTH = 2000


class CheckField(forms.BooleanField):
    """A box to tick, or not."""

    def __init__(self, **options):
        super().__init__(required=False, widget=forms.CheckboxInput({"class": "form-check-input"}), **options)


class LimitRow(NamedTuple):
    """The two inputs of a limit, beside the one in force."""

    loop: Loop
    urgency: Urgency
    amount: BoundField
    unit: BoundField
    now: str


class WhatIfForm(forms.Form):
    """A scenario and a period. An empty limit is as recorded; the unit chosen at first is that of the one in force."""

    since = DayField(label=_("Filed from"))
    until = DayField(label=_("Filed until"))
    ignores_categories = CheckField(label=_("The limits of categories do not count"))
    saturdays = CheckField(label=_("Saturdays are working days"))
    no_emergency = CheckField(label=_("Emergency hours and days count as working ones"))
    hours = TextField(required=False, max_length=120, label=_("Other working hours"))
    staffed = TextField(required=False, max_length=TEXT_LENGTH, label=_("Vacant grids that are staffed"))
    vacant = TextField(required=False, max_length=TEXT_LENGTH, label=_("Staffed grids that are vacant"))

    def __init__(self, user: User, levels: Levels, data=None):
        today = timezone.localdate()
        initial = {"since": today - timedelta(days=USUAL_DAYS), "until": today}
        super().__init__(data, initial=initial)
        self.user, self.levels = user, levels
        for loop, urgency in self._keys():
            amount, unit = self._names(loop, urgency)
            self.fields[amount] = forms.IntegerField(
                required=False, error_messages={"invalid": _("Give a whole number.")}
            )
            self.fields[unit] = forms.ChoiceField(
                choices=Unit.choices, required=False, initial=str(levels[loop, urgency].unit),
                error_messages={"invalid_choice": _("Choose a unit of time.")},
            )  # fmt: skip

    def _keys(self) -> Iterator[tuple[Loop, Urgency]]:
        return ((loop, urgency) for urgency in Urgency for loop in LOOPS if (loop, urgency) in self.levels)

    def _names(self, loop: Loop, urgency: Urgency) -> tuple[str, str]:
        return f"amount_{loop}_{urgency}", f"unit_{loop}_{urgency}"

    @property
    def rows(self) -> list[LimitRow]:
        return [
            LimitRow(
                loop,
                urgency,
                *(self[name] for name in self._names(loop, urgency)),
                now=limit_text(self.levels[loop, urgency].amount, self.levels[loop, urgency].unit),
            )
            for loop, urgency in self._keys()
        ]

    def clean_hours(self):
        return parse_spans(self.cleaned_data["hours"]) if self.cleaned_data["hours"] else ()

    def clean_staffed(self) -> frozenset[str]:
        return parse_codes(self.cleaned_data["staffed"], self.user)

    def clean_vacant(self) -> frozenset[str]:
        return parse_codes(self.cleaned_data["vacant"], self.user)

    def clean(self) -> dict:
        given = self.cleaned_data
        if given.get("since") and given.get("until"):
            try:
                check_period(given["since"], given["until"])
            except ValidationError as error:
                self.add_error(None, error)
        if both := given.get("staffed", frozenset()) & given.get("vacant", frozenset()):
            self.add_error("vacant", _("%(code)s cannot be both staffed and vacant.") % {"code": min(both)})
        given["limits"] = dict(self._limits(given))
        return given

    def _limits(self, given: dict):
        for loop, urgency in self._keys():
            amount, unit = self._names(loop, urgency)
            if given.get(amount) is None or amount in self.errors:
                continue
            try:
                yield (loop, urgency), limit(given[amount], given.get(unit) or str(self.levels[loop, urgency].unit))
            except ValidationError as error:
                self.add_error(amount, error)

    def scenario(self) -> Scenario:
        names = ("limits", "ignores_categories", "saturdays", "hours", "no_emergency", "staffed", "vacant")
        return Scenario(**{name: self.cleaned_data[name] for name in names})
