"""What the pages of double check-in send; the services decide."""

from collections.abc import Iterable

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.access import SeveralSuccessors
from grids.forms import DayField, RowsField, TextField
from grids.models import Grid, Level, Organisation, User, load_ancestors
from grids.text import TEXT_LENGTH
from volunteers.enrolments.access import find_place
from volunteers.enrolments.workflow import EnrolmentState
from volunteers.models import MemberEnrolment, Offer, OrganisationEnrolment, Skill
from volunteers.services import Giving
from volunteers.times import ANY_TIME, DAYS, PARTS, slots_of, times_of

MOST_NAMED = 8  # of those that fit a word
MOST_PLACES = 300
NOT_A_CHOICE = _("Something that was sent is none of the choices. Choose again.")


class FoundField(TextField):
    """One of many by a part of its name: the only one that fits, or the one that is called just so."""

    def find(self, words: str) -> QuerySet:
        raise NotImplementedError

    def called(self, rows: Iterable) -> list[str]:
        raise NotImplementedError

    def clean(self, value: str):
        words = super().clean(value)
        if not words:
            return None
        found = list(self.find(words)[: MOST_NAMED + 1])
        named = [row for row in found if row.name == words.split()[-1]]
        if len(found) == 1 or len(named) == 1:
            return (found if len(found) == 1 else named)[0]
        if not found:
            raise ValidationError(_("Nothing is called so. Look at the name again, or write a shorter part of it."))
        names = "、".join(self.called(found[:MOST_NAMED]))
        if len(found) > MOST_NAMED:
            raise ValidationError(
                _("Many are called so, such as %(names)s. Write more of the name.") % {"names": names}
            )
        raise ValidationError(_("Several are called so. Write one of them in full: %(names)s.") % {"names": names})


class CommunityField(FoundField):
    """A community by name, by street and name, by the initials of either, or by code."""

    def find(self, words: str) -> QuerySet[Grid]:
        return Grid.objects.active().filter(level=Level.COMMUNITY).search(words).order_by("lft")

    def called(self, rows: Iterable[Grid]) -> list[str]:
        rows = list(rows)
        load_ancestors(rows)
        return [grid.full_name for grid in rows]


class OrganisationField(FoundField):
    """An organisation in use by a part of its name."""

    def find(self, words: str) -> QuerySet[Organisation]:
        named = Organisation.objects.active().filter(name__icontains=words)
        return (named | Organisation.objects.active().filter(initials__startswith=words.lower())).order_by("position")

    def called(self, rows: Iterable[Organisation]) -> list[str]:
        return [organisation.name for organisation in rows]


class OffersForm(forms.Form):
    """What is offered, when, and a word about it; no time ticked means any."""

    skills = RowsField(
        Skill.objects.none(), label=_("What can be offered"), required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": NOT_A_CHOICE, "invalid_pk_value": NOT_A_CHOICE},
    )  # fmt: skip
    times = forms.MultipleChoiceField(
        label=pgettext_lazy("offer", "When"),
        required=False,
        choices=[(f"{day}-{part}", "") for day in range(len(DAYS)) for part in range(len(PARTS))],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )
    note = TextField(label=_("more about it"), max_length=200, required=False)

    def __init__(self, *args, offers: Iterable[Offer] = (), **options):
        super().__init__(*args, **options)
        offers = list(offers)
        known = Q(is_active=True) | Q(pk__in=[offer.skill_id for offer in offers])
        self.fields["skills"].queryset = Skill.objects.filter(known)
        times = offers[0].times if offers else ANY_TIME
        self.initial |= {
            "skills": [offer.skill_id for offer in offers],
            "times": [] if times == ANY_TIME else [f"{day}-{part}" for day, part in slots_of(times)],
            "note": offers[0].note if offers else "",
        }

    def week(self) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """The days with their parts: value, word, and whether it is ticked."""
        ticked = set(self["times"].value() or ())
        return [
            (day, [(f"{at}-{one}", part.label, f"{at}-{one}" in ticked) for one, part in enumerate(PARTS)])
            for at, day in enumerate(DAYS)
        ]

    def offers(self) -> list[Giving]:
        given = self.cleaned_data
        slots = [tuple(map(int, one.split("-"))) for one in given["times"]]
        times = times_of(slots) if slots else ANY_TIME
        return [Giving(skill, times, given["note"]) for skill in given["skills"]]


