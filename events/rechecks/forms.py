"""What the pages of samples and second looks are asked; the services decide."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.forms import FilingForm, PlaceField
from events.models import ANNOUNCED_LENGTH, MOST_DRAWN, Finding, LookState
from events.text import TEXT_LENGTH
from grids.access import SeveralSuccessors, find_grid, may_inspect
from grids.forms import DayField, TextField
from grids.models import Grid, User

USUAL_SIZE = 20
UNKNOWN = _("This filter is not known. Choose one of the list.")


def last_month() -> tuple[date, date]:
    """The month that is over: its first day, and the first after it."""
    until = timezone.localdate().replace(day=1)
    return (until - timedelta(days=1)).replace(day=1), until


class SampleForm(forms.Form):
    """A draw. The hidden key makes a form that is sent twice draw once."""

    grid = PlaceField(
        Grid.objects.all(),
        to_field_name="code",
        label=_("Drawn from"),
        error_messages={
            "required": _("Choose the grid to draw from."),
            "invalid_choice": _("There is no such grid in your area."),
        },
    )
    period_from = DayField(label=_("Closed from"))
    period_until = DayField(label=_("Closed before"))
    size = forms.IntegerField(
        label=_("cases to draw"), min_value=1, max_value=MOST_DRAWN,
        error_messages={"required": _("Say how many."), "invalid": _("Give a whole number.")},
    )  # fmt: skip
    announced = TextField(label=_("announced text"), max_length=ANNOUNCED_LENGTH, required=False)
    idempotency_key = TextField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, data=None, grid: Grid | None = None):
        begin, end = last_month()
        initial = {"period_from": begin, "period_until": end, "size": USUAL_SIZE, "grid": grid and grid.code}
        super().__init__(data, initial=initial | {"idempotency_key": FilingForm.new_key()})
        self.user = self.fields["grid"].user = user

    def clean_grid(self) -> Grid:
        grid = self.cleaned_data["grid"]
        if not may_inspect(self.user, grid):  # in the same words as for one that there is not
            raise ValidationError(_("There is no such grid in your area."))
        return grid


class RecheckForm(forms.Form):
    """What a re-check found."""

    finding = forms.ChoiceField(
        choices=Finding.choices, required=False, label=_("What did the re-check find"),
        error_messages={"invalid_choice": _("Choose what the re-check found.")},
    )  # fmt: skip
    note = TextField(max_length=TEXT_LENGTH, required=False, label=_("What was seen there"))


class LookForm(forms.Form):
    """Why a fast closing is in order."""

    note = TextField(max_length=TEXT_LENGTH, required=False, label=_("Why it is in order"))


class FindingFilter(forms.Form):
    """Which of the drawn cases are wanted."""

    WAITING, CHECKED = "waiting", "checked"

    finding = forms.ChoiceField(
        choices=[(WAITING, _("to be re-checked")), (CHECKED, _("re-checked")), *Finding.choices],
        required=False,
        error_messages={"invalid_choice": UNKNOWN},
    )

    def items(self, items):
        """The drawn cases that are counted by the figure of this name; none when there is no such figure."""
        if not self.is_valid():
            return items.none()
        match self.cleaned_data["finding"]:
            case "":
                return items
            case self.WAITING:
                return items.filter(finding="")
            case self.CHECKED:
                return items.exclude(finding="")
            case finding:
                return items.filter(finding=finding)


class SecondLookFilter(forms.Form):
    """Which of the fast closings are wanted: those that wait, unless told otherwise."""

    ALL = "all"

    state = forms.ChoiceField(
        choices=[*LookState.choices, (ALL, _("all"))], required=False, error_messages={"invalid_choice": UNKNOWN}
    )
    grid = TextField(max_length=18, required=False)
    since = DayField(required=False, label=_("Closed from"))
    until = DayField(required=False, label=_("Closed before"))

    def __init__(self, user: User, data=None):
        super().__init__(data)
        self.user = user

    def clean_grid(self) -> Grid | None:
        code = self.cleaned_data["grid"]
        try:
            grid = find_grid(self.user, code) if code else None
        except SeveralSuccessors as error:
            raise ValidationError(str(error)) from error
        if code and (grid is None or not may_inspect(self.user, grid)):
            raise ValidationError(_("There is no such grid in your area."))
        return grid

    def chosen_state(self) -> str:
        return self.cleaned_data.get("state") or LookState.WAITING

    def closings(self, closings):
        """Those that fit every filter; none when a filter is wrong."""
        if not self.is_valid():
            return closings.none()
        given = self.cleaned_data
        if self.chosen_state() != self.ALL:
            closings = closings.in_state(self.chosen_state())
        if given["grid"]:
            closings = closings.inside(given["grid"])
        if given["since"]:
            closings = closings.filter(closed_at__gte=_midnight(given["since"]))
        if given["until"]:
            closings = closings.filter(closed_at__lt=_midnight(given["until"]))
        return closings

    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in ("state", "grid", "since", "until"))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_default_timezone())
