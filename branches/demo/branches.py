"""Made-up branches: planned as the planner proposes, on all kinds of sites, some joint, some with partners.

The real district has 341 of them; this one has fewer grids. Some communities have none, so that the page of coverage
has something to say.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle

from django.contrib.auth.hashers import make_password

from branches.models import Branch, ChiefTitle, SiteKind
from branches.proposals import Survey
from branches.services import Bringing, found_branch
from grids.models import Grid, Level, Organisation, OrganisationKind, Post, Role, User

# Each kind of site with the chief who usually leads there.
SITES = (
    (SiteKind.PARTY_SERVICE_CENTRE, "社区党组织书记", "社区党群服务中心一层"),
    (SiteKind.POLICE_STATION, "派出所所长", "派出所二层党员活动室"),
    (SiteKind.PROPERTY_COMPANY, "物业服务企业负责人", "小区物业服务中心"),
    (SiteKind.JUDICIAL_OFFICE, "司法所所长", "司法所调解室"),
    (SiteKind.MARKET_REGULATION_OFFICE, "市场监管所所长", "市场监管所会议室"),
)
BRINGS = {
    OrganisationKind.GOVERNMENT_OFFICE: ("每季度一次政策和法律咨询", "证照代办上门服务"),
    OrganisationKind.POLICE_ROOM: ("反诈和消防宣传", "每周一次联合巡逻"),
    OrganisationKind.PROPERTY_COMPANY: ("停车位错时开放", "楼道维修出人出工具"),
    OrganisationKind.OWNERS_COMMITTEE: ("提供活动室，召集楼栋议事", "发动业主志愿服务"),
}
UNCOVERED_SHARE, WHOLE_SHARE, JOINT_SHARE, DEPUTY_SHARE = 0.12, 0.1, 0.15, 0.4
FAMILY, GIVEN = (
    "王李张刘陈杨赵云白巴",
    ("志强", "建军", "丽华", "晓燕", "文斌", "巴特尔", "其木格", "永胜", "国庆", "慧敏"),
)


def found_branches(district: Grid, rng: random.Random, before: datetime) -> list[Branch]:
    """Found them through the services, within two years before that time; in the complete street everywhere."""
    titles, sites = {title.name: title for title in ChiefTitle.objects.all()}, cycle(SITES)
    streets = Grid.objects.active().filter(parent=district).order_by("lft")
    branches = []
    for street in streets:
        is_complete = street == streets.first()
        for community in Grid.objects.active().filter(parent=street).order_by("lft"):
            if not is_complete and rng.random() < UNCOVERED_SHARE:
                continue
            founded = before - timedelta(days=rng.randint(30, 700), minutes=rng.randint(0, 480))
            branches += _of_community(community, titles, sites, rng, founded, is_whole=rng.random() < WHOLE_SHARE)
    return branches


def _of_community(
    community: Grid,
    titles: dict[str, ChiefTitle],
    sites: Iterator[tuple[str, str, str]],
    rng: random.Random,
    founded: datetime,
    *,
    is_whole: bool,
) -> Iterator[Branch]:
    groups = [[community]] if is_whole else [list(codes) for codes in _grids(community, rng)]
    survey = Survey(community)
    partners = list(Organisation.objects.active().filter(grid=community, kind__in=BRINGS).order_by("pk"))
    for name, grids in zip(survey.names(len(groups)), groups, strict=True):
        site_kind, title, address = next(sites)
        branch = found_branch(
            actor=None,
            name=name,
            kind=Branch.Kind.JOINT if is_whole or len(grids) > 8 else Branch.Kind.SOLO,
            grids=grids,
            at=founded,
            site_kind=site_kind,
            site_address=f"{address}（示例）",
            secretary=_secretary(community, title, rng),
            chief_title=titles.get(title),
            deputy=_deputy(community) if rng.random() < DEPUTY_SHARE else None,
            member_count=rng.randint(3, 28),
            partners=[
                Bringing(one, rng.choice(BRINGS[one.kind])) for one in rng.sample(partners, min(2, len(partners)))
            ],
            is_demo=True,
        )
        yield branch


def _grids(community: Grid, rng: random.Random) -> Iterator[list[Grid]]:
    """The planner's groups, now and then two of them under one branch."""
    grids = {grid.code: grid for grid in Grid.objects.within(community).filter(level=Level.BUILDING)}
    groups = [[grids[building.code] for building in group.buildings] for group in Survey(community).groups]
    while groups:
        group = groups.pop(0)
        if groups and rng.random() < JOINT_SHARE:
            group += groups.pop(0)
        yield group


def _deputy(community: Grid) -> User | None:
    """Somebody of the community's staff."""
    post = Post.objects.active().filter(grid=community, role=Role.STAFF).select_related("user").order_by("pk").first()
    return post and post.user


def _secretary(community: Grid, title: str, rng: random.Random) -> User:
    """The community's own chief where the Party secretary leads, else somebody from the office."""
    chief = Post.objects.active().filter(grid=community, role=Role.CHIEF).select_related("user").first()
    if title == "社区党组织书记" and chief:
        return chief.user
    username = f"secretary-{User.objects.filter(username__startswith='secretary-').count() + 1:04d}"
    name = rng.choice(FAMILY) + rng.choice(GIVEN)
    return User.objects.create(username=username, name=name, password=make_password(None))
