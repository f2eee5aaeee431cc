"""10,000 orders of the 12345 hotline through a real Celery worker: read, checked, decided on, filed; and once more."""

import random
import time
from collections.abc import Iterator
from io import BytesIO

from django.conf import settings
from django.utils import timezone
from openpyxl import Workbook

from bench.data import DIVISIONS
from bench.report import Figure
from bench.sweep import PATIENCE, worker
from events import services
from events.demo.hotline import sample_sheet
from events.hotline.columns import told
from events.models import Category, Event, HotlineImport
from events.services.hotline import Outcome, Status, open_words, remembered_columns
from grids.models import Grid, Role, User
from grids.services import appoint, load_divisions

ORDERS, QUICK_ORDERS = 10_000, 500
CATEGORIES = settings.BASE_DIR / "events" / "data" / "categories.csv"


def figures(quick: bool) -> Iterator[Figure]:
    """The first sheet with its questions answered, then the very same again."""
    load_divisions(actor=None, path=DIVISIONS)
    services.load_categories(path=CATEGORIES)
    district = Grid.objects.get(code="150105")
    actor = User.objects.create_user("bench", name="受理员")
    appoint(actor=None, user=actor, role=Role.DISPATCHER, grid=district)
    orders = QUICK_ORDERS if quick else ORDERS
    lines = list(sample_sheet(random.Random(1), district, orders, timezone.localtime()))
    with worker():
        yield from _first(actor, lines, orders)
        seconds, again = _checked(actor, lines)
        assert again.counts[Outcome.KNOWN] == Event.objects.count()
        yield Figure(f"the same {orders:,} orders again, nothing to file", seconds, "s", 30)


def _first(actor: User, lines: list[tuple], orders: int) -> Iterator[Figure]:
    seconds, found = _checked(actor, lines)
    yield Figure(f"{orders:,} orders read and checked", seconds, "s", 60)
    words = dict.fromkeys(open_words(found), Category.objects.get(minor="物业管理"))
    services.tell_words(actor=actor, hotline_import=found, meanings=words)
    begin = time.perf_counter()
    services.confirm_hotline(actor=actor, hotline_import=found)
    _wait(found, Status.DONE)
    seconds, filed = time.perf_counter() - begin, found.counts[Outcome.FILED]
    assert filed == Event.objects.count()
    yield Figure(f"{filed:,} orders filed", seconds, "s", 600, details={"ms an order": seconds * 1000 / filed})


def _checked(actor: User, lines: list[tuple]) -> tuple[float, HotlineImport]:
    """A sheet taken in, its columns told where they are asked for, and its rows checked; and how long that took."""
    file = _saved(lines)
    begin = time.perf_counter()
    found = services.upload_hotline(actor=actor, file_name="bench.xlsx", file=file)
    if _wait(found, Status.MAPPING, Status.CHECKED) == Status.MAPPING:
        columns = told(found.layout["columns"], remembered_columns(found.home)).columns
        meanings = {heading: key for key, heading in columns.items()}
        services.tell_columns(actor=actor, hotline_import=found, meanings=meanings)
        _wait(found, Status.CHECKED)
    return time.perf_counter() - begin, found


def _wait(found: HotlineImport, *statuses: str) -> str:
    until = time.perf_counter() + PATIENCE
    while found.status not in statuses:
        assert time.perf_counter() < until, f"{statuses} in time"
        time.sleep(0.1)
        found.refresh_from_db(fields=["status", "problem", "counts", "layout"])
        assert found.status != Status.FAILED, found.problem
    return found.status


def _saved(lines: list[tuple]) -> BytesIO:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("12345")
    for line in lines:
        sheet.append(line)
    file = BytesIO()
    book.save(file)
    return file
