"""What the pages of resources are asked; the services decide."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.models import Budget, BudgetLine, ResourceKind, ResourceSource
from branches.models.resource import DIGITS, FIRST_YEAR, LAST_YEAR, LEAST, PLACES, PURPOSE_LENGTH
from branches.photo_fields import PhotoField
from branches.services import givers
from grids.forms import DayField, KeyField, TextField
from grids.models import Organisation, User

YEARS = 2  # before this one, which a new budget may be for


class AmountField(forms.DecimalField):
    """An amount as people type it: 1,200.50 or １２００."""

    default_error_messages = {
        "required": _("Give an amount."),
        "invalid": _("Give a number, such as 1200.50."),
        "min_value": _("Give an amount above nothing."),
        "max_decimal_places": _("At most two places after the point."),
        "max_digits": _("This is more than can be entered."),
        "max_whole_digits": _("This is more than can be entered."),
    }

    def __init__(self, **options):
        super().__init__(min_value=LEAST, max_digits=DIGITS, decimal_places=PLACES, **options)

    def to_python(self, value):
        return super().to_python(value.replace(",", "").replace("，", "") if isinstance(value, str) else value)


class YearForm(forms.Form):
    """The year of a page, this one when none is given; and the grid that it is about."""

    year = forms.IntegerField(required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR)
    grid = forms.CharField(required=False, max_length=18)

    def chosen_year(self) -> int:
        return (self.cleaned_data.get("year") if self.is_valid() else None) or timezone.localdate().year


class PlanForm(forms.Form):
    year = forms.TypedChoiceField(
        label=_("year"), coerce=int, error_messages={"required": _("Choose the year."),
                                                     "invalid_choice": _("Choose one of the years.")},
    )  # fmt: skip

    def __init__(self, data=None):
        today = timezone.localdate()
        super().__init__(data, initial={"year": today.year})
        self.fields["year"].choices = [(year, year) for year in range(today.year + 1, today.year - YEARS - 1, -1)]


class LineForm(forms.Form):
    """A line of the plan."""

    kind = forms.ChoiceField(
        label=_("kind"), choices=ResourceKind, initial=ResourceKind.MONEY, widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose what it is.")),
    )  # fmt: skip
    source = forms.ChoiceField(
        label=_("source"), choices=ResourceSource, initial=ResourceSource.STREET, widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose where it comes from.")),
    )  # fmt: skip
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), required=False, label=_("partner organisation"),
        error_messages={"invalid_choice": _("Choose a partner of the branch, or an organisation of this place.")},
    )  # fmt: skip
    purpose = TextField(
        label=_("purpose"), max_length=PURPOSE_LENGTH, error_messages={"required": _("Say what it is planned for.")}
    )
    planned = AmountField(label=_("planned"))
    unit = TextField(label=pgettext_lazy("resource", "unit"), max_length=8, required=False)

    def __init__(self, budget: Budget, data=None):
        super().__init__(data)
        self.fields["organisation"].queryset = givers(budget)


class LineChangeForm(forms.Form):
    planned = AmountField(label=_("planned"))
    reason = TextField(
        label=_("reason"), max_length=PURPOSE_LENGTH, error_messages={"required": _("Say why the plan changes.")}
    )

    def __init__(self, line: BudgetLine, data=None):
        super().__init__(data, initial={"planned": line.planned})


class EntryForm(forms.Form):
    """What was spent. The hidden key makes a form that is sent twice one entry."""

    amount = AmountField(label=pgettext_lazy("resource", "amount"))
    spent_on = DayField(label=_("spent on"))
    purpose = TextField(
        label=_("what for"), max_length=PURPOSE_LENGTH, error_messages={"required": _("Say what it was spent on.")}
    )
    receipt = PhotoField(label=_("photo of the receipt"))
    idempotency_key = KeyField()

    def __init__(self, user: User, line: BudgetLine, data=None, files: dict[str, UploadedFile] | None = None):
        today = timezone.localdate()
        initial = {"spent_on": today if today.year == line.budget.year else None}
        super().__init__(data, files, initial=initial)
        self.fields["receipt"].uploader = user


class ReversalForm(forms.Form):
    reason = TextField(
        label=_("reason"),
        max_length=PURPOSE_LENGTH,
        error_messages={"required": _("Say why it is taken back; whoever reads the accounts asks for it.")},
    )
