"""The Party branches on the grids, and what runs in them."""

from branches.models.branch import Branch, BranchGrid, BranchQuerySet, ChiefTitle, Partner, SiteKind, load_branches

# Joint meetings
from branches.models.meeting import (
    AgendaItem,
    Answer,
    CalendarKey,
    Invitation,
    Meeting,
    MeetingLevel,
    MeetingState,
    MeetingStep,
    Resolution,
)

__all__ = [
    "AgendaItem",
    "Answer",
    "Branch",
    "BranchGrid",
    "BranchQuerySet",
    "CalendarKey",
    "ChiefTitle",
    "Invitation",
    "Meeting",
    "MeetingLevel",
    "MeetingState",
    "MeetingStep",
    "Partner",
    "Resolution",
    "SiteKind",
    "load_branches",
]
