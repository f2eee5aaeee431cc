"""The only functions that change branches and what runs in them."""

from branches.services.pictures import clean_pictures
from branches.services.publishing import follow_grid, publish, withdraw_publication
from branches.services.resources import add_line, change_line, enter_spending, givers, plan_budget, reverse_entry
from branches.services.stories import (
    edit_story,
    move_story,
    record_consent,
    why_not_public,
    withdraw_consent,
    write_story,
)

__all__ = [
    "add_line",
    "change_line",
    "clean_pictures",
    "edit_story",
    "enter_spending",
    "follow_grid",
    "givers",
    "move_story",
    "plan_budget",
    "publish",
    "record_consent",
    "reverse_entry",
    "why_not_public",
    "withdraw_consent",
    "withdraw_publication",
    "write_story",
]
