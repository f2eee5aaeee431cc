"""What people report and what they say when they act."""

import csv
from dataclasses import dataclass
from pathlib import Path

from events.models import Category
from events.services import save_category
from events.workflow import Action

REPORTS = Path(__file__).parent.parent / "data" / "demo_reports.csv"
POLICE_MINOR = "治安隐患"

SAYINGS: dict[str, tuple[str, ...]] = {
    Action.ACCEPT: ("", "", "", "情况属实，已受理。", "已与上报人电话核实。"),
    Action.ASSIGN: ("", "", "请今天先到现场看一下，拍照反馈。", "请联系物业一起处理，办完及时反馈。", "请优先办理。"),
    Action.ESCALATE: (
        "涉及专业维修资金，本级无力解决，请上级协调。",
        "多次联系责任单位未到场，请上级督促。",
        "需要执法部门到场，超出本级权限。",
        "问题跨几个小区，需要统筹安排。",
        "产权单位不在辖区，请协调主管部门。",
    ),
    Action.SEND_BACK: (
        "属于日常管理范围，请先协调有关单位办理。",
        "现场情况不清楚，请补充核实后再报。",
        "本级已协调有关单位配合，请你处继续跟进办理。",
        "可由社区议事协商解决，先组织一次协商。",
    ),
    Action.VOID: (
        "与前一件为同一问题，已合并在前一件中办理。",
        "现场核实问题已不存在。",
        "位置填写有误，已请上报人重新上报。",
        "误操作上报，经本人确认作废。",
    ),
    Action.PASS_CHECK: ("现场核查，已处理到位。", "已回访居民，表示满意。", "", "现场查看正常。"),
    Action.REOPEN: ("居民再次反映问题反复，请重新办理。", "抽查发现整改不到位。", "回访时居民不认可办理结果。"),
    Action.URGE: ("居民催问，请抓紧办理并反馈进度。", "临近时限，请尽快处理。", ""),
    Action.SUPERVISE: ("列入本周督办件，请每日反馈进展。", "群众反映集中，重点督办。"),
    Action.ASK: ("具体是几楼？方便什么时间上门？", "现场没有找到，请补充一下准确位置。"),
    Action.ANSWER: ("三楼东侧，下午都有人。", "在单元门右手边，进门就能看到。"),
    Action.COMMENT: (
        "已到现场看过，正在联系责任单位。",
        "居民希望周末前处理完。",
        "物业答复配件明天到货。",
        "已向相关住户说明情况，取得理解。",
        "请注意保留处理前后的照片。",
    ),
}  # fmt: skip


# What is ticked before a case of the category is resolved; an administrator writes such lists.
CHECKLISTS = {
    "物业管理": ("已到现场查看", "问题已处理，或已告知物业限期处理", "已将结果告知反映人"),
    "矛盾纠纷": ("已听取各方意见", "已达成一致，或已告知其他解决途径", "已将结果告知反映人"),
}


@dataclass(frozen=True)
class Report:
    """A kind of report; `{unit}` and `{floor}` in its texts are filled in for each building."""

    category: Category
    scope: str  # building, community, village or street: what kind of place it speaks of
    title: str
    description: str
    address: str
    resolution: str
    complaint: str  # why a check fails

    @property
    def is_for_police(self) -> bool:
        return self.category.is_confidential or self.category.minor == POLICE_MINOR

    def told_of(self, unit: int, floor: int) -> dict[str, str]:
        """The texts of one case, as `file_event` takes them."""
        return {
            name: getattr(self, name).format(unit=unit, floor=floor) for name in ("title", "description", "address")
        }


def write_checklists() -> None:
    for category in Category.objects.filter(minor__in=CHECKLISTS):
        category.checklist = "\n".join(CHECKLISTS[category.minor])
        save_category(category=category)


def read_reports() -> list[Report]:
    categories = {category.minor: category for category in Category.objects.all()}
    with open(REPORTS, encoding="utf-8", newline="") as file:
        return [
            Report(
                categories[row["minor"]],
                row["scope"],
                row["title"],
                row["description"],
                row["address"],
                row["resolution"],
                row["rework"],
            )
            for row in csv.DictReader(file)
        ]
