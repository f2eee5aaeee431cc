"""The Party branches on the grids, and what runs in them."""

from branches.models.area import AreaGrid, AreaMember, MemberArea
from branches.models.branch import Branch, BranchGrid, BranchQuerySet, ChiefTitle, Partner, SiteKind, load_branches
from branches.models.divided import Divided
from branches.models.meeting import (
    AgendaItem,
    Answer,
    CalendarKey,
    Invitation,
    Meeting,
    MeetingLevel,
    MeetingStep,
    Resolution,
)
from branches.models.picture import Picture
from branches.models.publication import Publication
from branches.models.resource import (
    Budget,
    BudgetLine,
    BudgetLineChange,
    ResourceEntry,
    ResourceKind,
    ResourceSource,
)
from branches.models.story import Story, StoryConsent, StoryPicture, StoryStep
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
    "Budget",
    "BudgetLine",
    "BudgetLineChange",
    "CalendarKey",
    "ChiefTitle",
    "Claim",
    "ClaimStep",
    "Divided",
    "Evidence",
    "Invitation",
    "Meeting",
    "MeetingLevel",
    "MeetingStep",
    "MemberArea",
    "Option",
    "Partner",
    "Picture",
    "ProposerKind",
    "Publication",
    "Remark",
    "Resolution",
    "ResourceEntry",
    "ResourceKind",
    "ResourceSource",
    "ResultAnswer",
    "SiteKind",
    "Story",
    "StoryConsent",
    "StoryPicture",
    "StoryStep",
    "Topic",
    "TopicStep",
    "Voter",
    "WorkItem",
    "WorkList",
    "load_branches",
]
