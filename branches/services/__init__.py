"""The only functions that change branches and what runs in them."""

from branches.services.area_rehoming import rehome_areas
from branches.services.areas import Plot, change_area, draw_area, draw_areas, give_up_area, hand_over_area
from branches.services.claim_rehoming import rehome_claims
from branches.services.claims import (
    accept_claim,
    assign_item,
    claim_item,
    name_responsible,
    report_claim,
    send_back_claim,
    split_claim,
    withdraw_claim,
)
from branches.services.worklists import (
    close_list,
    copy_list,
    describe_list,
    draft_list,
    drop_draft,
    issue_list,
    remove_item,
    save_item,
)

__all__ = [
    "Plot",
    "accept_claim",
    "assign_item",
    "change_area",
    "claim_item",
    "close_list",
    "copy_list",
    "describe_list",
    "draft_list",
    "draw_area",
    "draw_areas",
    "drop_draft",
    "give_up_area",
    "hand_over_area",
    "issue_list",
    "name_responsible",
    "rehome_areas",
    "rehome_claims",
    "remove_item",
    "report_claim",
    "save_item",
    "send_back_claim",
    "split_claim",
    "withdraw_claim",
]
