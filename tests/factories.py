"""Plain functions that make deep objects with sensible defaults; they go through the services where rules matter."""

from dataclasses import dataclass
from itertools import count

from grids import services
from grids.models import Grid, Post, Role, User

_number = count(1)


def make_grid(code: str, name: str = "", **fields) -> Grid:
    """A grid whose parent exists."""
    return services.create_grid(actor=None, code=code, name=name or f"网格{code[-4:]}", **fields)


@dataclass(frozen=True)
class Tree:
    """A small city: one branch down to two units, and neighbours that lie outside it on every level below."""

    city: Grid
    district: Grid
    street: Grid
    community: Grid
    building: Grid
    unit: Grid
    second_unit: Grid
    second_building: Grid
    other_community: Grid
    other_building: Grid
    other_street: Grid
    far_community: Grid


def make_tree() -> Tree:
    """The small city, under real codes of Hohhot."""
    return Tree(
        city=make_grid("1501", "呼和浩特市"),
        district=make_grid("150105", "赛罕区"),
        street=make_grid("150105001", "人民路街道"),
        community=make_grid("150105001001", "健康社区"),
        building=make_grid("1501050010010001", "1号楼", households=40),
        unit=make_grid("150105001001000101", "1单元", households=20),
        second_unit=make_grid("150105001001000102", "2单元", households=20),
        second_building=make_grid("1501050010010002", "2号楼", households=36),
        other_community=make_grid("150105001002", "学苑社区"),
        other_building=make_grid("1501050010020001", "1号楼"),
        other_street=make_grid("150105002", "大学西路街道"),
        far_community=make_grid("150105002001", "桥靠社区"),
    )


def make_user(name: str = "", username: str = "", **fields) -> User:
    """A person with an account and no post."""
    number = next(_number)
    return User.objects.create_user(username or f"user{number}", name=name or f"居民{number}", **fields)


def make_post(user: User | None = None, grid: Grid | None = None, role: str = Role.STAFF, **fields) -> Post:
    """An active post; without a user, a new person's."""
    return services.appoint(actor=None, user=user or make_user(), role=role, grid=grid, **fields)
