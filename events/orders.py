"""What the floor below has from cases: how working days run, and what a case that is a wish becomes an order with."""

from datetime import datetime

from events import calendars
from events.clock import Limit, Unit, add
from events.models import Event, ResidentContact
from events.services import may_see_contact
from grids.models import User
from volunteers.orders.sources import Preset
from volunteers.services import Person


def after_working_days(start: datetime, days: int) -> datetime:
    """When so many working days have run, by the calendar in force."""
    return add(start, Limit(days, Unit.WORKING_DAY), calendars.current())


def order_from_case(user: User, number: str) -> Preset | None:
    """What an order begins with that is written down from a case; never from a clue report.

    The resident's contact goes along, encrypted as it is, where the user may see it.
    """
    event = Event.objects.visible_to(user).with_related().filter(number=number, is_confidential=False).first()
    if event is None:
        return None
    text = "\n".join(filter(None, (event.title, event.description)))
    return Preset(f"{event.number} {event.title}", event.grid, text, _person(event, user))


def _person(event: Event, user: User) -> Person:
    contact = ResidentContact.objects.filter(event=event).first() if may_see_contact(event, user) else None
    return Person(contact.name, contact.phone) if contact else Person()
