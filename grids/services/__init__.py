"""The only functions that change the tree, who works where, and what belongs to it. `actor` is None for a command."""

from grids.services.editing import create_grid, delete_grid, rename_grid, set_households, why_not_delete
from grids.services.keys import rotate_keys
from grids.services.loading import Loaded, load_divisions
from grids.services.reorganising import move_grid, reorganised, retire_grid
from grids.services.staffing import appoint, check_appointment, describe_post, end_post

__all__ = [
    "Loaded",
    "appoint",
    "check_appointment",
    "create_grid",
    "delete_grid",
    "describe_post",
    "end_post",
    "load_divisions",
    "move_grid",
    "rename_grid",
    "reorganised",
    "retire_grid",
    "rotate_keys",
    "set_households",
    "why_not_delete",
]
