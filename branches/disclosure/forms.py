"""What the pages of publications and stories are asked; the services decide."""

from datetime import date, timedelta

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from branches.disclosure import tellers
from branches.disclosure.access import storied_grids, tellable_grids
from branches.disclosure.workflow import State
from branches.models import Publication, Story, StoryConsent, StoryPicture
from branches.models.resource import FIRST_YEAR, LAST_YEAR
from branches.photo_fields import PhotosField
from branches.services.publishing import PERIODS
from branches.services.stories import MOST_PICTURES
from grids.forms import DayField, KeyField, TextField
from grids.models import Grid, User, load_ancestors
from grids.text import TEXT_LENGTH, TITLE_LENGTH

Kind = Publication.Kind
Moment = StoryPicture.Moment
MOST_GRIDS = 200  # that a choice shows; a link from a grid's page brings any other


class PlaceChoice(forms.ModelChoiceField):
    """One of the streets and communities that the person tells of, by its code."""

    default_error_messages = {
        "required": _("Choose the place."),
        "invalid_choice": _("There is no such place that you publish for."),
    }

    def __init__(self):
        super().__init__(Grid.objects.none(), to_field_name="code", label=_("street or community"))

    def offer(self, places: QuerySet[Grid], chosen: Grid | None) -> list[Grid]:
        self.queryset = places
        grids = list(self.queryset[:MOST_GRIDS])
        grids += [chosen] if chosen and chosen not in grids else []
        load_ancestors(grids)
        return grids


class Reason(forms.Form):
    reason = TextField(label=_("reason"), max_length=200, required=False)


class PublicationForm(forms.Form):
    """What is made public. The hidden key makes a form that is sent twice one publication."""

    grid = PlaceChoice()
    kind = forms.ChoiceField(
        choices=Kind, widget=forms.HiddenInput, error_messages={"invalid_choice": _("Choose what it is.")}
    )
    title = TextField(
        label=_("title"), max_length=TITLE_LENGTH, error_messages={"required": _("Give it a title of one line.")}
    )
    text = TextField(label=_("text"), max_length=TEXT_LENGTH, required=False)
    month = forms.DateField(
        label=_("month"), required=False, input_formats=["%Y-%m"],
        error_messages={"invalid": _("Choose a month, as 2026-10.")},
    )  # fmt: skip
    year = forms.IntegerField(
        label=_("year"), required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR,
        error_messages={"invalid": _("Choose the year.")},
    )  # fmt: skip
    takes_place_on = DayField(label=_("takes place on"), required=False)
    idempotency_key = KeyField()

    def __init__(self, user: User, kind: str, data=None, *, grid: Grid | None = None, gist: tellers.Gist | None = None):
        initial = {"kind": kind, "grid": grid and grid.code}
        super().__init__(data, initial=initial | _begun(kind, gist))
        self.shown_kind = kind
        self.grids = self.fields["grid"].offer(tellable_grids(user), grid)

    @property
    def asks_text(self) -> bool:
        return self.shown_kind not in PERIODS


def _begun(kind: str, gist: tellers.Gist | None) -> dict:
    """What a form of this kind begins with; of a case its category and outcome, and never a word of its own."""
    if gist:
        return {"title": gist.category, "text": gist.told or gist.outcome}
    today = timezone.localdate()
    if kind == Kind.FIGURES:
        month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
        title = gettext("What was reported in %(month)s, and what became of it")
        return {"month": f"{month:%Y-%m}", "title": title % {"month": date_format(month, "YEAR_MONTH_FORMAT")}}
    if kind == Kind.RESOURCES:
        return {"year": today.year, "title": gettext("Resources spent in %(year)d") % {"year": today.year}}
    return {}


class StoryFilter(forms.Form):
    """Which stories are wanted; all, unless told otherwise."""

    state = forms.ChoiceField(
        choices=State, required=False,
        error_messages={"invalid_choice": _("This filter is not known. Choose one of the list.")},
    )  # fmt: skip


class StoryForm(forms.Form):
    """A story's text and photos; those that staff took in the case are offered to be chosen."""

    title = TextField(
        label=_("title"), max_length=TITLE_LENGTH, error_messages={"required": _("Give it a title of one line.")}
    )
    before = TextField(label=_("how it was before"), max_length=TEXT_LENGTH, required=False)
    after = TextField(
        label=_("what was done, and how it is now"), max_length=TEXT_LENGTH,
        error_messages={"required": _("Write what was done, and how it is now.")},
    )  # fmt: skip
    shows_people = forms.BooleanField(label=_("Somebody is named, or can be recognised in a photo"), required=False)
    photos_before = PhotosField(label=_("Photos of before"), most=MOST_PICTURES)
    photos_after = PhotosField(label=_("Photos of after"), most=MOST_PICTURES)
    chosen_before = forms.MultipleChoiceField(required=False)
    chosen_after = forms.MultipleChoiceField(required=False)
    removed = forms.TypedMultipleChoiceField(required=False, coerce=int)
    idempotency_key = KeyField()

    def __init__(
        self,
        user: User,
        photos: list[tellers.Photo],
        data=None,
        files=None,
        *,
        story: Story | None = None,
        gist: tellers.Gist | None = None,
    ):
        initial = {"title": gist.category, "after": gist.told} if gist else {}
        if story:
            initial |= {name: getattr(story, name) for name in ("title", "before", "after", "shows_people")}
        super().__init__(data, files, initial=initial)
        self.photos = photos
        for moment in Moment.values:
            self.fields[f"chosen_{moment}"].choices = [(photo.key, photo.name) for photo in photos]
            self.fields[f"photos_{moment}"].uploader = user
        self.kept = list(story.pictures.select_related("picture")) if story else []
        self.fields["removed"].choices = [(picture.pk, picture.pk) for picture in self.kept]

    def inputs(self) -> dict:
        """What the services take, but for place and source."""
        given = {name: self.cleaned_data[name] for name in ("title", "before", "after", "shows_people")}
        photos = {moment: self.cleaned_data[f"photos_{moment}"] for moment in Moment.values}
        chosen = {moment: self.cleaned_data[f"chosen_{moment}"] for moment in Moment.values}
        return given | {"photos": photos, "chosen": chosen}


class PlacedStoryForm(StoryForm):
    """A new story, with the place that it is of."""

    grid = PlaceChoice()

    def __init__(
        self,
        user: User,
        photos: list[tellers.Photo],
        data=None,
        files=None,
        *,
        grid: Grid | None = None,
        gist: tellers.Gist | None = None,
    ):
        super().__init__(user, photos, data, files, gist=gist)
        self.initial["grid"] = grid and grid.code
        self.grids = self.fields["grid"].offer(storied_grids(user), grid)


class ConsentForm(forms.Form):
    """That somebody agreed to be named or shown."""

    name = TextField(
        label=_("name as published"),
        max_length=64,
        error_messages={"required": _("Say who agreed, as the story calls them.")},
    )
    how = forms.ChoiceField(
        label=_("how they agreed"), choices=StoryConsent.How, widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose how they agreed.")),
    )  # fmt: skip
    agreed_on = DayField(label=_("agreed on"))

    def __init__(self, data=None):
        super().__init__(data, initial={"agreed_on": date.isoformat(timezone.localdate())})
