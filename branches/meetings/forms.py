"""What the pages of joint meetings send: forms read and shape it, the services decide."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import references
from branches.cases import title_of
from branches.meetings.agenda import MOST_POINTS, Point
from branches.meetings.guests import organisations_to_invite, people_to_invite
from branches.models import Answer, Branch, Meeting
from branches.models.meeting import (
    MINUTES_LENGTH,
    RESOLUTION_LENGTH,
    TITLE_LENGTH,
    WORD_LENGTH,
    validate_lines,
)
from branches.refusals import add_refusal
from grids.forms import DayField, DayInput, MomentField, RowsField
from grids.models import Grid, Organisation, User, validate_printable

LENGTHS = (30, 60, 90, 120, 180, 240)  # minutes
LAST = 999  # where a point goes that is given no place


class LineField(forms.CharField):
    """One line, of the length that the row takes."""

    def __init__(self, *, max_length: int, **options):
        widget = forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})
        options = {"widget": widget, "validators": [validate_printable]} | options
        super().__init__(max_length=max_length, **options)


class LinesField(LineField):
    """Several lines."""

    def __init__(self, *, max_length: int, rows: int, **options):
        widget = forms.Textarea(attrs={"class": "form-control", "rows": rows})
        super().__init__(max_length=max_length, widget=widget, validators=[validate_lines], **options)


class Row(NamedTuple):
    """A point as a line of the form."""

    point: Point
    place: int
    is_chosen: bool
    url: str

    @property
    def title(self) -> str:
        return title_of(self.point.kind, self.point.key, self.point.name, is_seen=bool(self.url))

    @property
    def why(self) -> str:
        return self.point.why if self.title == self.point.name else ""


class ManyInput(forms.SelectMultiple):
    """All values of the name; drawn by hand, as boxes to tick."""

    def value_from_datadict(self, data, files, name: str) -> list[str]:
        return data.getlist(name) if hasattr(data, "getlist") else list(data.get(name, []))


class AgendaForm(forms.Form):
    """Points to keep, drop and order, each by a box and a number, and lines of one's own."""

    points = forms.Field(required=False, widget=ManyInput)
    more = LinesField(max_length=2000, rows=3, required=False, label=_("More points, one a line"))

    def __init__(self, user: User, points: Sequence[Point], chosen: Iterable[str], data=None, **options):
        super().__init__(data, **options)
        self.user = user
        self.offered = {point.value: point for point in points}
        self.recalled: dict[str, Point | None] = {}
        chosen = data.getlist("points") if self.is_bound else chosen
        self.chosen = list(dict.fromkeys(chosen))[: MOST_POINTS + 1]  # one too many is refused as too many are

    def rows(self) -> list[Row]:
        """The chosen ones as they are ordered, then the others."""
        values = [value for value in self.chosen if self._point(value)]
        values = [*self._in_order(values), *(value for value in self.offered if value not in values)]
        points = [self._point(value) for value in values]
        urls = _urls(points, self.user)
        return [
            Row(point, place, point.value in self.chosen, urls.get(point.value, ""))
            for place, point in enumerate(points, start=1)
        ]

    def clean_points(self) -> list[Point]:
        unknown = [value for value in self.chosen if not self._point(value)]
        if unknown:
            raise ValidationError(_("A point is not there any more, or out of your sight. Choose again."))
        return [self._point(value) for value in self._in_order(self.chosen)]

    def clean(self) -> dict:
        cleaned = super().clean()
        lines = filter(None, (line.strip() for line in cleaned.get("more", "").splitlines()))
        more = [Point(line) for line in dict.fromkeys(lines)]
        if too_long := [point.name for point in more if len(point.name) > RESOLUTION_LENGTH]:
            self.add_error("more", _("Too long for a point: %(line)s…") % {"line": too_long[0][:20]})
        if "points" in cleaned:
            cleaned["points"] = list(dict.fromkeys([*cleaned["points"], *more]))
        return cleaned

    def _in_order(self, values: list[str]) -> list[str]:
        return sorted(values, key=self._place) if self.is_bound else values

    def _place(self, value: str) -> int:
        place = self.data.get(f"place-{value}", "")
        return int(place) if place.isascii() and place.isdigit() and len(place) < 4 else LAST

    def _point(self, value: str) -> Point | None:
        """One that was offered, or, offered before and gone from the offer since, as far as one may see it."""
        if value not in self.offered and value not in self.recalled:
            self.recalled[value] = _recall(self.user, value)
        return self.offered.get(value) or self.recalled.get(value)


