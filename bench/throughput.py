"""How many requests a second two gunicorn workers serve to eight clients, and how much memory the processes hold."""

import http.client
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import count

from rest_framework.authtoken.models import Token

from bench.city import City
from bench.pages import BUILDING, holder
from bench.report import Figure
from bench.serving import HEADERS, HOST, free_port, memory, production, running
from events.models import Event
from events.workflow import DESK_ROLES, Status
from grids.models import Post, Role, User

CLIENTS = 8
SECONDS, WARM_UP = 10, 2
MOST = 6_000  # requests of a kind that are prepared
LIST = "/api/v1/events/?status=closed&page_size=100"
# method, address, body and token of a request, and the status that it is to answer
Request = tuple[str, str, dict | None, str, int]


def figures(city: City) -> Iterator[Figure]:
    """Filings, actions and first pages of 100 rows, one kind after the other."""
    with tempfile.TemporaryDirectory(prefix="saihan-web-") as folder:
        port = free_port()
        environment = os.environ | production(folder, port) | _same_servers()
        with running(environment, "web", "worker") as processes:
            for what, target, requests in (
                ("filings", 150, _filings(city)),
                ("actions", 150, _actions()),
                ("first pages of the event list (100 rows, by state)", 60, _pages()),
            ):
                done = _drive(port, requests)
                yield Figure(f"{what} a second, 2 web workers, {CLIENTS} clients", done, "/s", target, at_least=True)
            for name, process in processes.items():
                pss, rss = memory(process)
                yield Figure(f"memory of {name}, all its processes (PSS)", pss, "MB", details={"RSS": rss})


def _same_servers() -> dict[str, str]:
    return {name: os.environ[name] for name in ("DATABASE_URL", "BROKER_URL")}


def _filings(city: City) -> Iterator[Request]:
    token = _token(holder(BUILDING, Role.CHIEF))
    while True:
        body = {"category": city.random.choice(city.categories).pk, "grid": BUILDING, "title": "路灯不亮"}
        yield "POST", "/api/v1/events/", body, token, 201


def _actions() -> Iterator[Request]:
    """Each time another case is accepted by somebody of the desk that holds it."""
    waiting = Event.objects.filter(status=Status.FILED, is_confidential=False).order_by("holder", "pk")
    desks = dict(Post.objects.active().filter(role__in=DESK_ROLES).values_list("grid", "user"))
    tokens: dict[int, str] = {}
    for number, desk in waiting.values_list("number", "holder").iterator():
        if user := desks.get(desk):
            token = tokens.get(user) or tokens.setdefault(user, _token(User(pk=user)))
            yield "POST", f"/api/v1/events/{number}/actions/", {"action": "accept"}, token, 200


def _pages() -> Iterator[Request]:
    token = _token(holder("1501", Role.OFFICIAL))
    while True:
        yield "GET", LIST, None, token, 200


def _token(user: User) -> str:
    return Token.objects.get_or_create(user=user)[0].key


def _drive(port: int, requests: Iterator[Request]) -> float:
    """Requests a second of clients that each send the next one when the last is answered."""
    prepared = [request for request, _n in zip(requests, range(MOST), strict=False)]
    turn, done, stop = count(), [], threading.Event()

    def client() -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=60)
        while not stop.is_set() and (number := next(turn)) < len(prepared):
            _send(connection, prepared[number])
            done.append(time.monotonic())

    threads = [threading.Thread(target=client) for _n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    began = time.monotonic() + WARM_UP
    while any(thread.is_alive() for thread in threads) and time.monotonic() < began + SECONDS:
        time.sleep(0.05)
    stop.set()
    ended = time.monotonic()
    for thread in threads:
        thread.join()
    counted = [moment for moment in done if began <= moment <= ended]
    return len(counted) / (ended - began)


def _send(connection: http.client.HTTPConnection, request: Request) -> None:
    method, address, body, token, expected = request
    headers = HEADERS | {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    connection.request(method, address, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != expected:
        raise SystemExit(f"{address}: {answer.status}\n{text.decode()[:500]}")
