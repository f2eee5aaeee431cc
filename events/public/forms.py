"""What residents send. The stamp tells when the page was opened, so that no program fills it in at once."""

import base64
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import cached_property

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.signing import BadSignature, TimestampSigner
from django.utils.translation import gettext_lazy as _

from events import services
from events.attachments import RESIDENTS
from events.forms import AnswerField, AttachmentsField, CoordinateField
from events.models import Attachment, Category, Event, ResidentContact
from events.nearness import COORDINATES, coarse, point_of
from events.public.alike import OpenCase, case_of, told_openly
from events.services.attaching import KEPT_FOR
from events.services.residents import CODE_LENGTH, NAME_LENGTH
from events.text import TEXT_LENGTH
from events.workflow import QUESTIONS, Action, Rating
from grids.forms import TextField
from grids.models import Grid
from grids.phones import validate_phone
from grids.pictures import ACCEPT
from grids.public_forms import StampedForm
from grids.services import PublicLimit


class PhotosField(AttachmentsField):
    """A resident's photos, as they came: its form has them stored once a person and not a program sent it.

    Nobody is logged in, so what waits is known by a token that is good in forms of the same `sender` alone.
    """

    accept = ACCEPT
    allowance = RESIDENTS
    sender = ""

    def clean(self, value: tuple[list, list[str]]) -> tuple[list, list[str]]:
        return value

    def value_of(self, attachment: Attachment) -> str:
        return self._signer().sign(str(attachment.key))

    def keys(self, tokens: Iterable[str]) -> list[str]:
        """What the tokens stand for; a strange or an old one for nothing, which the service then misses."""
        keys = []
        for token in tokens:
            try:
                keys.append(self._signer().unsign(token, max_age=KEPT_FOR))
            except BadSignature:
                keys.append("")
        return keys

    def picture_of(self, attachment: Attachment) -> str:
        """The picture itself: what waits has no address that anybody could ask for."""
        with suppress(FileNotFoundError), attachment.thumbnail.open() as file:
            return f"data:image/jpeg;base64,{base64.b64encode(file.read()).decode()}"
        return ""

    def _signer(self) -> TimestampSigner:
        return TimestampSigner(salt=f"events.public_photos.{self.sender}")


class PhotosForm(forms.Form):
    """Brings photos; `limit` is the sentence for who sent too many, or may send nothing now."""

    attachments = PhotosField()
    limit = ""

    def receive(self, files: list[File], keys: list[str], **sender) -> list[Attachment]:
        """Have them stored; `sender` is what `services.receive_photos` asks to know of it."""
        try:
            kept, problems = services.receive_photos(files=files, keys=keys, **sender)
        except PublicLimit as error:
            self.limit = error.detail
            kept, problems = services.receive_photos(files=[], keys=keys, **sender)
            problems.append(error.detail)
        self.fields["attachments"].kept = kept
        if problems:
            self.add_error("attachments", problems)
        return kept


class ReportForm(PhotosForm, StampedForm):
    """A report.

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

    def __init__(self, grid: Grid, at: datetime, data=None, files=None, *, source: str = ""):
        super().__init__(grid, at, data, files)
        self.source = source
        self._know_sender()
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

        Also when it was not said yet what happened: to join one of these it need not be. None for who looks very often,
        and not by the very position: nobody learns where others stood by trying.
        """
        is_chosen = self.is_answered and "into" not in self.errors
        if not self.is_bound or is_chosen or self.errors.keys() - {"text", "into"}:
            return []
        given = self.cleaned_data
        if not given["category"] or not services.may_look(source=self.source, at=self.at):
            return []
        grid, point = given["place"] or self.grid, point_of(*(given[name] for name in COORDINATES))
        found = Event.objects.open().held_above(grid)
        found = found.alike(category=given["category"], grid=grid, point=point and coarse(point), at=self.at)
        return told_openly(found, self.at)

    def clean(self) -> dict:
        """Photos last, for they cost the most: not those of a program, nor those of a report that has arrived.

        Who opened the page and was only too quick, or too slow, finds them kept.
        """
        files, tokens = self.cleaned_data["attachments"]
        keys = self.fields["attachments"].keys(tokens)
        if "homepage" in self.errors or self.age() is None:
            if files:
                self.add_error("attachments", _("The photos did not come along. Choose them again."))
            files = []
        elif not self.errors:
            self.cleaned_data["idempotency_key"] = key = self._key(files, keys)
            if key and services.was_reported(idempotency_key=key):
                return self.cleaned_data | {"attachments": []}
        kept = self.receive(files, keys, grid=self.grid, source=self.source, at=self.at)
        return self.cleaned_data | {"attachments": kept}

    def renewed(self) -> "ReportForm":
        super().renewed()
        self._know_sender()
        return self

    def _know_sender(self) -> None:
        self.fields["attachments"].sender = f"{self.grid.pk}.{self.data.get('key', '')}"

    def inputs(self) -> dict:
        """What `services.file_resident_report` takes, but for the source and the time."""
        names = ("attachments", "idempotency_key")
        return self._typed() | {name: self.cleaned_data[name] for name in names}

    def _typed(self) -> dict:
        names = ("category", "address", *COORDINATES, "text", "name", "phone", "into")
        given = {name: self.cleaned_data[name] for name in names}
        return given | {"grid": self.cleaned_data["place"] or self.grid}

    def _key(self, files: list[File], keys: list[str]) -> str:
        return self.key_of(*self._typed().values(), *(f"{file.name} {file.size}" for file in files), *keys)


class FollowForm(forms.Form):
    """The number of a case and its code."""

    number = TextField(
        max_length=Event._meta.get_field("number").max_length, error_messages={"required": _("Type the number.")}
    )
    code = TextField(max_length=CODE_LENGTH * 3, error_messages={"required": _("Type the code of six characters.")})


class ResidentActForm(PhotosForm):
    """A word, an answer or a rating. What must be given is for the service to say."""

    seen = forms.IntegerField(min_value=1, required=False)
    note = TextField(max_length=TEXT_LENGTH, required=False)
    reason = TextField(max_length=TEXT_LENGTH, required=False)
    rating = forms.ChoiceField(
        choices=Rating.choices,
        required=False,
        error_messages={"invalid_choice": _("Choose how satisfied you are.")},
    )
    contacted = AnswerField(QUESTIONS["contacted"])
    solved = AnswerField(QUESTIONS["solved"])

    def __init__(
        self,
        contact: ResidentContact,
        at: datetime,
        data=None,
        files=None,
        *,
        action: str = Action.COMMENT,
        source: str = "",
    ):
        super().__init__(data, files)
        self.contact, self.at, self.action, self.source = contact, at, action, source
        self.fields["attachments"].sender = f"case.{contact.pk}"

    def clean(self) -> dict:
        files, tokens = self.cleaned_data["attachments"]
        sender = {"contact": self.contact, "action": self.action, "grid": self.contact.event.grid}
        keys = self.fields["attachments"].keys(tokens)
        kept = self.receive(files, keys, **sender, source=self.source, at=self.at)
        return self.cleaned_data | {"attachments": kept}

    def questions(self) -> list[forms.BoundField]:
        """What is asked with a rating and may be left open."""
        return [self[name] for name in QUESTIONS]

    def inputs(self) -> dict:
        """What `services.act_as_resident` takes, beside contact and action."""
        return self.cleaned_data
