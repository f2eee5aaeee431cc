"""The Party branches on the grids, and what runs in them."""

from branches.models.branch import Branch, BranchGrid, BranchQuerySet, ChiefTitle, Partner, SiteKind, load_branches

__all__ = ["Branch", "BranchGrid", "BranchQuerySet", "ChiefTitle", "Partner", "SiteKind", "load_branches"]
