"""A catalogue of the demo's community, and orders in each part of the way from a resident's wish to the rating."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from grids.models import Grid, Organisation, User
from volunteers import services
from volunteers.enrolments.workflow import EnrolmentState
from volunteers.models import MemberEnrolment, Offer, Service, ServiceOrder, Skill
from volunteers.times import times_of

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEKEND = times_of((day, part) for day in (5, 6) for part in range(3))
# Name, kind, skill, where, price, about it, whether an organisation provides it.
SERVICES = (
    ("家电上门检修", "volunteer", "家电维修", "上门", None, "", False),
    ("陪同老人就医", "volunteer", "陪同就医", "上门接送至医院", None, "", False),
    ("代买代办", "volunteer", "代买代办", "上门", None, "", False),
    ("政策咨询和证照代办", "public", "证照代办", "党群服务中心一楼大厅", None, "", False),
    ("家政保洁", "market", "家政保洁", "上门", Decimal("35.00"), "每小时，报到单位优惠价", True),
    ("上门理发", "market", "理发", "上门", Decimal("10.00"), "70 岁以上老人免费", True),
    ("课后托管", "social", "课后托管", "社区活动室", None, "", True),
)


@dataclass(frozen=True)
class Ordering:
    """Who orders and serves in the demo, where, and what time it is there."""

    community: Grid
    buildings: list[Grid]
    worker: User
    chief: User
    desk: User
    end: datetime

    def ago(self, **spans: float) -> datetime:
        return self.end - timedelta(**spans)

    def place(self, text: str, service: Service, at: datetime, number: int = 0, **fields) -> ServiceOrder:
        """Ordered at the public page, by a made-up resident."""
        given = {"name": "王阿姨", "phone": "13800000000", "address": "2单元301室"} | fields
        grid = self.buildings[number % len(self.buildings)]
        receipt = services.place_as_resident(
            grid=grid, text=text, service=service, idempotency_key=f"demo-{text}", source="demo", at=at, **given
        )
        ServiceOrder.objects.filter(pk=receipt.order.pk).update(is_demo=True)
        return receipt.order


def order_services(*, community: Grid, worker: User, chief: User, desk: User, end: datetime) -> None:
    """Play it through the services; whoever offered something to the community is asked, else worker and chief are."""
    buildings = [post.grid for post in chief.posts.active().filter(grid__parent=community).select_related("grid")]
    here = Ordering(community, buildings or [community], worker, chief, desk, end)
    found = _write_catalogue(here)
    helpers = _helpers(here)
    _served(here, found, helpers)
    _under_way(here, found, helpers)
    _climbed(here, found)


def _write_catalogue(here: Ordering) -> dict[str, Service]:
    organisations = Organisation.objects.active().within(here.community).order_by("pk")
    own = list(organisations.filter(kind="social_organisation")) or list(organisations.filter(kind="property_company"))
    found = {}
    for name, kind, skill, place, price, note, by_organisation in SERVICES:
        service = Service(
            grid=here.community, name=name, kind=kind, place=place, price=price, price_note=note, is_demo=True,
            skill=Skill.objects.get_or_create(name=skill, defaults={"kind": kind})[0],
            organisation=own[0] if by_organisation and own else None, how="也可到社区党群服务中心或向网格员点单",
        )  # fmt: skip
        found[name] = services.save_service(actor=here.desk, service=service)
    return found


def _helpers(here: Ordering) -> list[User]:
    """Members who offered something there; without any, worker and chief report and offer."""
    offers = Offer.objects.open_on(timezone.localdate(here.end)).within(here.community).exclude(member_enrolment=None)
    members = list(dict.fromkeys(offer.giver for offer in offers.with_givers().order_by("pk")))
    return members if len(members) > 1 else _report(here, (here.worker, here.chief))


def _report(here: Ordering, people: Iterable[User]) -> list[User]:
    office = Organisation.objects.active().filter(is_demo=True).order_by("pk").first()
    day = timezone.localdate(here.ago(days=90))
    for user, skills in zip(people, (("家电维修", "代买代办"), ("陪同就医", "家电维修")), strict=True):
        enrolment, _new = MemberEnrolment.objects.get_or_create(
            user=user, ended_on=None,
            defaults={"grid": here.community, "organisation": office, "since": day, "is_demo": True,
                      "state": EnrolmentState.CONFIRMED},
        )  # fmt: skip
        for name in skills:
            skill = Skill.objects.get_or_create(name=name)[0]
            Offer.objects.get_or_create(
                member_enrolment=enrolment, skill=skill, defaults={"grid": enrolment.grid, "times": WEEKEND}
            )
    return list(people)


def _ask(here: Ordering, order: ServiceOrder, helper: User, at: datetime) -> ServiceOrder:
    return services.dispatch_order(order=order, actor=here.desk, provider=helper, text="请与居民约好时间。", at=at)


def _served(here: Ordering, found: dict[str, Service], helpers: list[User]) -> None:
    """Done and rated: one well, one that the resident had done again."""
    at = here.ago(days=9)
    order = _ask(here, here.place("洗衣机不转了，想请人看看。", found["家电上门检修"], at), helpers[0], at + HOUR)
    services.accept_order(order=order, actor=helpers[0], at=at + 2 * HOUR)
    services.finish_order(order=order, actor=helpers[0], text="换了皮带，试机正常。", at=at + DAY)
    services.rate_order(order=order, actor=None, rating="satisfied", text="师傅很耐心。", at=at + 2 * DAY)
    at = here.ago(days=3)
    order = _ask(here, here.place("帮忙交水费、买米面。", found["代买代办"], at, 1), helpers[1], at + HOUR)
    services.accept_order(order=order, actor=helpers[1], at=at + 2 * HOUR)
    services.finish_order(order=order, actor=helpers[1], text="水费已交，米面送到。", at=at + DAY)
    services.rate_order(
        order=order, actor=None, rating="unsatisfied", text="米面买错了牌子，还想换一下。", at=here.ago(hours=5)
    )


def _under_way(here: Ordering, found: dict[str, Service], helpers: list[User]) -> None:
    """To be dispatched, to be answered, and being done."""
    at = here.ago(hours=4)
    here.place("母亲下周二要去医院复查，需要有人陪同。", found["陪同老人就医"], at, times=times_of([(1, 0), (1, 1)]))
    order = here.place("电视没有声音。", found["家电上门检修"], at, 1, times=WEEKEND)
    _ask(here, order, helpers[0], at + HOUR)
    order = _ask(here, here.place("厨房灯不亮，够不着。", found["家电上门检修"], at, 2), helpers[1], at + HOUR)
    services.accept_order(order=order, actor=helpers[1], at=at + 2 * HOUR)
    services.place_order(
        actor=here.worker, grid=here.buildings[0], text="想学用手机挂号，希望有人上门教。", name="赵大爷",
        phone="13900000000", idempotency_key="demo", at=at + HOUR,
    )  # fmt: skip


def _climbed(here: Ordering, found: dict[str, Service]) -> None:
    """With community, street and district; the last one late as well, as nobody took it on."""
    for text, levels, days in (
        ("想请人每周打扫一次楼道窗台。", 1, 0.2),
        ("需要手语陪同办事。", 2, 0.2),
        ("轮椅坡道需要长期志愿维护。", 3, 30),
    ):
        order = here.place(text, found["代买代办"], here.ago(days=days), levels)
        for _level in range(levels):
            services.climb_order(
                order=order, actor=None, text="本级没有能做此事的人。", at=here.ago(days=days) + HOUR
            )  # fmt: skip
    services.sweep_orders(at=here.end)