class ReportForm(OffersForm):
    """A member's report. `now` is where they are enrolled already: then a move is offered."""

    grid = CommunityField(
        label=_("community where you live or serve"), max_length=64,
        error_messages={"required": _("Write the name of the community.")},
    )  # fmt: skip
    organisation = OrganisationField(
        label=_("your organisation"),
        max_length=64,
        error_messages={
            "required": _(
                "Write the organisation that you are a member of. If it is not there, ask its representative or your "
                "community to enter it."
            )
        },
    )
    is_moving = forms.BooleanField(required=False)  # the button says so

    field_order = ["grid", "organisation", "is_moving"]

    def __init__(self, now: MemberEnrolment | None, data=None, *, initial: dict | None = None):
        offers = now.offers.filter(withdrawn_on=None).select_related("skill") if now else ()
        own = {"organisation": now.organisation.name} if now else {}
        super().__init__(data, offers=offers, initial=own | (initial or {}))
        if now is None:
            del self.fields["is_moving"]

    def report(self) -> dict:
        names = ("grid", "organisation", "is_moving")
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data} | {
            "offers": self.offers()
        }


class TermsForm(OffersForm):
    """Who of an organisation is asked and until when, beside what it offers."""

    contact = forms.ModelChoiceField(
        User.objects.none(), label=_("contact"), required=False, empty_label=_("nobody in particular"),
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )  # fmt: skip
    until = DayField(
        label=pgettext_lazy("enrolment", "until"), required=False, help_text=_("Left empty: until it is ended.")
    )

    def __init__(self, organisations: Iterable[Organisation], *args, **options):
        super().__init__(*args, **options)
        self.fields["contact"].queryset = _people_of(organisations)

    def terms(self) -> dict:
        return {"offers": self.offers(), **{name: self.cleaned_data[name] for name in ("contact", "until")}}

    @classmethod
    def of(cls, enrolment: OrganisationEnrolment, data=None) -> "TermsForm":
        offers = enrolment.offers.filter(withdrawn_on=None).select_related("skill")
        initial = {"contact": enrolment.contact_id, "until": enrolment.until}
        form = cls([enrolment.organisation], data, offers=offers, initial=initial)
        form.fields["contact"].queryset |= User.objects.filter(pk=enrolment.contact_id).distinct()
        return form


def _people_of(organisations: Iterable[Organisation]) -> QuerySet[User]:
    """Who represents them and who is enrolled as of them; where they have nobody yet, nobody."""
    enrolled = MemberEnrolment.objects.current().filter(organisation__in=organisations).values("user")
    found = User.objects.filter(Q(organisations__in=organisations) | Q(pk__in=enrolled), is_active=True)
    return found.distinct().order_by("name", "pk")


class OrganisationReportForm(TermsForm):
    """An organisation's report: by who represents it, of one of theirs; by a community, of whichever comes to it."""

    grid = CommunityField(
        label=_("community"), max_length=64, error_messages={"required": _("Write the name of the community.")}
    )
    since = DayField(label=pgettext_lazy("enrolment", "from"), required=False)

    field_order = ["organisation", "grid", "since", "until", "contact"]

    def __init__(self, own: list[Organisation], data=None, *, initial: dict | None = None):
        super().__init__(own, data, initial={"since": timezone.localdate()} | (initial or {}))
        if own:
            field = forms.ModelChoiceField(
                Organisation.objects.filter(pk__in=[one.pk for one in own]),
                label=_("organisation"),
                empty_label=None,
                error_messages={"invalid_choice": NOT_A_CHOICE, "required": NOT_A_CHOICE},
            )
        else:
            field = OrganisationField(
                label=_("organisation"), max_length=64, error_messages={"required": _("Write the organisation.")}
            )
            del self.fields["contact"]
        self.fields["organisation"] = field
        self.order_fields(self.field_order)

    def terms(self) -> dict:
        return {"contact": None} | {"offers": self.offers()} | {
            name: self.cleaned_data[name] for name in ("organisation", "grid", "since", "until", "contact")
            if name in self.cleaned_data
        }  # fmt: skip


class TextForm(forms.Form):
    """A word with an answer."""

    text = TextField(max_length=TEXT_LENGTH, required=False)


