"""The only functions that change the tree, who works where, and what belongs to it. `actor` is None for a command."""

from grids.services.editing import create_grid, delete_grid, rename_grid, set_households, why_not_delete
from grids.services.importing import (
    apply_sheet,
    cancel_sheet,
    check_sheet,
    confirm_sheet,
    continue_sheets,
    imports_of,
    recheck_sheet,
    request_undo,
    undo_sheet,
    upload_sheet,
)
from grids.services.loading import Loaded, load_divisions
from grids.services.reorganising import move_grid, reorganised, retire_grid
from grids.services.staffing import appoint, check_appointment, describe_post, end_post

__all__ = [
    "Loaded",
    "apply_sheet",
    "appoint",
    "cancel_sheet",
    "check_appointment",
    "check_sheet",
    "confirm_sheet",
    "continue_sheets",
    "create_grid",
    "delete_grid",
    "describe_post",
    "end_post",
    "imports_of",
    "load_divisions",
    "move_grid",
    "recheck_sheet",
    "rename_grid",
    "reorganised",
    "request_undo",
    "retire_grid",
    "set_households",
    "undo_sheet",
    "upload_sheet",
    "why_not_delete",
]
