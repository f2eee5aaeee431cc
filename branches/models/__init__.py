"""The Party branches on the grids, and what runs in them."""

from branches.models.area import AreaGrid, AreaMember, MemberArea
from branches.models.branch import Branch, BranchGrid, BranchQuerySet, ChiefTitle, Partner, SiteKind, load_branches
from branches.models.worklist import Claim, ClaimStep, Evidence, WorkItem, WorkList

__all__ = [
    "AreaGrid",
    "AreaMember",
    "Branch",
    "BranchGrid",
    "BranchQuerySet",
    "ChiefTitle",
    "Claim",
    "ClaimStep",
    "Evidence",
    "MemberArea",
    "Partner",
    "SiteKind",
    "WorkItem",
    "WorkList",
    "load_branches",
]
