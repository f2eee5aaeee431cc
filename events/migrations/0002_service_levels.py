from django.db import migrations

# Editable defaults: one amount a stage, normal and urgent. The source names the loops, not their limits.
LEVELS = (
    ("grid", (1, "working_day"), (2, "emergency_hour")),
    ("community", (3, "working_day"), (4, "emergency_hour")),
    ("street", (7, "working_day"), (8, "emergency_hour")),
    ("city", (15, "working_day"), (24, "emergency_hour")),
    ("check", (2, "working_day"), (2, "working_day")),
)


def add_levels(apps, schema_editor):
    level = apps.get_model("events", "ServiceLevel")
    level.objects.bulk_create(
        level(stage=stage, urgency=urgency, amount=amount, unit=unit)
        for stage, normal, urgent in LEVELS
        for urgency, (amount, unit) in (("normal", normal), ("urgent", urgent))
    )


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]
    operations = [migrations.RunPython(add_levels, migrations.RunPython.noop)]
