"""Joint meetings of the demo: one that was held a while ago, with what it resolved, and one that is to come."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from branches import services
from branches.meetings.agenda import Point, proposals
from branches.meetings.guests import likely_organisations, likely_people
from branches.models import Branch, Meeting, Resolution
from grids.models import Grid, User

PLACE = "党群服务中心二楼会议室"
TALKED = (
    Point("通报上月网格事件办理情况"),
    Point("冬季楼道用电与消防通道安全"),
    Point("老旧小区充电桩选址"),
    Point("冬至慰问独居老人"),
)
MINUTES = """社区书记通报上月事件办理情况，群众反映集中的是楼道照明和电动车乱停。

物业表示线路老化，可在两周内更换三栋楼的照明线路；业委会同意从公共收益中支付材料费。

司法所提醒：充电桩选址须先征求住户意见，避免引发邻里纠纷。

与会单位一致同意以下议定事项。"""
# What was resolved, after how many days it is due, and by whom it was reported as done with which word.
RESOLVED = (
    ("更换 1 至 3 号楼楼道照明线路", 14, ""),
    ("就充电桩选址入户征求意见，汇总后公示", 10, ""),
    ("清理 2 号楼消防通道内堆放的杂物", 5, "物业与志愿者已清理完毕，并张贴了提示。"),
)
ANSWERS = (("yes", ""), ("yes", "带上线路改造方案"), ("later", "当天有培训，会后答复"), ("no", "外出开会，请副职参加"))


def hold_meetings(*, convener: Branch | Grid, chair: User, at: datetime) -> Resolution | None:
    """A meeting twelve days ago and one in five days; the resolution that a case could be made of, if any was held."""
    past = _hold(convener, chair, _day(at, -12))
    if past:
        _convene_next(convener, chair, _day(at, 5), at)
    return past.resolutions.order_by("ordinal").first() if past else None


def _day(at: datetime, days: int) -> datetime:
    """Half past nine, so many days from then."""
    day = timezone.localdate(at) + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(9, 30)))


def _plan(convener: Branch | Grid, chair: User, begin: datetime, points: list[Point], at: datetime) -> Meeting | None:
    people = [person for person in likely_people(convener) if person != chair][:6]
    organisations = likely_organisations(convener)[:5]
    if not people and not organisations:
        return None
    meeting = services.plan_meeting(
        actor=chair,
        convener=convener,
        title=f"{convener.name}{begin:%-m}月党建联席会议（示例）",
        place=PLACE,
        starts_at=begin,
        ends_at=begin + timedelta(minutes=90),
        points=points,
        people=people,
        organisations=organisations,
        is_demo=True,
        at=at,
    )
    return services.convene(actor=chair, meeting=meeting, at=at)


def _hold(convener: Branch | Grid, chair: User, begin: datetime) -> Meeting | None:
    meeting = _plan(convener, chair, begin, list(TALKED), begin - timedelta(days=6))
    if meeting is None:
        return None
    invitations = list(meeting.invitations.select_related("person", "organisation"))
    services.hold(actor=chair, meeting=meeting, attended=invitations[:-1] or invitations, at=begin)
    services.write_minutes(actor=chair, meeting=meeting, minutes=MINUTES, at=begin + timedelta(hours=1))
    organisations = [invitation.organisation for invitation in invitations if invitation.organisation]
    for number, (text, days, word) in enumerate(RESOLVED):
        owner = {"organisation": organisations[number]} if number < len(organisations) else {"owner": chair}
        due_on = timezone.localdate(begin) + timedelta(days=days)
        done = services.resolve(actor=chair, meeting=meeting, text=text, due_on=due_on, **owner, at=begin)
        if word:
            services.fulfil(actor=chair, resolution=done, word=word, at=begin + timedelta(days=3))
    return services.finish_minutes(actor=chair, meeting=meeting, at=begin + timedelta(hours=2))


def _convene_next(convener: Branch | Grid, chair: User, begin: datetime, at: datetime) -> None:
    meeting = _plan(
        convener,
        chair,
        begin,
        [point for point in proposals(chair, convener, at) if point.is_pressing][:8],
        at - timedelta(days=1),
    )
    mine = meeting.invitations.exclude(person=None).select_related("person").order_by("pk")
    for invitation, (answer, word) in zip(mine[1:], ANSWERS, strict=False):
        services.answer_invitation(
            actor=invitation.person, invitation=invitation, answer=answer, word=word, at=at - timedelta(hours=3)
        )
