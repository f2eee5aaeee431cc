"""What a reorganisation does to topics and lists of voters: they go on with the grid that took the place of theirs."""

from typing import Any

from branches.models import Topic, Voter
from grids.models import Grid


def rehome_topics(sender: type, *, grid: Grid, successors: list[Grid], **news: Any) -> None:
    """Of a grid that went out of use, to the one that continues it; of one that moved, positions have moved already."""
    if not successors:
        return
    for model in (Topic, Voter):
        model.objects.filter(grid=grid).update(grid=successors[0], position=successors[0].lft)
