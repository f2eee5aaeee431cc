"""What figures ask of a case: when a limit of its handling first ran over, how high it climbed, what its reporter says.

Of old cases from their steps: a limit was over where the next step came after it.
"""

from django.db import migrations, models

LATE_FROM_STEPS = """
    UPDATE events_event SET late_at = (
        SELECT step.due_at FROM events_step AS step
        JOIN events_step AS following
            ON following.event_id = step.event_id AND following.ordinal = step.ordinal + 1
        WHERE step.event_id = events_event.id AND step.to_status IN ('filed', 'handling')
            AND step.due_at <= following.at
        ORDER BY step.ordinal LIMIT 1
    )
"""
TOP_FROM_STEPS = """
    UPDATE events_event SET top_loop = (
        SELECT CASE MAX(CASE to_loop WHEN 'grid' THEN 1 WHEN 'community' THEN 2 WHEN 'street' THEN 3 ELSE 4 END)
            WHEN 1 THEN 'grid' WHEN 2 THEN 'community' WHEN 3 THEN 'street' ELSE 'city' END
        FROM events_step AS step WHERE step.event_id = events_event.id
    )
"""
LOOPS = [("grid", "grid loop"), ("community", "community loop"), ("street", "street loop"), ("city", "city loop")]


class Migration(migrations.Migration):
    dependencies = [("events", "0028_occasions_of_help")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="late_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When a limit of its handling first ran over; that it was settled later does not take it away.",
                null=True,
                verbose_name="late since",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="top_loop",
            field=models.CharField(
                choices=LOOPS,
                default="",
                editable=False,
                help_text="The highest that it reached, even if it was sent back down.",
                max_length=16,
                verbose_name="highest loop",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="was_contacted",
            field=models.BooleanField(blank=True, editable=False, null=True, verbose_name="reporter was contacted"),
        ),
        migrations.AddField(
            model_name="event",
            name="was_solved",
            field=models.BooleanField(blank=True, editable=False, null=True, verbose_name="solved, says the reporter"),
        ),
        migrations.RunSQL(LATE_FROM_STEPS, migrations.RunSQL.noop),
        migrations.RunSQL(TOP_FROM_STEPS, migrations.RunSQL.noop),
    ]
