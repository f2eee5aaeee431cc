"""The filters of the list of cases: what they take, which cases fit, and how they are said."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, IntegerField, Q, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from branches.access import visible_branches
from branches.models import Branch
from events.figures.days import DAY, midnight
from events.figures.measures import MEASURES, Day, Measure
from events.figures.scope import Scope
from events.figures.standing import STOCKS, stood
from events.forms import SEARCH_LENGTH
from events.indicators import INDICATORS, Indicator
from events.models import Category, Event, SavedFilter
from events.models.event import EventQuerySet
from events.paging import Found, by_index
from events.searching import Search, read_searches
from events.wording import place
from events.workflow import Loop, Status
from grids.access import SeveralSuccessors, find_grid, visible_grids, visible_organisations
from grids.forms import DayInput, TextField
from grids.models import Grid, Organisation, User, load_ancestors

FILTER_NAMES = {
    "search": _("Search"),
    "mine": _("Mine"),
    "status": _("State"),
    "loop": _("Loop"),
    "start_loop": _("Loop where it started"),
    "top_loop": _("Highest loop"),
    "grid": _("Grid"),
    "former": _("Before it went out of use"),
    "directly": _("On this very grid"),
    "branch": _("Party branch"),
    "category": _("Category"),
    "days": _("Filed in"),
    "since": _("Filed from"),
    "until": _("Filed until"),
    "overdue": _("Overdue"),
    "figure": _("Figure"),
    "on": _("As the day began"),
    "organisation": _("Organisation that handles it"),
    "sort": _("Order"),
}
CLOSED_NAMES = {"days": _("Closed in"), "since": _("Closed from"), "until": _("Closed until")}
FIGURES: dict[str, Measure | Indicator] = {**MEASURES, **INDICATORS}
# What a figure is counted by, and how its links tell a part of it; whatever else is chosen narrows the list alone.
SCOPE_NAMES = ("figure", "grid", "former", "category", "organisation", "days", "since", "until")
PART_NAMES = ("on", "directly", "loop", "start_loop", "top_loop")
MOST_COUNTED = 99
DAYS = date(1900, 1, 1), date(9000, 1, 1)  # beyond them a day in another time zone may be none any more


class Major(str):
    """All minors of a major, as a filter."""


class Lookups:
    """What filters name: categories, grids and words, looked up once for all the forms of one person."""

    def __init__(self, user: User, queries: Iterable[dict[str, str]] = ()):
        """`queries` tells what will be asked for, to get it with one query of each kind."""
        self.user, self.queries = user, list(queries)

    @cached_property
    def categories(self) -> list[Category]:
        return list(Category.objects.all())

    @cached_property
    def _grids(self) -> dict[str, Grid]:
        codes = {query["grid"] for query in self.queries if "grid" in query}
        used = list(visible_grids(self.user).filter(code__in=codes, retired_at=None)) if codes else []
        load_ancestors(used)
        return {grid.code: grid for grid in used}

    @cached_property
    def _searches(self) -> dict[str, Search]:
        return read_searches({query["search"] for query in self.queries if "search" in query})

    def category(self, given: str) -> Category | Major | None:
        """A minor by its key, or a major by its name."""
        if any(category.major == given for category in self.categories):
            return Major(given)
        return next((category for category in self.categories if str(category.pk) == given), None)

    def grid(self, code: str) -> Grid | None:
        return self._grids.get(code) or find_grid(self.user, code)

    def former_grid(self, code: str) -> Grid | None:
        """The grid of this code itself, though another took its place: what ended there stayed there."""
        return visible_grids(self.user).filter(code=code, retired_at__isnull=False).first()

    def organisation(self, key: int | str) -> Organisation | None:
        """One of the person's area, or one from elsewhere that handles a case which they see."""
        found = visible_organisations(self.user).filter(pk=key).first()
        if found is None and Event.objects.visible_to(self.user).filter(organisation=key).exists():
            found = Organisation.objects.get(pk=key)
        return found

    def search(self, text: str) -> Search:
        return self._searches.get(text) or self._searches.setdefault(text, read_searches([text])[text])


