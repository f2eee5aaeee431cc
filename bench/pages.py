"""Pages and API at 100,000 events: server time (Django's test client, no network) and queries."""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.authtoken.models import Token

from bench.cases import fill
from bench.city import City, build_city
from bench.report import Figure
from bench.timing import milliseconds, p95
from events.models import Category, Event
from events.workflow import DESK_ROLES, Status
from grids.models import Post, Role, User

EVENTS, QUICK_EVENTS = 100_000, 2_000
REQUESTS, WARM_UP = 50, 3
STREET, COMMUNITY, BUILDING = "150105001", "150105001001", "1501050010010001"
TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@dataclass
class Cost:
    """Milliseconds of each request, and the queries of one (without those that only mark a transaction).

    `cpu` is the processor's share of our process in a request, which another's work on the machine changes little.
    """

    times: list[float]
    queries: int
    cpu: float

    def figure(self, what: str, target: float | None) -> Figure:
        details = {"median": statistics.median(self.times), "queries": self.queries, "CPU ms": self.cpu}
        return Figure(what, p95(self.times), "ms", target, details=details)


def figures(quick: bool) -> Iterator[Figure]:
    """Five of a hundred cases are open, the others were closed over two years."""
    city = build_city(quick)
    fill(city, QUICK_EVENTS if quick else EVENTS)
    hungriest = 0
    for what, user, path in pages():
        cost = measure(browse(user, path))
        hungriest = max(hungriest, cost.queries)
        yield cost.figure(f"p95 {what}", 200)
    yield Figure("queries of the page that makes most", hungriest, "queries", 15)
    filing = measure(file_through_api(city))
    yield filing.figure("p95 filing through the API", None)
    yield Figure("queries of filing through the API", filing.queries, "queries", 12)
    yield measure(accept_through_api()).figure("p95 accepting through the API", None)


def pages() -> Iterator[tuple[str, User, str]]:
    """What is looked at, by whom, and where."""
    city, street = holder("1501", Role.OFFICIAL), holder(STREET, Role.CHIEF)
    community, chief = holder(COMMUNITY, Role.CHIEF), holder(BUILDING, Role.CHIEF)
    category = Category.objects.order_by("pk")[100]
    number = Event.objects.open().filter(grid__code__startswith=STREET).latest("filed_at").number
    for who, user in (("city", city), ("street", street), ("community", community), ("chief of ten buildings", chief)):
        yield f"workbench, {who}", user, "/"
        yield f"event list, {who}", user, "/events/"
    for what, filters in (
        ("open", {"status": "open"}),
        ("closed, page 100", {"status": "closed", "page": 100}),
        ("overdue, due first", {"overdue": "on", "sort": "due"}),
        ("of a street", {"grid": STREET}),
        ("of a category in a street", {"grid": STREET, "category": category.pk}),
        ("with a word that many have", {"search": "请派人"}),
        ("with a word that few have", {"search": category.minor}),
        ("with a word that none has", {"search": "没有这个词"}),
    ):
        yield f"event list of the city, {what}", city, f"/events/?{urlencode(filters)}"
    yield "event page, street", street, f"/events/{number}/"
    yield "filing page, chief of ten buildings", chief, "/events/file/"
    for level, code in (("city", "1501"), ("district", "150105"), ("street", STREET), ("community", COMMUNITY)):
        yield f"grid page of a {level}", city, f"/grids/{code}/"
    for level, code in (("city", "1501"), ("district", "150105"), ("street", STREET)):
        yield f"coverage of a {level}", city, f"/grids/coverage/?grid={code}"
    yield "vacant grids of the city, page 100", city, "/grids/coverage/list/?grid=1501&figure=vacant&page=100"
    yield "grids of mine, chief of ten buildings", chief, "/grids/"


def holder(code: str, role: str) -> User:
    return Post.objects.active().filter(grid__code=code, role=role).select_related("user")[0].user


def measure(calls: Iterator[Callable[[], object]], requests: int = REQUESTS) -> Cost:
    """The first calls warm up, the next is watched for queries, the others are timed."""
    milliseconds(islice(calls, WARM_UP))
    watched = next(calls)  # what it takes to prepare it is no part of it
    with CaptureQueriesContext(connection) as captured:
        watched()
    queries = sum(not query["sql"].startswith(TRANSACTION) for query in captured)
    prepared = list(islice(calls, requests))
    began = time.process_time()
    times = milliseconds(prepared)
    return Cost(times, queries, (time.process_time() - began) * 1000 / max(len(times), 1))


def browse(user: User, path: str) -> Iterator[Callable[[], object]]:
    client = _ready(Client())
    client.force_login(user)
    while True:
        yield lambda: expect(client.get(path), 200)


def file_through_api(city: City) -> Iterator[Callable[[], object]]:
    client = api_client(holder(BUILDING, Role.CHIEF))
    while True:
        body = {
            "category": city.random.choice(city.categories).pk,
            "grid": BUILDING,
            "title": "路灯不亮",
            "address": "西侧",
        }
        yield lambda body=body: expect(client.post("/api/v1/events/", body, "application/json"), 201)


def accept_through_api() -> Iterator[Callable[[], object]]:
    """Each time another case, by somebody of the desk that holds it."""
    waiting = Event.objects.filter(status=Status.FILED, holder__posts__role__in=DESK_ROLES).distinct().order_by("pk")
    for event in waiting[: 10 * REQUESTS]:
        client = api_client(Post.objects.active().filter(grid=event.holder, role__in=DESK_ROLES)[0].user)
        path = f"/api/v1/events/{event.number}/actions/"
        yield lambda client=client, path=path: expect(client.post(path, {"action": "accept"}, "application/json"), 200)


def api_client(user: User) -> Client:
    token, _created = Token.objects.get_or_create(user=user)
    return _ready(Client(headers={"Authorization": f"Token {token.key}"}))


def _ready(client: Client) -> Client:
    """What a server does once before its first request, and Django's test client amid it."""
    client.handler.load_middleware()
    return client


def expect(response, status: int) -> None:
    if response.status_code != status:
        raise SystemExit(f"{response.request['PATH_INFO']}: {response.status_code}\n{response.content.decode()[:2000]}")
