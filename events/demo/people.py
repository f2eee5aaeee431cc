"""Made-up people in posts at every level: names, duties, sources of staff, and the accounts of the demo."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.contrib.auth.hashers import make_password

from events.demo.places import COMMUNITY, DISTRICT, STREET, is_village
from grids import services
from grids.models import Grid, Level, Role, StaffSource, User

SURNAMES = """
    王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾
    彭 吕 苏 卢 蒋 蔡 贾 丁 魏 薛 叶 阎 余 潘 杜 戴 夏 钟 汪 田 任 姜 范 方 石 姚 谭 廖 邹 熊 金 陆 郝 孔 白 崔 康 毛
    邱 秦 江 史 顾 侯 邵 孟 龙 万 段 雷 钱 汤 尹 黎 易 常 武 乔 贺 赖 龚 文 云 奇 敖 包
""".split()
GIVEN_NAMES = """
    建国 志强 秀英 桂兰 丽华 海燕 晓东 文博 雅琴 国栋 玉梅 春生 立新 瑞芳 俊杰 慧敏 永胜 淑珍 振华 雪梅 学军 凤英
    宏伟 佳怡 子涵 宇航 雨桐 浩然 欣悦 思远 嘉诚 梦洁 天佑 静怡 泽生 俊峰 艳红 爱民 全胜 翠花 福来 长河 景山 美玲
    彩霞 小军 亚男 晨曦 新宇 广林 存良 补来 润生 虎生 二俊 满仓 银柱 改兰 巧云 月娥 三虎 存柱 利平 瑞军 向阳 红霞
    彦君 志刚 晓燕 少华 振宇 晓光 秀梅 玉兰 长青 连生 玉柱 喜梅 文秀 占军 有才 美娟 树林 桂香 明亮 海峰 丽娟 志敏
""".split()
MONGOLIAN_NAMES = """
    苏日娜 牧仁 朝鲁 格日勒图 哈斯其其格 宝音德力格 那日苏 额尔敦巴图 塔娜 萨日朗 托娅 敖登格日勒 布和朝鲁 图雅 青格乐
    孟和巴雅尔 阿木尔 吉日木图 通拉嘎 海日汗 乌云毕力格 乌日罕 娜布其 呼格吉勒 阿茹娜 苏和 特木尔 巴彦孟和 其木格
    乌仁图雅 阿斯汗 那木拉 德力黑 哈达巴特尔 查干其其格 满都呼 萨茹拉 恩和 查苏娜 莫日根夫 道日娜 呼日查 新吉乐图
    斯日古楞 娜日娅 艾丽雅 白音那 巴根那 敖特根 朝洛蒙
