"""Figures of dashboards are read from indexes alone; the one of hot spots takes in what was voided, and so serves both.

A list by state is read in its order. Indexes with which another one begins are dropped: each change of a case wrote them.
"""

from django.conf import settings
from django.db import migrations, models
from django.db.models import PROTECT, Q

# What a position is divided by to get the code of its district, street, community and building (`grids.tree.WIDTHS`).
PLACES = {"district": 12 * 10**12, "street": 12 * 10**9, "community": 12 * 10**6, "building": 12 * 10**2}


def tell_how_many_places(apps, schema_editor):
    """Else PostgreSQL expects as many groups by place as there are positions, and sorts what it could count at once."""
    if schema_editor.connection.vendor == "postgresql":
        for name, width in PLACES.items():
            schema_editor.execute(f"CREATE STATISTICS event_{name} ON (position / {width}) FROM events_event")


def forget_how_many_places(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in PLACES:
            schema_editor.execute(f"DROP STATISTICS event_{name}")


class Migration(migrations.Migration):
    dependencies = [("events", "0033_what_if"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RemoveIndex(model_name="event", name="event_hot_spots"),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["filed_at", "position"],
                include=["category", "status", "id"],
                condition=Q(is_confidential=False),
                name="event_filed_figures",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["position"],
                include=["status", "filed_at", "accepted_at", "due_at"],
                condition=Q(status__in=["filed", "handling", "resolved", "suspended"], is_confidential=False),
                name="event_open_figures",
            ),
        ),
        migrations.RemoveIndex(model_name="event", name="event_state_newest"),
        migrations.AddIndex(
            model_name="event", index=models.Index(fields=["status", "-filed_at", "-id"], name="event_state_newest")
        ),
        migrations.AlterField(
            model_name="event",
            name="checker",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=PROTECT,
                related_name="checked_events",
                to="grids.grid",
                verbose_name="checked by",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="handler",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=PROTECT,
                related_name="handled_events",
                to=settings.AUTH_USER_MODEL,
                verbose_name="handler",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="holder",
            field=models.ForeignKey(
                db_index=False,
                on_delete=PROTECT,
                related_name="held_events",
                to="grids.grid",
                verbose_name="holder",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="reporter",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=PROTECT,
                related_name="reported_events",
                to=settings.AUTH_USER_MODEL,
                verbose_name="reporter",
            ),
        ),
        migrations.RunPython(tell_how_many_places, forget_how_many_places),
    ]
