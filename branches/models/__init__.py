"""The Party branches on the grids, and what runs in them."""

from branches.models.branch import Branch, BranchGrid, BranchQuerySet, ChiefTitle, Partner, SiteKind, load_branches
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

__all__ = [
    "Branch",
    "BranchGrid",
    "BranchQuerySet",
    "Budget",
    "BudgetLine",
    "BudgetLineChange",
    "ChiefTitle",
    "Partner",
    "Picture",
    "Publication",
    "ResourceEntry",
    "ResourceKind",
    "ResourceSource",
    "SiteKind",
    "Story",
    "StoryConsent",
    "StoryPicture",
    "StoryStep",
    "load_branches",
]
