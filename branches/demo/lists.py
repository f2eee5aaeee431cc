"""Made-up members' areas, and a work list of the district with items in every state."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from branches import services
from branches.areas.dividing import divide
from branches.areas.loads import free_buildings_of
from branches.models import Branch, Claim, WorkItem, WorkList
from branches.references import offered
from grids.models import Grid, Level, Post, Role, User
from grids.tree import community_code

AREA_HOUSEHOLDS = 120
LEFT_FREE = 2  # buildings of each community, so that something is left to do


class Row(NamedTuple):
    """An item: what, what counts as done, for whom, how many days from now it is due, mandatory or not."""

    text: str
    done_when: str
    for_streets: bool
    for_communities: bool
    days: int
    is_mandatory: bool = True


ROWS = (
    Row("党支部建在综治网格，补齐空白网格", "每个综治网格有党支部覆盖，书记到岗，名单可查。", True, False, -12),
    Row("每季度召开一次街道党建联席会议", "有议题、有决议、有结果，决议转办的事件办结。", True, False, 25),
    Row("党员包片联系到楼栋，重点户见面", "每栋楼有党员包片，片区负荷大体均衡。", True, True, 40),
    Row("楼道堆物和飞线充电集中整治", "以已结案的事件为证，无反复投诉。", False, True, 4),
    Row("打造一处党群服务示范阵地", "阵地有固定场所、有服务清单、有开放时间。", True, False, 70, False),
    Row("开展一次物业服务“红色管家”联建", "与物业企业签订联建协议，解决居民反映的问题。", True, True, 55, False),
)  # fmt: skip
REPORTS = (
    "辖区 6 个综治网格全部建立党支部，书记均已到岗，名单已录入。",
    "本季度联席会议已召开，形成 4 项决议，已转办 3 件，均有回音。",
    "已完成排查整治，清理楼道 31 处，劝离飞线充电 12 处，居民反映良好。",
)
MISSING = "缺两个空白网格的补建情况，请补充后再报。"
ACCEPTED = "情况属实，予以验收。"


def draw_areas(end: datetime) -> None:
    """Areas for the branches there are, each answered for by somebody posted there, but the last of each branch."""
    for branch in Branch.objects.active().select_related("grid").order_by("position", "pk"):
        if communities := _communities(branch):
            _divide(branch, communities[0], end - timedelta(days=40))


def _communities(branch: Branch) -> list[Grid]:
    """Those that the branch covers, or parts of which it covers."""
    codes = {community_code(code) for code in branch.cover.filter(until=None).values_list("grid__code", flat=True)}
    return list(Grid.objects.active().filter(code__in=codes, level=Level.COMMUNITY).order_by("lft"))


def _divide(branch: Branch, community: Grid, at: datetime) -> None:
    grids = free_buildings_of(branch, community)
    grids = grids[:-LEFT_FREE] if len(grids) > 2 * LEFT_FREE else grids
    loads = [grid.households for grid in grids]
    people = _posted(community)
    parts = divide(loads, max(1, round(sum(loads) / AREA_HOUSEHOLDS))) if grids else []
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1 and number > 0
        services.draw_area(
            actor=None,
            branch=branch,
            name=f"第{number + 1}片区",
            grids=[grids[index] for index in part],
            members=[] if is_last or not people else [people[number % len(people)]],
            is_demo=True,
            at=at,
        )


def _posted(grid: Grid) -> list[User]:
    posts = Post.objects.working().within(grid).filter(role__in=(Role.CHIEF, Role.STAFF)).select_related("user")
    return list(dict.fromkeys(post.user for post in posts.order_by("position", "pk")))


def issue_work_list(district: Grid, official: User, end: datetime) -> WorkList:
    """The organisation department's list, issued two months ago; its streets stand in every state."""
    issued = end - timedelta(days=60)
    today = timezone.localdate(end)
    work_list = services.draft_list(
        actor=official, grid=district, title="党建引领网格治理重点任务清单", year=today.year, is_demo=True, at=issued
    )
    items = [_item(official, work_list, row, today) for row in ROWS]
    services.issue_list(actor=official, work_list=work_list, at=issued)
    _work_through(items, official, end)
    return work_list


def _item(official: User, work_list: WorkList, row: Row, today: date) -> WorkItem:
    item = WorkItem(
        work_list=work_list,
        text=row.text,
        done_when=row.done_when,
        for_streets=row.for_streets,
        for_communities=row.for_communities,
        due_on=today + timedelta(days=row.days),
        is_mandatory=row.is_mandatory,
    )
    return services.save_item(actor=official, item=item)


def _work_through(items: list[WorkItem], official: User, end: datetime) -> None:
    """Every third street reports, every fourth is accepted, one is sent back; the rest is under way or late."""
    for item in items:
        claims = list(item.claims.select_related("grid").order_by("position"))
        for number, claim in enumerate(claims):
            _work(claim, (number + item.ordinal) % 5, official, end)
        if not item.is_mandatory:
            for street in Grid.objects.active().filter(parent=item.work_list.grid).order_by("lft")[1:5:2]:
                services.claim_item(actor=None, item=item, grid=street, at=end - timedelta(days=30))
    _hand_down(items[2], end)


def _work(claim: Claim, fate: int, official: User, end: datetime) -> None:
    """0 and 1: reported and accepted; 2: sent back; 3: reported; 4: still under way."""
    desk = _desk(claim.grid)
    if fate == 4 or desk is None:
        return
    at = end - timedelta(days=20 - fate)
    evidence = [(one.kind, one.key) for one in offered(desk, claim.grid, "event")[:3]]
    text = REPORTS[claim.item.ordinal % len(REPORTS)]
    services.report_claim(actor=desk, claim=claim, text=text, evidence=evidence, at=at)
    decided = at + timedelta(days=1)
    if fate in (0, 1):
        services.accept_claim(actor=official, claim=claim, text=ACCEPTED, at=decided)
    elif fate == 2:
        services.send_back_claim(actor=official, claim=claim, text=MISSING, at=decided)


def _desk(grid: Grid) -> User | None:
    roles = (Role.CHIEF, Role.OFFICIAL, Role.DISPATCHER)
    posts = Post.objects.working().filter(grid=grid, role__in=roles)
    post = posts.select_related("user").order_by("pk").first()
    return post.user if post else None


def _hand_down(item: WorkItem, end: datetime) -> None:
    """The first street that is still at it asks its communities."""
    claim = item.claims.filter(state="open").select_related("grid").order_by("position").first()
    if claim:
        communities = Grid.objects.active().filter(parent=claim.grid).order_by("lft")[:4]
        services.split_claim(actor=None, claim=claim, grids=communities, at=end - timedelta(days=25))