class Chosen(NamedTuple):
    """A filter that was given, in the words of the page; `rest` is the query of a link that takes it away."""

    name: str
    label: str | Promise
    value: str
    rest: str


class FilterForm(forms.Form):
    """The filters of the list, all optional and all together."""

    OPEN = "open"
    MINE = (("waiting", _("waiting for me")), ("filed", _("filed by me")), ("handled", _("handled by me")))
    DAYS = (("1", _("today")), ("7", _("the last 7 days")), ("30", _("the last 30 days")), ("365", _("the last year")))
    SORTS = (("newest", _("newest first")), ("due", _("due first")))

    search = TextField(max_length=SEARCH_LENGTH, required=False)
    mine = forms.ChoiceField(choices=MINE, required=False)
    status = forms.ChoiceField(choices=[(OPEN, _("all open")), *Status.choices], required=False)
    loop = forms.ChoiceField(choices=Loop, required=False)
    start_loop = forms.ChoiceField(choices=Loop, required=False)
    top_loop = forms.ChoiceField(choices=Loop, required=False)
    former = forms.BooleanField(required=False)
    grid = TextField(max_length=18, required=False)
    directly = forms.BooleanField(required=False)
    branch = TextField(max_length=9, required=False)
    category = TextField(max_length=64, required=False)
    days = forms.ChoiceField(choices=DAYS, required=False)
    since = forms.DateField(required=False, widget=DayInput)
    until = forms.DateField(required=False, widget=DayInput)
    overdue = forms.BooleanField(required=False)
    figure = forms.ChoiceField(choices=[(name, each.title) for name, each in FIGURES.items()], required=False)
    on = forms.DateField(required=False, widget=DayInput)
    organisation = TextField(max_length=9, required=False)
    sort = forms.ChoiceField(choices=SORTS, required=False)

    def __init__(self, user: User, data=None, lookups: Lookups | None = None):
        super().__init__(data)
        self.user, self.lookups = user, lookups or Lookups(user)
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = _("This filter is not known. Choose one of the list.")
            field.error_messages["invalid"] = _("Choose the date, as 2026-12-31.")

    def clean_grid(self) -> Grid | None:
        code = self.cleaned_data["grid"]
        try:
            find = self.lookups.former_grid if self.cleaned_data.get("former") else self.lookups.grid
            grid = find(code) if code else None
        except SeveralSuccessors as error:
            raise ValidationError(str(error)) from error
        if code and grid is None:
            raise ValidationError(_("There is no such grid in your area."))
        return grid

    def clean_organisation(self) -> Organisation | None:
        key = self.cleaned_data["organisation"]
        is_key = key.isascii() and key.isdigit()
        organisation = self.lookups.organisation(key) if is_key else None
        if key and organisation is None:
            raise ValidationError(_("There is no such organisation in your area."))
        return organisation

    def clean_branch(self) -> Branch | None:
        key = self.cleaned_data["branch"]
        is_key = key.isascii() and key.isdigit()
        branch = visible_branches(self.user).filter(pk=key).first() if is_key else None
        if key and branch is None:
            raise ValidationError(_("There is no such branch in your area."))
        return branch

    def clean_category(self) -> Category | Major | None:
        given = self.cleaned_data["category"]
        category = self.lookups.category(given) if given else None
        if given and category is None:
            raise ValidationError(self.fields["category"].error_messages["invalid_choice"], "invalid_choice")
        return category

    def clean_on(self) -> date | None:
        day = self.cleaned_data["on"]
        if day and not DAYS[0] <= day <= timezone.localdate():
            raise ValidationError(_("That day has not begun yet, or is too long ago."))
        if day and self.cleaned_data.get("figure") not in STOCKS:
            raise ValidationError(_("As a day began one can ask what was open, overdue or due today."))
        return day

    def clean(self) -> dict:
        given = self.cleaned_data
        if given.get("since") and given.get("until") and given["since"] > given["until"]:
            self.add_error("until", _("This day is before the first one."))
        return given

    def events(self, at: datetime) -> EventQuerySet:
        """The cases that the user may see and that fit every filter; none when a filter is wrong."""
        events = self._filtered(at)
        return by_index(events, self.searched) if self.is_searching() else events

    def found(self, at: datetime) -> EventQuerySet | Found:
        """As `events`, to be shown a page at a time."""
        events = self._filtered(at).with_related()
        return Found(events, self.searched) if self.is_searching() else events

    def is_searching(self) -> bool:
        return self.is_valid() and bool(self.cleaned_data["search"])

    @property
    def searched(self) -> Search:
        """What was typed, read; without words where nothing was."""
        return self.lookups.search(self.cleaned_data["search"]) if self.is_searching() else Search({})

    def _filtered(self, at: datetime) -> EventQuerySet:
        """In the order that was chosen, and without regard to words."""
        if not self.is_valid():
            return Event.objects.none()
        given, events = (
            self.cleaned_data,
            _mine(Event.objects.visible_to(self.user), self.cleaned_data["mine"], self.user),
        )
        if given["status"]:
            events = events.open() if given["status"] == self.OPEN else events.filter(status=given["status"])
        if given["overdue"]:
            events = events.overdue(at)
        if given["grid"]:
            events = events.filter(grid=given["grid"]) if given["directly"] else events.inside(given["grid"])
        if given["branch"]:
            events = events.of_branch(given["branch"])
        equal = ("loop", "start_loop", "top_loop", "organisation")
        events = events.filter(**{name: given[name] for name in equal if given[name]})
        figure = self.asked_figure
        if given["on"]:
            events = events.filter(stood(given["figure"], midnight(given["on"])))
        elif figure:
            events = events.profiled().filter(figure.at(at), is_confidential=False)
        events = events.filter(self._of_category(), *during(given, at, figure.day if figure else Day.FILED))
        if given["sort"] == "due":
            return events.filter(due_at__isnull=False).order_by(F("due_at").asc(), F("pk").asc())
        return events.order_by(F("filed_at").desc(), F("pk").desc())

    @property
    def asked_figure(self) -> Measure | Indicator | None:
        """What is counted, where the list was opened from a figure; of a rate it holds the cases below the line."""
        return FIGURES.get(self.cleaned_data["figure"]) if self.is_valid() else None

    def counted(self) -> "FilterForm":
        """The same figure without whatever else was chosen."""
        given = {name: text for name, text in self.given().items() if name in (*SCOPE_NAMES, *PART_NAMES)}
        form = FilterForm(self.user, given, self.lookups)
        form.full_clean()
        return form

    def is_of_a_part(self) -> bool:
        """Whether the figure is that of a part which no scope says, as in the links of the loops."""
        return bool(self.given().keys() & set(PART_NAMES))

    def narrows_figure(self) -> bool:
        """Whether more is chosen than what the figure is counted by."""
        return bool(self.given().keys() - {*SCOPE_NAMES, *PART_NAMES, "sort"})

    def scope(self, at: datetime) -> Scope | None:
        """What the figure is about; None where no grid is chosen."""
        given = self.cleaned_data
        if not given["grid"]:
            return None
        category, categories = self.given().get("category", ""), tuple(self._categories())
        return Scope(given["grid"], *self.period(at), category, categories, given["organisation"] or None)

    def period(self, at: datetime) -> tuple[date | None, date | None]:
        """The first and the last day that is asked for."""
        given = self.cleaned_data
        since, until = given["since"], given["until"]
        if given["days"]:
            since = max(since or DAYS[0], _first_of(given["days"], at))
        return since and _in_time(since), until and _in_time(until)

    def _of_category(self) -> Q:
        return Q(category__in=self._categories()) if self.cleaned_data["category"] else Q()

    def _categories(self) -> list[Category]:
        """The chosen minor, or all of the chosen major."""
        chosen = self.cleaned_data["category"]
        if isinstance(chosen, Major):
            return [each for each in self.lookups.categories if each.major == chosen]
        return [chosen] if chosen else []

    def kept(self) -> list[forms.BoundField]:
        """The filters that a link gives and no field of the page: they stay until they are taken away."""
        return [
            self[name]
            for name in ("figure", "on", "start_loop", "top_loop", "former", "directly", "organisation")
            if self[name].value()
        ]

    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.fields if name != "sort")

    def given(self) -> dict[str, str]:
        """What a link or a saved filter needs to say the same, of all filters that are good."""
        return {name: str(self.data[name]).strip() for name, value in self.cleaned_data.items() if value}

    def chosen(self) -> Iterator[Chosen]:
        """Each filter that was given and is one."""
        figure = self.asked_figure
        is_of_closing = figure and figure.day == Day.CLOSED
        names = FILTER_NAMES | CLOSED_NAMES if is_of_closing else FILTER_NAMES
        for name, value in getattr(self, "cleaned_data", {}).items():
            if value:
                choices = dict(getattr(self.fields[name], "choices", ()))
                rest = {other: text for other, text in self.given().items() if other != name}
                yield Chosen(name, names[name], _said(value, choices), urlencode(rest))


