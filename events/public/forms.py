"""What residents send. The stamp tells when the page was opened, so that no program fills it in at once."""

import hashlib
import uuid
from datetime import datetime, timedelta
from functools import cached_property

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext_lazy as _

from events.forms import CoordinateField, TextField
from events.models import Category, Event
from events.nearness import COORDINATES, point_of
from events.public.alike import OpenCase, case_of, told_openly
from events.services.residents import CODE_LENGTH, NAME_LENGTH, validate_phone
from events.text import TEXT_LENGTH
from events.workflow import Rating
from grids.models import Grid

KEY_LENGTH = 64


def stamp(grid: Grid, at: datetime) -> str:
    """When the page of this grid was opened, signed."""
    return _signer().sign(f"{grid.pk}.{int(at.timestamp())}")


def _signer() -> Signer:
    return Signer(salt="events.public_report")


class ReportForm(forms.Form):
    """A report. `homepage` is hidden from people; who fills it in is a program.

    `into` is the key of an open case that it is said to be the same as, and then no text is needed; or `NONE` of them.
    """

    NONE = "none"

    category = forms.ModelChoiceField(
        Category.objects.filter(is_active=True).exclude(public_name=""),
        required=False,
        error_messages={"invalid_choice": _("Choose what it is about from the list.")},
    )
    place = forms.ModelChoiceField(
        Grid.objects.none(),
        to_field_name="code",
        required=False,
        error_messages={"invalid_choice": _("Choose the place from the list.")},
    )
    address = TextField(max_length=200, required=False)
    latitude = CoordinateField()
    longitude = CoordinateField()
    into = forms.CharField(max_length=256, required=False)
    text = TextField(max_length=TEXT_LENGTH, error_messages={"required": _("Tell us in a few words what happened.")})
    name = TextField(max_length=NAME_LENGTH, required=False)
    phone = TextField(max_length=32, required=False, validators=[validate_phone])
    homepage = forms.CharField(max_length=200, required=False)
    opened = forms.CharField(max_length=128, required=False)
    key = TextField(max_length=KEY_LENGTH, required=False)

    def __init__(self, grid: Grid, at: datetime, data=None):
        super().__init__(data, initial={"opened": stamp(grid, at), "key": uuid.uuid4().hex})
        self.grid, self.at = grid, at
        self.fields["place"].queryset = Grid.objects.active().within(grid)
        self.fields["text"].required = not self.is_joining

    @property
    def is_answered(self) -> bool:
        """Whether somebody has looked at the open cases, and chosen one or none of them."""
        return bool(self.data.get("into"))

    @property
    def is_joining(self) -> bool:
        return self.is_answered and self.data["into"] != self.NONE

    def clean_into(self) -> Event | None:
        if not self.is_joining:
            return None
        if (found := case_of(self.cleaned_data["into"])) is None:
            raise ValidationError(_("This choice was not understood. Choose again."))
        return found

    @cached_property
    def alike(self) -> list[OpenCase]:
        """The open cases that may be the same, until one or none of them is chosen; read when the page is drawn.

        Also when it was not said yet what happened: to join one of these it need not be.
        """
        is_chosen = self.is_answered and "into" not in self.errors
        if not self.is_bound or is_chosen or self.errors.keys() - {"text", "into"}:
            return []
        given = self.cleaned_data
        if not given["category"]:
            return []
        grid, point = given["place"] or self.grid, point_of(*(given[name] for name in COORDINATES))
        found = Event.objects.open().alike(category=given["category"], grid=grid, point=point, at=self.at)
        return told_openly(found, self.at)

    def clean_homepage(self) -> str:
        if self.cleaned_data["homepage"]:
            raise ValidationError(_("Leave the field for a homepage empty; it is no field for people. Send again."))
        return ""

    def clean_opened(self) -> str:
        """Not sooner than a person types, not later than a page stays open; a fresh page knows its time anew."""
        soonest, latest = (timedelta(seconds=seconds) for seconds in settings.PUBLIC_FORM_SECONDS)
        try:
            grid, second = _signer().unsign(self.cleaned_data["opened"]).split(".")
        except (BadSignature, ValueError):
            raise ValidationError(_("This page has expired. Nothing is lost: look it over and send again.")) from None
        age = timedelta(seconds=self.at.timestamp() - int(second))
        if int(grid) != self.grid.pk or age > latest:
            raise ValidationError(_("This page has expired. Nothing is lost: look it over and send again."))
        if age < soonest:
            raise ValidationError(_("That was very quick. Look it over for a moment and send again."))
        return self.cleaned_data["opened"]

    def renewed(self) -> "ReportForm":
        """Ready to be sent again: with what was typed, without what made it expire."""
        self.data = self.data.copy()
        self.data["homepage"] = ""
        if "opened" in self.errors and not self._is_young():
            self.data["opened"] = stamp(self.grid, self.at)
        if not self.data.get("key"):
            self.data["key"] = uuid.uuid4().hex
        return self

    def _is_young(self) -> bool:
        try:
            grid, second = _signer().unsign(self.data.get("opened", "")).split(".")
        except (BadSignature, ValueError):
            return False
        return int(grid) == self.grid.pk and self.at.timestamp() - int(second) < settings.PUBLIC_FORM_SECONDS[0]

    def inputs(self) -> dict:
        """What `services.file_resident_report` takes, but for the source and the time."""
        names = ("category", "address", *COORDINATES, "text", "name", "phone", "into")
        given = {name: self.cleaned_data[name] for name in names}
        given["grid"] = self.cleaned_data["place"] or self.grid
        return given | {"idempotency_key": self._key(given)}

    def _key(self, given: dict) -> str:
        """The page's key with what was typed: who goes back, types something else and sends it reports anew."""
        typed = [self.cleaned_data["key"], *(str(getattr(value, "pk", value)) for value in given.values())]
        return hashlib.sha256("\0".join(typed).encode()).hexdigest() if self.cleaned_data["key"] else ""


class FollowForm(forms.Form):
    """The number of a case and its code."""

    number = TextField(
        max_length=Event._meta.get_field("number").max_length, error_messages={"required": _("Type the number.")}
    )
    code = TextField(max_length=CODE_LENGTH * 3, error_messages={"required": _("Type the code of six characters.")})


class ResidentActForm(forms.Form):
    """A word, an answer or a rating. What must be given is for the service to say."""

    note = TextField(max_length=TEXT_LENGTH, required=False)
    reason = TextField(max_length=TEXT_LENGTH, required=False)
    rating = forms.ChoiceField(
        choices=Rating.choices,
        required=False,
        error_messages={"invalid_choice": _("Choose how satisfied you are.")},
    )

    def inputs(self) -> dict:
        """What `services.act_as_resident` takes, beside contact and action."""
        return self.cleaned_data
