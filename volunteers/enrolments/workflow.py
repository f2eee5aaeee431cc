"""What becomes of an enrolment as one table, without the ORM: of an organisation's and of a member's alike."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from volunteers.workflow import Move, table_of


class EnrolmentState(TextChoices):
    APPLIED = "applied", pgettext_lazy("enrolment", "applied")
    CONFIRMED = "confirmed", pgettext_lazy("enrolment", "confirmed")
    PLACED = "placed", pgettext_lazy("enrolment", "placed")
    REFUSED = "refused", pgettext_lazy("enrolment", "refused")
    ENDED = "ended", pgettext_lazy("enrolment", "ended")


class EnrolmentAction(TextChoices):
    APPLY = "apply", pgettext_lazy("enrolment", "report")
    CONFIRM = "confirm", pgettext_lazy("enrolment", "confirm")
    PLACE = "place", pgettext_lazy("enrolment", "place")
    REFUSE = "refuse", pgettext_lazy("enrolment", "refuse")
    END = "end", pgettext_lazy("enrolment", "end")
    CHANGE = "change", pgettext_lazy("enrolment", "change what is offered")
    REHOME = "rehome", pgettext_lazy("enrolment", "move with the grid")


class EnrolmentSide(TextChoices):
    """Where a person stands: the one who reported, or the community reported to."""

    APPLICANT = "applicant", _("who reported")
    COMMUNITY = "community", _("the community")


SERVING = frozenset({EnrolmentState.CONFIRMED, EnrolmentState.PLACED})
CURRENT = SERVING | {EnrolmentState.APPLIED}
_COMMUNITY = frozenset({EnrolmentSide.COMMUNITY})

TABLE = table_of(
    Move(EnrolmentAction.CONFIRM, frozenset({EnrolmentState.APPLIED}), EnrolmentState.CONFIRMED, _COMMUNITY),
    Move(EnrolmentAction.PLACE, CURRENT, EnrolmentState.PLACED, _COMMUNITY),
    Move(EnrolmentAction.REFUSE, frozenset({EnrolmentState.APPLIED}), EnrolmentState.REFUSED, _COMMUNITY, True),
    Move(EnrolmentAction.CHANGE, CURRENT, None, frozenset(EnrolmentSide)),
    Move(EnrolmentAction.END, CURRENT, EnrolmentState.ENDED, frozenset(EnrolmentSide), True),
)
