"""What the pages of mediations send: forms read and shape it, the services decide. No form shows a name again."""

from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import references
from grids.forms import DayField, DayInput, KeyField, MomentField, RowsField, TextField
from grids.models import Grid, Level, User
from grids.text import TEXT_LENGTH, TITLE_LENGTH
from grids.tree import interval
from volunteers.mediation.access import mediators_of
from volunteers.models import DisputeKind, Mediation, MediationParty
from volunteers.models.mediation import NUMBER_LENGTH, PLACE_LENGTH
from volunteers.services import Party

PARTY_ROWS = 4
FOLLOWED_AFTER = (7, 30)  # days after an agreement, as the form begins


class PartiesInput(forms.Widget):
    """Rows of a name and a phone, drawn by `volunteers/_parties.html`."""

    def value_from_datadict(self, data, files, name: str) -> list[tuple[str, str]]:
        rows = range(PARTY_ROWS)
        return [(data.get(f"name_{row}", "").strip(), data.get(f"phone_{row}", "").strip()) for row in rows]


class PartiesField(forms.Field):
    widget = PartiesInput

    def clean(self, value: list[tuple[str, str]]) -> list[Party]:
        if any(phone and not name for name, phone in value):
            raise ValidationError(_("A phone number stands without a name."))
        return [Party(name, phone) for name, phone in value if name]

    def rows(self, value: list[tuple[str, str]] | None) -> list[tuple[int, str, str]]:
        """What was sent, to be mended; empty rows of a fresh form."""
        given = value or [("", "")] * PARTY_ROWS
        return [(number, name, phone) for number, (name, phone) in enumerate(given)]


class MediatorsField(RowsField):
    default_error_messages = {
        "required": _("Choose who mediates."),
        "invalid_choice": _("Somebody cannot mediate here any more. Choose again."),
        "invalid_pk_value": _("Somebody cannot mediate here any more. Choose again."),
    }

    def __init__(self, **options):
        super().__init__(User.objects.none(), label=_("Who mediates"), widget=forms.CheckboxSelectMultiple, **options)


class PlaceField(forms.ModelChoiceField):
    """The community or one of its buildings, by name."""

    def label_from_instance(self, grid: Grid) -> str:
        return grid.name


class OpenForm(forms.Form):
    """A dispute, where it arose, its parties and who mediates."""

    grid = PlaceField(
        Grid.objects.none(),
        to_field_name="code",
        label=_("Where it arose"),
        widget=forms.Select(attrs={"class": "form-select"}),
        empty_label=None,
        error_messages={
            "required": _("Choose the community or the building where it arose."),
            "invalid_choice": _("Choose the community or the building where it arose."),
        },
    )
    kind = forms.ModelChoiceField(
        DisputeKind.objects.filter(is_active=True),
        label=_("Kind of dispute"),
        error_messages={
            "required": _("Choose what kind of dispute it is."),
            "invalid_choice": _("Choose what kind of dispute it is."),
        },
    )
    subject = TextField(
        max_length=TITLE_LENGTH,
        label=pgettext_lazy("mediation", "What it is about"),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        help_text=_("In a line, without names: it stays when the names are erased."),
        error_messages={"required": _("Say in a line what it is about, without names.")},
    )
    parties = PartiesField(required=False, label=_("Parties"))
    mediators = MediatorsField(required=False)
    case = TextField(max_length=NUMBER_LENGTH, required=False, widget=forms.HiddenInput)
    key = KeyField()

    def __init__(self, user: User, community: Grid, data=None, *, initial: dict | None = None):
        super().__init__(data, initial=initial)
        self.user = user
        places = Grid.objects.active().filter(lft__range=interval(community.code), level__lte=Level.BUILDING)
        self.fields["grid"].queryset = places.filter(level__gte=Level.COMMUNITY).order_by("lft")
        self.fields["mediators"].queryset = mediators_of(community)

    def clean_case(self) -> str:
        number = self.cleaned_data["case"]
        if number and references.found(self.user, "event", number) is None:
            raise ValidationError(_("There is no case of this number in your area."))
        return number

    def inputs(self) -> dict:
        """What `services.open_mediation` takes beside the actor."""
        given = {name: self.cleaned_data[name] for name in ("grid", "kind", "subject", "parties", "mediators", "key")}
        return given | {"case_number": self.cleaned_data["case"]}


class ChangeForm(forms.Form):
    """Who mediates from now on; parties that came in, and those who are none after all."""

    mediators = MediatorsField()
    parties = PartiesField(required=False, label=_("Further parties"))
    forget = RowsField(
        MediationParty.objects.none(),
        required=False,
        label=_("No party after all; name and phone are deleted"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("This party is not there any more.")},
    )

    def __init__(self, mediation: Mediation, data=None):
        chosen = list(mediation.mediators.values_list("pk", flat=True))
        super().__init__(data, initial={"mediators": chosen})
        people = mediators_of(mediation.grid)
        self.fields["mediators"].queryset = people | User.objects.filter(pk__in=chosen)
        self.fields["forget"].queryset = mediation.parties.all()


class SessionForm(forms.Form):
    """When and where they met or will meet, and what was said."""

    held_at = MomentField(
        label=pgettext_lazy("mediation", "When"),
        error_messages={"required": _("Say when."), "invalid": _("Say when: day and time.")},
    )
    place = TextField(
        max_length=PLACE_LENGTH,
        label=pgettext_lazy("mediation", "Where"),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        error_messages={"required": _("Say where.")},
    )
    note = TextField(
        max_length=TEXT_LENGTH,
        required=False,
        label=_("Note"),
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 4}),
    )


class EndForm(forms.Form):
    """What came of it. That it must be said is for the service to say."""

    text = TextField(max_length=TEXT_LENGTH, required=False, label=_("What came of it"))
    first = DayField(required=False, label=_("Ask again on"), widget=DayInput({"class": "form-control"}))
    second = DayField(required=False, label=_("and on"), widget=DayInput({"class": "form-control"}))

    @staticmethod
    def fresh(today: date) -> "EndForm":
        days = [today + timedelta(days=days) for days in FOLLOWED_AFTER]
        return EndForm(initial=dict(zip(("first", "second"), days, strict=True)))

    def follow_ups(self) -> list[date]:
        return [day for name in ("first", "second") if (day := self.cleaned_data[name])]


class FollowUpForm(forms.Form):
    """What one heard, and when to ask again."""

    note = TextField(max_length=TEXT_LENGTH, required=False, label=_("What you heard"))
    next_on = DayField(required=False, label=_("Ask again on"), widget=DayInput({"class": "form-control"}))