def _said(value: object, choices: dict) -> str:
    if isinstance(value, Grid):
        return _("%(grid)s (retired)") % {"grid": place(value)} if value.retired_at else place(value)
    return str(_("yes") if value is True else choices.get(value, value))


def _mine(events: EventQuerySet, mine: str, user: User) -> EventQuerySet:
    match mine:
        case "waiting":
            return events.waiting_for(user)
        case "filed":
            return events.filter(reporter=user)
        case "handled":
            represented = [organisation.pk for organisation in user.joint_organisations]
            return events.filter(Q(handler=user) | Q(partner=user) | Q(organisation__in=represented))
        case _all:
            return events


def during(given: dict, at: datetime, day: Day = Day.FILED) -> Iterator[Q]:
    """Whole days here, by `days`, `since` and `until`; the last seven days are today and the six before."""
    if given.get("days"):
        yield Q(**{f"{day}_at__gte": midnight(_first_of(given["days"], at))})
    if given.get("since"):
        yield Q(**{f"{day}_at__gte": midnight(_in_time(given["since"]))})
    if given.get("until"):
        yield Q(**{f"{day}_at__lt": midnight(_in_time(given["until"]) + DAY)})


def _first_of(days: str, at: datetime) -> date:
    """The first of so many days that end today."""
    return timezone.localdate(at) - (int(days) - 1) * DAY


def _in_time(day: date) -> date:
    first, last = DAYS
    return min(max(day, first), last)


# Saved filters


class CountUpTo(Subquery):
    """How many rows a query has that ends at a limit."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def saved_filters(user: User, at: datetime) -> list[SavedFilter]:
    """What a person has saved, with `form` and the `count` of cases now, at most `MOST_COUNTED` and one.

    A few queries for all of them. One that names what is no more, as a grid outside the person's area, has no count.
    """
    saved = list(user.saved_filters.all())
    lookups = Lookups(user, [each.query for each in saved])
    counts = {}
    for each in saved:
        each.form, each.count = FilterForm(user, each.query, lookups), None
        if each.form.is_valid():
            counts[f"count_{each.pk}"] = CountUpTo(each.form.events(at).order_by().values("pk")[: MOST_COUNTED + 1])
    if counts:
        numbers = User.objects.filter(pk=user.pk).values(**counts).get()
        for each in saved:
            each.count = numbers.get(f"count_{each.pk}")
    return saved
