"""Topics of the demo's community, one in each part of the way from a resident's words to the residents' answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from branches import services
from branches.deliberation.counting import Majority
from branches.models import Topic
from grids.models import Grid, Role, User

ELEVATOR = "3号楼加装电梯"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Deliberation:
    """Who deliberates in the demo, where, and what time it is there."""

    grid: Grid
    desk: User
    people: list[User]
    end: datetime

    def ago(self, days: float) -> datetime:
        return self.end - days * DAY

    def taken_up(self, title: str, text: str, days: float, proposal: str = "") -> Topic:
        at = self.ago(days)
        if proposal:
            topic, _receipt = services.propose_as_resident(
                grid=self.grid, text=proposal, key=title, source="demo", at=at
            )
        else:
            topic = services.propose_topic(
                actor=self.desk, grid=self.grid, title=title, text=text, proposer_kind="desk", at=at
            )
        return services.take_up_topic(topic=topic, actor=self.desk, title=title, text=text, at=at + DAY / 8)

    def opened(self, topic: Topic, options: list[str], days: float, *, lasts: float, **rule) -> Topic:
        at = self.ago(days)
        services.set_options(topic=topic, actor=self.desk, options=options, at=at)
        given = {"majority": Majority.SIMPLE, "quorum": 50, "closes_at": at + lasts * DAY} | rule
        return services.open_vote(topic=topic, actor=self.desk, at=at, **given)

    def vote(self, topic: Topic, numbers: list[int], days: float) -> None:
        options = {option.ordinal: option for option in topic.options.all()}
        voters = topic.voters.exclude(user=None).order_by("pk")
        for voter, number in zip(voters, numbers, strict=False):
            key = f"{topic.pk}.{voter.pk}"
            services.cast_vote(
                topic=topic, voter=voter, option=options.get(number), key=key, at=self.ago(days)
            )  # fmt: skip


def deliberate(*, grid: Grid, desk: User, people: list[User], end: datetime) -> Topic:
    """Play the topics through the services; returns the decided one, for a case to be made of it."""
    here = Deliberation(grid, desk, people, end)
    _proposed(here)
    _declined(here)
    _discussed(here)
    _voted_on(here)
    decided = _decided(here)
    Topic.objects.filter(grid=grid).update(is_demo=True)
    return decided


def _proposed(here: Deliberation) -> None:
    services.propose_as_resident(
        grid=here.grid,
        text="小区东门早晚高峰太堵了，能不能商量一下错峰开放，或者划一块临时停车的地方？",
        key="demo proposed",
        source="demo",
        at=here.ago(0.4),
    )


def _declined(here: Deliberation) -> None:
    topic, _receipt = services.propose_as_resident(
        grid=here.grid,
        text="希望把社区门口的公交站挪到小区里面来。",
        key="demo declined",
        source="demo",
        at=here.ago(9),
    )
    reason = "公交站点由交通部门统一规划，社区无权决定；已把意见转交街道，向交通部门反映。"
    services.decline_topic(topic=topic, actor=here.desk, reason=reason, at=here.ago(8))


def _discussed(here: Deliberation) -> None:
    topic = here.taken_up(
        "电动自行车充电棚建在哪里",
        "小区拟建一处电动自行车充电棚，解决飞线充电问题。备选位置：南侧绿地旁、北门空地。欢迎发表意见。",
        3,
        proposal="楼道里老有人充电，太危险了！能不能建个充电的棚子？",
    )
    said = ("南侧离2号楼太近，夜里会吵。", "北门空地有消防通道，要先请消防看过。", "建议两处都先量一下尺寸再定。")
    for number, (person, text) in enumerate(zip(here.people, said, strict=False)):
        services.remark(topic=topic, actor=person, text=text, at=here.ago(2.5 - number / 4))


def _voted_on(here: Deliberation) -> None:
    topic = here.taken_up("门禁更换方案", "单元门禁老化，拟统一更换。请在三种方案中选择，费用从公共收益列支。", 6)
    options = ["刷卡门禁", "密码加刷卡门禁", "暂不更换"]
    here.opened(topic, options, 1, lasts=6, roles=[Role.STAFF, Role.CHIEF, Role.DISPATCHER], households=True)
    here.vote(topic, [1, 2], 0.5)


def _decided(here: Deliberation) -> Topic:
    topic = here.taken_up(
        ELEVATOR, "3号楼住户提出加装电梯，已征求一楼住户意见，设计方案在社区公示。是否同意启动？", 24,
        proposal="我家老人住六楼，上下楼太难了，能不能装电梯？",
    )  # fmt: skip
    topic = here.opened(
        topic, ["同意", "不同意"], 16, lasts=7, roles=list(Role), majority=Majority.TWO_THIRDS, quorum=10
    )
    here.vote(topic, [1, 1, 1, 2, 1, 1, 0, 1], 12)
    services.close_vote(topic=topic, at=here.ago(9))
    decision = "同意启动3号楼加装电梯，由社区牵头，物业配合，先行报建。"
    services.decide_topic(topic=topic, actor=here.desk, decision=decision, at=here.ago(8))
    return services.publish_topic(topic=topic, actor=here.desk, at=here.ago(7.9))
