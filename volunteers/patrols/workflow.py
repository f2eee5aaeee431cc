"""What becomes of a joint patrol as one table, without the ORM."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from volunteers.workflow import Move, table_of


class PatrolState(TextChoices):
    PLANNED = "planned", pgettext_lazy("patrol", "planned")
    UNDER_WAY = "under_way", pgettext_lazy("patrol", "under way")
    DONE = "done", pgettext_lazy("patrol", "done")
    CALLED_OFF = "called_off", pgettext_lazy("patrol", "called off")


class PatrolAction(TextChoices):
    PLAN = "plan", pgettext_lazy("patrol", "plan")
    CHANGE = "change", pgettext_lazy("patrol", "change")
    START = "start", pgettext_lazy("patrol", "set out")
    FIND = "find", pgettext_lazy("patrol", "note a finding")
    NOTE = "note", pgettext_lazy("patrol", "add a note")
    FINISH = "finish", pgettext_lazy("patrol", "finish")
    CALL_OFF = "call_off", pgettext_lazy("patrol", "call off")
    REHOME = "rehome", pgettext_lazy("patrol", "follow a reorganisation")


class PatrolSide(TextChoices):
    """Where a person stands: who may plan patrols there, or one of those who go."""

    PLANNER = "planner", pgettext_lazy("patrol", "who plans it")
    MEMBER = "member", pgettext_lazy("patrol", "who goes")


COMING = frozenset({PatrolState.PLANNED, PatrolState.UNDER_WAY})
_BOTH = frozenset(PatrolSide)
_PLANNER = frozenset({PatrolSide.PLANNER})
_UNDER_WAY = frozenset({PatrolState.UNDER_WAY})

TABLE = table_of(
    Move(PatrolAction.CHANGE, COMING, None, _PLANNER),
    Move(PatrolAction.START, frozenset({PatrolState.PLANNED}), PatrolState.UNDER_WAY, _BOTH),
    Move(PatrolAction.FIND, _UNDER_WAY, None, _BOTH),
    Move(PatrolAction.NOTE, COMING | {PatrolState.DONE}, None, _BOTH, True),
    Move(PatrolAction.FINISH, _UNDER_WAY, PatrolState.DONE, _BOTH),
    Move(PatrolAction.CALL_OFF, COMING, PatrolState.CALLED_OFF, _PLANNER, True),
)
