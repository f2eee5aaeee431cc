"""What residents send about topics, without an account."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from branches.deliberation.forms import RECEIPT_FIELD_LENGTH, VoteForm
from branches.models import Option, Topic
from grids.forms import TextField
from grids.models import Grid
from grids.public_forms import StampedForm
from grids.text import TEXT_LENGTH

DONE = [("yes", _("It was done")), ("no", _("Not yet"))]


class ProposalForm(StampedForm):
    """What a resident would have deliberated; neither name nor phone is asked."""

    text = TextField(max_length=TEXT_LENGTH, error_messages={"required": _("Tell us in a few words what it is about.")})

    def inputs(self) -> dict[str, str]:
        return {"text": self.cleaned_data["text"], "key": self.key_of(self.cleaned_data["text"])}


class ReceiptForm(forms.Form):
    """The number that a proposal got."""

    receipt = TextField(max_length=RECEIPT_FIELD_LENGTH, error_messages={"required": _("Type the number.")})


class SlipVoteForm(StampedForm):
    """A vote by the code of a slip; the page's key is what the receipt follows from."""

    slip = TextField(
        max_length=RECEIPT_FIELD_LENGTH, error_messages={"required": _("Type the code that is on your slip.")}
    )
    option = forms.ChoiceField(
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one of the options.")}
    )
    receipt = TextField(max_length=RECEIPT_FIELD_LENGTH, required=False)

    def __init__(self, topic: Topic, grid: Grid, at: datetime, data=None, *, slip: str = ""):
        super().__init__(grid, at, data, initial={"slip": slip[:RECEIPT_FIELD_LENGTH]})
        self.options = {str(option.ordinal): option for option in topic.options.all()}
        choices = [(number, option.text) for number, option in self.options.items()]
        self.fields["option"].choices = [*choices, (VoteForm.ABSTAIN, _("I abstain"))]

    def clean_option(self) -> Option | None:
        return self.options.get(self.cleaned_data["option"])

    def clean_key(self) -> str:
        if not self.cleaned_data["key"]:
            raise ValidationError(_("Open the page anew and vote again."))
        return self.cleaned_data["key"]

    def hidden_errors(self) -> list[str]:
        return [*super().hidden_errors(), *self["key"].errors]


class ResultForm(StampedForm):
    """Whether what was decided was done; with a slip it counts for its household."""

    is_done = forms.TypedChoiceField(
        choices=DONE, coerce=lambda value: value == "yes",
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one.")},
    )  # fmt: skip
    slip = TextField(max_length=RECEIPT_FIELD_LENGTH, required=False)
