"""What the pages of key households ask; what may stand is for the services to say."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.forms import DayField, KeyField, StyledForm, TextField, area
from grids.models import Grid, Level, User
from volunteers.households.access import Candidate
from volunteers.models import FINDING_LENGTH, CareKind, ConsentText, Household, Rhythm
from volunteers.services.households import LENGTHS
from volunteers.services.visits import NOTE_LENGTH

ONE_YEAR = timedelta(days=365)
NEEDS = _("Choose what care is needed.")
NO_MORE = _("Only what is needed for the visits: nothing of belief, origin, debts or family quarrels.")
FORGETTABLE = ("phone", "address", "contact_name", "contact_phone")


class PersonField(forms.TypedChoiceField):
    """One of a few people, by their keys, with the reason why they come first."""

    default_error_messages = {"invalid_choice": _("Choose one of those in the list.")}

    def offer(self, candidates: Iterable[Candidate]) -> None:
        found = {str(one.user.pk): one for one in candidates}
        self.choices = [(key, f"{one.user}（{one.why}）" if one.why else str(one.user)) for key, one in found.items()]
        self.coerce = lambda key: found[key].user
        self.empty_value = None


class DwellingField(forms.TypedChoiceField):
    """One of some units, under their buildings."""

    default_error_messages = {"required": _("Choose the unit."), "invalid_choice": _("Choose the unit.")}

    def offer(self, grids: Iterable[Grid]) -> None:
        by_code, groups = {grid.code: grid for grid in grids}, {}
        for grid in by_code.values():
            above = grid.ancestors[-1] if grid.level == Level.UNIT else grid
            groups.setdefault(above, []).append(
                (grid.code, f"{above.name} {grid.name}" if above != grid else grid.name)
            )
        self.choices = [("", _("choose")), *((above.name, choices) for above, choices in groups.items())]
        self.coerce = by_code.__getitem__
        self.empty_value = None


class ParticularsForm(StyledForm):
    """Who they are and what they need."""

    name = TextField(label=_("person's name"), max_length=LENGTHS["name"])
    phone = TextField(label=_("phone"), max_length=LENGTHS["phone"], required=False)
    address = TextField(
        label=_("address line"),
        max_length=LENGTHS["address"],
        required=False,
        help_text=_("Floor and door, such as 302."),
    )
    needs = forms.MultipleChoiceField(
        label=_("care needs"), choices=CareKind, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": NEEDS, "invalid_choice": NEEDS},
    )  # fmt: skip
    rhythm = forms.ChoiceField(
        label=_("rhythm of visits"), choices=[("", _("by the needs")), *Rhythm.choices], required=False
    )
    agreed = TextField(
        label=_("what was agreed"), max_length=LENGTHS["agreed"], required=False, widget=area(2), help_text=NO_MORE
    )
    contact_name = TextField(
        label=_("contact person"), max_length=LENGTHS["contact_name"], required=False,
        help_text=_("A relative or neighbour whom the household named and who knows of it."),
    )  # fmt: skip
    contact_phone = TextField(label=_("contact person's phone"), max_length=LENGTHS["contact_phone"], required=False)


class ConsentFields(StyledForm):
    """To which text, when and until when the household consented."""

    consent_text = forms.ModelChoiceField(
        ConsentText.objects.all(), label=_("text of the consent"), empty_label=None,
        error_messages={"invalid_choice": _("There is no such text."), "required": _("Choose the text.")},
    )  # fmt: skip
    consented_on = DayField(label=_("consented on"))
    kept_until = DayField(
        label=_("kept until"), help_text=_("Erased after that day, or at once when the consent is taken back.")
    )

    def __init__(self, data=None, *, initial: dict[str, Any] | None = None):
        today = timezone.localdate()
        begin = {"consented_on": today, "kept_until": today + ONE_YEAR, "consent_text": ConsentText.objects.first()}
        super().__init__(data, initial=begin | (initial or {}))


class NewHouseholdForm(ParticularsForm, ConsentFields):
    """A household to be taken into care. The hidden key makes a form that is sent twice do it once."""

    grid = DwellingField(label=_("unit"))
    answered_by = PersonField(
        label=pgettext_lazy("household", "who answers for it"), required=False,
        help_text=_("Chosen afterwards if left empty; who enters it answers until then."),
    )  # fmt: skip
    idempotency_key = KeyField()
    field_order = [
        "grid", "name", "phone", "address", "needs", "rhythm", "agreed", "contact_name", "contact_phone", "answered_by",
    ]  # fmt: skip

    def __init__(self, grids: Iterable[Grid], people: Iterable[Candidate] | None, data=None, *, initial=None):
        super().__init__(data, initial=initial)
        self.fields["grid"].offer(grids)
        if people is None:
            del self.fields["answered_by"]
        else:
            self.fields["answered_by"].offer(people)
            self.fields["answered_by"].choices = [("", _("me for now")), *self.fields["answered_by"].choices]


class HouseholdForm(ParticularsForm):
    """What is kept of a household; an empty line leaves it as it is, for the page does not show it."""

    forget = forms.MultipleChoiceField(
        label=_("no longer keep"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(name, Household._meta.get_field(name).verbose_name) for name in FORGETTABLE],
    )  # fmt: skip

    def __init__(self, household: Household, data=None):
        needs = [need.kind for need in household.needs.all()]
        begin = {"needs": needs, "rhythm": household.rhythm, "agreed": household.agreed_text}
        super().__init__(data, initial=begin)
        self.fields["name"].required = False
        for name in ("name", "phone", "address", "contact_name", "contact_phone"):
            self.fields[name].widget.attrs["placeholder"] = _("unchanged")

    def inputs(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        rest = {name: given.pop(name) for name in ("needs", "rhythm", "forget")}
        if not given["agreed"].strip():  # this one was shown, so it was emptied on purpose
            rest["forget"] = [*rest["forget"], "agreed"]
        return rest | {"texts": given}


class KeeperForm(StyledForm):
    """Who answers for a household from now on."""

    answered_by = PersonField(
        label=pgettext_lazy("household", "who answers for it"),
        error_messages={"required": _("Say who answers for it.")},
    )

    def __init__(self, people: Iterable[Candidate], now: User | None, data=None):
        people = list(people)
        super().__init__(data, initial={"answered_by": str(now.pk) if now else ""})
        self.fields["answered_by"].offer(people)


class VisitForm(StyledForm):
    """One short note. The hidden key makes a form that is sent twice note once."""

    note = TextField(
        label=_("How was it?"), max_length=NOTE_LENGTH, widget=area(3), help_text=NO_MORE,
        error_messages={"required": _("Say in a few words how it was.")},
    )  # fmt: skip
    finding = TextField(
        label=_("something to be handled"), max_length=FINDING_LENGTH, required=False,
        help_text=_("It becomes the title of a case that others read: no name, no phone, nothing about the household."),
    )  # fmt: skip
    on = DayField(label=_("day of the visit"), required=False)
    idempotency_key = KeyField()

    def __init__(self, data=None):
        super().__init__(data, initial={"on": timezone.localdate()})
        self.fields["note"].widget.attrs["autofocus"] = True


class HouseholdFilter(forms.Form):
    """What the list is narrowed to: a place and a need; never a name."""

    search = forms.CharField(max_length=64, required=False)
    need = forms.ChoiceField(choices=[("", ""), *CareKind.choices], required=False)
    vacant = forms.BooleanField(required=False)

    def chosen(self, name: str) -> Any:
        return self.cleaned_data.get(name) or "" if self.is_valid() else ""
