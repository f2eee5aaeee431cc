"""Categories and limits, the event as it is now, its steps, and all that belongs to them."""

from events.models.attachments import Attachment
from events.models.audit import AuditAlarm, AuditDigest, AuditHead
from events.models.catalogue import Category, Kind, PoliceWork, ServiceLevel, Unit
from events.models.contacts import ContactReveal, ResidentContact
from events.models.event import Event, memberships, offices
from events.models.export_template import (
    COLUMN_TITLE_LENGTH,
    TEMPLATE_NAME_LENGTH,
    ExportTemplate,
    Period,
)
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
    KEY_LENGTH,
    NOTICE_LENGTH,
    URL_LENGTH,
    Channel,
    Delivery,
    Notice,
    NoticePreference,
    Robot,
    default_quiet_from,
    default_quiet_until,
    is_of_same,
)
from events.models.occasion import DISCREET, OCCASIONS, Occasion
from events.models.quick import LookState, QuickClosing, QuickRule
from events.models.reports import MonthlyReport
from events.models.samples import ANNOUNCED_LENGTH, MOST_DRAWN, Finding, Sample, SampleItem, load_overlaps
from events.models.saved import FILTER_NAME_LENGTH, SavedFilter
from events.models.standing import Standing
from events.models.step import Step
from events.models.tallies import Grain, Tally, TallyFold
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
from events.models.weights import RatingWeight, WeightChange
from events.models.what_if import WhatIf

__all__ = [
    "ANNOUNCED_LENGTH",
    "AREA_LENGTH",
    "COLUMN_TITLE_LENGTH",
    "DISCREET",
    "ERROR_LENGTH",
    "FILTER_NAME_LENGTH",
    "HOTLINE",
    "KEY_LENGTH",
    "LONGEST_REASON",
    "MOST_DRAWN",
    "NOTICE_LENGTH",
    "OCCASIONS",
    "ORDER_LENGTH",
    "TEMPLATE_NAME_LENGTH",
    "URL_LENGTH",
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
    "ExportTemplate",
    "Finding",
    "Grain",
    "HotlineImport",
    "HotlineMapping",
    "HotlineOrder",
    "HotlineRow",
    "Kind",
    "LookState",
    "MonthlyReport",
    "Notice",
    "NoticePreference",
    "Occasion",
    "Period",
    "PoliceWork",
    "QuickClosing",
    "QuickRule",
    "RatingWeight",
    "ResidentContact",
    "Robot",
    "Sample",
    "SampleItem",
    "SavedFilter",
    "ServiceLevel",
    "Source",
    "Standing",
    "Step",
    "Tally",
    "TallyFold",
    "TimeChange",
    "Unit",
    "WeightChange",
    "WhatIf",
    "WorkingHours",
    "default_quiet_from",
    "default_quiet_until",
    "is_of_same",
    "load_overlaps",
    "memberships",
    "offices",
    "parse_spans",
]
