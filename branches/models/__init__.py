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

# Deliberation
from branches.models.topic import Ballot, Option, ProposerKind, Remark, ResultAnswer, Topic, TopicStep, Voter

__all__ = [
    "AgendaItem",
    "Answer",
    "Ballot",
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
    "Option",
    "Partner",
    "ProposerKind",
    "Remark",
    "Resolution",
    "ResultAnswer",
    "SiteKind",
    "Topic",
    "TopicStep",
    "Voter",
    "load_branches",
]
