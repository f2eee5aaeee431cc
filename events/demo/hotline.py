"""A made-up export of the 12345 hotline about a grid and all below it, marked as made up, to try the import with."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from grids.models import Grid, Level, load_ancestors

TITLE = "12345政务服务便民热线工单（演示数据，人员和诉求均为虚构）"
HEADER = (
    "工单编号", "来电时间", "诉求人", "联系电话", "所属街道", "所属社区", "诉求地址", "诉求类别", "诉求内容",
    "紧急程度", "办理时限", "回访结果",
)  # fmt: skip
CALLERS = ("演示甲", "演示乙", "演示丙", "演示丁", "演示戊")
CALLS = (
    ("物业管理", "楼道灯坏了三天，晚上漆黑一片，老人上下楼不便。", "一般", "5个工作日"),
    ("物业服务纠纷", "小区垃圾两天没有清运，味道很大，已打物业电话多次。来电人电话{phone}。", "一般", "5个工作日"),
    ("邻里矛盾", "楼上夜间装修噪音扰民，请上门调解，联系{name}，{phone}。", "一般", "7个工作日"),
    ("供水问题", "自来水管爆裂，水已漫进地下室，请尽快派人处理。", "紧急", "24小时"),
    ("线索举报", "反映有人长期聚集在出租屋内，形迹可疑。", "一般", "15个工作日"),
    ("占道停车", "单元门口被车辆堵住，消防车无法进入。", "特急", "2小时"),
)


def sample_sheet(rng: random.Random, home: Grid, count: int, at: datetime) -> Iterator[tuple]:
    """The lines of the sheet with its title and header; phones are of a range that nobody is given."""
    communities = list(Grid.objects.active().within(home).filter(level=Level.COMMUNITY).order_by("lft"))
    load_ancestors(communities)
    yield (TITLE,)
    yield HEADER
    for number in range(1, count + 1):
        community = rng.choice(communities)
        word, text, urgency, limit = CALLS[number % len(CALLS)]
        name, phone = rng.choice(CALLERS), f"1300000{rng.randrange(10_000):04}"
        # Now and then the hotline does not know where a caller lives.
        is_placed = number % 10 != 7
        yield (
            f"YS{at:%Y%m%d}{number:05}",
            f"{at - timedelta(minutes=7 * number):%Y-%m-%d %H:%M:%S}",
            name,
            phone,
            community.ancestors[-1].name if is_placed else "",
            community.name if is_placed else "",
            f"{rng.randint(1, 9)}号楼{rng.randint(1, 4)}单元",
            word,
            f"（演示）{text.format(name=name, phone=phone)}",
            urgency,
            limit,
            "",
        )
