"""What the services of branches refuse besides bad input."""

from django.core.exceptions import ValidationError


class StateConflict(ValidationError):
    """What was asked is not open in the present state of the thing; one sentence says why."""

    def __str__(self) -> str:
        return self.messages[0]
