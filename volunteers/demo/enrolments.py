"""Made-up offices and members who report to the community of the accounts, in every state that there is."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password

from grids.models import Grid, Level, Organisation, OrganisationKind, User
from grids.services import create_organisation
from volunteers import services
from volunteers.models import MemberEnrolment, Skill
from volunteers.services import Giving
from volunteers.times import ANY_TIME, times_of

EVENINGS = times_of((day, 2) for day in range(5))
WEEKENDS = times_of((day, part) for day in (5, 6) for part in (0, 1))
SATURDAY = times_of([(5, 0)])

# Name; what it offers the community, and how long ago it reported. The account `member` speaks for the first.
OFFICES: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("区融媒体中心（示例）", ("文艺辅导", "政策咨询"), 50),
    ("区住房和城乡建设局（示例）", ("家电维修", "政策咨询"), 46),
    ("区卫生健康委员会（示例）", ("陪同就医", "心理疏导"), 3),
)
# Name, office, what they offer and when, and what the community has done so far.
MEMBERS: tuple[tuple[str, int, tuple[str, ...], int, str], ...] = (
    ("孟根花", 0, ("入户探望",), WEEKENDS, "place"),
    ("高志远", 0, ("巡逻值守", "应急救援"), EVENINGS, "place"),
    ("乌云其其格", 1, ("纠纷调解",), EVENINGS, "post"),
    ("曹建军", 1, ("家电维修",), SATURDAY, "place"),
    ("韩雪", 1, ("课后托管",), WEEKENDS, "confirm"),
    ("那日苏", 1, ("环境整治", "巡逻值守"), WEEKENDS, "confirm"),
    ("段晓东", 2, ("陪同就医",), ANY_TIME, "confirm"),
    ("阿拉坦", 2, ("心理疏导",), EVENINGS, "apply"),
    ("冯丽萍", 2, ("陪同就医", "代买代办"), SATURDAY, "apply"),
    ("薛海燕", 2, ("入户探望",), WEEKENDS, "apply"),
    ("胡日查", 0, ("文艺辅导",), WEEKENDS, "refuse"),
    ("田国强", 1, ("法律咨询",), EVENINGS, "end"),
)
ELSEWHERE = 3  # communities of the same street, to each of which some report
ELSEWHERE_MEMBERS = (("包青松", 0), ("郭慧", 1), ("萨日娜", 1), ("邢立新", 2), ("图雅", 2), ("丁红梅", 0))


def check_in(community: Grid, desk: User, at: datetime) -> None:
    """Let them report within the last weeks, through the services."""
    skills = {skill.name: skill for skill in Skill.objects.all()}
    member = User.objects.create(username="member", name="白雪梅", password=make_password(settings.DEMO_PASSWORD))
    offices = _found_offices(community, desk, member, skills, at)
    _member_account(member, offices[0], community, desk, skills, at)
    for number, (name, office, offered, times, done) in enumerate(MEMBERS):
        reported = at - timedelta(days=2 if done == "apply" else 40 - 2 * number, hours=number)
        offers = [Giving(skills[skill], times) for skill in offered]
        enrolment = _report(name, number, offices[office], community, offers, reported)
        _answer(enrolment, done, desk, number, reported + timedelta(days=1))
    _report_elsewhere(community, offices, at)


def _found_offices(
    community: Grid, desk: User, member: User, skills: dict[str, Skill], at: datetime
) -> list[Organisation]:
    district = Grid.objects.get(code=community.code[:6])
    offices = []
    for number, (name, offered, days) in enumerate(OFFICES):
        office = create_organisation(
            actor=None, grid=district, name=name, kind=OrganisationKind.GOVERNMENT_OFFICE, offers_volunteer=True,
            phone=f"0471-0000{901 + number}",
            representatives=[] if number else [member], is_joint=False, is_demo=True,
        )  # fmt: skip
        reported = at - timedelta(days=days)
        enrolment = services.enrol_organisation(
            actor=None, organisation=office, grid=community, offers=[Giving(skills[skill]) for skill in offered],
            contact=None if number else member, until=(reported + timedelta(days=365)).date(), is_demo=True,
            at=reported,
        )  # fmt: skip
        if days > 7:  # the last one waits for the community's answer
            services.confirm_enrolment(actor=desk, enrolment=enrolment, at=reported + timedelta(days=1))
        offices.append(office)
    return offices


def _member_account(
    member: User, office: Organisation, community: Grid, desk: User, skills: dict[str, Skill], at: datetime
) -> None:
    """Whom one can log in as: placed with the first building."""
    reported = at - timedelta(days=45)
    enrolment = services.enrol_member(
        actor=None, user=member, organisation=office, grid=community, is_demo=True, at=reported,
        offers=[Giving(skills["入户探望"], WEEKENDS, "会蒙古语"), Giving(skills["代买代办"], WEEKENDS, "会蒙古语")],
    )  # fmt: skip
    building = _buildings(community)[0]
    services.place_member(actor=desk, enrolment=enrolment, place=building, at=reported + timedelta(days=2))


def _report(
    name: str, number: int, office: Organisation, community: Grid, offers: Sequence[Giving], at: datetime
) -> MemberEnrolment:
    user = User.objects.create(
        username=f"member-{community.code[-3:]}-{number:02d}", name=name, password=make_password(None)
    )
    return services.enrol_member(
        actor=None, user=user, organisation=office, grid=community, offers=offers, is_demo=True, at=at
    )


def _answer(enrolment: MemberEnrolment, done: str, desk: User, number: int, at: datetime) -> None:
    buildings = _buildings(enrolment.grid)
    match done:
        case "confirm":
            services.confirm_enrolment(actor=desk, enrolment=enrolment, at=at)
        case "place" | "post":
            place = buildings[number % len(buildings)]
            services.place_member(actor=desk, enrolment=enrolment, place=place, with_post=done == "post", at=at)
        case "refuse":
            text = "居住地在相邻社区，请向那里报到。"
            services.refuse_enrolment(actor=desk, enrolment=enrolment, text=text, at=at)
        case "end":
            services.confirm_enrolment(actor=desk, enrolment=enrolment, at=at)
            services.end_enrolment(actor=desk, enrolment=enrolment, text="已调离本市。", at=at + timedelta(days=7))


def _buildings(community: Grid) -> list[Grid]:
    """The first three: where the accounts work."""
    return list(Grid.objects.active().filter(parent=community, level=Level.BUILDING).order_by("lft")[:3])


def _report_elsewhere(community: Grid, offices: list[Organisation], at: datetime) -> None:
    near = Grid.objects.active().filter(parent=community.parent_id, level=Level.COMMUNITY).exclude(pk=community.pk)
    communities = list(near.order_by("lft")[:ELSEWHERE])
    for number, (name, office) in enumerate(ELSEWHERE_MEMBERS):
        grid, reported = communities[number % len(communities)], at - timedelta(days=20 - number)
        enrolment = _report(name, number, offices[office], grid, [], reported)
        services.confirm_enrolment(actor=None, enrolment=enrolment, at=reported + timedelta(days=1))
