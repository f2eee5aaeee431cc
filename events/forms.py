"""What the pages send: forms read and shape it, the services decide."""

import hashlib
import re
import uuid
from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events import occasions, services
from events.alike import Offer, open_alike
from events.attachments import ACCEPT, STAFF
from events.models import Attachment, Category, Event, Occasion
from events.nearness import COORDINATES, point_of
from events.text import TEXT_LENGTH, TITLE_LENGTH
from events.workflow import QUESTIONS, Action, Move, Outcome, Rating, Urgency
from grids.access import SeveralSuccessors, find_grid
from grids.forms import DayInput, TextField
from grids.models import Grid, Organisation, User
from grids.models.reveal import REASON_LENGTH

SEARCH_LENGTH = 64
KEY = re.compile("[0-9]{1,18}", re.ASCII)
# The moves that a word may be added to; the table names those that need one.
WITH_NOTE = frozenset(
    {
        Action.ASSIGN, Action.PASS_CHECK, Action.URGE, Action.SUPERVISE, Action.SUSPEND, Action.EXTEND, Action.RESUME,
        Action.MERGE,
    }
)  # fmt: skip


NOTES = {
    Action.RESOLVE: _("What was done"),
    Action.ASK: _("Question to the reporter"),
    Action.ANSWER: _("Answer"),
    Action.REPLY: _("Reply"),
}


class PlaceField(forms.ModelChoiceField):
    """A grid by its code, or by one of before as far as the form's user may see what took its place."""

    user: User | None = None

    def to_python(self, value: str | None) -> Grid | None:
        try:
            grid = super().to_python(value)
        except ValidationError:
            grid = self._successor(value)
            if grid is None:
                raise
        return grid if grid is None or not grid.retired_at else self._successor(value) or grid

    def _successor(self, code: str) -> Grid | None:
        """Asked only where the code is none of a grid in use."""
        try:
            return find_grid(self.user, code) if self.user and code.isdecimal() else None
        except SeveralSuccessors as error:
            raise ValidationError(str(error), "several", {"grids": error.grids}) from error


class AttachmentsInput(forms.FileInput):
    """Inputs of one name for files, and beside them the keys of what was kept of a form that was refused.

    Drawn by `events/_attachments.html`.
    """

    allow_multiple_selected = True

    def value_from_datadict(self, data, files, name: str) -> tuple[list, list[str]]:
        return _all(files, name), _all(data, f"{name}_kept")


def _all(source, name: str) -> list:
    return source.getlist(name) if hasattr(source, "getlist") else source.get(name, [])


class AttachmentsField(forms.Field):
    """Photos and files of a step, never required; what is good is kept for `uploader` even when the form is not.

    A browser forgets chosen files, so `kept` holds what the form shows again: a form sets `uploader` and hands the
    cleaned list to a service as its `attachments`.
    """

    widget = AttachmentsInput
    accept = ACCEPT
    allowance = STAFF

    def __init__(self, *, uploader: User | None = None, **options):
        super().__init__(required=False, **options)
        self.uploader = uploader
        self.kept: list[Attachment] = []

    def clean(self, value: tuple[list, list[str]]) -> list[Attachment]:
        files, keys = value
        self.kept, problems = services.receive_uploads(files=files, keys=keys, uploader=self.uploader)
        if problems:
            raise ValidationError(problems)
        return self.kept

    def shown(self) -> list[dict]:
        """What was kept, each with the value by which the form brings it back and the address of its small picture."""
        return [
            {"name": each.name, "value": self.value_of(each), "picture": self.picture_of(each) if each.is_image else ""}
            for each in self.kept
        ]

    def value_of(self, attachment: Attachment) -> str:
        return str(attachment.key)

    def picture_of(self, attachment: Attachment) -> str:
        return reverse("attachment_thumbnail", args=[attachment.key])


class CoordinateField(forms.DecimalField):
    """A latitude or longitude that a script has filled in, or nothing; whatever is wrong is one sentence."""

    widget = forms.HiddenInput
    problem = _("This position was not understood. Take it again, or clear it.")
    default_error_messages = {"invalid": problem}

    def __init__(self):
        super().__init__(max_digits=9, decimal_places=6, required=False)

    def run_validators(self, value) -> None:
        try:
            super().run_validators(value)
        except ValidationError:
            raise ValidationError(self.problem) from None


class CaseField(forms.CharField):
    """Another case by its number, among those that the person may see."""

    def __init__(self, user: User | None = None, **options):
        super().__init__(max_length=20, required=False, label=_("Number of the case that goes on"), **options)
        self.user = user

    def clean(self, value: str) -> Event | None:
        number = re.sub(r"\s", "", super().clean(value))
        if not number or self.user is None:
            return None
        found = Event.objects.visible_to(self.user).filter(number=number).first()
        if found is None:
            raise ValidationError(_("There is no case of this number in your area."), "invalid_choice")
        return found


