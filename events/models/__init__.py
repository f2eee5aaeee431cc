"""Categories and limits, the event as it is now, its steps, and all that belongs to them."""

from events.models.attachments import Attachment
from events.models.audit import AuditAlarm, AuditDigest, AuditHead
from events.models.catalogue import Category, Kind, PoliceWork, ServiceLevel, Unit
from events.models.contacts import ContactReveal, ResidentContact
from events.models.event import Event, memberships, offices
from events.models.hotline import (
    AREA_LENGTH,
    HOTLINE,
    ORDER_LENGTH,
    WORD_LENGTH,
    HotlineImport,
    HotlineMapping,
    HotlineOrder,
    HotlineRow,
)
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
from events.models.occasion import OCCASIONS, Occasion
from events.models.quick import LookState, QuickClosing, QuickRule
from events.models.samples import ANNOUNCED_LENGTH, MOST_DRAWN, Finding, Sample, SampleItem, load_overlaps
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
    "ANNOUNCED_LENGTH",
    "AREA_LENGTH",
    "ERROR_LENGTH",
    "FILTER_NAME_LENGTH",
    "HOTLINE",
    "LONGEST_REASON",
    "MOST_DRAWN",
    "OCCASIONS",
    "ORDER_LENGTH",
    "WORD_LENGTH",
    "Attachment",
    "AuditAlarm",
    "AuditDigest",
    "AuditHead",
    "CalendarDay",
    "CalendarEdition",
    "CalendarYear",
    "Category",
    "Channel",
    "ContactReveal",
    "Delivery",
    "Event",
    "Finding",
    "HotlineImport",
    "HotlineMapping",
    "HotlineOrder",
    "HotlineRow",
    "Kind",
    "LookState",
    "Notice",
    "NoticePreference",
    "Occasion",
    "PoliceWork",
    "QuickClosing",
    "QuickRule",
    "ResidentContact",
    "Robot",
    "Sample",
    "SampleItem",
    "SavedFilter",
    "ServiceLevel",
    "Source",
    "Step",
    "TimeChange",
    "Unit",
    "WorkingHours",
    "default_quiet_from",
    "default_quiet_until",
    "load_overlaps",
    "memberships",
    "offices",
    "parse_spans",
]
