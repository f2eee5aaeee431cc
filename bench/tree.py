"""The tree beside stock django-mptt on an equal one: bulk load, insert, move, descendants."""

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.utils import timezone

from bench.cases import CLOSED, OPEN, add_cases
from bench.city import staff_city
from bench.data import CITY_NODES, QUICK_NODES, Node, city, some_buildings, write_divisions
from bench.models import StockGrid
from bench.report import Figure
from bench.timing import analyze, median_ms, seconds
from grids import services
from grids.models import Grid, GridChange, Level, User

DISTRICT = "150105"  # Saihan
COMMUNITY = "150105001001"
STREETS = ("150105001", "150105002")
INSERTS, STOCK_INSERTS = 200, 5
MOVES, STOCK_MOVES = 20, 2
READS = 7
OTHER_DISTRICT = "150104"  # Yuquan
STREET_NODES, STREET_EVENTS = 2_000, 10_000
CASES = (timedelta(days=20), timedelta(days=1))  # filed between these before now
BESIDE = "stock django-mptt"


def figures(quick: bool) -> Iterator[Figure]:
    """Loads the city into both trees, then measures each operation in both."""
    nodes = city(QUICK_NODES if quick else CITY_NODES)
    actor = User.objects.create_superuser("bench", name="bench")
    ours, stock = load(actor, nodes), load_stock(nodes)
    yield Figure(f"bulk load of {len(nodes):,} grids", ours, "s", 30, stock, BESIDE)
    analyze()
    yield from inserts(actor, nodes)
    yield move(actor)
    yield from descendants()
    yield from reorganisations(actor, quick)


def load(actor: User, nodes: list[Node]) -> float:
    """Seconds from the CSV file to the committed tree."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city.csv"
        write_divisions(path, nodes)
        return seconds(lambda: services.load_divisions(actor=actor, path=path))


def load_stock(nodes: list[Node]) -> float:
    """Seconds of the documented way: rows with their parents, then `rebuild()`. The rows are ready made."""
    rows = {node.code: StockGrid(code=node.code, name=node.name, lft=0, rght=0, tree_id=0, level=0) for node in nodes}
    for node in nodes:
        rows[node.code].parent = rows.get(node.parent)

    def bulk_create_and_rebuild() -> None:
        for digits in sorted({len(code) for code in rows}):
            StockGrid.objects.bulk_create([row for row in rows.values() if len(row.code) == digits], batch_size=500)
        StockGrid.objects.rebuild()

    return seconds(bulk_create_and_rebuild)


def inserts(actor: User, nodes: list[Node]) -> Iterator[Figure]:
    """One more unit in random buildings."""
    buildings = some_buildings(nodes, 2 * INSERTS)
    stock = median_ms(
        partial(StockGrid.objects.create, code=f"{b.code}05", name="5单元", parent=StockGrid.objects.get(code=b.code))
        for b in buildings[:STOCK_INSERTS]
    )
    through_service = median_ms(
        partial(services.create_grid, actor=actor, code=f"{b.code}05", name="5单元") for b in buildings[:INSERTS]
    )
    bare = median_ms(
        partial(Grid.objects.create, code=f"{b.code}05", name="5单元", parent=Grid.objects.get(code=b.code))
        for b in buildings[INSERTS:]
    )
    yield Figure("insert one unit, through the service", through_service, "ms", 5, stock, BESIDE)
    yield Figure("insert one unit, through the manager", bare, "ms", 5, stock, BESIDE)


def move(actor: User) -> Figure:
    """A community and all in it to another street and back, by turns; the grids are read outside of the clock."""

    def moves() -> Iterator[partial]:
        grid = Grid.objects.get(code=COMMUNITY)
        for n in range(MOVES):
            street = Grid.objects.get(code=STREETS[(n + 1) % 2])
            code = COMMUNITY if n % 2 else None  # back to its old number, away to the next free one
            yield partial(services.move_grid, actor=actor, grid=grid, new_parent=street, code=code, reason="bench")

    def stock_moves() -> Iterator[partial]:
        for n in range(STOCK_MOVES):
            street = StockGrid.objects.get(code=STREETS[(n + 1) % 2])
            yield partial(StockGrid.objects.get(code=COMMUNITY).move_to, street, "last-child")

    count = Grid.objects.get(code=COMMUNITY).get_descendants(include_self=True).count()
    what = f"move a community of {count:,} grids"
    return Figure(what, median_ms(moves()), "ms", None, median_ms(stock_moves()), BESIDE)


def reorganisations(actor: User, quick: bool) -> Iterator[Figure]:
    """A street of some 2,000 grids and its cases, half of them open: moved to another district, then merged there."""
    size, count = (100, 500) if quick else (STREET_NODES, STREET_EVENTS)
    streets = Grid.objects.filter(level=Level.STREET, code__startswith=DISTRICT)
    street = min(streets, key=lambda street: abs(street.get_descendants(include_self=True).count() - size))
    at = timezone.now()
    staffed = staff_city(Grid.objects.within(street))
    for lives in (OPEN, CLOSED):
        add_cases(staffed, count // 2, (at - CASES[0], at - CASES[1]), lives)
    analyze()
    inside = street.get_descendants(include_self=True).count()
    district = Grid.objects.get(code=OTHER_DISTRICT)
    neighbour = Grid.objects.filter(parent=district).first()
    reorganise = {
        "move": partial(services.move_grid, grid=street, new_parent=district),
        "merge": partial(services.merge_grids, grid=street, into=neighbour),
    }
    for what, work in reorganise.items():
        taken = seconds(partial(work, actor=actor, reason="区划调整"))
        change = GridChange.objects.get(kind=what, grid=street, reason="区划调整")
        counted = {
            "positions": change.moved_positions,
            "cases given another holder": change.counts.get("events.step", 0),
        }
        yield Figure(f"{what} a street of {inside:,} grids and {count:,} cases", taken, "s", 5, details=counted)


def descendants() -> Iterator[Figure]:
    """Everything in a district, counted and read."""
    ours, stock = Grid.objects.get(code=DISTRICT), StockGrid.objects.get(code=DISTRICT)
    count = ours.get_descendants().count()
    for what, read in (("count", lambda grid: grid.get_descendants().count()), ("list", _list)):
        mine, theirs = (median_ms([partial(read, grid)] * READS) for grid in (ours, stock))
        yield Figure(f"{what} the {count:,} grids of a district", mine, "ms", None, theirs, BESIDE)


def _list(grid: Grid | StockGrid) -> list:
    return list(grid.get_descendants())
