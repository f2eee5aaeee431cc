"""The only functions that change branches and what runs in them."""

from branches.services.branches import (
    Bringing,
    add_partner,
    appoint_leaders,
    cover,
    describe_branch,
    dissolve_branch,
    found_branch,
    remove_partner,
)
from branches.services.following import carry_branches
from branches.services.planning import accept_plan

__all__ = [
    "Bringing",
    "accept_plan",
    "add_partner",
    "appoint_leaders",
    "carry_branches",
    "cover",
    "describe_branch",
    "dissolve_branch",
    "found_branch",
    "remove_partner",
]
