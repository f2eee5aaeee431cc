"""Each former code says what code it became, once for each change: a grid may come back and leave again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("grids", "0007_sheets")]

    operations = [
        migrations.AddField(
            model_name="formercode",
            name="new_code",
            field=models.CharField(default="", max_length=18, verbose_name="code after"),
            preserve_default=False,
        ),
        migrations.RemoveConstraint(model_name="formercode", name="former_code_once_for_each_successor"),
        migrations.AddConstraint(
            model_name="formercode",
            constraint=models.UniqueConstraint(
                fields=("change", "code", "grid"), name="former_code_once_for_each_change"
            ),
        ),
        migrations.AddIndex(
            model_name="gridchange",
            index=models.Index(fields=["-at", "-id"], name="grid_change_newest"),
        ),
    ]
