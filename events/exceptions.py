"""Why an action was not taken. Each carries what a person needs next: the present state and the actions still open."""

from events.models import Event
from events.workflow import Move


class ActionRefused(Exception):
    """Base of both refusals; `event` is the row as it stands now, `moves` what is open to this person."""

    code = ""

    def __init__(self, detail: str, event: Event, moves: list[Move]):
        super().__init__(str(detail))
        self.detail = str(detail)
        self.event = event
        self.moves = moves


class ActionForbidden(ActionRefused):
    """The step is another side's."""

    code = "forbidden"


class ActionConflict(ActionRefused):
    """The step is not open in the present state."""

    code = "not_open"


class StaleEvent(ActionConflict):
    """Somebody was faster: the event changed after this person looked at it."""

    code = "somebody_was_faster"


class AlreadyRecorded(Exception):
    """What is recorded once stands already; the sentence says by whom."""

    def __init__(self, detail: str):
        super().__init__(str(detail))
        self.detail = str(detail)
