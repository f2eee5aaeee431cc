"""The Party branches on the grids, and what runs in them."""

from branches.models.branch import Branch, BranchGrid, BranchQuerySet, ChiefTitle, Partner, SiteKind, load_branches
from branches.models.topic import Answer, Ballot, Option, ProposerKind, Remark, Topic, TopicStep, Voter

__all__ = [
    "Answer",
    "Ballot",
    "Branch",
    "BranchGrid",
    "BranchQuerySet",
    "ChiefTitle",
    "Option",
    "Partner",
    "ProposerKind",
    "Remark",
    "SiteKind",
    "Topic",
    "TopicStep",
    "Voter",
    "load_branches",
]
