"""What the list of monthly reports is asked, and a report by hand; the service decides."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from events.figures.days import previous_month
from events.forms import PlaceField
from grids.access import may_inspect
from grids.forms import YEARS, TextField
from grids.models import Grid, User


class ReportForm(forms.Form):
    """A report by hand, of a month as browsers give it: 2026-10."""

    grid = PlaceField(
        Grid.objects.all(),
        to_field_name="code",
        label=_("Grid"),
        error_messages={
            "required": _("Choose a grid."),
            "invalid_choice": _("There is no such grid in your area."),
        },
    )
    month = TextField(label=_("Month"), max_length=7, error_messages={"required": _("Choose the month.")})

    def __init__(self, user: User, data=None, *, today: date):
        super().__init__(data, initial={"month": f"{previous_month(today):%Y-%m}"})
        self.user = self.fields["grid"].user = user

    def clean_grid(self) -> Grid:
        grid = self.cleaned_data["grid"]
        if not may_inspect(self.user, grid):  # in the same words as for one that there is not
            raise ValidationError(_("There is no such grid in your area."))
        return grid

    def clean_month(self) -> date:
        try:
            month = date.fromisoformat(f"{self.cleaned_data['month']}-01")
        except ValueError:
            month = None
        if month is None or month.year not in YEARS:
            raise ValidationError(_("Choose the month, as 2026-10."))
        return month