class PlaceForm(forms.Form):
    """With which grid of the community a member serves."""

    place = forms.TypedChoiceField(label=_("serves with"), error_messages={"invalid_choice": NOT_A_CHOICE})
    with_post = forms.BooleanField(
        label=_("with a post of volunteers there"),
        required=False,
        help_text=_("They may then file cases and are asked as grid staff; the post ends with the enrolment."),
    )

    def __init__(self, enrolment: MemberEnrolment, data=None):
        place = enrolment.place or enrolment.grid
        has_post = bool(enrolment.post and enrolment.post.is_active)
        super().__init__(data, initial={"place": place.code, "with_post": has_post})
        inside = Grid.objects.active().within(enrolment.grid).filter(level__lte=Level.BUILDING)
        by_code = {grid.code: grid for grid in inside.order_by("lft")[:MOST_PLACES]}
        self.fields["place"].choices = [(code, grid.name) for code, grid in by_code.items()]
        self.fields["place"].coerce = by_code.__getitem__


class GridFilter(forms.Form):
    """Filters that every list here has: a grid in one's area."""

    grid = forms.CharField(max_length=18, required=False)

    def __init__(self, user: User, data=None):
        super().__init__(data)
        self.user = user
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = _("This filter is not known. Choose one of the list.")

    def clean_grid(self) -> Grid | None:
        code = self.cleaned_data["grid"]
        try:
            grid = find_place(self.user, code) if code else None
        except SeveralSuccessors as error:
            raise ValidationError(str(error)) from error
        if code and grid is None:
            raise ValidationError(_("There is no such grid in your area."))
        return grid

    def chosen_grid(self) -> Grid | None:
        return self.cleaned_data.get("grid") if self.is_valid() else None


STATES = [("", _("current")), *EnrolmentState.choices, ("all", pgettext_lazy("enrolments", "all"))]


class EnrolmentFilter(GridFilter):
    """Of organisations' enrolments: in which state, of which organisation."""

    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)
    organisation = forms.ModelChoiceField(
        Organisation.objects.all(), required=False,
        error_messages={"invalid_choice": _("There is no such organisation.")},
    )  # fmt: skip
    search = TextField(max_length=64, required=False)

    def filtered(self, rows: QuerySet) -> QuerySet:
        """Those that fit every filter, the current ones without another word; none when a filter is wrong."""
        if not self.is_valid():
            return rows.none()
        given = self.cleaned_data
        if given["state"] != "all":
            rows = rows.filter(state=given["state"]) if given["state"] else rows.current()
        if given["grid"]:
            rows = self.at(rows, given["grid"])
        if given["organisation"]:
            rows = rows.filter(organisation=given["organisation"])
        return self.found(rows, given["search"]) if given["search"].strip() else rows

    def at(self, rows: QuerySet, grid: Grid) -> QuerySet:
        return rows.within(grid)

    def found(self, rows: QuerySet, words: str) -> QuerySet:
        return rows.filter(organisation__name__icontains=words.strip())

    def chosen(self) -> list[tuple[str, object]]:
        """The filters that were given, in words."""
        given = self.cleaned_data if self.is_valid() else {}
        state = dict(STATES).get(given.get("state", ""), "")
        names = ("grid", "organisation")
        return [
            (_("State"), state),
            *((_(name), given.get(name)) for name in names),
            (_("Search"), given.get("search")),
        ]


class MemberFilter(EnrolmentFilter):
    """Of members' enrolments. A grid below the community means those placed there."""

    def at(self, rows: QuerySet, grid: Grid) -> QuerySet:
        return rows.within(grid) if grid.level <= Level.COMMUNITY else rows.filter(place=grid)

    def found(self, rows: QuerySet, words: str) -> QuerySet:
        words = words.strip()
        return rows.filter(Q(user__name__icontains=words) | Q(organisation__name__icontains=words))


class FiguresForm(GridFilter):
    """By what reports are counted."""

    BY = [("organisation", _("organisation")), ("community", _("community")), ("place", _("grid"))]

    by = forms.ChoiceField(choices=BY, required=False)

    def chosen_by(self) -> str:
        return (self.cleaned_data.get("by") if self.is_valid() else "") or "community"


class OfferFilter(GridFilter):
    """Of offers: of which skill, and whether anybody has used them."""

    skill = forms.ModelChoiceField(
        Skill.objects.all(), label=_("skill"), required=False, empty_label=_("All"),
        error_messages={"invalid_choice": _("This filter is not known. Choose one of the list.")},
    )  # fmt: skip
    unused = forms.BooleanField(label=_("used by nobody"), required=False)
