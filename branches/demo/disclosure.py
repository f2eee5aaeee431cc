"""What the demo's community and street have made public, and stories in each state."""

import io
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image, ImageDraw

from branches import services
from branches.models import Publication, Story
from grids.models import Grid, User

COMMUNITY, STREET = "150105001001", "150105001"
Kind = Publication.Kind
# (kind, title, text, days ago)
TOLD = (
    (
        Kind.DECISION, "关于在东院增设电动自行车充电棚的决议",
        "经居民代表会议表决通过，在东院空地增设 20 个充电位，由物业公司负责日常管理。\n"
        "进展：充电棚已于本月建成投用，收费标准在公示栏张贴。", 21,
    ),
    (
        Kind.EXAMPLE, "楼道照明：已修复",
        "有居民反映楼道灯不亮。网格员当天到场查看，物业次日更换灯具，社区核查后结案。", 14,
    ),
    (Kind.NOTICE, "冬季供暖前入户检查安排", "供热公司将逐楼检查暖气设施，请留意楼栋门口的时间表。", 9),
)  # fmt: skip
ACTIVITY = ("周末义务清理楼道活动", "上午九点在党群服务中心集合，工具由社区提供，欢迎报名。")
BEFORE = "楼道堆放旧家具和纸箱，占用消防通道，居民多次提醒没有结果。"
AFTER = "支部书记牵头，物业和志愿者用一个周末清运杂物，划出统一存放点，并商定每月巡查一次。"


def tell(at: datetime) -> None:
    """Publications of every kind, one of them withdrawn; a published story, one for review and one sent back."""
    community, street = (Grid.objects.get(code=code) for code in (COMMUNITY, STREET))
    writer, reviewer = (User.objects.get(username=name) for name in ("community", "street"))
    for kind, title, text, days in TOLD:
        services.publish(actor=writer, grid=community, kind=kind, title=title, text=text, at=at - timedelta(days=days))
    _publish_figures(community, writer, at)
    services.publish(
        actor=writer,
        grid=community,
        kind=Kind.ACTIVITY,
        title=ACTIVITY[0],
        text=ACTIVITY[1],
        takes_place_on=timezone.localdate(at) + timedelta(days=4),
        at=at - timedelta(days=2),
    )
    wrong = services.publish(
        actor=reviewer, grid=street, kind=Kind.NOTICE, title="街道办事大厅搬迁公告", text="自下月起搬迁。", at=at
    )
    services.withdraw_publication(actor=reviewer, publication=wrong, reason="搬迁日期有变", at=at)
    _tell_stories(community, writer, reviewer, at)


def _publish_figures(community: Grid, writer: User, at: datetime) -> None:
    month = (timezone.localdate(at).replace(day=1) - timedelta(days=1)).replace(day=1)
    day = {"actor": writer, "grid": community, "at": at - timedelta(hours=20)}
    services.publish(kind=Kind.FIGURES, title=f"{month:%Y}年{month.month}月受理和办结情况", month=month, **day)
    services.publish(kind=Kind.RESOURCES, title=f"{at.year}年度投入使用情况", year=at.year, **day)


def _tell_stories(community: Grid, writer: User, reviewer: User, at: datetime) -> None:
    published = _write(community, writer, "一个周末，清出一条通道", at - timedelta(days=8), is_illustrated=True)
    services.record_consent(
        actor=writer, story=published, name="志愿者王师傅", how="signed", agreed_on=timezone.localdate(at), at=at
    )
    services.move_story(actor=reviewer, story=published, action="publish", at=at - timedelta(days=6))
    _write(community, writer, "老旧小区装上了扶手", at - timedelta(days=1))
    returned = _write(community, writer, "党员带头认领花坛", at - timedelta(days=3))
    services.move_story(
        actor=reviewer, story=returned, action="return", reason="请补充之后的照片", at=at - timedelta(days=2)
    )


def _write(community: Grid, writer: User, title: str, at: datetime, *, is_illustrated: bool = False) -> Story:
    photos = {"before": [_scene(False)], "after": [_scene(True)]} if is_illustrated else None
    story = services.write_story(
        actor=writer, grid=community, title=title, before=BEFORE, after=AFTER, photos=photos, at=at
    )
    return services.move_story(actor=writer, story=story, action="submit", at=at + timedelta(hours=1))


def _scene(is_clear: bool) -> ContentFile:
    """A drawn corridor, with boxes in it or without."""
    image = Image.new("RGB", (960, 640), "#e9e4da" if is_clear else "#b9b2a6")
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 640), (330, 330), (630, 330), (960, 640)], fill="#a9a296")
    draw.rectangle((330, 110, 630, 330), fill="#d7d0c4")
    draw.rectangle((430, 150, 530, 330), fill="#7d6a55")
    if not is_clear:
        for left, top, side in ((90, 380, 190), (250, 300, 120), (640, 390, 210), (590, 300, 110)):
            draw.rectangle((left, top, left + side, top + side), fill="#8a6d3b", outline="#5f4a26", width=4)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return ContentFile(out.getvalue(), name="之后.jpg" if is_clear else "之前.jpg")
