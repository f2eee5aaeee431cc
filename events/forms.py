"""What the pages send: forms read and shape it, the services decide."""

import hashlib
import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from events.contacts import REASON_LENGTH
from events.models import TEXT_LENGTH, TITLE_LENGTH, Category, Event, validate_no_direction_marks
from events.services import handler_candidates
from events.workflow import Action, Loop, Move, Rating, Status, Urgency
from grids.access import visible_grids
from grids.models import Grid, User

SEARCH_LENGTH = 64
# The moves that a word may be added to; the table names those that need one.
WITH_NOTE = frozenset({Action.ASSIGN, Action.PASS_CHECK, Action.URGE, Action.SUPERVISE})


NOTES = {
    Action.RESOLVE: _("What was done"),
    Action.ASK: _("Question to the reporter"),
    Action.ANSWER: _("Answer"),
}


class TextField(forms.CharField):
    """Text without invisible characters, which are named in one sentence."""

    default_validators = [validate_no_direction_marks]
    default_error_messages = {
        "null_characters_not_allowed": _("The text holds a NUL character. Type it again."),
        "max_length": _("At most %(limit_value)d characters; this has %(show_value)d."),
    }


class FilingForm(forms.Form):
    """A new case. The hidden key makes a form that is sent twice file once."""

    grid = forms.ModelChoiceField(
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
    idempotency_key = TextField(max_length=64, required=False, widget=forms.HiddenInput)
    category_search = TextField(max_length=SEARCH_LENGTH, required=False)
    place_search = TextField(max_length=SEARCH_LENGTH, required=False)

    def clean_urgency(self) -> str:
        return self.cleaned_data["urgency"] or Urgency.NORMAL

    def inputs(self) -> dict:
        """What `services.file_event` takes."""
        names = ("grid", "category", "title", "description", "address", "urgency")
        inputs = {name: self.cleaned_data[name] for name in names}
        return inputs | {"idempotency_key": self._key(inputs)}

    def _key(self, inputs: dict) -> str:
        """The form's key together with what was typed: who goes back, types something else and sends it files anew."""
        key = self.cleaned_data["idempotency_key"]
        typed = [key, *(str(getattr(value, "pk", value)) for value in inputs.values())]
        return hashlib.sha256("\0".join(typed).encode()).hexdigest() if key else ""

    def text(self, name: str) -> str:
        """The value of a field as it came, good or not, fit to be looked for."""
        return str(self[name].value() or "").replace("\0", "").strip()

    @staticmethod
    def new_key() -> str:
        return uuid.uuid4().hex


class ActForm(forms.Form):
    """The inputs of one move. What must be given is for the service to say."""

    version = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    def __init__(self, move: Move, event: Event, data=None):
        super().__init__(data, auto_id=f"{move.action}_%s", initial={"version": event.step_count})
        self.move = move
        if "rating" in move.needs:
            self.fields["rating"] = forms.ChoiceField(
                choices=Rating.choices,
                required=False,
                label=_("How satisfied are you"),
                error_messages={"invalid_choice": _("Choose how satisfied you are.")},
            )
        if "reason" in move.needs or "rating" in move.needs:
            self.fields["reason"] = _text(_("Reason"))
        if "note" in move.needs or move.action in WITH_NOTE:
            self.fields["note"] = _text(NOTES.get(move.action, _("Note")))
        if "handler" in move.needs:
            self.fields["handler"] = forms.ModelChoiceField(
                handler_candidates(event),
                required=False,
                label=_("Handler"),
                error_messages={"invalid_choice": _("This person cannot handle it. Choose one of the list.")},
            )
        if move.action == Action.RESOLVE and (items := event.category.checklist_items()):
            self.fields["checklist"] = forms.MultipleChoiceField(
                choices=[(item, item) for item in items], required=False, label=_("Closing checklist")
            )

    def inputs(self) -> dict:
        """What `services.act` takes, beside event, action and actor."""
        return self.cleaned_data

    def is_needed(self, name: str) -> bool:
        return name in self.move.needs

    def typed(self) -> str:
        """The text that somebody typed, to give it back when the form itself has become pointless."""
        return "\n".join(text for name in ("reason", "note") if (text := self.data.get(name, "").strip()))


def _text(label) -> TextField:
    return TextField(max_length=TEXT_LENGTH, required=False, label=label)


class RevealForm(forms.Form):
    """Why somebody needs a resident's contact. That it must be said is for the service to say."""

    reason = TextField(max_length=REASON_LENGTH, required=False, label=_("What you need it for"))


class FilterForm(forms.Form):
    """The filters of the list, all optional and all together."""

    OPEN = "open"
    MINE = (("waiting", _("waiting for me")), ("filed", _("filed by me")), ("handled", _("handled by me")))
    SORTS = (("newest", _("newest first")), ("due", _("due first")))

    search = TextField(max_length=SEARCH_LENGTH, required=False)
    mine = forms.ChoiceField(choices=MINE, required=False)
    status = forms.ChoiceField(choices=[(OPEN, _("all open")), *Status.choices], required=False)
    loop = forms.ChoiceField(choices=Loop, required=False)
    grid = TextField(max_length=18, required=False)
    category = forms.ModelChoiceField(Category.objects.all(), required=False)
    overdue = forms.BooleanField(required=False)
    sort = forms.ChoiceField(choices=SORTS, required=False)

    def __init__(self, user: User, data=None):
        super().__init__(data)
        self.user = user
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = _("This filter is not known. Choose one of the list.")

    def clean_grid(self) -> Grid | None:
        code = self.cleaned_data["grid"]
        grid = visible_grids(self.user).filter(code=code).first() if code else None
        if code and grid is None:
            raise ValidationError(_("There is no such grid in your area."))
        return grid

    def events(self, at) -> QuerySet[Event]:
        """The cases that the user may see and that fit every filter; none when a filter is wrong."""
        if not self.is_valid():
            return Event.objects.none()
        given, events = self.cleaned_data, Event.objects.visible_to(self.user)
        match given["mine"]:
            case "waiting":
                events = events.waiting_for(self.user)
            case "filed":
                events = events.filter(reporter=self.user)
            case "handled":
                events = events.filter(handler=self.user)
        if given["status"]:
            events = events.open() if given["status"] == self.OPEN else events.filter(status=given["status"])
        if given["overdue"]:
            events = events.overdue(at)
        if given["grid"]:
            events = events.inside(given["grid"])
        events = events.filter(**{name: given[name] for name in ("loop", "category") if given[name]})
        if given["search"]:
            events = events.search(given["search"])
        if given["sort"] == "due":
            return events.filter(due_at__isnull=False).order_by("due_at", "pk")
        return events.order_by(F("filed_at").desc(), F("pk").desc())

    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in ("mine", "status", "loop", "grid", "category", "overdue", "search"))
