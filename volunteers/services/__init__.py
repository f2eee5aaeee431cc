"""The only functions that change what people who help offer and do. `actor` is None for a command."""

from volunteers.services.mediations import (
    Party,
    agree,
    change_mediation,
    end_without_agreement,
    erase_mediations,
    hand_on,
    note_follow_up,
    note_session,
    open_mediation,
    reopen_mediation,
    reveal_parties,
)
from volunteers.services.patrols import (
    PatrolPlan,
    call_off_patrol,
    change_patrol,
    finish_patrol,
    note_finding,
    note_patrol,
    plan_patrol,
    start_patrol,
)

__all__ = [
    "Party",
    "PatrolPlan",
    "agree",
    "call_off_patrol",
    "change_mediation",
    "change_patrol",
    "end_without_agreement",
    "erase_mediations",
    "finish_patrol",
    "hand_on",
    "note_finding",
    "note_follow_up",
    "note_patrol",
    "note_session",
    "open_mediation",
    "plan_patrol",
    "reopen_mediation",
    "reveal_parties",
    "start_patrol",
]
