"""Made-up buildings and units for the real communities of Saihan."""

import csv
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from grids.models import Grid, Level
from grids.services import load_divisions

DIVISIONS = settings.BASE_DIR / "grids" / "data" / "hohhot_divisions.csv"
DISTRICT = "150105"
STREET = "150105001"  # the one where no post is vacant
COMMUNITY = "150105001001"  # where the accounts work

Row = tuple[str, str, str, str, int]


def load_places(rng: random.Random, progress: Callable[[int, int], None] | None = None) -> None:
    """Load the real divisions, and buildings and units for every community of the district, marked as made up."""
    load_divisions(actor=None, path=DIVISIONS)
    communities = Grid.objects.filter(level=Level.COMMUNITY, code__startswith=DISTRICT).order_by("code")
    rows = [row for community in communities for row in _buildings(community, rng)]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".csv") as file:
        writer = csv.writer(file)
        writer.writerow(("code", "name", "level", "parent", "households"))
        writer.writerows(rows)
        file.flush()
        load_divisions(actor=None, path=Path(file.name), is_demo=True, progress=progress)


def is_village(grid: Grid) -> bool:
    return "村" in grid.name


def _buildings(community: Grid, rng: random.Random) -> Iterator[Row]:
    if community.code.startswith(STREET):
        count, units, flats = rng.randint(8, 12), (3, 5), (12, 24)
    elif is_village(community):
        count, units, flats = rng.randint(4, 7), (1, 3), (6, 12)
    else:
        count, units, flats = rng.randint(6, 9), (2, 4), (10, 36)
    for number in range(1, count + 1):
        code = f"{community.code}{number:04d}"
        # Flats on each landing are two or three, so households come in steps.
        households = [2 * rng.randint(flats[0] // 2, flats[1] // 2) for _unit in range(rng.randint(*units))]
        yield code, f"{number}号楼", "building", community.code, sum(households)
        for unit, count_of_unit in enumerate(households, start=1):
            yield f"{code}{unit:02d}", f"{unit}单元", "unit", code, count_of_unit
