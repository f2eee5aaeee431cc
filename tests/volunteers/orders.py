"""What the tests of service orders share: services, orders, and the way that an order goes."""

from datetime import datetime, timedelta

import pytest

from grids.models import Grid, User
from tests.events.conftest import MONDAY
from tests.factories import make_member_enrolment, make_offer, make_user
from volunteers import services
from volunteers.models import Service, ServiceOrder, Skill

REPAIR = "家电维修"
DAY = timedelta(days=1)


def skill_of(name: str = REPAIR) -> Skill:
    return Skill.objects.get_or_create(name=name)[0]


def make_service(grid: Grid, name: str = "上门修家电", *, skill: str = REPAIR, **fields) -> Service:
    """A service of the catalogue, of the community's helpers unless told otherwise."""
    given = {"kind": "volunteer", "skill": skill_of(skill)} | fields
    return services.save_service(actor=None, service=Service(grid=grid, name=name, **given))


def make_order(grid: Grid, *, actor: User | None = None, at: datetime = MONDAY, **fields) -> ServiceOrder:
    """An order that somebody wrote down; of something to be repaired unless told otherwise."""
    given = {"text": "洗衣机不转了", "skill": skill_of(), "phone": "13812345678"} | fields
    return services.place_order(actor=actor, grid=grid, at=at, **given).order


@pytest.fixture
def order(cast) -> ServiceOrder:
    """Of the building, written down by its worker."""
    return make_order(cast.tree.building, actor=cast.worker)


@pytest.fixture
def helper(cast) -> User:
    return make_helper(cast.tree.community, "巴特尔")


def make_helper(community: Grid, name: str = "", *, skill: str = REPAIR, place: Grid | None = None, **fields) -> User:
    """A member who reported to the community and offered a skill."""
    user = make_user(name)
    make_offer(make_member_enrolment(community, user, place=place), skill, **fields)
    return user


def fresh(order: ServiceOrder) -> ServiceOrder:
    return ServiceOrder.objects.with_related().get(pk=order.pk)


def dispatched(order: ServiceOrder, member: User, at: datetime = MONDAY) -> ServiceOrder:
    return services.dispatch_order(order=order, actor=None, provider=member, at=at)


def accepted(order: ServiceOrder, member: User, at: datetime = MONDAY) -> ServiceOrder:
    return services.accept_order(order=dispatched(order, member, at), actor=member, at=at)


def done(order: ServiceOrder, member: User, at: datetime = MONDAY) -> ServiceOrder:
    return services.finish_order(order=accepted(order, member, at), actor=member, text="修好了", at=at)


def last(order: ServiceOrder):
    return order.steps.order_by("-pk").first()
