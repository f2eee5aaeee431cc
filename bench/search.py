"""The search at 1,000,000 events: server time of the list page (Django's test client, no network), p95 and median."""

import json
import statistics
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from itertools import islice
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from bench.city import City, build_city
from bench.copying import copy, execute
from bench.pages import BUILDING, COMMUNITY, STREET, browse, file_through_api, holder, measure
from bench.report import Figure
from bench.timing import milliseconds, p95, seconds
from events.demo.reports import SAYINGS, Report, read_reports
from events.models import Event
from events.routing import loop_of
from events.services import save_filter
from events.workflow import Status
from grids.models import Grid, Role, User
from grids.tree import community_code

EVENTS, QUICK_EVENTS = 1_000_000, 20_000
DAYS = 1000
OPEN_DAYS = 20  # what was filed in these last days is open still
TARGET = 300
REQUESTS = 20  # of each kind; there are many
NAMES = settings.BASE_DIR / "events/data/demo_names.json"
SHOPS = "福源顺达金鼎华联新星瑞祥永盛天和利民长丰"
KINDS_OF_SHOP = ("超市", "饭馆", "药店", "理发店")
SUMMER, SUMMER_WORD = (6, 7, 8), "蚊虫"
NAME = "王建国"
GIN_INDEX = import_module("events.migrations.0019_search").INDEXES[0]


def figures(quick: bool) -> Iterator[Figure]:
    """Words that many, few and no cases have, as seen from each height of the tree; then what the index costs."""
    city, count = build_city(quick), QUICK_EVENTS if quick else EVENTS
    execute("DROP INDEX event_words")
    fill(city, count)
    yield Figure(f"making the index of {count:,} cases", seconds(lambda: execute(GIN_INDEX)), "s")
    execute("VACUUM ANALYZE")
    people = {
        "city": holder("1501", Role.OFFICIAL),
        "district": holder("150105", Role.OFFICIAL),
        "street": holder(STREET, Role.CHIEF),
        "community": holder(COMMUNITY, Role.CHIEF),
        "chief of ten buildings": holder(BUILDING, Role.CHIEF),
    }
    User.objects.filter(pk=people["chief of ten buildings"].pk).update(name=NAME)
    for who, user in people.items():
        for what, query in searches():
            yield _figure(f"{what}, {who}", user, f"/events/?{urlencode(query)}")
    for what, query in narrowed():
        yield _figure(f"{what}, city", people["city"], f"/events/?{urlencode(query)}")
    path = f"/events/?{urlencode({'search': '垃圾', 'page': 40})}"
    yield measure(browse(people["city"], path), REQUESTS).figure("p95 a common word, page 40, city", None)
    for number, (_what, query) in enumerate([*narrowed(), *searches()][:5]):
        save_filter(user=people["city"], name=str(number), query={"days": "30"} | query)
    yield _figure("the numbers of five saved filters, city", people["city"], "/filters/")
    yield from _costs(city)


