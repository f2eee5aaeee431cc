"""What may be done with a key household, by whom, as one table, without the ORM."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from volunteers.workflow import Move, table_of


class HouseholdState(TextChoices):
    KEPT = "kept", pgettext_lazy("household", "in care")
    ERASED = "erased", pgettext_lazy("household", "erased")


class HouseholdAction(TextChoices):
    REGISTER = "register", pgettext_lazy("household", "taken into care")
    CHANGE = "change", pgettext_lazy("household", "change")
    HAND_OVER = "hand_over", pgettext_lazy("household", "hand over")
    RENEW = "renew", pgettext_lazy("household", "renew the consent")
    VISIT = "visit", pgettext_lazy("household", "note a visit")
    REVEAL = "reveal", pgettext_lazy("household", "look at it in full")
    WITHDRAW = "withdraw", pgettext_lazy("household", "consent taken back, erased")
    EXPIRE = "expire", pgettext_lazy("household", "time over, erased")
    REHOME = "rehome", pgettext_lazy("household", "follow a reorganisation")


class HouseholdSide(TextChoices):
    """Where a person stands: who answers for it, the desk of its community, the district's auditor, the clock."""

    KEEPER = "keeper", pgettext_lazy("household", "one who answers for it")
    DESK = "desk", pgettext_lazy("household", "the community's desk")
    AUDITOR = "auditor", _("the district's auditor")
    CLOCK = "clock", _("the clock")


_KEPT = frozenset({HouseholdState.KEPT})
_OURS = frozenset({HouseholdSide.KEEPER, HouseholdSide.DESK})

TABLE = table_of(
    Move(HouseholdAction.CHANGE, _KEPT, None, _OURS),
    Move(HouseholdAction.HAND_OVER, _KEPT, None, frozenset({HouseholdSide.DESK})),
    Move(HouseholdAction.RENEW, _KEPT, None, _OURS),
    Move(HouseholdAction.VISIT, _KEPT, None, _OURS, True),
    Move(HouseholdAction.REVEAL, _KEPT, None, _OURS | {HouseholdSide.AUDITOR}, True),
    Move(HouseholdAction.WITHDRAW, _KEPT, HouseholdState.ERASED, _OURS),
    Move(HouseholdAction.EXPIRE, _KEPT, HouseholdState.ERASED, frozenset({HouseholdSide.CLOCK})),
)
