"""What the pages of patrols send: forms read and shape it, the services decide."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.forms import KeyField, MomentField, RowsField, TextField
from grids.models import Grid, Level, User
from grids.text import TEXT_LENGTH, TITLE_LENGTH
from volunteers.models import Patrol
from volunteers.models.patrol import PLACE_LENGTH
from volunteers.patrols.access import people_to_go
from volunteers.services import PatrolPlan

LENGTHS = (30, 60, 90, 120, 180, 240)  # minutes


class PatrolForm(forms.Form):
    """Who goes when to which buildings; the boxes are drawn by hand."""

    aim = TextField(
        max_length=TITLE_LENGTH,
        label=_("What is looked at"),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        error_messages={"required": _("Say in a few words what is looked at.")},
    )
    starts_at = MomentField(
        label=_("begins"),
        error_messages={"required": _("Say when it begins."), "invalid": _("Say when it begins: day and time.")},
    )
    minutes = forms.TypedChoiceField(
        label=_("takes"), coerce=int, widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": _("Choose how long it takes."), "required": _("Choose how long it takes.")},
    )  # fmt: skip
    meets_at = TextField(
        max_length=PLACE_LENGTH,
        required=False,
        label=_("Where they meet"),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    buildings = RowsField(
        Grid.objects.none(),
        to_field_name="code",
        label=_("Buildings"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one building."),
            "invalid_choice": _("A building is not there any more. Choose again."),
            "invalid_pk_value": _("A building is not there any more. Choose again."),
        },
    )
    people = RowsField(
        User.objects.none(),
        label=_("Who goes"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose who goes."),
            "invalid_choice": _("Somebody cannot go any more. Choose again."),
            "invalid_pk_value": _("Somebody cannot go any more. Choose again."),
        },
    )
    key = KeyField()

    def __init__(self, community: Grid, data=None, *, patrol: Patrol | None = None, initial: dict | None = None):
        super().__init__(data, initial=self.initial_of(patrol) if patrol else initial)
        lengths = {*LENGTHS, self.initial.get("minutes", LENGTHS[1])}
        self.fields["minutes"].choices = [(one, _("%(minutes)d minutes") % {"minutes": one}) for one in sorted(lengths)]
        buildings = Grid.objects.active().filter(lft__gt=community.lft, lft__lte=community.rght)
        self.fields["buildings"].queryset = buildings.filter(level=Level.BUILDING).order_by("lft")
        self.fields["people"].queryset = people_to_go(community)

    @staticmethod
    def initial_of(patrol: Patrol) -> dict:
        return {
            "aim": patrol.aim,
            "meets_at": patrol.meets_at,
            "starts_at": timezone.localtime(patrol.starts_at),
            "minutes": int((patrol.ends_at - patrol.starts_at).total_seconds() // 60),
            "buildings": list(patrol.places.values_list("grid__code", flat=True)),
            "people": list(patrol.people.values_list("pk", flat=True)),
        }

    def plan(self) -> PatrolPlan:
        """What the services take."""
        given = self.cleaned_data
        return PatrolPlan(
            aim=given["aim"],
            meets_at=given["meets_at"],
            starts_at=given["starts_at"],
            ends_at=given["starts_at"] + timedelta(minutes=given["minutes"]),
            people=list(given["people"]),
            buildings=list(given["buildings"]),
        )

    @staticmethod
    def next_hour(at: datetime) -> datetime:
        local = timezone.localtime(at)
        return local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


class WordForm(forms.Form):
    """The text of a step. Whether one must be given is for the table to say."""

    text = TextField(max_length=TEXT_LENGTH, required=False, label=pgettext_lazy("patrol", "note"))
