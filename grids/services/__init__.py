"""The only functions that change the tree, who works where, and what belongs to it. `actor` is None for a command."""

from grids.services.changes import record_renames
from grids.services.editing import create_grid, delete_grid, rename_grid, set_households, why_not_delete
from grids.services.loading import Loaded, load_divisions
from grids.services.rehearsing import Outcome, Plan, carry_out, preview
from grids.services.reorganising import Part, merge_grids, move_grid, reorganised, retire_grid, split_grid
from grids.services.staffing import appoint, check_appointment, describe_post, end_post

__all__ = [
    "Loaded",
    "Outcome",
    "Part",
    "Plan",
    "appoint",
    "carry_out",
    "check_appointment",
    "create_grid",
    "delete_grid",
    "describe_post",
    "end_post",
    "load_divisions",
    "merge_grids",
    "move_grid",
    "preview",
    "record_renames",
    "rename_grid",
    "reorganised",
    "retire_grid",
    "set_households",
    "split_grid",
    "why_not_delete",
]
