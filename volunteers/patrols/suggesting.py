"""Where a patrol should look: whoever knows of places registers here and is asked."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from grids.models import Grid, User

DAYS = 90


class Hint(NamedTuple):
    """Why a building: so much of one kind within the last `DAYS` days, and the list of exactly that."""

    code: str  # of the building
    label: str
    count: int
    url: str


Hinter = Callable[[User, Grid, datetime], list[Hint]]
_hinters: list[Hinter] = []


def register(hinter: Hinter) -> None:
    """Have it asked; it counts only what the user may see, and nothing that is confidential."""
    if hinter not in _hinters:
        _hinters.append(hinter)


def hints(user: User, community: Grid, at: datetime) -> dict[str, list[Hint]]:
    """What speaks for which building of the community, by the building's code."""
    found = defaultdict(list)
    for hinter in _hinters:
        for hint in hinter(user, community, at):
            found[hint.code].append(hint)
    return dict(found)