""".split()

DUTIES = {
    Role.CHIEF: (
        "统筹本网格日常工作，组织巡查走访，受理和派遣网格内事件，督促限时办结。",
        "牵头网格议事，掌握楼栋基本情况，协调物业和业委会，化解邻里矛盾。",
        "联系本网格居民，收集意见建议，带头排查隐患，做好政策宣传。",
    ),
    Role.STAFF: (
        "日常巡查、入户走访，发现问题及时上报；办理派遣的事件并反馈结果。",
        "负责楼栋环境卫生、消防通道和公共设施巡查，代办民生服务事项。",
        "联系独居老人和困难家庭，协助开展矛盾调解和平安宣传。",
    ),
    Role.POLICE: ("网格警务：治安隐患排查、矛盾纠纷联调、线索核查，参与网格联合巡逻。",),
    Role.OFFICIAL: ("分管网格化治理工作，研判疑难事件，督办逾期事件，定期查看运行情况。",),
    Role.DISPATCHER: ("受理本级事件，核对信息后派遣到承办人，跟踪办理时限，做好退回和上报。",),
}
SOURCES = {
    Level.CITY: (StaffSource.CIVIL_SERVANT,),
    Level.DISTRICT: (StaffSource.CIVIL_SERVANT,),
    Level.STREET: (StaffSource.CIVIL_SERVANT, StaffSource.CIVIL_SERVANT, StaffSource.HIRED),
    Level.COMMUNITY: (StaffSource.COMMUNITY_WORKER, StaffSource.COMMUNITY_WORKER, StaffSource.HIRED),
    Level.BUILDING: (StaffSource.VOLUNTEER, StaffSource.VOLUNTEER, StaffSource.COMMUNITY_WORKER, StaffSource.HIRED),
}

# The accounts: name, posts as (role, grid). The first buildings of the community are the worker's and the chief's.
HOME = tuple(f"{COMMUNITY}{number:04d}" for number in (1, 2, 3))
ACCOUNTS = {
    "worker": ("苏日娜", [(Role.STAFF, code) for code in HOME]),
    "chief": ("郝建国", [(Role.CHIEF, code) for code in HOME]),
    "community": ("贾慧敏", [(Role.CHIEF, COMMUNITY), (Role.DISPATCHER, COMMUNITY)]),
    "street": ("云志刚", [(Role.OFFICIAL, STREET)]),
    "district": ("乔雅琴", [(Role.OFFICIAL, DISTRICT)]),
    "city": ("牧仁", [(Role.OFFICIAL, "1501")]),
    "police": ("任海峰", [(Role.POLICE, COMMUNITY)]),
    "admin": ("系统管理员", []),
}

Posting = tuple[str, list[tuple[str, str]]]  # whose key, and their posts as (role, grid code)


@dataclass
class Staff:
    """Who is posted where, by grid code."""

    users: dict[str, User] = field(default_factory=dict)
    posted: dict[str, list[User]] = field(default_factory=dict)

    def at(self, code: str) -> list[User]:
        return self.posted.get(code, [])


def hire(rng: random.Random, before: datetime) -> Staff:
    """Create everybody and appoint them at times before `before`."""
    grids = {grid.code: grid for grid in Grid.objects.order_by("code")}
    postings = dict([*_accounts(), *_crew(list(grids.values()), rng)])
    staff = Staff(users=_create_users(postings, rng))
    for key, posts in postings.items():
        started = before - timedelta(days=rng.randint(5, 700), minutes=rng.randint(0, 480))
        for role, code in posts:
            grid = grids[code]
            services.appoint(
                actor=None,
                user=staff.users[key],
                role=role,
                grid=grid,
                duties=rng.choice(DUTIES[role]),
                source=StaffSource.POLICE if role == Role.POLICE else rng.choice(SOURCES[grid.level]),
                at=started,
            )
            people = staff.posted.setdefault(code, [])
            if staff.users[key] not in people:
                people.append(staff.users[key])
    return staff


def _accounts() -> Iterator[Posting]:
    return ((username, posts) for username, (_name, posts) in ACCOUNTS.items())


def _create_users(postings: dict[str, list], rng: random.Random) -> dict[str, User]:
    """The accounts share one password; everybody else has none and cannot log in."""
    password = make_password(settings.DEMO_PASSWORD)
    users = []
    for number, key in enumerate(postings, start=1):
        if key in ACCOUNTS:
            is_admin = key == "admin"
            users.append(
                User(
                    username=key,
                    name=ACCOUNTS[key][0],
                    password=password,
                    is_staff=is_admin,
                    is_superuser=is_admin,
                )
            )
        else:
            users.append(User(username=f"person-{number:04d}", name=_name(rng), password=make_password(None)))
    User.objects.bulk_create(users, batch_size=500)
    return dict(zip(postings, users, strict=True))


def _name(rng: random.Random) -> str:
    if rng.random() < 0.22:
        return rng.choice(MONGOLIAN_NAMES)
    return rng.choice(SURNAMES) + rng.choice(GIVEN_NAMES)


def _crew(grids: list[Grid], rng: random.Random) -> Iterator[Posting]:
    """Everybody without an account, city first. What the accounts hold, nobody else gets."""
    by_level = {level: [grid for grid in grids if grid.level == level] for level in Level}
    for grid in by_level[Level.CITY]:
        yield f"{grid.code} dispatcher", [(Role.DISPATCHER, grid.code)]
    for grid in by_level[Level.DISTRICT]:
        if grid.code != DISTRICT:
            yield f"{grid.code} official", [(Role.OFFICIAL, grid.code)]
        else:
            yield f"{grid.code} dispatcher", [(Role.DISPATCHER, grid.code)]
    for grid in _of_district(by_level[Level.STREET]):
        if grid.code != STREET:
            yield f"{grid.code} official", [(Role.OFFICIAL, grid.code)]
        yield f"{grid.code} dispatcher", [(Role.DISPATCHER, grid.code)]
    communities = list(_of_district(by_level[Level.COMMUNITY]))
    for community in communities:
        yield from _community(community, rng)
    yield from _police(communities)
    for community, buildings in groupby(by_level[Level.BUILDING], key=lambda grid: grid.code[:12]):
        yield from _building_crew(community, list(buildings), rng)


def _of_district(grids: Iterable[Grid]) -> Iterator[Grid]:
    return (grid for grid in grids if grid.code.startswith(DISTRICT))


def _community(community: Grid, rng: random.Random) -> Iterator[Posting]:
    code, is_complete = community.code, community.code.startswith(STREET)
    if code != COMMUNITY:
        if is_complete or rng.random() < 0.94:
            yield f"{code} chief", [(Role.CHIEF, code)]
        if is_complete or rng.random() < (0.6 if is_village(community) else 0.95):
            yield f"{code} dispatcher", [(Role.DISPATCHER, code)]
    for number in range(1 if is_village(community) else 2):
        yield f"{code} staff {number}", [(Role.STAFF, code)]


def _police(communities: list[Grid]) -> Iterator[Posting]:
    """One officer for up to three communities of a street; the account's community has its own."""
    for street, inside in groupby(communities, key=lambda grid: grid.code[:9]):
        codes = [grid.code for grid in inside if grid.code != COMMUNITY]
        for start in range(0, len(codes), 3):
            yield f"{street} police {start}", [(Role.POLICE, code) for code in codes[start : start + 3]]


def _building_crew(community: str, buildings: list[Grid], rng: random.Random) -> Iterator[Posting]:
    """In the complete street each building has a chief and staff; elsewhere some chiefs lead two, some are missing."""
    codes = [grid.code for grid in buildings if grid.code not in HOME]
    if community.startswith(STREET):
        for code in codes:
            yield f"{code} chief", [(Role.CHIEF, code)]
        for start in range(0, len(codes), 3):
            yield f"{codes[start]} staff", [(Role.STAFF, code) for code in codes[start : start + 3]]
        return
    led = [code for code in codes if rng.random() < 0.72]
    for start in range(0, len(led), 2):
        yield f"{led[start]} chief", [(Role.CHIEF, code) for code in led[start : start + 2]]
