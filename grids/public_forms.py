"""What every form for people without an account asks besides, so that no program fills it in at once."""

import hashlib
import uuid
from datetime import datetime, timedelta

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext_lazy as _

from grids.forms import TextField
from grids.models import Grid

KEY_LENGTH = 64
EXPIRED = _("This page has expired. What you wrote is still there: look it over and send again.")


def stamp(grid: Grid, at: datetime) -> str:
    """When a page of this grid was opened, signed."""
    return _signer().sign(f"{grid.pk}.{int(at.timestamp())}")


def _signer() -> Signer:
    return Signer(salt="grids.public_form")


class StampedForm(forms.Form):
    """`opened` tells when the page was opened; `homepage` is hidden from people: who fills it in is a program.

    `key` is the page's own: the same sent twice counts once.
    """

    homepage = forms.CharField(max_length=200, required=False)
    opened = forms.CharField(max_length=128, required=False)
    key = TextField(max_length=KEY_LENGTH, required=False)

    def __init__(self, grid: Grid, at: datetime, data=None, files=None, *, initial: dict | None = None):
        own = {"opened": stamp(grid, at), "key": uuid.uuid4().hex}
        super().__init__(data, files, initial=own | (initial or {}))
        self.grid, self.at = grid, at

    def clean_homepage(self) -> str:
        if self.cleaned_data["homepage"]:
            raise ValidationError(_("Leave the field for a homepage empty; it is no field for people. Send again."))
        return ""

    def clean_opened(self) -> str:
        """Not sooner than a person types, not later than a page stays open; a fresh page knows its time anew."""
        soonest, latest = (timedelta(seconds=seconds) for seconds in settings.PUBLIC_FORM_SECONDS)
        age = self.age()
        if age is None or age > latest:
            raise ValidationError(EXPIRED)
        if age < soonest:
            raise ValidationError(_("That was very quick. Look it over for a moment and send again."))
        return self.cleaned_data["opened"]

    def renewed(self) -> "StampedForm":
        """Ready to be sent again: with what was typed, without what made it expire."""
        self.data = self.data.copy()
        self.data["homepage"] = ""
        age = self.age()
        if "opened" in self.errors and (age is None or age.total_seconds() >= settings.PUBLIC_FORM_SECONDS[0]):
            self.data["opened"] = stamp(self.grid, self.at)
        if not self.data.get("key"):
            self.data["key"] = uuid.uuid4().hex
        return self

    def age(self) -> timedelta | None:
        """How long ago the page of this grid was opened; None where no page of ours says so."""
        try:
            grid, second = _signer().unsign(self.data.get("opened", "")).split(".")
        except (BadSignature, ValueError):
            return None
        return timedelta(seconds=self.at.timestamp() - int(second)) if int(grid) == self.grid.pk else None

    def key_of(self, *typed: object) -> str:
        """The page's key with what was typed and chosen: who goes back, changes it and sends it sends anew."""
        parts = [self.cleaned_data["key"], *(str(getattr(value, "pk", value)) for value in typed)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest() if self.cleaned_data["key"] else ""

    def hidden_errors(self) -> list[str]:
        """What is wrong at no field that a person sees."""
        return [*self.non_field_errors(), *self["homepage"].errors, *self["opened"].errors]