def _recall(user: User, value: str) -> Point | None:
    kind, _colon, key = value.partition(":")
    if not key.strip() or not key.isprintable():
        return None
    if not kind:
        return Point(key)
    shown = references.found(user, kind, key)
    return Point(shown.name, kind, key) if shown else None


def _urls(points: Iterable[Point], user: User) -> dict[str, str]:
    """Where each point that points to something is seen; a fixed number of queries for each kind."""
    keys = defaultdict(dict)
    for point in points:
        keys[point.kind][point.key] = point.value
    found = {}
    for kind, values in keys.items():
        shown = references.shown(user, kind, values) if kind else {}
        found |= {values[key]: thing.url for key, thing in shown.items()}
    return found


class MeetingForm(AgendaForm):
    """What, where, when and about what."""

    title = LineField(
        max_length=TITLE_LENGTH,
        label=pgettext_lazy("meeting", "title"),
        error_messages={"required": _("Name the meeting.")},
    )
    place = LineField(
        max_length=WORD_LENGTH, label=pgettext_lazy("meeting", "place"), error_messages={"required": _("Say where.")}
    )
    starts_at = MomentField(
        label=_("begins"),
        error_messages={"required": _("Say when it begins."), "invalid": _("Say when it begins: day and time.")},
    )
    minutes = forms.TypedChoiceField(
        label=_("takes"), coerce=int, choices=[], widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": _("Choose how long it takes.")},
    )  # fmt: skip

    def __init__(self, *given, **options):
        super().__init__(*given, **options)
        lengths = {*LENGTHS, self.initial.get("minutes", LENGTHS[1])}
        self.fields["minutes"].choices = [(one, _("%(minutes)d minutes") % {"minutes": one}) for one in sorted(lengths)]

    @staticmethod
    def initial_of(meeting: Meeting) -> dict:
        minutes = int((meeting.ends_at - meeting.starts_at).total_seconds() // 60)
        return {
            "title": meeting.title,
            "place": meeting.place,
            "starts_at": timezone.localtime(meeting.starts_at),
            "minutes": minutes,
        }

    def arrangement(self) -> dict:
        """What the services take of time and place."""
        given = self.cleaned_data
        ends_at = given["starts_at"] + timedelta(minutes=given["minutes"])
        return {name: given[name] for name in ("title", "place", "starts_at")} | {"ends_at": ends_at}


class GuestsForm(forms.Form):
    """Whom a meeting asks; the boxes are drawn by hand."""

    people = RowsField(User.objects.none(), required=False)
    organisations = RowsField(Organisation.objects.none(), required=False)

    def ask_among(self, convener: Branch | Grid) -> None:
        self.fields["people"].queryset = people_to_invite(convener)
        self.fields["organisations"].queryset = organisations_to_invite(convener)


class PlanForm(MeetingForm, GuestsForm):
    """A whole meeting at once. The hidden key makes a form that is sent twice plan one."""

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, convener: Branch | Grid, *given, **options):
        super().__init__(*given, **options)
        self.ask_among(convener)
        self.initial.setdefault("key", uuid.uuid4())

    @staticmethod
    def next_hour(at: datetime) -> datetime:
        """A guess that is easily changed: the same weekday of the next week, at half past nine."""
        day = timezone.localtime(at) + timedelta(days=7)
        return day.replace(hour=9, minute=30, second=0, microsecond=0)

    def inputs(self) -> dict:
        """What `plan_meeting` takes."""
        names = ("points", "people", "organisations", "key")
        return self.arrangement() | {name: self.cleaned_data[name] for name in names}


class InviteForm(GuestsForm):
    def __init__(self, meeting: Meeting, data=None):
        super().__init__(data)
        self.ask_among(meeting.convener)


class GuestSearchForm(forms.Form):
    guest = LineField(max_length=64, required=False)

    def words(self) -> str:
        return self.cleaned_data["guest"] if self.is_valid() else ""


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(
        choices=Answer,
        error_messages={"required": _("Say whether you come."), "invalid_choice": _("Say whether you come.")},
    )
    word = LineField(max_length=WORD_LENGTH, required=False, label=_("A word with it"))


class ReasonForm(forms.Form):
    reason = LineField(max_length=WORD_LENGTH, required=False, label=_("Why it does not take place"))