def searches() -> Iterator[tuple[str, dict[str, str]]]:
    """What is typed; the number is one in the middle of them all."""
    number = Event.objects.order_by("pk")[Event.objects.count() // 2].number
    for what, words in (
        ("a word that many have", "垃圾"),
        ("a phrase that many have", "单元门前冒水"),
        ("a single character", "灯"),
        ("a word of last summer", SUMMER_WORD),
        ("two words that many have", "1号楼 垃圾"),
        ("a word that few have", "福源顺超市"),
        ("a word that none has", "没有这个词"),
        ("a number", number),
        ("the end of a number", number[-4:]),
        ("a person", NAME),
        ("a place and a word", "健康 垃圾"),
        ("a street", "人民路"),
    ):
        yield what, {"search": words}


def narrowed() -> Iterator[tuple[str, dict[str, str]]]:
    for what, query in (
        ("a common word, closed", {"status": "closed"}),
        ("a common word, overdue, due first", {"overdue": "true", "sort": "due"}),
        ("a common word, in a street", {"grid": STREET}),
        ("a common word, of a major", {"category": "社会治理"}),
        ("a common word, the last 7 days", {"days": "7"}),
    ):
        yield what, {"search": "垃圾"} | query
    yield "a rare word, overdue", {"search": "福源顺超市", "overdue": "true"}


def _figure(what: str, user: User, path: str) -> Figure:
    return measure(browse(user, path), REQUESTS).figure(f"p95 {what}", TARGET)


def _costs(city: City) -> Iterator[Figure]:
    """Filing a case, and changing many at once as the sweep does, beside the same without the index."""
    filing, change = measure(file_through_api(city)), _time_change()
    execute("DROP INDEX event_words")
    without, bare = measure(file_through_api(city)), _time_change()
    yield Figure(
        "p95 filing through the API", p95(filing.times), "ms", None, p95(without.times), "without the index",
        {"median": statistics.median(filing.times), "median without": statistics.median(without.times)},
    )  # fmt: skip
    yield Figure("1,000 cases changed in one statement", change, "ms", None, bare, "without the index")


def _time_change() -> float:
    newest = list(Event.objects.order_by("-pk").values_list("pk", flat=True)[:1000])
    change = (
        lambda turn=turn: Event.objects.filter(pk__in=newest).update(round=turn, place_name="1号楼")
        for turn in range(9)
    )
    return statistics.median(milliseconds(islice(change, 9)))


# A city full of cases


def fill(city: City, count: int) -> None:
    """Cases with the texts of the demo and much variety, one after the other over years; without histories."""
    _rename(city)
    grids = {grid.code: grid for grid in Grid.objects.all()}
    reports, now = read_reports(), timezone.now()
    times = (now - timedelta(days=DAYS) * ((count - n) / count) for n in range(count))
    fields = [field for field in Event._meta.concrete_fields if not field.primary_key]
    blank = Event()
    defaults = {field.attname: getattr(blank, field.attname) for field in fields}
    rows = (_row(city, reports, grids, n, at, now) for n, at in enumerate(times))
    copy(Event, list(defaults), ((defaults | row).values() for row in rows))


def _rename(city: City) -> None:
    """People of the names that are usual, so that some are called alike."""
    names = json.loads(NAMES.read_text())
    surnames, given = names["surnames"], [name for key, some in names.items() if key != "surnames" for name in some]
    for user in city.users:
        user.name = city.random.choice(surnames) + city.random.choice(given)
    User.objects.bulk_update(city.users, ["name"], batch_size=2000)


def _row(city: City, reports: list[Report], grids: dict[str, Grid], n: int, at: datetime, now: datetime) -> dict:
    random, grid = city.random, grids[city.random.choice(city.places)]
    report, holder, building = random.choice(reports), grids[community_code(grid.code)], grids[grid.code[:16]]
    is_open = at > now - timedelta(days=OPEN_DAYS)
    due = at + timedelta(days=10) if is_open else None
    texts = report.told_of(random.randint(1, 6), random.randint(1, 24))
    names = [holder.name, building.name, *([grid.name] if grid is not building else [])]
    return texts | {
        "number": f"{timezone.localtime(at):%Y%m%d}-{n % 10**6:06}",
        "category_id": report.category.pk,
        "is_confidential": report.category.is_confidential,
        "description": texts["description"] + _more(random, at),
        "place_name": " ".join(names),
        "grid_id": grid.pk,
        "position": grid.lft,
        "status": random.choice((Status.FILED, Status.HANDLING)) if is_open else Status.CLOSED,
        "start_loop": loop_of(grid.code),
        "loop": loop_of(holder.code),
        "holder_id": holder.pk,
        "reporter_id": random.choice(city.users).pk,
        "handler_id": random.choice(city.users).pk,
        "filed_at": at,
        "due_at": due,
        "wake_at": due,
        "closed_at": None if is_open else at + timedelta(days=3),
        "step_count": 1,
    }


def _more(random, at: datetime) -> str:
    """What makes one text unlike the other: a shop that few name, a house number, a word of the season, a saying."""
    shop = "".join(random.choices(SHOPS, k=3)) + random.choice(KINDS_OF_SHOP)
    season = f"{SUMMER_WORD}很多。" if at.month in SUMMER and random.random() < 0.2 else ""
    saying = random.choice(random.choice(list(SAYINGS.values())))
    return f"位置在{shop}附近，{random.randint(1, 2000)}号。{season}{saying}"
