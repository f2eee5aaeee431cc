"""The only functions that change the tree, who works where, and what belongs to it. `actor` is None for a command."""

from grids.services.editing import create_grid, delete_grid, rename_grid, set_households, why_not_delete
from grids.services.loading import Loaded, load_divisions
from grids.services.organisations import (
    create_organisation,
    describe_organisation,
    dissolve_organisation,
    set_representatives,
)
from grids.services.reorganising import move_grid, reorganised, retire_grid
from grids.services.staffing import appoint, check_appointment, describe_post, end_post

__all__ = [
    "Loaded",
    "appoint",
    "check_appointment",
    "create_grid",
    "create_organisation",
    "delete_grid",
    "describe_organisation",
    "describe_post",
    "dissolve_organisation",
    "end_post",
    "load_divisions",
    "move_grid",
    "rename_grid",
    "reorganised",
    "retire_grid",
    "set_households",
    "set_representatives",
    "why_not_delete",
]
