from django.db import migrations, models


class Migration(migrations.Migration):
    """The counts of the public pages stand down here from now on; their table was renamed by the events' migration."""

    dependencies = [("grids", "0008_former_codes"), ("events", "0023_public_use")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="PublicUse",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=24)),
                        ("source", models.CharField(max_length=64)),
                        ("starts_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField(db_index=True)),
                        ("used", models.PositiveIntegerField(default=0)),
                    ],
                    options={
                        "verbose_name": "use of a public page",
                        "verbose_name_plural": "uses of public pages",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("kind", "source", "starts_at"), name="public_use_once_for_each_window"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