class OccasionField(forms.CharField):
    """What the case arises from, by the code that stands in the address of the filing page."""

    widget = forms.HiddenInput

    def __init__(self, user: User | None = None, **options):
        super().__init__(max_length=64, required=False, **options)
        self.user = user

    def clean(self, value: str) -> Occasion | None:
        code = super().clean(value)
        found = occasions.find(self.user, code) if code and self.user else None
        if code and found is None:
            raise ValidationError(
                _("What this arises from is not there any more, or not yours to make a case of. File it without."),
                "invalid_choice",
            )
        return found


class AlikeForm(forms.Form):
    """What a case is about and where it is: enough to find open ones that may be the same."""

    grid = PlaceField(
        Grid.objects.all(),
        to_field_name="code",
        error_messages={
            "required": _("Choose where it happened."),
            "invalid_choice": _("There is no such grid. Choose where it happened."),
        },
    )
    category = forms.ModelChoiceField(
        Category.objects.all(),
        error_messages={
            "required": _("Choose what it is about."),
            "invalid_choice": _("There is no such category. Choose what it is about."),
        },
    )
    latitude = CoordinateField()
    longitude = CoordinateField()

    def __init__(self, user: User, data=None, files=None, *, initial: dict | None = None):
        super().__init__(data, files, initial=initial)
        self.user = self.fields["grid"].user = user

    def offer(self, at: datetime) -> Offer:
        """The open cases that may be the same, of those that the person may see; none while place or kind is open."""
        if not self.is_valid():
            return Offer()
        point = point_of(*(self.cleaned_data[name] for name in COORDINATES))
        category, grid = self.cleaned_data["category"], self.cleaned_data["grid"]
        return open_alike(self.user, category=category, grid=grid, point=point, at=at)


class FilingForm(AlikeForm):
    """A new case. The hidden key makes a form that is sent twice file once.

    `into` is an open case that it is said to be the same as; then nothing else need be written.
    """

    title = TextField(
        max_length=TITLE_LENGTH,
        error_messages={
            "required": _("Say in a line what happened."),
            "max_length": _(
                "At most %(limit_value)d characters; this has %(show_value)d. Use the description for more."
            ),
        },
    )
    description = TextField(max_length=TEXT_LENGTH, required=False)
    address = TextField(max_length=200, required=False)
    urgency = forms.ChoiceField(
        choices=Urgency, required=False, error_messages={"invalid_choice": _("Choose normal or urgent.")}
    )
    attachments = AttachmentsField()
    idempotency_key = TextField(max_length=64, required=False, widget=forms.HiddenInput)
    into = CaseField()
    occasion = OccasionField()
    category_search = TextField(max_length=SEARCH_LENGTH, required=False)
    place_search = TextField(max_length=SEARCH_LENGTH, required=False)

    def __init__(self, user: User, data=None, files=None, *, initial: dict | None = None):
        super().__init__(user, data, files, initial=initial)
        self.fields["into"].user = self.fields["occasion"].user = self.fields["attachments"].uploader = user
        self.fields["title"].required = not (data and data.get("into"))

    def several_places(self) -> list[Grid]:
        """What to choose from where the code that came is of a grid that was divided."""
        errors = self.errors.as_data().get("grid", []) if self.is_bound else []
        return [grid for error in errors if error.code == "several" for grid in error.params["grids"]]

    def clean_urgency(self) -> str:
        return self.cleaned_data["urgency"] or Urgency.NORMAL

    def inputs(self) -> dict:
        """What `services.file_event` takes."""
        names = ("grid", "category", "title", "description", "address", *COORDINATES, "urgency", "into")
        inputs = {name: self.cleaned_data[name] for name in names}
        attachments = self.cleaned_data["attachments"]
        inputs |= {"attachments": attachments, "idempotency_key": self._key(inputs, attachments)}
        return inputs | {"occasion": self.cleaned_data["occasion"]}

    def _key(self, inputs: dict, attachments: list[Attachment]) -> str:
        """The form's key together with what was typed: who goes back, types something else and sends it files anew."""
        key = self.cleaned_data["idempotency_key"]
        typed = [key, *(str(getattr(value, "pk", value)) for value in inputs.values())]
        typed += sorted(attachment.sha256 for attachment in attachments)
        return hashlib.sha256("\0".join(typed).encode()).hexdigest() if key else ""

    def text(self, name: str) -> str:
        """The value of a field as it came, good or not, fit to be looked for."""
        return str(self[name].value() or "").replace("\0", "").strip()

    @staticmethod
    def new_key() -> str:
        return uuid.uuid4().hex


class HandlerField(forms.Field):
    """One choice among people, by their key, and organisations, by `organisation-` and theirs."""

    ORGANISATION = "organisation-"
    default_error_messages = {"invalid_choice": _("This one cannot handle it. Choose one of the list.")}

    def __init__(self, event: Event):
        super().__init__(required=False, label=_("Handler"))
        self.event = event

    def to_python(self, value: str) -> User | Organisation | None:
        if value in self.empty_values:
            return None
        key = value.removeprefix(self.ORGANISATION)
        among = services.handler_candidates if key == value else services.organisation_candidates
        # More digits than a key has would be too much for the database.
        found = among(self.event).filter(pk=key).first() if KEY.fullmatch(key) else None
        if found is None:
            raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        return found


