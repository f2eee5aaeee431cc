"""What the pages of orders ask of people with an account; what may stand is for the services to say."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from grids.access import overseen_ranges, within, workable_grids
from grids.forms import KeyField, StyledForm, TextField, area
from grids.models import Grid, Level, Organisation, User, load_ancestors
from grids.text import TEXT_LENGTH
from volunteers.models import Service, ServiceKind, Skill
from volunteers.orders.access import desk_posts
from volunteers.orders.candidates import Candidate
from volunteers.orders.sources import Preset
from volunteers.orders.sources import find as find_source
from volunteers.orders.workflow import OrderRating, OrderState
from volunteers.services import Origin
from volunteers.services.orders import ADDRESS_LENGTH, NAME_LENGTH
from volunteers.times import ANY_TIME, DAYS, PARTS, slots_of, times_of

MOST_GRIDS = 300
WORKDAYS, WEEKEND = "workdays", "weekend"
DAYS_OF = {WORKDAYS: range(5), WEEKEND: range(5, len(DAYS))}
PHONE_FIELD_LENGTH = 32


class TimesFields(forms.Form):
    """When it suits, in two lines of boxes; nothing chosen is any time."""

    days = forms.MultipleChoiceField(
        label=_("Which days suit? None chosen: any day"),
        choices=[(WORKDAYS, _("Monday to Friday")), (WEEKEND, _("Saturday and Sunday"))],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    parts = forms.MultipleChoiceField(
        label=_("At what time? None chosen: any time"),
        choices=[(str(index), part.label) for index, part in enumerate(PARTS)],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def times(self) -> int:
        """The chosen days and parts as bits."""
        days = self.cleaned_data["days"] or list(DAYS_OF)
        parts = self.cleaned_data["parts"] or range(len(PARTS))
        return times_of((day, int(part)) for name in days for day in DAYS_OF[name] for part in parts)


def chosen_of(times: int) -> dict[str, list[str]]:
    """What the boxes begin with; nothing where any time suits."""
    if times == ANY_TIME:
        return {}
    slots = slots_of(times)
    days = [name for name, found in DAYS_OF.items() if any(day in found for day, _part in slots)]
    return {"days": days, "parts": sorted({str(part) for _day, part in slots})}


def writing_grids(user: User, asked: str = "") -> QuerySet[Grid]:
    """Where the user writes down orders, as a choice; where that is very much, by the posts and as asked."""
    usable = Grid.objects.active().filter(level__gte=Level.COMMUNITY, level__lte=Level.BUILDING)
    mine = usable.filter(Q(pk__in=workable_grids(user).values("pk")) | within(overseen_ranges(user), "lft"))
    if mine[: MOST_GRIDS + 1].count() <= MOST_GRIDS:
        return mine.order_by("lft")
    codes = [post.grid.code for post in user.active_posts] + ([asked] if asked.isascii() and asked.isdigit() else [])
    return mine.filter(Q(code__in=codes) | Q(parent__code__in=codes)).order_by("lft")


def offer_grids(field: forms.ModelChoiceField, grids: QuerySet[Grid]) -> None:
    """These grids as choices, by their full names, with one query for all that lies above."""
    field.queryset, found = grids, list(grids)
    load_ancestors(found)
    field.choices = [(grid.code, grid.full_name) for grid in found]


class OrderForm(StyledForm, TimesFields):
    """An order that somebody tells a worker. The hidden key makes a form that is sent twice order once."""

    field_order = ["grid", "service", "skill", "text", "days", "parts", "name", "phone", "address"]

    grid = forms.ModelChoiceField(
        Grid.objects.none(),
        to_field_name="code",
        label=_("Where it is needed"),
        empty_label=None,
        error_messages={
            "required": _("Choose where it is needed."),
            "invalid_choice": _("You write down orders for the grids where you work."),
        },
    )
    service = forms.ModelChoiceField(
        Service.objects.none(),
        required=False,
        label=_("Service of the catalogue"),
        empty_label=_("something else"),
        error_messages={"invalid_choice": _("This service is not in the catalogue any more.")},
    )
    skill = forms.ModelChoiceField(
        Skill.objects.filter(is_active=True),
        required=False,
        label=_("What it takes"),
        empty_label=_("not clear yet"),
        help_text=_("For something that is not in the catalogue: then those who offered it are suggested."),
        error_messages={"invalid_choice": _("Choose it from the list.")},
    )
    text = TextField(label=_("What is wanted"), max_length=TEXT_LENGTH, required=False, widget=area(4))
    name = TextField(label=_("Name of the resident"), max_length=NAME_LENGTH, required=False)
    phone = TextField(label=_("Phone"), max_length=PHONE_FIELD_LENGTH, required=False)
    address = TextField(
        label=_("Door"),
        max_length=ADDRESS_LENGTH,
        required=False,
        help_text=_("Name, phone and door are kept encrypted; only who holds the order and who accepts it may look."),
    )
    source = forms.CharField(max_length=96, required=False, widget=forms.HiddenInput)
    idempotency_key = KeyField(max_length=32)

    def __init__(self, user: User, data=None, *, grid: str = "", service: str = "", source: str = ""):
        self.user = user
        asked = (data.get("source", "") if data is not None else source)[:96]
        self.origin = find_source(user, asked) if asked else None
        super().__init__(data, initial=self._begin(grid, service, asked))
        code = data.get("grid", "") if data is not None else self.initial["grid"]
        grids = writing_grids(user, code)
        offer_grids(self.fields["grid"], grids)
        here = Grid.objects.filter(code=code).first() if code.isascii() and code.isdigit() else grids.first()
        if here:
            services = Service.objects.in_use().serving(here).with_providers()
            self.fields["service"].queryset = services.order_by("kind", "name", "pk")

    def _begin(self, grid: str, service: str, asked: str) -> dict[str, Any]:
        begin = {"grid": grid or _own_place(self.user), "service": service, "source": asked}
        if preset := self.preset:
            begin |= {"grid": preset.grid.code, "text": preset.text}
        return begin

    @property
    def preset(self) -> Preset | None:
        """What is known from what the order arises from."""
        return self.origin[2] if self.origin else None

    def clean_source(self) -> str:
        if self.cleaned_data["source"] and not self.origin:
            raise ValidationError(_("There is nothing such that you may write an order down from."))
        return self.cleaned_data["source"]

    def inputs(self) -> dict[str, Any]:
        """What `services.place_order` takes beside actor and time."""
        names = ("grid", "service", "skill", "text", "name", "phone", "address", "idempotency_key")
        origin = Origin(*self.origin[:2], self.preset.person) if self.origin else None
        return {name: self.cleaned_data[name] for name in names} | {"times": self.times(), "origin": origin}


def _own_place(user: User) -> str:
    """The code of a grid where the user works: the nearest to the doors."""
    posts = sorted(user.active_posts, key=lambda post: -post.grid.level)
    return posts[0].grid.code if posts else ""


class OrderStepForm(StyledForm):
    """The words that go with a step."""

    text = TextField(max_length=TEXT_LENGTH, required=False, widget=area(2))

    def __init__(self, data=None, *, action: str, label: str = ""):
        super().__init__(data, auto_id=f"{action}_%s")
        self.fields["text"].label = label

    def inputs(self) -> dict[str, Any]:
        """What its service takes beside order, actor and time."""
        return self.cleaned_data


class OrderRateForm(OrderStepForm):
    """What the resident says of it."""

    field_order = ["rating", "text"]

    rating = forms.ChoiceField(
        label=_("How satisfied is the resident?"),
        choices=OrderRating,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how satisfied you are."),
            "invalid_choice": _("Choose how satisfied you are."),
        },
    )


class OrderDispatchForm(StyledForm):
    """Whom the desk asks, out of those who offered."""

    provider = forms.ChoiceField(
        error_messages={
            "required": _("Choose whom to ask."),
            "invalid_choice": _("Choose somebody who offered something there."),
        }
    )
    text = TextField(label=_("A word to them"), max_length=TEXT_LENGTH, required=False, widget=area(2))

    def __init__(self, candidates: Iterable[Candidate], data=None):
        super().__init__(data)
        self.providers = {candidate.key: candidate.provider for candidate in candidates}
        self.fields["provider"].choices = [(key, str(one)) for key, one in self.providers.items()]

    def inputs(self) -> dict[str, Any]:
        return {"provider": self.providers[self.cleaned_data["provider"]], "text": self.cleaned_data["text"]}


class OrderFilterForm(forms.Form):
    """What the list is narrowed to; `open` are all that are not over."""

    state = forms.ChoiceField(
        choices=[("open", _("open")), ("mine", _("mine")), *OrderState.choices],
        required=False,
        error_messages={"invalid_choice": _("Choose a state from the list.")},
    )
    kind = forms.ChoiceField(
        choices=ServiceKind, required=False, error_messages={"invalid_choice": _("Choose a kind from the list.")}
    )
    grid = forms.CharField(max_length=18, required=False)
    search = TextField(max_length=64, required=False)

    def given(self, name: str) -> str:
        """What was asked for, where it is something that can be asked for."""
        self.is_valid()
        return self.cleaned_data.get(name, "")


class ServiceForm(StyledForm, TimesFields):
    """A service of the catalogue."""

    field_order = [
        "grid", "name", "kind", "skill", "organisation", "place", "days", "parts", "price", "price_note", "how",
    ]  # fmt: skip

    grid = forms.ModelChoiceField(
        Grid.objects.none(),
        to_field_name="code",
        label=_("For whom"),
        empty_label=None,
        error_messages={
            "required": _("Choose the grid that it is for."),
            "invalid_choice": _("The catalogue is kept by those who act for the grid."),
        },
    )
    name = TextField(label=_("Name of the service"), max_length=64, error_messages={"required": _("Give it a name.")})
    kind = forms.ChoiceField(label=_("Kind of service"), choices=ServiceKind)
    skill = forms.ModelChoiceField(
        Skill.objects.filter(is_active=True),
        label=_("What it takes"),
        empty_label=_("choose"),
        help_text=_("Those who offered it are suggested when the order is dispatched."),
        error_messages={"required": _("Choose what it takes."), "invalid_choice": _("Choose it from the list.")},
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        required=False,
        label=_("Provider"),
        empty_label=_("helpers of the community"),
        error_messages={"invalid_choice": _("There is no such organisation there.")},
    )
    place = TextField(label=_("Where"), max_length=120, required=False, help_text=_("At home, or a place."))
    price = forms.DecimalField(
        label=_("Price in yuan"),
        min_value=0,
        max_digits=8,
        decimal_places=2,
        required=False,
        help_text=_("Empty where it costs nothing."),
        error_messages={"invalid": _("A price is a number, such as 30 or 30.50.")},
    )
    price_note = TextField(label=_("About the price"), max_length=120, required=False)
    how = TextField(
        label=_("How to order besides the page"), max_length=200, required=False, help_text=_("A phone or a counter.")
    )

    def __init__(self, user: User, data=None, *, service: Service):
        names = ("name", "kind", "skill", "organisation", "place", "price", "price_note", "how")
        begin = {name: getattr(service, name) for name in names} if service.pk else {}
        begin |= {"grid": service.grid.code if service.grid_id else _seat(user)}
        super().__init__(data, initial=begin | chosen_of(service.times))
        self.service = service
        asked = data.get("grid", "") if data is not None else begin["grid"]
        grids = keeping_grids(user, asked)
        offer_grids(self.fields["grid"], grids)
        self.fields["organisation"].queryset = offered_organisations(asked)

    def changed(self) -> Service:
        """The service as it was typed, not yet stored."""
        for name in ("grid", "name", "kind", "skill", "organisation", "place", "price", "price_note", "how"):
            setattr(self.service, name, self.cleaned_data[name])
        self.service.times = self.times()
        return self.service


def _seat(user: User) -> str:
    posts = desk_posts(user)
    return posts[0].grid.code if posts else ""


def keeping_grids(user: User, asked: str) -> QuerySet[Grid]:
    """Where the user may write in the catalogue: their own grids, those right below, and the one asked for."""
    posts = desk_posts(user)
    codes = [post.grid.code for post in posts]
    wanted = Q(code=asked) if asked.isascii() and asked.isdigit() else Q(pk__in=[])
    near = Q(code__in=codes) | Q(parent__code__in=codes) | wanted
    led = Q(pk__in=[post.grid_id for post in posts])
    mine = Grid.objects.active().filter(within(overseen_ranges(user), "lft") | led, level__gte=Level.DISTRICT)
    return mine.filter(near, level__lte=Level.BUILDING).order_by("lft")


def offered_organisations(code: str) -> QuerySet[Organisation]:
    """Those that work where the grid lies, or in it."""
    grid = Grid.objects.filter(code=code).first() if code.isascii() and code.isdigit() else None
    if grid is None:
        return Organisation.objects.none()
    return Organisation.objects.active().serving(grid.lft, grid.rght).order_by("name", "pk")
