"""Whatever is imported, moved, merged, split, retired and renamed while people file: tree and cases stay sound."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.audit import problems as event_problems
from events.models import Category, Event, offices
from events.services import act, file_event, sweep
from events.workflow import open_moves, sides
from grids import services
from grids.audit import problems as grid_problems
from grids.models import Grid, GridChange, Level, Role, User
from grids.services import Part
from tests.factories import make_category, make_post, make_service_levels, make_tree, make_user
from tests.grids.sheets.makers import HEADER, told, undo, upload

pytestmark = pytest.mark.django_db

CHAOS = ("create", "move", "move", "merge", "merge", "merge", "split", "split", "retire", "rename", "post", "file",
         "file", "file", "act", "act", "sweep", "sheet", "sheet")  # fmt: skip
ROLES = (Role.CHIEF, Role.STAFF, Role.OFFICIAL, Role.DISPATCHER)


class Undo(Exception):
    """Takes an example back out of the database."""


class Years:
    """What becomes of a small city. `places` tells whose each code ever was."""

    def __init__(self, people: list[User], category: Category, draw):
        self.people, self.category, self.draw = people, category, draw
        self.now = timezone.now() - timedelta(days=300)
        self.filed = 0
        self.places: dict[str, set[int]] = {}
        for _turn in range(5):
            self.happen("post")

    def pick(self, label: str, **levels) -> Grid | None:
        grids = list(Grid.objects.active().filter(**levels).order_by("pk"))
        return self.draw(st.sampled_from(grids), label) if grids else None

    def happen(self, what: str = "") -> None:
        self.now += timedelta(hours=self.draw(st.integers(1, 90), "hours"))
        what = what or self.draw(st.sampled_from(CHAOS), "what")
        try:
            with transaction.atomic():
                getattr(self, what)()
        except ValidationError:
            pass  # refused, and nothing done
        self.remember()

    def remember(self) -> None:
        for pk, code in Grid.objects.values_list("pk", "code"):
            self.places.setdefault(code, set()).add(pk)

    def create(self) -> None:
        parent = self.pick("parent", level__lte=Level.BUILDING)
        digits = (2, 3, 3, 4, 2)[parent.level]
        number = self.draw(st.integers(1, 9), "number")
        services.create_grid(actor=None, code=f"{parent.code}{number:0{digits}d}", name=f"新{number}")

    def move(self) -> None:
        grid = self.pick("who moves", level__gte=Level.STREET)
        parent = self.pick("where to", level=grid.level - 1)
        kept = self.draw(st.booleans(), "keeps its number")
        code = f"{parent.code}{grid.code[len(grid.parent.code) :]}" if kept else None
        services.move_grid(actor=None, grid=grid, new_parent=parent, code=code, at=self.now)

    def merge(self) -> None:
        grid = self.pick("who is merged", level__gte=Level.STREET)
        into = self.pick("into what", level=grid.level)
        services.merge_grids(actor=None, grid=grid, into=into, at=self.now)

    def split(self) -> None:
        grid = self.pick("who is split", level__gte=Level.STREET, level__lte=Level.BUILDING)
        children = list(grid.children.active().values_list("code", flat=True))
        cut = self.draw(st.integers(0, len(children)), "cut")
        parts = [Part("东", tuple(children[:cut])), Part("西", tuple(children[cut:]))]
        services.split_grid(actor=None, grid=grid, parts=parts, at=self.now)

    def retire(self) -> None:
        grid = self.pick("who retires", level__gte=Level.STREET)
        successor = self.pick("who follows") if self.draw(st.booleans(), "with a successor") else None
        services.retire_grid(actor=None, grid=grid, successor=successor, at=self.now)

    def sheet(self) -> None:
        """An import of a new grid and of another name, now and then taken back."""
        admin = User.objects.get(is_superuser=True)
        parent, named = self.pick("parent", level__lte=Level.BUILDING), self.pick("who is renamed by a sheet")
        number = self.draw(st.integers(1, 9), "number")
        code = f"{parent.code}{number:0{(2, 3, 3, 4, 2)[parent.level]}d}"
        done = upload(admin, "grids", [HEADER, (code, f"表{number}", 1), (named.code, f"表改{number}", None)])
        if told(done):
            return  # refused, and nothing done
        services.confirm_sheet(actor=admin, sheet_import=done)
        services.apply_sheet(pk=done.pk)
        done.refresh_from_db()
        assert done.status == "applied", done.problem
        if self.draw(st.booleans(), "taken back"):
            undo(admin, done)

    def rename(self) -> None:
        services.rename_grid(actor=None, grid=self.pick("who is renamed"), name=f"改{self.filed}", at=self.now)

    def post(self) -> None:
        person, role = self.draw(st.sampled_from(self.people), "who"), self.draw(st.sampled_from(ROLES), "role")
        services.appoint(actor=None, user=person, role=role, grid=self.pick("where"), at=self.now)

    def file(self) -> None:
        reporter = User.objects.get(pk=self.draw(st.sampled_from(self.people), "reporter").pk)
        file_event(actor=reporter, category=self.category, grid=self.pick("where"), title="随机", at=self.now)
        self.filed += 1

    def act(self) -> None:
        able = []
        for event in Event.objects.with_related().order_by("-pk")[:5]:
            for person in User.objects.all():
                moves = open_moves(event.case(), sides(event.case(), person.pk, offices(person)))
                able += [(event, person, move.action) for move in moves if "handler" not in move.needs]
        if able:
            event, person, action = self.draw(st.sampled_from(able), "who does what")
            act(event=event, actor=person, action=action, reason="因", note="果", at=self.now)

    def sweep(self) -> None:
        assert "postponed" not in sweep(at=self.now)

    def check(self) -> None:
        assert list(grid_problems()) == []
        assert list(event_problems()) == []
        assert Event.objects.count() == self.filed
        found = Grid.objects.resolve(self.places)
        assert all(found.values()), [code for code, grids in found.items() if not grids]
        for code, pks in self.places.items():
            assert len(pks) == 1, f"{code} was given out twice"
            grid = Grid.objects.get(pk__in=pks)
            if grid.retired_at is None:
                assert found[code] == [grid]
            assert len({one.retired_at is None for one in found[code]}) == 1
        assert GridChange.objects.filter(kind="merge", grid__retired_at=None).count() == 0


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_to_the_grids_nothing_is_lost(city, data):
    people, category = city
    try:
        with transaction.atomic():
            years = Years(people, category, data.draw)
            for _turn in range(data.draw(st.integers(1, 16), "turns")):
                years.happen()
            years.check()
            raise Undo
    except Undo:
        pass


@pytest.fixture
def city(db):
    make_service_levels()
    tree = make_tree()
    make_user("管理员", is_superuser=True)
    people = [make_user() for _turn in range(4)]
    for person, grid in zip(people, (tree.unit, tree.community, tree.street, tree.city), strict=True):
        make_post(person, grid, at=timezone.now() - timedelta(days=400))
    return people, make_category("随机", limit=1, unit="emergency_day")
