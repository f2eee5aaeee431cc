"""How much each rating counts for the satisfaction rate, and the history of that."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import grids.text

WEIGHTS = {"satisfied": Decimal(1), "fair": Decimal("0.9"), "unsatisfied": Decimal(0)}


def add_weights(apps, schema_editor):
    model = apps.get_model("events", "RatingWeight")
    model.objects.bulk_create(model(rating=rating, weight=weight) for rating, weight in WEIGHTS.items())


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0030_tallies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RatingWeight",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "rating",
                    models.CharField(
                        choices=[("satisfied", "satisfied"), ("fair", "fair"), ("unsatisfied", "unsatisfied")],
                        max_length=16,
                        unique=True,
                        verbose_name="rating",
                    ),
                ),
                (
                    "weight",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="From 0 to 1: how much a case with this rating counts for the satisfaction rate.",
                        max_digits=3,
                        validators=[
                            django.core.validators.MinValueValidator(0, "Give a weight from 0 to 1."),
                            django.core.validators.MaxValueValidator(1, "Give a weight from 0 to 1."),
                        ],
                        verbose_name="weight",
                    ),
                ),
            ],
            options={
                "verbose_name": "weight of a rating",
                "verbose_name_plural": "weights of ratings",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weight__gte", 0), ("weight__lte", 1)),
                        name="rating_weight_up_to_one",
                        violation_error_message="Give a weight from 0 to 1.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WeightChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "rating",
                    models.CharField(
                        choices=[("satisfied", "satisfied"), ("fair", "fair"), ("unsatisfied", "unsatisfied")],
                        max_length=16,
                        verbose_name="rating",
                    ),
                ),
                ("before", models.DecimalField(decimal_places=2, max_digits=3, verbose_name="weight before")),
                ("after", models.DecimalField(decimal_places=2, max_digits=3, verbose_name="weight after")),
                (
                    "reason",
                    models.CharField(
                        max_length=500,
                        validators=[
                            django.core.validators.ProhibitNullCharactersValidator(
                                "The text holds a NUL character. Type it again."
                            ),
                            grids.text.validate_no_direction_marks,
                            grids.text.validate_no_control_characters,
                        ],
                        verbose_name="reason",
                    ),
                ),
                ("changed_at", models.DateTimeField(verbose_name="changed at")),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="changed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of a weight",
                "verbose_name_plural": "changes of weights",
                "ordering": ["-changed_at", "-pk"],
            },
        ),
        migrations.RunPython(add_weights, migrations.RunPython.noop),
    ]
