"""The only functions that change the tree, who works where, and what belongs to it. `actor` is None for a command."""

from grids.services.accounts import (
    can_send_mail,
    change_password,
    issue_one_time_passwords,
    leave,
    mail_one_time_passwords,
    save_person,
    set_password,
)
from grids.services.duties import delete_duty, save_duty
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
from grids.services.keys import rotate_keys
from grids.services.limits import PublicLimit, source_of
from grids.services.loading import Loaded, load_divisions
from grids.services.notifying import notified, notify
from grids.services.organisations import (
    create_organisation,
    describe_organisation,
    dissolve_organisation,
    set_representatives,
)
from grids.services.rehearsing import Outcome, Plan, carry_out, preview
from grids.services.reorganising import Part, merge_grids, move_grid, reorganised, retire_grid, split_grid
from grids.services.staffing import (
    appoint,
    appoint_many,
    check_appointment,
    count_open_cases,
    describe_post,
    end_post,
    end_posts,
    handed_over,
    transfer_post,
)

__all__ = [
    "Loaded",
    "Outcome",
    "Part",
    "Plan",
    "PublicLimit",
    "apply_sheet",
    "appoint",
    "appoint_many",
    "can_send_mail",
    "cancel_sheet",
    "carry_out",
    "change_password",
    "check_appointment",
    "check_sheet",
    "confirm_sheet",
    "continue_sheets",
    "count_open_cases",
    "create_grid",
    "create_organisation",
    "delete_duty",
    "delete_grid",
    "describe_organisation",
    "describe_post",
    "dissolve_organisation",
    "end_post",
    "end_posts",
    "handed_over",
    "imports_of",
    "issue_one_time_passwords",
    "leave",
    "load_divisions",
    "mail_one_time_passwords",
    "merge_grids",
    "move_grid",
    "notified",
    "notify",
    "preview",
    "recheck_sheet",
    "rename_grid",
    "reorganised",
    "request_undo",
    "retire_grid",
    "rotate_keys",
    "save_duty",
    "save_person",
    "set_households",
    "set_password",
    "set_representatives",
    "source_of",
    "split_grid",
    "transfer_post",
    "undo_sheet",
    "upload_sheet",
    "why_not_delete",
]
