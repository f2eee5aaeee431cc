"""The only functions that change what people who help offer and do. `actor` is None for a command."""

from volunteers.services.households import (
    change_household,
    erase_households,
    hand_over_household,
    issue_consent_text,
    register_household,
    renew_consent,
    reveal_household,
    set_rhythm,
    withdraw_consent,
)
from volunteers.services.visits import note_visit

__all__ = [
    "change_household",
    "erase_households",
    "hand_over_household",
    "issue_consent_text",
    "note_visit",
    "register_household",
    "renew_consent",
    "reveal_household",
    "set_rhythm",
    "withdraw_consent",
]
