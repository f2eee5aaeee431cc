"""The Party branches on the grids, and what runs in them."""

from branches.models.area import AreaGrid, AreaMember, MemberArea
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
from branches.models.worklist import Claim, ClaimStep, Evidence, WorkItem, WorkList

__all__ = [
    "AgendaItem",
    "Answer",
    "AreaGrid",
    "AreaMember",
    "Ballot",
    "Branch",
    "BranchGrid",
    "BranchQuerySet",
    "CalendarKey",
    "ChiefTitle",
    "Claim",
    "ClaimStep",
    "Evidence",
    "Invitation",
    "Meeting",
    "MeetingLevel",
    "MeetingState",
    "MeetingStep",
    "MemberArea",
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
    "WorkItem",
    "WorkList",
    "load_branches",
]
