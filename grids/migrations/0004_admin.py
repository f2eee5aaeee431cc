"""What the lists of admin need: posts, newest first, households of districts, initials without marks between them."""

import unicodedata

from django.db import migrations, models
from django.db.models import F, Q
from pypinyin import Style, lazy_pinyin

BATCH = 2000


def spell(apps, schema_editor):
    grids = apps.get_model("grids", "Grid")._base_manager
    last = 0
    while batch := list(grids.filter(pk__gt=last).only("name", "initials").order_by("pk")[:BATCH]):
        changed = []
        for grid in batch:
            if grid.initials != (initials := _initials_of(grid.name)):
                grid.initials = initials
                changed.append(grid)
        grids.bulk_update(changed, ["initials"])
        last = batch[-1].pk


def _initials_of(name):
    spelt = "".join(lazy_pinyin(unicodedata.normalize("NFKC", name), style=Style.FIRST_LETTER)).lower()
    return "".join(character for character in spelt if character.isalnum())[:64]


class Migration(migrations.Migration):
    dependencies = [("grids", "0003_initials_and_duties")]

    operations = [
        migrations.AddIndex(
            "grid",
            models.Index(fields=["lft", "households"], condition=Q(level=4, retired_at=None), name="grid_households"),
        ),
        migrations.AddIndex("post", models.Index(F("started_at").desc(), F("id").desc(), name="post_newest")),
        migrations.RunPython(spell, migrations.RunPython.noop),
    ]
