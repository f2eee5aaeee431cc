"""Categories and limits, the event as it is now, its steps, and all that belongs to them."""

from events.models.attachments import Attachment
from events.models.catalogue import Category, Kind, ServiceLevel, Unit
from events.models.contacts import REASON_LENGTH, ContactReveal, PublicUse, ResidentContact, mask_name, mask_phone
from events.models.event import Event, memberships, offices
from events.models.notices import (
    ERROR_LENGTH,
    Channel,
    Delivery,
    Notice,
    NoticePreference,
    Robot,
    default_quiet_from,
    default_quiet_until,
)
from events.models.saved import FILTER_NAME_LENGTH, SavedFilter
from events.models.step import Step
from events.models.timing import (
    LONGEST_REASON,
    CalendarDay,
    CalendarEdition,
    CalendarYear,
    Source,
    TimeChange,
    WorkingHours,
    parse_spans,
)

__all__ = [
    "ERROR_LENGTH",
    "FILTER_NAME_LENGTH",
    "LONGEST_REASON",
    "REASON_LENGTH",
    "Attachment",
    "CalendarDay",
    "CalendarEdition",
    "CalendarYear",
    "Category",
    "Channel",
    "ContactReveal",
    "Delivery",
    "Event",
    "Kind",
    "Notice",
    "NoticePreference",
    "PublicUse",
    "ResidentContact",
    "Robot",
    "SavedFilter",
    "ServiceLevel",
    "Source",
    "Step",
    "TimeChange",
    "Unit",
    "WorkingHours",
    "default_quiet_from",
    "default_quiet_until",
    "mask_name",
    "mask_phone",
    "memberships",
    "offices",
    "parse_spans",
]
