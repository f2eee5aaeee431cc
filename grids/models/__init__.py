"""The six-level tree, the people in it, their posts, and what becomes of all of them."""

from grids.models.change import FormerCode, GridChange
from grids.models.grid import Grid, GridQuerySet, Level, Placed, PlacedQuerySet, load_ancestors
from grids.models.organisation import Organisation, OrganisationKind
from grids.models.people import Role, StaffSource, User, has_account, validate_printable
from grids.models.post import Duty, Post, load_duties
from grids.models.public import PublicUse
from grids.models.sheet import SheetImport, SheetRow

__all__ = [
    "Duty",
    "FormerCode",
    "Grid",
    "GridChange",
    "GridQuerySet",
    "Level",
    "Organisation",
    "OrganisationKind",
    "Placed",
    "PlacedQuerySet",
    "Post",
    "PublicUse",
    "Role",
    "SheetImport",
    "SheetRow",
    "StaffSource",
    "User",
    "has_account",
    "load_ancestors",
    "load_duties",
    "validate_printable",
]
