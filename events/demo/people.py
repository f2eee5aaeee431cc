"""Made-up people in posts at every level: names, duties, sources of staff, and the accounts of the demo."""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password

from events.demo.places import COMMUNITY, DISTRICT, STREET, is_village
from grids import services
from grids.models import Grid, Level, Post, Role, StaffSource, User

NAMES = json.loads((Path(__file__).parent.parent / "data" / "demo_names.json").read_text(encoding="utf-8"))
MONGOLIAN_SHARE = 0.22

DUTIES = {
    Role.CHIEF: (
        "统筹本网格日常工作，组织巡查走访，受理和派遣网格内事件，督促限时办结。",
        "牵头网格议事，掌握楼栋基本情况，协调物业和业委会，化解邻里矛盾。",
        "联系本网格居民，收集意见建议，带头排查隐患，做好政策宣传。",
    ),
    Role.STAFF: (
        "日常巡查、入户走访，发现问题及时上报；办理派遣的事件并反馈结果。",
        "负责楼栋环境卫生、消防通道和公共设施巡查，代办民生服务事项。",
        "联系独居老人和困难家庭，协助开展矛盾调解和平安宣传。",
    ),
    Role.POLICE: ("网格警务：治安隐患排查、矛盾纠纷联调、线索核查，参与网格联合巡逻。",),
    Role.OFFICIAL: ("分管网格化治理工作，研判疑难事件，督办逾期事件，定期查看运行情况。",),
    Role.DISPATCHER: ("受理本级事件，核对信息后派遣到承办人，跟踪办理时限，做好退回和上报。",),
}
SOURCES = {
    Level.CITY: (StaffSource.CIVIL_SERVANT,),
    Level.DISTRICT: (StaffSource.CIVIL_SERVANT,),
    Level.STREET: (StaffSource.CIVIL_SERVANT, StaffSource.CIVIL_SERVANT, StaffSource.HIRED),
    Level.COMMUNITY: (StaffSource.COMMUNITY_WORKER, StaffSource.COMMUNITY_WORKER, StaffSource.HIRED),
    Level.BUILDING: (StaffSource.VOLUNTEER, StaffSource.VOLUNTEER, StaffSource.COMMUNITY_WORKER, StaffSource.HIRED),
}

# The accounts: name, posts as (role, grid). The first buildings of the community are the worker's and the chief's.
HOME = tuple(f"{COMMUNITY}{number:04d}" for number in (1, 2, 3))


def _leader(code: str) -> list[tuple[str, str]]:
    """Above the communities the official in charge is the grid's chief as well."""
    return [(Role.OFFICIAL, code), (Role.CHIEF, code)]


ACCOUNTS = {
    "worker": ("苏日娜", [(Role.STAFF, code) for code in HOME]),
    "chief": ("郝建国", [(Role.CHIEF, code) for code in HOME]),
    "community": ("贾慧敏", [(Role.CHIEF, COMMUNITY), (Role.DISPATCHER, COMMUNITY)]),
    "street": ("云志刚", _leader(STREET)),
    "district": ("乔雅琴", _leader(DISTRICT)),
    "city": ("牧仁", _leader("1501")),
    "police": ("任海峰", [(Role.POLICE, COMMUNITY)]),
    "admin": ("系统管理员", []),
}

Posting = tuple[str, list[tuple[str, str]]]  # whose key, and their posts as (role, grid code)


@dataclass
class Staff:
    """Who is posted where, by grid code."""

    users: dict[str, User] = field(default_factory=dict)
    posted: dict[str, list[User]] = field(default_factory=dict)

    def at(self, code: str) -> list[User]:
        return self.posted.get(code, [])


def hire(rng: random.Random, before: datetime) -> Staff:
    """Create everybody and appoint them at times before `before`."""
    grids = {grid.code: grid for grid in Grid.objects.order_by("code")}
    postings = dict([*_accounts(), *_crew(list(grids.values()), rng)])
    staff = Staff(users=_create_users(postings, rng))
    for key, posts in postings.items():
        started = before - timedelta(days=rng.randint(5, 700), minutes=rng.randint(0, 480))
        for role, code in posts:
            _appoint(staff.users[key], role, grids[code], started, rng)
            people = staff.posted.setdefault(code, [])
            if staff.users[key] not in people:
                people.append(staff.users[key])
    return staff


def _appoint(user: User, role: str, grid: Grid, started: datetime, rng: random.Random) -> Post:
    return services.appoint(
        actor=None,
        user=user,
        role=role,
        grid=grid,
        duties=rng.choice(DUTIES[role]),
        source=StaffSource.POLICE if role == Role.POLICE else rng.choice(SOURCES[grid.level]),
        is_manager=role == Role.OFFICIAL and grid.level == Level.DISTRICT,
        at=started,
    )


