"""Key households of the demo's community, all made up: in care, visited, looked at, one erased."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from grids.models import Grid, User
from volunteers import services
from volunteers.households.access import candidates
from volunteers.models import ConsentText, Household

COMMUNITY = "150105001001"


class Row(NamedTuple):
    """A household: building and unit, who takes it in, what it needs, what was agreed, days ago."""

    place: str
    by: str
    name: str
    phone: str
    address: str
    needs: tuple[str, ...]
    agreed: str
    days: int


ROWS = (
    Row("000101", "worker", "额尔敦其其格", "13800000101", "101", ("alone",), "每周上门一次，代买菜和药。", 50),
    Row("000201", "worker", "周福生", "13800000102", "302", ("alone", "illness"), "每周一次，陪同取药。", 34),
    Row("000301", "worker", "白淑珍", "13800000103", "201", ("disability",), "每月一次，协助办理补贴。", 45),
    Row("000102", "chief", "韩秀兰", "13800000104", "402", ("hardship",), "每季度一次，介绍政策。", 60),
    Row("000202", "community", "田小宝", "13800000105", "502", ("children",), "放学后看一看作业和晚饭。", 20),
    Row("000302", "community", "冯玉山", "13800000106", "103", ("alone",), "每周一个电话。", 90),
)  # fmt: skip
# (row, days ago, note, what is to be handled)
VISITS = (
    (0, 16, "精神不错，屋里暖和。", ""),
    (0, 9, "血压正常，药还有半个月。", ""),
    (1, 12, "刚出院，儿子周末回来。", ""),
    (1, 2, "恢复得好，想晒晒太阳。", "单元门口坡道松动，轮椅不好走"),
    (2, 31, "补贴已到账。", ""),
    (3, 25, "已说明申请材料。", ""),
    (4, 3, "作业做完了，晚饭在邻居家。", ""),
)  # fmt: skip
LOOKS = ((1, "worker", 2, "约定陪同取药的时间"), (4, "community", 19, "核对联系电话"), (0, "worker", 9, "上门前打电话"))
ERASED = 5  # moved in with a daughter and took the consent back


def care(at: datetime) -> None:
    """Households in care for worker, chief and community, with visits, looks and one that is erased."""
    people = {name: User.objects.get(username=name) for name in ("worker", "chief", "community")}
    households = [_take_in(row, people[row.by], at - timedelta(days=row.days)) for row in ROWS]
    for number, days, note, finding in VISITS:
        household = households[number]
        services.note_visit(
            actor=household.answered_by, household=household, note=note, finding=finding, at=at - timedelta(days=days)
        )
    for number, name, days, reason in LOOKS:
        services.reveal_household(
            actor=people[name], household=households[number], reason=reason, at=at - timedelta(days=days)
        )
    services.withdraw_consent(actor=people["community"], household=households[ERASED], at=at - timedelta(days=5))


def _take_in(row: Row, actor: User, at: datetime) -> Household:
    unit, day = Grid.objects.get(code=f"{COMMUNITY}{row.place}"), timezone.localdate(at)
    return services.register_household(
        actor=actor,
        grid=unit,
        name=row.name,
        phone=row.phone,
        address=row.address,
        needs=row.needs,
        agreed=row.agreed,
        consent_text=ConsentText.objects.first(),
        consented_on=day,
        kept_until=day + timedelta(days=365),
        answered_by=candidates(unit)[0].user,
        is_demo=True,
        at=at,
    )
