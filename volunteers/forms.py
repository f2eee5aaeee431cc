"""What pages of several nouns ask alike."""

from django import forms
from django.utils.translation import gettext_lazy as _

from grids.forms import StyledForm, TextField, area
from grids.models.reveal import REASON_LENGTH


class RevealForm(StyledForm):
    """Why somebody looks at what is kept encrypted. That it must be said is for the services to say."""

    reason = TextField(
        label=_("What do you need it for?"), max_length=REASON_LENGTH, widget=area(2), required=False,
        help_text=_("It is kept for good: name nobody."),
    )  # fmt: skip


class RevealFilter(forms.Form):
    words = forms.CharField(max_length=64, required=False)
