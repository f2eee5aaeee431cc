"""Subtrees on their way to another parent: what goes there in one stroke, and what came of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from grids.codes import WIDTHS, interval


class Recoded(NamedTuple):
    """A grid that a transfer gave another code."""

    pk: int
    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Run:
    """Neighbours under one parent that go to another, all by the same distance: one UPDATE for each table."""

    old: tuple[int, int]
    shift: int
    source: int  # primary key of the parent that they leave
    target: Any  # the grid that they come under

    @property
    def new(self) -> tuple[int, int]:
        return self.old[0] + self.shift, self.old[1] + self.shift

    def code(self, lft: int, level: int) -> str:
        """The code that a grid of this run has afterwards."""
        return str((lft + self.shift - level) // WIDTHS[level])


@dataclass(frozen=True)
class Transfer:
    """What a transfer did: where intervals went, which grids have other codes, and how many rows of a model moved."""

    runs: list[Run]
    recoded: list[Recoded]
    counts: Counter

    @property
    def moved(self) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        return [(run.old, run.new) for run in self.runs]


def runs_of(moves: list[tuple]) -> Iterator[Run]:
    """Neighbours with the same way to go, taken together."""

    def way(move: tuple) -> tuple[int, int]:
        node, parent, code = move
        return interval(code)[0] - node.lft, parent.pk

    for (shift, _parent), group in groupby(sorted(moves, key=lambda move: move[0].lft), way):
        nodes = list(group)
        (first, parent, _code), (last, *_rest) = nodes[0], nodes[-1]
        yield Run((first.lft, last.rght), shift, first.parent_id, parent)
