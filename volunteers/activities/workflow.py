"""What becomes of an activity as one table, without the ORM: who may do what in which state."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from volunteers.workflow import Move, table_of


class ActivityState(TextChoices):
    PLANNED = "planned", pgettext_lazy("activity", "in preparation")
    PUBLISHED = "published", pgettext_lazy("activity", "open to join")
    HELD = "held", pgettext_lazy("activity", "held")
    REPORTED = "reported", pgettext_lazy("activity", "reported on")
    CALLED_OFF = "called_off", pgettext_lazy("activity", "called off")


class ActivityAction(TextChoices):
    PLAN = "plan", pgettext_lazy("activity", "plan")
    CHANGE = "change", pgettext_lazy("activity", "change")
    PUBLISH = "publish", pgettext_lazy("activity", "publish")
    JOIN = "join", pgettext_lazy("activity", "sign up")
    LEAVE = "leave", pgettext_lazy("activity", "withdraw")
    MOVE_UP = "move_up", pgettext_lazy("activity", "move up")
    ARRIVE = "arrive", pgettext_lazy("activity", "confirm at the door")
    HOLD = "hold", pgettext_lazy("activity", "note who was there")
    REPORT = "report", pgettext_lazy("activity", "report")
    CALL_OFF = "call_off", pgettext_lazy("activity", "call off")
    REHOME = "rehome", pgettext_lazy("activity", "go on elsewhere")


class ActivitySide(TextChoices):
    """Where a person stands: who acts for the branch or grid, somebody who may help, or who holds the door's code."""

    ORGANISER = "organiser", _("who organises it")
    HELPER = "helper", _("who helps")
    GUEST = "guest", _("who stands at the door")


COMING = frozenset({ActivityState.PLANNED, ActivityState.PUBLISHED})
TOOK_PLACE = frozenset({ActivityState.HELD, ActivityState.REPORTED})
_PUBLISHED = frozenset({ActivityState.PUBLISHED})
_ORGANISER = frozenset({ActivitySide.ORGANISER})
_HELPER = frozenset({ActivitySide.HELPER})

# Nobody chooses the others: an activity begins with a plan, the queue moves up by itself, and the tree rehomes.
TABLE = table_of(
    Move(ActivityAction.PUBLISH, frozenset({ActivityState.PLANNED}), ActivityState.PUBLISHED, _ORGANISER),
    Move(ActivityAction.CHANGE, COMING, None, _ORGANISER),
    Move(ActivityAction.JOIN, _PUBLISHED, None, _HELPER),
    Move(ActivityAction.LEAVE, _PUBLISHED, None, _HELPER),
    Move(ActivityAction.ARRIVE, _PUBLISHED, None, frozenset({ActivitySide.GUEST})),
    Move(ActivityAction.HOLD, _PUBLISHED | {ActivityState.HELD}, ActivityState.HELD, _ORGANISER),
    Move(ActivityAction.REPORT, TOOK_PLACE, ActivityState.REPORTED, _ORGANISER),
    Move(ActivityAction.CALL_OFF, COMING, ActivityState.CALLED_OFF, _ORGANISER, True),
)
