"""The columns that we look for in a hotline's sheet: guessed by their names, decided by a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grids.sheets.reading import heading


@dataclass(frozen=True)
class Field:
    """A column of ours, and what cities call it. Of two such names in one sheet the earlier one is better."""

    key: str
    title: Promise
    names: str
    is_required: bool = False


NUMBER, TEXT, WORD = "number", "text", "word"
FIELDS = (
    Field(
        NUMBER,
        _("order number"),
        "工单编号 工单号 诉求编号 受理编号 受理单号 工单流水号 流水号 任务编号 案件编号 编号",
        is_required=True,
    ),
    Field(
        TEXT,
        _("what it is about"),
        "诉求内容 工单内容 反映内容 来电内容 问题描述 诉求描述 受理内容 事项内容 内容描述 内容",
        is_required=True,
    ),
    Field("title", _("title"), "诉求标题 工单标题 事项标题 主题 标题"),
    Field(
        WORD,
        _("category of the hotline"),
        "诉求类别 三级分类 三级类别 事项分类 诉求分类 工单分类 问题分类 内容分类 二级分类 问题类别 一级分类 诉求类型 "
        "工单类型 类别 分类",
    ),
    Field("called_at", _("called at"), "来电时间 受理时间 诉求时间 登记时间 创建时间 工单时间 反映时间 派单时间"),
    Field(
        "limit",
        _("time limit of the hotline"),
        "办理时限 截止时间 办结时限 到期时间 处理时限 要求办结时间 限办时间 办理期限 时限",
    ),
    Field("urgency", _("urgency"), "紧急程度 紧急度 是否紧急 缓急程度 优先级"),
    Field("street", _("street"), "所属街道 街道 街镇 所属乡镇 街道乡镇 责任街道"),
    Field("community", _("community"), "所属社区 社区 村社区 社区村 所属村居 村居 责任社区 所属网格"),
    Field(
        "address",
        _("exact place"),
        "诉求地址 事发地址 事发地点 问题地址 详细地址 问题地点 发生地址 诉求地点 地址 地点",
    ),
    Field("name", _("name of the resident"), "诉求人 诉求人姓名 来电人 来电人姓名 反映人 联系人 姓名"),
    Field(
        "phone",
        _("phone of the resident"),
        "联系电话 来电号码 诉求人电话 来电电话 联系方式 手机号码 手机号 手机 电话",
    ),
)
BY_KEY = {field.key: field for field in FIELDS}
REQUIRED = frozenset(field.key for field in FIELDS if field.is_required)
NAMES = {field.key: tuple(heading(name) for name in field.names.split()) for field in FIELDS}
KNOWN = frozenset(name for names in NAMES.values() for name in names)


def guessed(headings: Iterable[str]) -> dict[str, str]:
    """The heading of each of our columns, as far as its name tells."""
    headings, found = list(headings), {}
    for key, names in NAMES.items():
        if name := next((name for name in names if name in headings and name not in found.values()), None):
            found[key] = name
    return found


@dataclass(frozen=True)
class Reading:
    """How a sheet would be read: the heading of each column of ours, and which headings nobody has decided on yet."""

    columns: dict[str, str]
    undecided: tuple[str, ...]

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to be asked any more."""
        return not self.undecided and self.columns.keys() >= REQUIRED


def told(headings: Iterable[str], remembered: Mapping[str, str]) -> Reading:
    """What is remembered of each heading, and for the rest what its name tells.

    Two headings that mean the same are asked for again: only a person knows which one to take.
    """
    headings = list(headings)
    columns: dict[str, str] = {}
    undecided = [name for name in headings if name not in remembered]
    for name in headings:
        key = remembered.get(name, "")
        if key not in BY_KEY:
            continue
        if key in columns:
            undecided += [one for one in (columns[key], name) if one not in undecided]
        columns.setdefault(key, name)
    free = [name for name in headings if name not in remembered]
    for key, name in guessed(free).items():
        columns.setdefault(key, name)
    return Reading(columns, tuple(sorted(undecided, key=headings.index)))
