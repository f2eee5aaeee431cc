"""What the pages of activities send: forms read and shape it, the services decide."""

import uuid
from datetime import datetime, timedelta

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.meetings.forms import LineField
from branches.photo_fields import PhotosField
from grids.forms import MomentField, RowsField, TextField
from grids.models import User
from grids.text import TEXT_LENGTH, TITLE_LENGTH
from volunteers.activities.access import walk_ins
from volunteers.models import Activity, ActivityKind, Skill
from volunteers.models.activity import MOST_PLACES, PLACE_LENGTH, PLACES_TEXT
from volunteers.services import MOST_PICTURES, Plan

LENGTHS = (30, 60, 90, 120, 150, 180, 240, 300, 360, 480)  # minutes
MOST_FOUND = 20  # by name; who is not among them is found by more of the name
CODE_FIELD_LENGTH = 32  # with spaces and hyphens


class TextareaField(TextField):
    """Several lines."""

    def __init__(self, *, rows: int, **options):
        widget = forms.Textarea(attrs={"class": "form-control", "rows": rows})
        super().__init__(max_length=TEXT_LENGTH, widget=widget, **options)


class ActivityForm(forms.Form):
    """What, where, when, for how many and with what. The hidden key makes a form that is sent twice plan one."""

    kind = forms.ModelChoiceField(
        ActivityKind.objects.none(), label=_("kind"), empty_label=None,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose what kind of activity it is.")),
    )  # fmt: skip
    title = LineField(
        max_length=TITLE_LENGTH, label=pgettext_lazy("activity", "title"),
        error_messages={"required": _("Name the activity.")},
    )  # fmt: skip
    place = LineField(
        max_length=PLACE_LENGTH, label=pgettext_lazy("activity", "place"), error_messages={"required": _("Say where.")}
    )
    starts_at = MomentField(
        label=_("begins"),
        error_messages={"required": _("Say when it begins."), "invalid": _("Say when it begins: day and time.")},
    )
    minutes = forms.TypedChoiceField(
        label=_("takes"), coerce=int, choices=[], widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": _("Choose how long it takes.")},
    )  # fmt: skip
    places = forms.IntegerField(
        label=pgettext_lazy("activity", "places"), required=False, min_value=1, max_value=MOST_PLACES,
        widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"}),
        help_text=_("Empty for as many as come."),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), PLACES_TEXT),
    )  # fmt: skip
    needs = TextareaField(rows=3, required=False, label=_("what to bring, what to wear"))
    skills = RowsField(
        Skill.objects.none(), required=False, label=_("skills that help"),
        error_messages=dict.fromkeys(("invalid_choice", "invalid_pk_value"), _("Choose skills of the list.")),
    )  # fmt: skip
    is_public = forms.BooleanField(label=_("Told of on the community’s public page"), required=False)
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, *, activity: Activity | None = None, at: datetime | None = None):
        super().__init__(data, initial=_initial_of(activity) if activity else _fresh(at))
        lengths = {*LENGTHS, self.initial["minutes"]}
        self.fields["minutes"].choices = [(one, _("%(minutes)d minutes") % {"minutes": one}) for one in sorted(lengths)]
        kinds, skills = Q(is_active=True), Q(is_active=True)
        if activity:  # what it has stays, whatever the list says by now
            kinds |= Q(pk=activity.kind_id)
            skills |= Q(activities=activity)
        self.fields["kind"].queryset = ActivityKind.objects.filter(kinds)
        self.fields["skills"].queryset = Skill.objects.filter(skills).distinct()

    def plan(self) -> Plan:
        """What the services take."""
        given = self.cleaned_data
        names = ("kind", "title", "place", "starts_at", "places", "needs", "skills", "is_public")
        ends_at = given["starts_at"] + timedelta(minutes=given["minutes"])
        return Plan(ends_at=ends_at, **{name: given[name] for name in names})

    def chosen_skills(self) -> set[str]:
        return {str(getattr(one, "pk", one)) for one in self["skills"].value() or ()}


def _fresh(at: datetime | None) -> dict:
    """A guess that is easily changed: the same weekday of the next week, at nine."""
    day = timezone.localtime(at) + timedelta(days=7)
    starts_at = day.replace(hour=9, minute=0, second=0, microsecond=0)
    return {"starts_at": starts_at, "minutes": 120, "is_public": True, "key": uuid.uuid4()}


def _initial_of(activity: Activity) -> dict:
    names = ("kind", "title", "place", "places", "needs", "is_public")
    return {name: getattr(activity, name) for name in names} | {
        "starts_at": timezone.localtime(activity.starts_at),
        "minutes": int((activity.ends_at - activity.starts_at).total_seconds() // 60),
        "skills": list(activity.skills.all()),
    }


class ReasonForm(forms.Form):
    reason = LineField(max_length=200, required=False, label=pgettext_lazy("activity", "Why it does not take place"))


class AttendanceForm(forms.Form):
    """Which of those on the list were there, by the keys of their rows, and who came without having signed up."""

    present = forms.TypedMultipleChoiceField(
        coerce=int, required=False,
        error_messages={"invalid_choice": _("The list has changed meanwhile. Tick it anew.")},
    )  # fmt: skip

    walked_in = RowsField(
        User.objects.none(), required=False,
        error_messages=dict.fromkeys(
            ("invalid_choice", "invalid_pk_value"), _("Choose people who serve or work there.")
        ),
    )  # fmt: skip
    search = LineField(
        max_length=64, required=False, label=pgettext_lazy("activity", "Somebody came without having signed up")
    )

    def __init__(self, activity: Activity, rows, data=None):
        super().__init__(data)
        self.activity = activity
        self.fields["present"].choices = [(row.pk, row.pk) for row in rows]
        self.fields["walked_in"].queryset = walk_ins(activity)

    def attendance(self) -> dict:
        """What the service takes."""
        return {name: self.cleaned_data[name] for name in ("present", "walked_in")}

    def found(self) -> list[tuple[User, bool]]:
        """Who was chosen already and whom the search finds by name, each with whether they are ticked."""
        keys = [key for key in self["walked_in"].value() or () if key.isascii() and key.isdigit() and len(key) < 19]
        words = (self["search"].value() or "").replace("\x00", "").strip()
        people = walk_ins(self.activity)
        chosen = list(people.filter(pk__in=keys)[:MOST_FOUND]) if keys else []
        named = list(people.filter(name__icontains=words).exclude(pk__in=keys)[:MOST_FOUND]) if words else []
        return [*((person, True) for person in chosen), *((person, len(named) == 1) for person in named)]


class ReportForm(forms.Form):
    """A few words, and photos if there are any."""

    report = TextareaField(
        rows=6,
        label=pgettext_lazy("activity", "what was done"),
        error_messages={"required": _("Say in a few words what was done.")},
    )
    photos = PhotosField(label=_("Photos"), most=MOST_PICTURES)
    removed = forms.TypedMultipleChoiceField(
        required=False, coerce=int,
        error_messages={"invalid_choice": _("The photos have changed meanwhile. Look at them anew.")},
    )  # fmt: skip

    def __init__(self, user: User, activity: Activity, data=None, files=None):
        super().__init__(data, files, initial={"report": activity.report})
        self.fields["photos"].uploader = user
        self.kept = list(activity.pictures.order_by("pk"))
        self.fields["removed"].choices = [(picture.pk, picture.pk) for picture in self.kept]


class CodeForm(forms.Form):
    """The code on a certificate."""

    code = TextField(
        max_length=CODE_FIELD_LENGTH, label=_("Code"),
        error_messages={"required": _("Type the code that is on the certificate.")},
    )  # fmt: skip
