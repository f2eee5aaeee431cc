"""What police and grid do together in the demo's community: patrols, mediations, and a case side by side."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from events import services as cases
from events.demo.people import HOME, Staff
from events.demo.places import COMMUNITY
from events.models import Category, Event
from events.workflow import Action, Status
from grids.models import Grid
from volunteers import services
from volunteers.models import DisputeKind, Patrol
from volunteers.services import Party, PatrolPlan

HOUR = timedelta(hours=1)
MEETS_AT = "社区警务室"
# Found on the last patrol: in which of the worker's buildings, of which category, by whom.
FOUND = (
    (0, "治安隐患", "地下室出租屋门锁损坏，无人登记", "police"),
    (1, "物业管理", "二单元楼道堆放纸箱，影响疏散", "worker"),
)
LEAK = (Party("云志高", "13847100001"), Party("贺秀兰", "13847100002"))
PARKING = (Party("白玉明", "13847100003"), Party("额尔敦"))


def work_together(staff: Staff, end: datetime) -> None:
    """A patrol that was held and one to come, a mediation with an agreement and one under way, and a joint case."""
    community = Grid.objects.get(code=COMMUNITY)
    _patrol(staff, community, end)
    _mediate(staff, community, end)
    _handle_together(staff, end)


def _day(end: datetime, days: int, hour: int) -> datetime:
    day = timezone.localdate(end) + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(hour)))


def _plan(staff: Staff, community: Grid, aim: str, begin: datetime, at: datetime) -> Patrol:
    plan = PatrolPlan(
        aim=aim,
        starts_at=begin,
        ends_at=begin + HOUR,
        people=[staff.users[name] for name in ("police", "worker", "chief")],
        buildings=list(Grid.objects.filter(code__in=HOME).order_by("lft")),
        meets_at=MEETS_AT,
    )
    return services.plan_patrol(actor=staff.users["police"], community=community, plan=plan, is_demo=True, at=at)


def _patrol(staff: Staff, community: Grid, end: datetime) -> None:
    police = staff.users["police"]
    held = _plan(staff, community, "出租屋与楼道安全联合排查", end - 4 * HOUR, end - timedelta(days=2))
    services.start_patrol(actor=police, patrol=held, at=end - 4 * HOUR)
    for index, minor, text, who in FOUND:
        cases.file_finding(
            actor=staff.users[who],
            patrol=held,
            grid=Grid.objects.get(code=HOME[index]),
            category=Category.objects.get(minor=minor),
            text=text,
            at=end - 3 * HOUR,
        )
    services.finish_patrol(actor=police, patrol=held, text="三栋楼已走完，其余未见异常。", at=end - 3 * HOUR)
    _plan(staff, community, "冬季用电用火安全联合排查", _day(end, 1, 15), end - HOUR)


def _mediate(staff: Staff, community: Grid, end: datetime) -> None:
    worker, police, desk = (staff.users[name] for name in ("worker", "police", "community"))
    home = Grid.objects.get(code=HOME[0])
    kinds = {kind.name: kind for kind in DisputeKind.objects.all()}
    leak = services.open_mediation(
        actor=worker, grid=home, kind=kinds["房屋漏水"], subject="楼上卫生间漏水，楼下要求维修", parties=LEAK,
        mediators=[police, desk], is_demo=True, at=end - timedelta(days=9),
    )  # fmt: skip
    services.note_session(
        actor=worker, mediation=leak, held_at=_day(end, -8, 10), place=MEETS_AT,
        note="双方到场，确认漏点在楼上地漏，楼上愿意维修。", at=end - timedelta(days=8),
    )  # fmt: skip
    services.agree(
        actor=police, mediation=leak, text="楼上一周内重做防水，承担楼下粉刷费用 600 元。",
        follow_ups=[timezone.localdate(end) + timedelta(days=2)], at=end - timedelta(days=5),
    )  # fmt: skip
    parking = services.open_mediation(
        actor=desk, grid=community, kind=kinds["停车占道"], subject="院内车位被长期占用", parties=PARKING,
        mediators=[police, worker], is_demo=True, at=end - timedelta(days=1),
    )  # fmt: skip
    services.note_session(
        actor=desk, mediation=parking, held_at=_day(end, 1, 10), place="社区议事厅", at=end - timedelta(days=1)
    )


def _handle_together(staff: Staff, end: datetime) -> None:
    """Of two cases in the worker's buildings the officer handles one too, and one no more."""
    chief, police = staff.users["chief"], staff.users["police"]
    held = Event.objects.filter(holder__code__in=HOME, status=Status.HANDLING, is_confidential=False)
    held = list(held.exclude(handler=police).order_by("-category__police_work", "filed_at", "pk")[:2])
    for event in held:
        cases.act(
            event=event,
            action=Action.JOIN,
            actor=chief,
            partner=police,
            reason="情况需到场核实，请警格一同处理。",
            at=end,
        )
    for event in held[1:]:
        cases.act(event=event, action=Action.PART, actor=police, reason="已到场核实，无需警格继续参与。", at=end)
