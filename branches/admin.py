"""The branches and what runs in them in Django admin; each noun registers its own."""

from branches.areas.admin import MemberAreaAdmin
from branches.branch_admin import BranchAdmin, ChiefTitleAdmin
from branches.deliberation.admin import TopicAdmin
from branches.disclosure.admin import PublicationAdmin, StoryAdmin
from branches.meetings.admin import MeetingAdmin
from branches.resources.admin import BudgetAdmin, ResourceEntryAdmin
from branches.worklists.admin import ClaimAdmin, WorkListAdmin

__all__ = [
    "BranchAdmin",
    "BudgetAdmin",
    "ChiefTitleAdmin",
    "ClaimAdmin",
    "MeetingAdmin",
    "MemberAreaAdmin",
    "PublicationAdmin",
    "ResourceEntryAdmin",
    "StoryAdmin",
    "TopicAdmin",
    "WorkListAdmin",
]