def _accounts() -> Iterator[Posting]:
    return ((username, posts) for username, (_name, posts) in ACCOUNTS.items())


def _create_users(postings: dict[str, list], rng: random.Random) -> dict[str, User]:
    """The accounts share one password; everybody else has none and cannot log in."""
    password = make_password(settings.DEMO_PASSWORD)
    users = []
    for number, key in enumerate(postings, start=1):
        if key in ACCOUNTS:
            is_admin = key == "admin"
            users.append(
                User(
                    username=key,
                    name=ACCOUNTS[key][0],
                    password=password,
                    is_staff=is_admin,
                    is_superuser=is_admin,
                )
            )
        else:
            users.append(User(username=f"person-{number:04d}", name=_name(rng), password=make_password(None)))
    User.objects.bulk_create(users, batch_size=500)
    return dict(zip(postings, users, strict=True))


def _name(rng: random.Random) -> str:
    if rng.random() < MONGOLIAN_SHARE:
        if rng.random() < 0.3:
            return rng.choice(NAMES["mongolian_names"])
        return rng.choice(NAMES["mongolian_beginnings"]) + rng.choice(NAMES["mongolian_endings"])
    surnames = NAMES["surnames"]  # the common ones first, so the smaller of two numbers is the likelier one
    surname = surnames[min(rng.randrange(len(surnames)), rng.randrange(len(surnames)))]
    return surname + rng.choice(NAMES["given_names"])


def _crew(grids: list[Grid], rng: random.Random) -> Iterator[Posting]:
    """Everybody without an account, city first. What the accounts hold, nobody else gets."""
    by_level = {level: [grid for grid in grids if grid.level == level] for level in Level}
    for grid in by_level[Level.CITY]:
        yield f"{grid.code} dispatcher", [(Role.DISPATCHER, grid.code)]
    for grid in by_level[Level.DISTRICT]:
        if grid.code != DISTRICT:
            yield f"{grid.code} official", _leader(grid.code)
        else:
            yield f"{grid.code} dispatcher", [(Role.DISPATCHER, grid.code)]
    for grid in _of_district(by_level[Level.STREET]):
        if grid.code != STREET:
            yield f"{grid.code} official", _leader(grid.code)
        yield f"{grid.code} dispatcher", [(Role.DISPATCHER, grid.code)]
    communities = list(_of_district(by_level[Level.COMMUNITY]))
    for community in communities:
        yield from _community(community, rng)
    yield from _police(communities)
    for community, buildings in groupby(by_level[Level.BUILDING], key=lambda grid: grid.code[:12]):
        yield from _building_crew(community, list(buildings), rng)


def _of_district(grids: Iterable[Grid]) -> Iterator[Grid]:
    return (grid for grid in grids if grid.code.startswith(DISTRICT))


def _community(community: Grid, rng: random.Random) -> Iterator[Posting]:
    code, is_complete = community.code, community.code.startswith(STREET)
    if code != COMMUNITY:
        if is_complete or rng.random() < 0.94:
            yield f"{code} chief", [(Role.CHIEF, code)]
        if is_complete or rng.random() < (0.6 if is_village(community) else 0.95):
            yield f"{code} dispatcher", [(Role.DISPATCHER, code)]
    for number in range(1 if is_village(community) else 2):
        yield f"{code} staff {number}", [(Role.STAFF, code)]


def _police(communities: list[Grid]) -> Iterator[Posting]:
    """One officer for up to three communities of a street; the account's community has its own."""
    for street, inside in groupby(communities, key=lambda grid: grid.code[:9]):
        codes = [grid.code for grid in inside if grid.code != COMMUNITY]
        for start in range(0, len(codes), 3):
            yield f"{street} police {start}", [(Role.POLICE, code) for code in codes[start : start + 3]]


def _building_crew(community: str, buildings: list[Grid], rng: random.Random) -> Iterator[Posting]:
    """In the complete street each building has a chief and staff; elsewhere some chiefs lead two, some are missing."""
    codes = [grid.code for grid in buildings if grid.code not in HOME]
    if community.startswith(STREET):
        for code in codes:
            yield f"{code} chief", [(Role.CHIEF, code)]
        for start in range(0, len(codes), 3):
            yield f"{codes[start]} staff", [(Role.STAFF, code) for code in codes[start : start + 3]]
        return
    led = [code for code in codes if rng.random() < 0.72]
    for start in range(0, len(led), 2):
        yield f"{led[start]} chief", [(Role.CHIEF, code) for code in led[start : start + 2]]
