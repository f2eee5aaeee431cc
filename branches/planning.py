"""Which buildings of a community could share a branch: an exact partition of their list, without the ORM.

Neighbours are what stands side by side in the list of buildings, in the order of their codes: nothing in the system
tells better which houses lie beside each other. A building with a branch of its own cuts the list there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

SMALLEST, LARGEST = 300, 500  # households of a comprehensive-governance grid
MIDDLE = (SMALLEST + LARGEST) // 2
FEWEST_MEMBERS = 3  # a branch has three full members at least, by the Party's constitution


class Building(NamedTuple):
    code: str
    name: str
    households: int


@dataclass(frozen=True)
class Group:
    """Neighbouring buildings that make one comprehensive-governance grid."""

    buildings: tuple[Building, ...]

    @property
    def households(self) -> int:
        return sum(building.households for building in self.buildings)

    @property
    def missing(self) -> int:
        """By how many households it is too small or too large."""
        return outside(self.households)

    @property
    def size(self) -> str:
        return size_of(self.households)


@dataclass(frozen=True)
class Figures:
    """What a plan comes to."""

    sets: int = 0
    within: int = 0
    too_small: int = 0
    too_large: int = 0
    outside: int = 0  # households by which the sets miss the size, all together

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def outside(households: int) -> int:
    """By how many households a set of this size misses 300 to 500."""
    return max(0, SMALLEST - households, households - LARGEST)


def size_of(households: int) -> str:
    """`small`, `fits` or `large`."""
    return "small" if households < SMALLEST else "large" if households > LARGEST else "fits"


def partition(buildings: Sequence[Building]) -> list[Group]:
    """The best cut of the list into runs: every building is in exactly one.

    Exact, by dynamic programming over the beginnings of the list: the households by which the sets miss 300 to 500 are
    as few as can be; of such cuts that with the fewest sets; of those the most even one.
    """
    best: list[tuple[tuple[int, int, int], int]] = [
        ((0, 0, 0), 0)
    ]  # of each beginning: its cost, where its last set begins
    for end in range(1, len(buildings) + 1):
        found, households = None, 0
        for begin in range(end - 1, -1, -1):
            households += buildings[begin].households
            missed, sets, uneven = best[begin][0]
            cost = missed + outside(households), sets + 1, uneven + (households - MIDDLE) ** 2
            if found is None or (cost, begin) < found:
                found = cost, begin
        best.append(found)
    groups, end = [], len(buildings)
    while end:
        begin = best[end][1]
        groups.append(Group(tuple(buildings[begin:end])))
        end = begin
    return groups[::-1]


def propose(runs: Iterable[Sequence[Building]]) -> list[Group]:
    """The groups of all runs of neighbours, in their order."""
    return [group for run in runs for group in partition(run)]


def joined(members: Sequence[int | None], fewest: int = FEWEST_MEMBERS) -> Iterator[range]:
    """Which groups, as runs of their places, share a branch so that each has members enough; None counts as enough.

    As many branches as can be: a run is closed as soon as it has enough, and what is left over joins the last one.
    """
    runs, begin, count = [], 0, 0
    for place, known in enumerate(members):
        count += fewest if known is None else known
        if count >= fewest:
            runs.append(range(begin, place + 1))
            begin, count = place + 1, 0
    if begin < len(members):
        first = runs.pop().start if runs else 0
        runs.append(range(first, len(members)))
    yield from runs


def figures(groups: Iterable[Group]) -> Figures:
    """How many sets there are, and how many have the size."""
    total = Figures()
    for group in groups:
        total += Figures(1, group.size == "fits", group.size == "small", group.size == "large", group.missing)
    return total
