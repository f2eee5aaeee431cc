"""A city to measure in: the real divisions of Hohhot, and made-up buildings and units up to a round size."""

import csv
import random
from pathlib import Path
from typing import NamedTuple

DIVISIONS = Path(__file__).resolve().parent.parent / "grids/data/hohhot_divisions.csv"
CITY_NODES = 211_511
QUICK_NODES = 6_506
UNITS_PER_BUILDING = 4
COMMUNITY_DIGITS = 12
LEVELS = {4: "city", 6: "district", 9: "street", 12: "community", 16: "building", 18: "unit"}


class Node(NamedTuple):
    code: str
    name: str
    parent: str


def city(total: int) -> list[Node]:
    """`total` nodes, parents first: every real division, then buildings of four units spread over the communities."""
    with DIVISIONS.open(encoding="utf-8-sig", newline="") as file:
        nodes = [Node(row["code"], row["name"], row["parent"]) for row in csv.DictReader(file)]
    communities = [node.code for node in nodes if len(node.code) == COMMUNITY_DIGITS]
    buildings, rest = divmod(total - len(nodes), 1 + UNITS_PER_BUILDING)
    if rest:
        raise ValueError(f"{total} nodes cannot be made of whole buildings.")
    for n in range(buildings):
        building = f"{communities[n % len(communities)]}{n // len(communities) + 1:04}"
        nodes.append(Node(building, f"{n // len(communities) + 1}号楼", building[:COMMUNITY_DIGITS]))
        nodes += [Node(f"{building}{u:02}", f"{u}单元", building) for u in range(1, UNITS_PER_BUILDING + 1)]
    return nodes


def write_divisions(path: Path, nodes: list[Node]) -> None:
    """The nodes as a file for `load_divisions`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("code", "name", "level", "parent"))
        writer.writerows((node.code, node.name, LEVELS[len(node.code)], node.parent) for node in nodes)


def some_buildings(nodes: list[Node], count: int) -> list[Node]:
    """The same random buildings in every run, so that two runs can be compared."""
    buildings = [node for node in nodes if len(node.code) == 16]
    return random.Random(2026).sample(buildings, count)
