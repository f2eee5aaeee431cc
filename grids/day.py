"""What a person has to do, each kind of thing in the same shape, so that one list can hold all of it. No ORM."""

from datetime import datetime
from typing import NamedTuple


class Due(NamedTuple):
    """One entry of somebody's day. `at` is when it begins or falls due; None for what has no hour."""

    at: datetime | None
    kind: str  # such as `visit`; chooses the picture beside it
    label: str  # the kind in words
    title: str
    url: str  # opens it ready to be done
    detail: str = ""
    is_late: bool = False
