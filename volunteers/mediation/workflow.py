"""What becomes of a joint mediation as one table, without the ORM."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from volunteers.workflow import Move, table_of


class MediationState(TextChoices):
    OPEN = "open", pgettext_lazy("mediation", "under way")
    AGREED = "agreed", pgettext_lazy("mediation", "agreed")
    NOT_AGREED = "not_agreed", pgettext_lazy("mediation", "not agreed")
    HANDED_ON = "handed_on", pgettext_lazy("mediation", "handed on")


class MediationAction(TextChoices):
    OPEN = "open", pgettext_lazy("mediation", "open")
    CHANGE = "change", pgettext_lazy("mediation", "change who mediates")
    MEET = "meet", pgettext_lazy("mediation", "note a session")
    AGREE = "agree", pgettext_lazy("mediation", "note the agreement")
    FAIL = "fail", pgettext_lazy("mediation", "end without agreement")
    HAND_ON = "hand_on", pgettext_lazy("mediation", "hand on")
    FOLLOW_UP = "follow_up", pgettext_lazy("mediation", "note a follow-up")
    REOPEN = "reopen", pgettext_lazy("mediation", "mediate again")
    REVEAL = "reveal", pgettext_lazy("mediation", "look at a party in full")
    ERASE = "erase", pgettext_lazy("mediation", "time over, erased")
    REHOME = "rehome", pgettext_lazy("mediation", "follow a reorganisation")


class MediationSide(TextChoices):
    """Where a person stands: one who mediates, the desk of the community, the district's auditor, the clock."""

    MEDIATOR = "mediator", pgettext_lazy("mediation", "who mediates")
    DESK = "desk", pgettext_lazy("mediation", "the community's desk")
    AUDITOR = "auditor", pgettext_lazy("mediation", "the district's auditor")
    CLOCK = "clock", pgettext_lazy("mediation", "the clock")


_OPEN = frozenset({MediationState.OPEN})
ENDED = frozenset(MediationState) - _OPEN
_OURS = frozenset({MediationSide.MEDIATOR, MediationSide.DESK})

TABLE = table_of(
    Move(MediationAction.CHANGE, _OPEN, None, _OURS),
    Move(MediationAction.MEET, _OPEN, None, _OURS),
    Move(MediationAction.AGREE, _OPEN, MediationState.AGREED, _OURS, True),
    Move(MediationAction.FAIL, _OPEN, MediationState.NOT_AGREED, _OURS, True),
    Move(MediationAction.HAND_ON, _OPEN | {MediationState.NOT_AGREED}, MediationState.HANDED_ON, _OURS, True),
    Move(MediationAction.FOLLOW_UP, frozenset({MediationState.AGREED}), None, _OURS),
    Move(
        MediationAction.REOPEN,
        frozenset({MediationState.AGREED, MediationState.NOT_AGREED}),
        MediationState.OPEN,
        _OURS,
    ),
    Move(MediationAction.REVEAL, frozenset(MediationState), None, _OURS | {MediationSide.AUDITOR}, True),
    Move(MediationAction.ERASE, ENDED, None, frozenset({MediationSide.CLOCK})),
)
