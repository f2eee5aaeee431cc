"""Spell the names that are there, and enter the ten usual duties of grid staff as a start to edit."""

from django.db import migrations
from pypinyin import Style, lazy_pinyin

DUTIES = (
    "走访居民，了解需求，听取意见建议",
    "巡查楼栋、院落和公共设施，发现问题及时上报",
    "排查消防、燃气、用电等安全隐患并督促整改",
    "调解邻里、家庭、物业等矛盾纠纷，及时化解在网格",
    "关心独居老人、残疾人、困难家庭和无人照料的儿童",
    "协助办理民生服务事项，提供代办帮办",
    "宣传政策法规和安全防范知识",
    "维护环境卫生和市容秩序",
    "动员党员、志愿者和居民参与网格活动",
    "核查事件处置结果，向居民反馈",
)
BATCH = 2000


def spell(apps, schema_editor):
    grids = apps.get_model("grids", "Grid")._base_manager
    last = 0
    while batch := list(grids.filter(pk__gt=last).only("name", "initials").order_by("pk")[:BATCH]):
        for grid in batch:
            grid.initials = "".join(lazy_pinyin(grid.name, style=Style.FIRST_LETTER)).lower()[:64]
        grids.bulk_update(batch, ["initials"])
        last = batch[-1].pk


def add_duties(apps, schema_editor):
    apps.get_model("grids", "Duty").objects.bulk_create(
        apps.get_model("grids", "Duty")(role="staff", ordinal=ordinal, text=text)
        for ordinal, text in enumerate(DUTIES, start=1)
    )


class Migration(migrations.Migration):
    dependencies = [("grids", "0002_people_and_changes")]

    operations = [
        migrations.RunPython(spell, migrations.RunPython.noop),
        migrations.RunPython(add_duties, migrations.RunPython.noop),
    ]
