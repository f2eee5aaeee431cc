"""Why a branch gave up a grid, and who the five chiefs are: the district's usual ones, as a start to edit."""

from django.db import migrations, models

import grids.models.people

CHIEFS = ("派出所所长", "司法所所长", "市场监管所所长", "社区党组织书记", "物业服务企业负责人")


def add_chiefs(apps, schema_editor):
    titles = apps.get_model("branches", "ChiefTitle")
    titles.objects.bulk_create(titles(name=name, ordinal=ordinal) for ordinal, name in enumerate(CHIEFS, start=1))


class Migration(migrations.Migration):
    dependencies = [("branches", "0001_initial"), ("grids", "0010_secretary")]

    operations = [
        migrations.AddField(
            model_name="branchgrid",
            name="reason",
            field=models.CharField(
                blank=True,
                max_length=200,
                validators=[grids.models.people.validate_printable],
                verbose_name="why it ended",
            ),
        ),
        migrations.RunPython(add_chiefs, migrations.RunPython.noop),
    ]
