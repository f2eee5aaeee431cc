"""The period and the category of a page of figures, as its address says them."""

from datetime import date, datetime

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.figures.days import DAY, Points, fitting_points, previous_month
from events.figures.scope import Scope
from events.filters import Lookups, Major
from events.models import Category
from grids.forms import YEARS, DayInput, TextField
from grids.models import Grid, User

MOST_DAYS = 3653  # ten years


class Period(models.TextChoices):
    TODAY = "today", _("today")
    WEEK = "7", _("the last 7 days")
    MONTH = "30", _("the last 30 days")
    QUARTER = "90", _("the last 90 days")
    YEAR = "365", _("the last 365 days")
    THIS_MONTH = "this_month", _("this month")
    LAST_MONTH = "last_month", _("last month")

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last day."""
        match self:
            case Period.TODAY:
                return today, today
            case Period.THIS_MONTH:
                return today.replace(day=1), today
            case Period.LAST_MONTH:
                return previous_month(today), today.replace(day=1) - DAY
            case _:
                return today - (int(self) - 1) * DAY, today


class PeriodForm(forms.Form):
    """What a page of figures is narrowed to, all optional: the last 30 days without a word."""

    period = forms.ChoiceField(choices=Period, required=False)
    since = forms.DateField(required=False, widget=DayInput)
    until = forms.DateField(required=False, widget=DayInput)
    category = TextField(max_length=64, required=False)
    points = forms.ChoiceField(choices=Points, required=False)

    def __init__(self, user: User, data, at: datetime):
        super().__init__(data)
        self.today, self.lookups = timezone.localdate(at), Lookups(user)
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = _("This filter is not known. Choose one of the list.")
            field.error_messages["invalid"] = _("Choose the date, as 2026-12-31.")

    def clean_category(self) -> Category | Major | None:
        given = self.cleaned_data["category"]
        category = self.lookups.category(given) if given else None
        if given and category is None:
            raise forms.ValidationError(self.fields["category"].error_messages["invalid_choice"], "invalid_choice")
        return category

    def clean_since(self) -> date | None:
        return self._known(self.cleaned_data["since"])

    def clean_until(self) -> date | None:
        return self._known(self.cleaned_data["until"])

    @staticmethod
    def _known(day: date | None) -> date | None:
        if day and day.year not in YEARS:
            raise forms.ValidationError(
                _("Choose a day from %(first)d to %(last)d.") % {"first": YEARS[0], "last": YEARS[-1]}
            )
        return day

    def clean(self) -> dict:
        """With both ends: of the one that is not given, the nearest that makes 30 days, or today."""
        given = self.cleaned_data
        first, last = Period(given.get("period") or Period.MONTH).days(self.today)
        if given.get("since") or given.get("until"):
            last = given.get("until") or max(self.today, given["since"])
            first = given.get("since") or last - 29 * DAY
        if first > last:
            self.add_error("until", _("This day is before the first one."))
        elif (last - first).days >= MOST_DAYS:
            self.add_error("since", _("A period has ten years at most. Choose a later first day."))
        return given | {"first": first, "last": last}

    def scope(self, grid: Grid) -> Scope:
        """The cases of this grid that are meant; the form is valid."""
        given = self.cleaned_data
        chosen = given["category"]
        return Scope(grid, given["first"], given["last"], str(self.data.get("category") or ""), self._minors(chosen))

    def chosen_points(self) -> Points:
        """What was chosen, unless they would not be told apart."""
        given = self.cleaned_data
        finest = fitting_points(given["first"], given["last"])
        order = list(Points)
        return max(Points(given["points"] or finest), finest, key=order.index)

    def _minors(self, chosen: Category | Major | None) -> tuple[Category, ...]:
        if isinstance(chosen, Major):
            return tuple(category for category in self.lookups.categories if category.major == chosen)
        return (chosen,) if chosen else ()

    @property
    def period_chosen(self) -> str:
        """The named period that is shown, empty where days are given instead."""
        return "" if self.data.get("since") or self.data.get("until") else self.data.get("period") or Period.MONTH

    def given(self) -> dict[str, str]:
        """What a link needs to say the same of another grid."""
        return {name: str(self.data[name]).strip() for name in self.fields if self.data.get(name)}
