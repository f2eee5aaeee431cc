"""What people without an account are asked about orders; what may stand is for the services to say."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from grids.forms import TextField
from grids.models import Grid, Level
from grids.phones import validate_phone
from grids.public_forms import StampedForm
from grids.text import TEXT_LENGTH
from volunteers.models import Service
from volunteers.orders.forms import PHONE_FIELD_LENGTH, TimesFields
from volunteers.orders.workflow import OrderRating
from volunteers.services.orders import ADDRESS_LENGTH, CODE_LENGTH, NAME_LENGTH

MOST_PLACES = 200


class PublicOrderForm(StampedForm, TimesFields):
    """An order; `place` is where below the page's grid it is needed."""

    service = forms.ModelChoiceField(
        Service.objects.none(),
        required=False,
        error_messages={"invalid_choice": _("This service is not offered there any more. Choose another.")},
    )
    place = forms.ModelChoiceField(
        Grid.objects.none(),
        to_field_name="code",
        required=False,
        error_messages={"invalid_choice": _("Choose the place from the list.")},
    )
    text = TextField(max_length=TEXT_LENGTH, required=False)
    name = TextField(max_length=NAME_LENGTH, required=False)
    phone = TextField(max_length=PHONE_FIELD_LENGTH, required=False, validators=[validate_phone])
    address = TextField(max_length=ADDRESS_LENGTH, required=False)

    def __init__(self, grid: Grid, at: datetime, data=None, *, service: str = ""):
        super().__init__(grid, at, data, initial={"service": service})
        self.fields["service"].queryset = Service.objects.in_use().serving(grid).with_providers()
        self.fields["place"].queryset = places_below(grid)

    @property
    def chosen(self) -> Service | None:
        """The service that the page is about."""
        key = str(self["service"].value() or "")
        return self.fields["service"].queryset.filter(pk=key).first() if key.isascii() and key.isdigit() else None

    def inputs(self) -> dict[str, Any]:
        """What `services.place_as_resident` takes, but for the source and the time."""
        names = ("service", "text", "name", "phone", "address")
        given = {name: self.cleaned_data[name] for name in names}
        given |= {"grid": self.cleaned_data["place"] or self.grid, "times": self.times()}
        return given | {"idempotency_key": self.key_of(*given.values())}


def places_below(grid: Grid):
    """Where it can be needed: of a street its communities, else the buildings."""
    level = Level.COMMUNITY if grid.level < Level.COMMUNITY else Level.BUILDING
    return Grid.objects.active().within(grid).filter(level=level).order_by("lft")


class OrderCodeForm(forms.Form):
    """The code of an order."""

    code = TextField(
        max_length=CODE_LENGTH * 3, error_messages={"required": _("Type the code that you got when you ordered.")}
    )


class PublicOrderActForm(OrderCodeForm):
    """A rating, or that it is not needed any more; what must be given is for the service to say."""

    rating = forms.ChoiceField(
        choices=OrderRating, required=False, error_messages={"invalid_choice": _("Choose how satisfied you are.")}
    )
    text = TextField(max_length=TEXT_LENGTH, required=False)
