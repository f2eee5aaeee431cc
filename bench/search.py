"""The search at 1,000,000 events: server time of the list page (Django's test client), for rare and common words."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from bench.city import City
from events.demo.reports import REPORTS, SAYINGS
from events.models import Category, Event
from events.routing import loop_of
from events.workflow import Status
from grids.models import Grid, load_ancestors
from grids.tree import community_code

DAYS = 1000
OPEN_DAYS = 20  # what was filed in these last days is open still
SPEED = 20_000  # rows of one COPY
SHOPS = "福源顺达金鼎华联新星瑞祥永盛天和利民长丰"
CONSTANT = {"urgency": "normal", "round": 1, "send_backs": 0, "reworks": 0, "is_supervised": False}


def fill(city: City, count: int) -> None:
    """Cases with the texts of the demo and much variety, filed one after the other over years; without histories."""
    categories = {category.minor: category for category in Category.objects.all()}
    with open(REPORTS, encoding="utf-8", newline="") as file:
        reports = [(categories[row["minor"]], row) for row in csv.DictReader(file)]
    grids = {grid.code: grid for grid in Grid.objects.all()}
    now = timezone.now()
    rows = (_row(city, reports, grids, now, n, count) for n in range(count))
    _copy(rows)


def _row(city: City, reports, grids: dict[str, Grid], now: datetime, n: int, count: int) -> dict:
    random = city.random
    category, report = random.choice(reports)
    grid = grids[random.choice(city.places)]
    holder = grids[community_code(grid.code)]
    building = grids[grid.code[:16]]
    told = {"unit": random.randint(1, 6), "floor": random.randint(1, 24)}
    at = now - timedelta(days=DAYS) * ((count - n) / count)
    is_open = at > now - timedelta(days=OPEN_DAYS)
    status = random.choice((Status.FILED, Status.HANDLING, Status.HANDLING)) if is_open else Status.CLOSED
    shop = "".join(random.choices(SHOPS, k=3)) + random.choice(("超市", "饭馆", "药店", "理发店"))
    saying = random.choice(random.choice(list(SAYINGS.values())))
    names = [holder.name, building.name, *([grid.name] if grid is not building else [])]
    return CONSTANT | {
        "number": f"{timezone.localtime(at):%Y%m%d}-{n:06}",
        "category_id": category.pk,
        "title": report["title"].format(**told),
        "description": f"{report['description'].format(**told)}位置在{shop}附近，{random.randint(1, 2000)}号。{saying}",
        "address": report["address"].format(**told),
        "place_name": " ".join(names),
        "is_confidential": category.is_confidential,
        "grid_id": grid.pk,
        "position": grid.lft,
        "status": status,
        "start_loop": loop_of(grid.code),
        "loop": loop_of(holder.code),
        "holder_id": holder.pk,
        "reporter_id": random.choice(city.users).pk,
        "handler_id": random.choice(city.users).pk if random.random() < 0.5 else None,
        "filed_at": at,
        "due_at": at + timedelta(days=10) if is_open else None,
        "wake_at": at + timedelta(days=10) if is_open else None,
        "closed_at": None if is_open else at + timedelta(days=3),
        "step_count": 1,
    }


def _copy(rows: Iterator[dict]) -> None:
    """As `bulk_create` would in a tenth of the time; what a row does not name is the field's default."""
    fields = [field for field in Event._meta.concrete_fields if not field.primary_key]
    blank = Event()
    defaults = {field.attname: getattr(blank, field.attname) for field in fields}
    columns = ", ".join(field.column for field in fields)
    statement = f"COPY {Event._meta.db_table} ({columns}) FROM STDIN (FORMAT csv, NULL '\\N')"
    with connection.cursor() as cursor:
        buffer, held = io.StringIO(), 0
        writer = csv.writer(buffer)
        for row in rows:
            full = defaults | row
            writer.writerow(["\\N" if value is None else value for value in full.values()])
            held += 1
            if held == SPEED:
                buffer.seek(0)
                cursor.copy_expert(statement, buffer)
                buffer, held = io.StringIO(), 0
                writer = csv.writer(buffer)
        buffer.seek(0)
        cursor.copy_expert(statement, buffer)
