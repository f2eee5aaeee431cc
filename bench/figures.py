"""Dashboards, indicators, lists, workbench, filing and acting at a number of cases, beside SQL written by hand."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from statistics import median
from urllib.parse import urlencode

from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from bench import floor, throughput
from bench.cases import Lives, add_cases
from bench.city import CHIEFLESS, City, read_city
from bench.pages import (
    COMMUNITY,
    STREET,
    Cost,
    accept_through_api,
    api_client,
    browse,
    expect,
    file_through_api,
    holder,
    measure,
)
from bench.report import Figure
from bench.timing import analyze, milliseconds
from events.workflow import Action
from grids.models import Grid, Role

CITY, DISTRICT = "1501", "150105"
# By the level's name: whose it is, its holder's role, and milliseconds at most.
DASHBOARDS = {
    "community": (COMMUNITY, Role.CHIEF, 50),
    "street": (STREET, Role.CHIEF, 80),
    "district": (DISTRICT, Role.OFFICIAL, 120),
    "city": (CITY, Role.OFFICIAL, 120),
}
PAGES = (1, 10, 100, 1_000)
STREET_OPEN, QUICK_STREET_OPEN = 5_000, 200
AT_THE_STREET: Lives = {(Action.ESCALATE, Action.ESCALATE): 1}
FLOOR_CALLS = 20


def figures(quick: bool) -> Iterator[Figure]:
    """Reading first, then what writes; the many cases of one street come last, for they would change the others."""
    city = read_city()
    yield from _dashboards()
    yield from _indicators()
    yield from _lists()
    yield _beside(measure(file_through_api(city)), "p95 filing through the API", 20, floor.filing())
    yield _beside(measure(accept_through_api()), "p95 an action through the API", 20, floor.action())
    yield from throughput.figures(city)
    yield from _workbench(city, QUICK_STREET_OPEN if quick else STREET_OPEN)


def _dashboards() -> Iterator[Figure]:
    at = timezone.now()
    for level, (code, role, target) in DASHBOARDS.items():
        what, grid = f"p95 dashboard of a {level}", Grid.objects.get(code=code)
        path = _address("dashboard", code)
        if path is None:
            yield Figure(f"{what}: not there, SQL alone", _median(floor.dashboard(grid, at)), "ms")
        else:
            yield _beside(measure(browse(holder(code, role), path)), what, target, floor.dashboard(grid, at))


def _indicators() -> Iterator[Figure]:
    at, grid = timezone.now(), Grid.objects.get(code=CITY)
    until = timezone.localdate(at)
    query = {"grid": CITY, "since": until - timedelta(days=364), "until": until, "by": "child"}
    path = f"/api/v1/indicators/?{urlencode(query)}"
    what, client = "p95 indicators of the city by district for a year, API", api_client(holder(CITY, Role.OFFICIAL))
    if client.get(path).status_code == 404:
        yield Figure(f"{what}: not there, SQL alone", _median(floor.indicators(grid, at)), "ms")
    else:
        yield _beside(measure(_get(client, path)), what, 80, floor.indicators(grid, at))


def _lists() -> Iterator[Figure]:
    official, at = holder(CITY, Role.OFFICIAL), timezone.now()
    for page in PAGES:
        path = f"/events/?{urlencode({'status': 'filed', 'overdue': 'on', 'page': page})}"
        what = f"p95 event list of the city, one state and overdue, page {page:,}"
        yield _beside(measure(browse(official, path)), what, 100, floor.overdue(at, page))
    for page in PAGES:
        path = f"/events/?{urlencode({'status': 'closed', 'page': page})}"
        yield measure(browse(official, path)).figure(f"p95 event list of the city, closed, page {page:,}", 100)
    path = "/api/v1/events/?status=closed&page_size=100"
    yield measure(_get(api_client(official), path)).figure("p95 first 100 closed cases of the city, API", None)


def _workbench(city: City, many: int) -> Iterator[Figure]:
    """A street whose desk holds so many more open cases, all of a few days: it has hundreds of hot spots besides."""
    street = Grid.objects.get(code=STREET)
    inside = read_city(Grid.objects.within(street))
    inside.places = [code for code in inside.places if int(code[:12]) % CHIEFLESS]
    add_cases(inside, many, (city.now - timedelta(days=5), city.now - timedelta(days=2)), AT_THE_STREET)
    analyze()
    cost = measure(browse(holder(STREET, Role.CHIEF), "/"))
    yield _beside(cost, f"p95 workbench of a street with {many:,} open cases", 80, floor.workbench(street))


def _beside(cost: Cost, what: str, target: float, calls: floor.Calls) -> Figure:
    """With what the database alone needs for the same."""
    figure, least = cost.figure(what, target), _median(calls)
    figure.beside, figure.beside_what = least, "SQL by hand"
    figure.details["times that"] = figure.details["median"] / least
    return figure


def _median(calls: floor.Calls) -> float:
    milliseconds(islice(calls, 2))
    return median(milliseconds(islice(calls, FLOOR_CALLS)))


def _get(client: Client, path: str) -> floor.Calls:
    while True:
        yield lambda: expect(client.get(path), 200)


def _address(name: str, code: str) -> str | None:
    try:
        return reverse(name, args=[code])
    except NoReverseMatch:
        return None
