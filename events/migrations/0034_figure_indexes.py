"""Figures of dashboards are read from indexes alone; the one of hot spots takes in what was voided, and so serves both."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("events", "0033_what_if")]

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
    ]