class AttendanceForm(forms.Form):
    """Who of those who were asked was there."""

    attended = RowsField(
        None, required=False,
        error_messages={
            "invalid_choice": _("Somebody you chose is not asked to this meeting. Choose again."),
            "invalid_pk_value": _("Somebody you chose is not asked to this meeting. Choose again."),
        },
    )  # fmt: skip

    def __init__(self, meeting: Meeting, data=None):
        super().__init__(data)
        self.fields["attended"].queryset = meeting.invitations.all()


class MinutesForm(forms.Form):
    minutes = LinesField(max_length=MINUTES_LENGTH, rows=12, required=False, label=pgettext_lazy("meeting", "minutes"))


class ResolutionForm(forms.Form):
    """What was resolved; whoever sees to it was asked to the meeting, or convened it."""

    PERSON, ORGANISATION = "person", "organisation"

    text = LineField(
        max_length=RESOLUTION_LENGTH, label=_("resolution"), error_messages={"required": _("Say what was resolved.")}
    )
    owner = forms.ChoiceField(
        label=_("Who sees to it"), widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={
            "required": _("Choose who sees to it."),
            "invalid_choice": _("Choose somebody who was asked to the meeting."),
        },
    )  # fmt: skip
    due_on = DayField(
        label=_("to be done by"), widget=DayInput({"class": "form-control"}),
        error_messages={"required": _("Say by when."), "invalid": _("Say by when: choose a day.")},
    )  # fmt: skip

    def __init__(self, meeting: Meeting, data=None):
        week = timezone.localdate(meeting.starts_at) + timedelta(days=7)
        super().__init__(data, initial={"due_on": week})
        self.owners = {}
        for invitation in meeting.invitations.select_related("person", "organisation"):
            kind = self.PERSON if invitation.person_id else self.ORGANISATION
            self.owners[f"{kind}-{invitation.invited.pk}"] = invitation.invited
        if meeting.convened_by:
            self.owners.setdefault(f"{self.PERSON}-{meeting.convened_by_id}", meeting.convened_by)
        self.fields["owner"].choices = [("", _("Choose")), *self.owners.items()]

    def inputs(self) -> dict:
        """What `resolve` takes."""
        value = self.cleaned_data["owner"]
        field = "owner" if value.startswith(self.PERSON) else "organisation"
        return {"text": self.cleaned_data["text"], "due_on": self.cleaned_data["due_on"], field: self.owners[value]}


class RecordForms:
    """The page of the minutes: who was there, what was said, and a resolution if one is begun."""

    def __init__(self, meeting: Meeting, data=None):
        is_written = data is not None and "minutes" in data  # they are not asked for before the meeting was held
        is_resolved = is_written and bool(data.get("text", "").strip() or data.get("owner"))
        self.meeting = meeting
        self.attendance = AttendanceForm(meeting, data)
        self.minutes = MinutesForm(data if is_written else None, initial={"minutes": meeting.minutes})
        self.resolution = ResolutionForm(meeting, data if is_resolved else None)

    def ticked(self) -> set[str]:
        """The keys of the invitations that are ticked: as they were sent, or who was there, or said to come."""
        if self.attendance.is_bound:
            return set(self.attendance["attended"].value() or ())
        invitations = self.meeting.invitations.all()
        return {
            str(each.pk) for each in invitations if each.attended or (each.attended is None and each.answer == "yes")
        }

    def _sent(self) -> list[forms.Form]:
        return [form for form in (self.attendance, self.minutes, self.resolution) if form.is_bound]

    def are_valid(self) -> bool:
        return all(form.is_valid() for form in self._sent())

    def inputs(self) -> dict:
        """What `record` takes."""
        inputs = dict(self.attendance.cleaned_data)
        if self.minutes.is_bound:
            inputs |= self.minutes.cleaned_data
        return inputs | {"resolution": self.resolution.inputs() if self.resolution.is_bound else None}

    def take(self, error: ValidationError) -> bool:
        """Put what a service refused to its fields; whether there is one for it."""
        fields = set(getattr(error, "error_dict", ()))
        for form in self._sent():
            if fields and fields <= set(form.fields):
                add_refusal(form, error)
                return True
        return False


class WordForm(forms.Form):
    word = LineField(max_length=WORD_LENGTH, required=False, label=_("What was done"))
