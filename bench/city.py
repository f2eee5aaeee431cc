"""A staffed city to put cases into: tree, categories, people in their posts. One seed, so every run has the same."""

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from bench.data import CITY_NODES, QUICK_NODES, city, write_divisions
from events.models import Category, Event
from events.services import load_categories
from grids.models import Grid, GridQuerySet, Level, Post, Role, User
from grids.services import load_divisions

BATCH = 1000
POSTED_FOR = timedelta(days=1500)
ROLES = {
    Level.CITY: (Role.OFFICIAL, Role.DISPATCHER),
    Level.DISTRICT: (Role.OFFICIAL, Role.DISPATCHER),
    Level.STREET: (Role.CHIEF, Role.DISPATCHER),
    Level.COMMUNITY: (Role.CHIEF, Role.STAFF, Role.STAFF, Role.POLICE),
}
BUILDINGS_PER_CHIEF = 10
CHIEFLESS = 5  # one community in so many has no chiefs for its buildings, so its cases begin higher up

Seat = tuple[Grid, str]


@dataclass
class City:
    """What cases are drawn from. `places` are the codes of all buildings and units."""

    random: random.Random
    users: list[User]
    categories: list[Category]
    places: list[str]
    numbers: Iterator[int] = field(default_factory=count)
    now: datetime = field(default_factory=timezone.now)

    @cached_property
    def by_key(self) -> dict[int, User]:
        return {user.pk: user for user in self.users}


def build_city(quick: bool) -> City:
    """Load the tree and the categories through their services, and post some 10,000 people in bulk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city.csv"
        write_divisions(path, city(QUICK_NODES if quick else CITY_NODES))
        load_divisions(actor=None, path=path)
    return staff_city(Grid.objects.all())


def staff_city(inside: GridQuerySet) -> City:
    """The loaded tree with categories and people; `places` are the buildings and units among these grids."""
    load_categories(path=Path(settings.BASE_DIR) / "events/data/categories.csv")
    return _city(_post_people(), inside)


def read_city(inside: GridQuerySet | None = None) -> City:
    """A city that was built before, to put more cases into; their numbers go on after the last one."""
    people = User.objects.filter(pk__in=Post.objects.values("user")).order_by("pk")
    city = _city(list(people), Grid.objects.all() if inside is None else inside)
    city.numbers = count(Event.objects.aggregate(last=Max("pk"))["last"] or 0)
    return city


def _city(users: list[User], inside: GridQuerySet) -> City:
    return City(
        random=random.Random(2026),
        users=users,
        categories=list(Category.objects.filter(is_confidential=False)),
        places=list(inside.filter(level__gte=Level.BUILDING).order_by("lft").values_list("code", flat=True)),
    )


def _post_people() -> list[User]:
    people = _seats()
    users = [User(username=f"u{n}", name=f"人员{n}") for n in range(len(people))]
    User.objects.bulk_create(users, batch_size=BATCH)
    since = timezone.now() - POSTED_FOR
    Post.objects.bulk_create(
        [
            Post(user=user, grid=grid, position=grid.lft, role=role, started_at=since)
            for user, seats in zip(users, people, strict=True)
            for grid, role in seats
        ],
        batch_size=BATCH,
    )
    return users


def _seats() -> list[list[Seat]]:
    """What each person holds: one post from the city down to the communities, or the chair of ten buildings."""
    seats: list[list[Seat]] = []
    patches: dict[tuple[str, int], list[Seat]] = defaultdict(list)
    for grid in Grid.objects.filter(level__lte=Level.BUILDING).order_by("lft"):
        if grid.level < Level.BUILDING:
            seats += [[(grid, role)] for role in ROLES[grid.level]]
        elif int(grid.code[:12]) % CHIEFLESS:
            patches[grid.code[:12], int(grid.code[12:]) // BUILDINGS_PER_CHIEF].append((grid, Role.CHIEF))
    return seats + list(patches.values())
