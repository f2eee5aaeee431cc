"""A year's plan of the demo's community and of its branches, and what was spent of it."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from branches import services
from branches.models import Branch, Budget, ResourceEntry
from grids.models import Grid, Organisation, User

COMMUNITY = "150105001001"
BRANCHES = 2
# (kind, source, purpose, planned, unit)
PLAN = (
    ("money", "street", "邻里节和文化活动", "12000.00", ""),
    ("money", "district", "党群服务中心设施维护", "8000.00", ""),
    ("people", "street", "暑期看护班志愿者", "40", "人次"),
    ("materials", "partner", "慰问独居老人的米面油", "30", "份"),
    ("site", "partner", "议事和培训用会议室", "12", "场"),
)
OF_BRANCH = (
    ("money", "street", "主题党日和联席会议", "3000.00", ""),
    ("materials", "partner", "便民工具箱", "6", "套"),
)
# (line, days ago, amount, what for); the third is entered once too often and reversed, the fifth is over its plan
SPENT = (
    (0, 40, "4860.50", "邻里节舞台和音响"),
    (0, 33, "1320.00", "剪纸材料和奖品"),
    (0, 32, "1320.00", "剪纸材料和奖品"),
    (2, 30, "36", "七月至八月看护班"),
    (1, 20, "8650.00", "更换活动室门窗"),
    (3, 12, "24", "重阳节上门慰问"),
    (4, 5, "3", "物业服务评议会"),
)


def plan_and_spend(at: datetime) -> None:
    """One budget with every kind and source, over budget in one line; and a small one for each of some branches."""
    community, actor = Grid.objects.get(code=COMMUNITY), User.objects.get(username="community")
    budget = services.plan_budget(actor=actor, year=at.year, grid=community, at=at - timedelta(days=90))
    lines = _plan(budget, PLAN, actor, at)
    for number, days, amount, purpose in SPENT:
        _spend(lines[number], _day(at, days), amount, purpose, actor, at)
    twice = ResourceEntry.objects.filter(line=lines[0], amount=Decimal("1320.00")).order_by("-pk").first()
    services.reverse_entry(actor=actor, entry=twice, reason="重复登记", at=at)
    for branch in Branch.objects.active().filter(grid__code__startswith=COMMUNITY)[:BRANCHES]:
        of_branch = services.plan_budget(actor=actor, year=at.year, branch=branch, at=at - timedelta(days=80))
        first, *_others = _plan(of_branch, OF_BRANCH, actor, at)
        _spend(first, _day(at, 15), "860.00", "主题党日学习资料", actor, at)


def _plan(budget: Budget, plan, actor: User, at: datetime) -> list:
    partner = Organisation.objects.filter(grid__code=COMMUNITY, kind="property_company").first()
    return [
        services.add_line(
            actor=actor,
            budget=budget,
            kind=kind,
            source=source,
            purpose=purpose,
            planned=Decimal(planned),
            unit=unit,
            organisation=partner if source == "partner" else None,
            at=at - timedelta(days=80),
        )
        for kind, source, purpose, planned, unit in plan
    ]


def _day(at: datetime, days: int) -> date:
    """So many days ago, but of this year: a demo of January has all of it on the first."""
    today = timezone.localdate(at)
    return max(today - timedelta(days=days), today.replace(month=1, day=1))


def _spend(line, day: date, amount: str, purpose: str, actor: User, at: datetime) -> None:
    services.enter_spending(actor=actor, line=line, amount=Decimal(amount), spent_on=day, purpose=purpose, at=at)
