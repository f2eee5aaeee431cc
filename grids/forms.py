"""What the pages of grids are asked."""

import uuid
from datetime import date, datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grids.coverage import FIGURES
from grids.models import Level, validate_printable
from grids.paper import Paper
from grids.services.importing import too_large_text
from grids.services.staffing import EARLIEST_YEAR
from grids.sheets import reading
from grids.text import validate_no_direction_marks

LONGEST_KEY = 18  # digits of a primary key
YEARS = range(2000, 2101)  # that a moment may be in
LEVELS = {level.name.lower(): level for level in Level}


class TextField(forms.CharField):
    """Text without invisible characters, which are named in one sentence."""

    default_validators = [validate_no_direction_marks]
    default_error_messages = {
        "null_characters_not_allowed": _("The text holds a NUL character. Type it again."),
        "max_length": _("At most %(limit_value)d characters; this has %(show_value)d."),
    }


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict | None = None):
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day as browsers send it."""

    widget = DayInput
    input_formats = ["%Y-%m-%d"]
    default_error_messages = {
        "required": _("Choose the date."),
        "invalid": _("Choose the date, as 2026-12-31."),
    }


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, attrs: dict | None = None):
        super().__init__({"class": "form-control"} | (attrs or {}), format="%Y-%m-%dT%H:%M")


class MomentField(forms.DateTimeField):
    """A day and a time here, as browsers send them."""

    widget = MomentInput
    input_formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
    default_error_messages = {
        "required": _("Choose day and time."),
        "invalid": _("Give day and time, as 2026-12-31 18:00."),
    }

    def clean(self, value) -> datetime | None:
        moment = super().clean(value)
        if moment and moment.year not in YEARS:
            raise forms.ValidationError(
                _("Choose a day from %(first)d to %(last)d.") % {"first": YEARS[0], "last": YEARS[-1]}
            )
        return moment


class RowsField(forms.ModelMultipleChoiceField):
    """Some rows by their keys; a number that can be no key is no choice, and SQLite is not asked for it."""

    def clean(self, value):
        for key in value if isinstance(value, list | tuple) else ():
            if len(str(key)) > LONGEST_KEY:
                message, code = self.error_messages["invalid_pk_value"], "invalid_pk_value"
                raise forms.ValidationError(message, code, {"pk": str(key)[:LONGEST_KEY]})
        return super().clean(value)


class KeyField(forms.CharField):
    """Hidden and random: what is sent twice with one key is done once."""

    widget = forms.HiddenInput

    def __init__(self, max_length: int = 64):
        super().__init__(max_length=max_length, required=False, initial=lambda: uuid.uuid4().hex)


class StyledForm(forms.Form):
    """Its inputs look as everywhere; `branches/_fields.html` draws them."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
                widget.attrs.setdefault("class", "form-check-input")
            elif not isinstance(widget, forms.HiddenInput):
                widget.attrs.setdefault("class", "form-select" if isinstance(widget, forms.Select) else "form-control")


def area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class DayForm(forms.Form):
    """The day that a page of posts is about; today when none is given."""

    on = forms.DateField(
        label=_("Day"),
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Give a day as year-month-day, such as 2026-03-03.")},
    )

    def clean_on(self) -> date:
        day, today = self.cleaned_data["on"], timezone.localdate()
        if day and day > today:
            raise forms.ValidationError(_("That day has not come yet. Choose today or a day before."))
        if day and day.year < EARLIEST_YEAR:
            raise forms.ValidationError(_("Choose a day from the year %(year)d on.") % {"year": EARLIEST_YEAR})
        return day or today


class CoverageForm(forms.Form):
    """Which figures of staffing are wanted: of what grid, and of what level below it."""

    grid = forms.CharField(required=False, max_length=18)
    level = forms.TypedChoiceField(
        required=False,
        empty_value=None,
        choices=[("", _("all levels")), *((name, level.label) for name, level in LEVELS.items())],
        coerce=LEVELS.__getitem__,
        error_messages={"invalid_choice": _("This is none of the levels.")},
    )


class CoverageListForm(CoverageForm):
    """A figure whose grids are wanted one by one."""

    figure = forms.ChoiceField(
        choices=[(figure, figure) for figure in FIGURES],
        error_messages={
            "required": _("Say which figure is meant."),
            "invalid_choice": _("There is no such figure."),
        },
    )


class GridSearchForm(forms.Form):
    search = forms.CharField(max_length=64, required=False, validators=[validate_printable])

    def words(self) -> str:
        """What to look for; nothing when it cannot be looked for."""
        return self.cleaned_data["search"] if self.is_valid() else ""


class SignboardForm(forms.Form):
    """How a signboard is printed; what is not known prints on A4."""

    paper = forms.ChoiceField(choices=Paper, required=False, label=_("Paper"))

    def chosen_paper(self) -> Paper:
        return Paper(self.cleaned_data["paper"] or Paper.A4) if self.is_valid() else Paper.A4


class SignboardRunForm(SignboardForm):
    """Of which levels boards are printed: without a choice of the community and its buildings."""

    LEVELS = (Level.COMMUNITY, Level.BUILDING, Level.UNIT)
    USUAL = (Level.COMMUNITY, Level.BUILDING)

    levels = forms.TypedMultipleChoiceField(
        choices=[(level.name.lower(), level.label) for level in LEVELS],
        coerce=lambda name: Level[name.upper()],
        required=False,
        label=_("Levels"),
    )

    def chosen_levels(self) -> list[Level]:
        return (self.cleaned_data["levels"] if self.is_valid() else []) or list(self.USUAL)


class SheetForm(forms.Form):
    """A spreadsheet to be brought in; what is in it is for a worker to read."""

    file = forms.FileField(
        label=_("file"),
        allow_empty_file=True,  # what an empty one is, is said in our words
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": _("Choose the file of the sheet.")},
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > reading.LARGEST_UPLOAD:
            raise forms.ValidationError(too_large_text())
        if file.seek(0, 2) != file.size:
            raise forms.ValidationError(_("The file did not arrive as a whole. Upload it again."))
        return file
