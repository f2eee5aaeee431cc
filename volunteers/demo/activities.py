"""The demo's activities: one that was held and told of, one to be noted, two to join, one in preparation."""

import io
from datetime import datetime, time, timedelta

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image, ImageDraw

from branches.models import Branch
from grids.models import Grid, Post, User
from volunteers import services
from volunteers.models import Activity, ActivityKind, Skill
from volunteers.services import Plan

COMMUNITY, STREET = "150105001001", "150105001"
REPORT = "清运楼道杂物两车，擦洗扶手和消防箱，为三位行动不便的老人带走了旧家具。下次从五单元开始。"


def hold_activities(at: datetime) -> None:
    """Of the demo's community, its street and a branch, so that each account finds one of its own."""
    community, street = (Grid.objects.get(code=code) for code in (COMMUNITY, STREET))
    chair, leader = (User.objects.get(username=name) for name in ("community", "street"))
    helpers = _helpers(community)
    held = _publish(chair, community, "志愿服务", "义务清理楼道", "三号楼前集合", _day(at, -9), 150, at, places=20)
    _hold(held, chair, helpers[:8])
    services.report_activity(
        actor=chair, activity=held, report=REPORT, photos=[_scene()], at=held.ends_at + timedelta(hours=2)
    )
    over = _publish(chair, community, "下网格访民情", "供暖入户走访", "各楼栋", _day(at, -1), 120, at)
    _join(over, helpers[:5])
    coming = _publish(
        chair, community, "志愿服务", "小区便民服务日", "党群服务中心门前", _day(at, 4), 180, at,
        places=6, needs="理发、小家电维修请自带工具；红马甲由社区准备。", skills=("理发", "家电维修"),
    )  # fmt: skip
    _join(coming, helpers[:9])
    talk = _publish(leader, street, "亮身份作表率", "党员政策宣讲", "街道二楼会议室", _day(at, 6, 15), 90, at)
    _join(talk, helpers[2:6])
    _plan_of_branch(community, at)


def _helpers(community: Grid) -> list[User]:
    """Who is posted there, the accounts of the demo first."""
    posted = Post.objects.active().within(community).values("user")
    users = list(User.objects.filter(pk__in=posted, is_active=True).order_by("pk"))
    accounts = [user for user in users if user.username in ("worker", "chief", "police")]
    return [*accounts, *(user for user in users if user not in accounts)]


def _day(at: datetime, days: int, hour: int = 9) -> datetime:
    day = timezone.localdate(at) + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(hour)))


def _publish(
    actor: User,
    organiser: Grid | Branch,
    kind: str,
    title: str,
    place: str,
    starts_at: datetime,
    minutes: int,
    at: datetime,
    *,
    places: int | None = None,
    needs: str = "",
    skills: tuple[str, ...] = (),
) -> Activity:
    """Published five days before it begins, or yesterday."""
    planned_at = min(at - timedelta(days=1), starts_at - timedelta(days=5))
    plan = Plan(
        kind=ActivityKind.objects.get(name=kind), title=title, place=place, starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes), places=places, needs=needs,
        skills=list(Skill.objects.filter(name__in=skills)),
    )  # fmt: skip
    activity = services.plan_activity(actor=actor, organiser=organiser, plan=plan, is_demo=True, at=planned_at)
    return services.publish_activity(actor=actor, activity=activity, at=planned_at)


def _join(activity: Activity, users: list[User]) -> None:
    published = activity.steps.last().at
    for number, user in enumerate(users, start=1):
        services.join_activity(actor=user, activity=activity, at=published + timedelta(minutes=20 * number))


def _hold(activity: Activity, actor: User, users: list[User]) -> None:
    """All but the last who signed up came."""
    _join(activity, users)
    rows = activity.participations.values_list("pk", flat=True)
    services.note_attendance(actor=actor, activity=activity, present=list(rows)[:-1], at=activity.ends_at)


def _plan_of_branch(community: Grid, at: datetime) -> None:
    """One that nobody sees yet but who organises it."""
    branch = Branch.objects.active().within(community).exclude(secretary=None).select_related("grid").first()
    if branch is None:
        return
    starts_at = _day(at, 12)
    plan = Plan(
        kind=ActivityKind.objects.get(name="下网格访民情"), title="支部委员走访独居老人", place=branch.grid.name,
        starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), places=10, is_public=False,
    )  # fmt: skip
    services.plan_activity(actor=branch.secretary, organiser=branch, plan=plan, is_demo=True, at=at)


def _scene() -> ContentFile:
    """A drawn staircase that is clear."""
    image = Image.new("RGB", (960, 640), "#e9e4da")
    draw = ImageDraw.Draw(image)
    for number in range(8):
        left, top = 120 + 90 * number, 560 - 60 * number
        draw.rectangle((left, top, 960, top + 60), fill="#b9b2a6", outline="#8a8478")
    draw.line((120, 430, 840, -50), fill="#7d6a55", width=12)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return ContentFile(out.getvalue(), name="楼道.jpg")