class PartnerField(forms.ModelChoiceField):
    """A police officer of the place; left empty by one of them, who means themselves."""

    def __init__(self, event: Event):
        super().__init__(
            services.partner_candidates(event).order_by("name", "pk"),
            required=False,
            label=_("Police officer"),
            empty_label=None,
            blank=True,
            widget=forms.RadioSelect,
            error_messages={"invalid_choice": _("Choose one of the police officers of the place.")},
        )


class CaseInput(forms.TextInput):
    """A number that is typed, or else one of the likely cases that was chosen."""

    def value_from_datadict(self, data, files, name: str) -> str:
        return (data.get(name) or "").strip() or data.get(f"{name}_alike") or ""


class AnswerField(forms.TypedChoiceField):
    """Yes, no, or left open: True, False or None."""

    YES, NO = "yes", "no"

    def __init__(self, question: str):
        super().__init__(
            choices=[(self.YES, _("yes")), (self.NO, _("no")), ("", _("not said"))],
            coerce=lambda value: value == self.YES,
            empty_value=None,
            required=False,
            label=question,
            widget=forms.RadioSelect,
            error_messages={"invalid_choice": _("Answer yes or no, or leave it open.")},
        )


class ActForm(forms.Form):
    """The inputs of one move. What must be given is for the service to say."""

    version = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    attachments = AttachmentsField()

    def __init__(self, move: Move, event: Event, data=None, files=None, *, uploader: User | None = None):
        super().__init__(data, files, auto_id=f"{move.action}_%s", initial={"version": event.step_count})
        self.fields["attachments"].uploader = uploader
        self.move = move
        if "rating" in move.needs:
            self.fields["rating"] = forms.ChoiceField(
                choices=Rating.choices,
                required=False,
                label=_("How satisfied are you"),
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": _("Choose how satisfied you are.")},
            )
            self.fields |= {name: AnswerField(question) for name, question in QUESTIONS.items()}
        if "until" in move.needs:
            self.fields["until"] = forms.DateField(
                required=False,
                label=_("Suspend until"),
                widget=DayInput,
                error_messages={"invalid": _("Choose the date, as 2026-12-31.")},
            )
        if "into" in move.needs:
            self.fields["into"] = CaseField(uploader, widget=CaseInput)
        if "reason" in move.needs or "rating" in move.needs:
            self.fields["reason"] = _text(_("Reason"))
        if "note" in move.needs or move.action in WITH_NOTE:
            self.fields["note"] = _text(NOTES.get(move.action, _("Note")))
        if "handler" in move.needs:
            self.fields["handler"] = HandlerField(event)
        if "partner" in move.needs:
            self.fields["partner"] = PartnerField(event)
        if move.action == Action.RESOLVE:
            self.fields["outcome"] = forms.ChoiceField(
                choices=[("", _("it was put right")), *Outcome.choices],
                required=False,
                label=_("Outcome"),
                widget=forms.RadioSelect,
            )
            self.fields["reason"] = _text(_("Why it cannot be fixed"))
        if move.action == Action.RESOLVE and (items := event.category.checklist_items()):
            self.fields["checklist"] = forms.MultipleChoiceField(
                choices=[(item, item) for item in items],
                required=False,
                label=_("Closing checklist"),
                widget=forms.CheckboxSelectMultiple,
            )
        self.order_fields(
            ["handler", "partner", "until", "into", "rating", *QUESTIONS, "checklist", "note", "outcome", "reason"]
        )

    def clean(self) -> dict:
        if self.move.action == Action.RESOLVE:
            given = self.cleaned_data
            if given.get("reason", "").strip() and not given.get("outcome"):
                self.add_error("outcome", _("Tick this as well, or leave the reason empty."))
        return self.cleaned_data

    def inputs(self) -> dict:
        """What `services.act` takes, beside event, action and actor."""
        chosen = self.cleaned_data.get("handler")
        if not isinstance(chosen, Organisation):
            return self.cleaned_data
        return self.cleaned_data | {"handler": None, "organisation": chosen}

    def questions(self) -> list[forms.BoundField]:
        """What is asked with a rating and may be left open."""
        return [self[name] for name in QUESTIONS if name in self.fields]

    def is_needed(self, name: str) -> bool:
        return name in self.move.needs

    def renewed(self, event: Event) -> "ActForm":
        """What was sent, ready to be sent again on the case as it stands now."""
        self.data = self.data.copy()
        self.data["version"] = event.step_count
        return self

    def typed(self) -> str:
        """The text that somebody typed, to give it back when the form itself has become pointless."""
        return "\n".join(text for name in ("reason", "note") if (text := self.data.get(name, "").strip()))


def _text(label) -> TextField:
    return TextField(max_length=TEXT_LENGTH, required=False, label=label, widget=forms.Textarea(attrs={"rows": 3}))


class RevealForm(forms.Form):
    """Why somebody needs a resident's contact. That it must be said is for the service to say."""

    reason = TextField(max_length=REASON_LENGTH, required=False, label=_("What you need it for"))
