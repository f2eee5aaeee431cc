"""The tallies, filled from the cases that there are: so many of each kind by place and by day or month."""

from itertools import islice

from django.db import migrations, models
from django.db.models import Count, DateField, ExpressionWrapper, F, Q, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import TruncDate, TruncMonth

# Frozen as they are now: later ones are others' business.
COLUMNS = (
    "status", "start_loop", "top_loop", "loop", "reworks", "rating", "was_contacted", "was_solved",
)  # fmt: skip
ROOMS = [12 * 10 ** (18 - digits) for digits in (4, 6, 9)]  # of a city, a district, a street in the space of positions
BATCH = 2000


def fill(apps, schema_editor):
    """Grouped by the database and read as a stream: two years of a city need no memory here."""
    alias = schema_editor.connection.alias
    apps.get_model("events", "TallyFold").objects.using(alias).create(pk=1)
    tallies = apps.get_model("events", "Tally").objects.using(alias)
    cases = apps.get_model("events", "Event").objects.using(alias).filter(is_confidential=False)
    for dated_by in ("filed", "closed"):
        for room in ROOMS:
            for grain, trunc in (("day", TruncDate), ("month", TruncMonth)):
                rows = grouped(cases, room, dated_by, trunc).iterator(BATCH)
                made = (tallies.model(grain=grain, dated_by=dated_by, **named(row)) for row in rows)
                while batch := list(islice(made, BATCH)):
                    tallies.bulk_create(batch)


def grouped(cases, room, dated_by, trunc):
    at = f"{dated_by}_at"
    place = CombinedExpression(F("position"), "/", Value(room), output_field=models.BigIntegerField())
    return (
        cases.filter(**{f"{at}__isnull": False})
        .order_by()
        .values(
            k_code=place,
            k_day=trunc(at, output_field=DateField()),
            k_is_accepted=ExpressionWrapper(Q(accepted_at__isnull=False), models.BooleanField()),
            k_is_late=ExpressionWrapper(Q(late_at__isnull=False), models.BooleanField()),
            **{f"k_{name}": F(name) for name in COLUMNS},
        )
        .annotate(k_count=Count("pk"))
    )


def named(row):
    return {name.removeprefix("k_"): value for name, value in row.items()}


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0029_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="TallyFold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("folded_at", models.DateTimeField(editable=False, null=True, verbose_name="folded at")),
            ],
            options={
                "verbose_name": "folding of the tallies",
                "verbose_name_plural": "folding of the tallies",
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "grain",
                    models.CharField(
                        choices=[("entry", "entry"), ("day", "day"), ("month", "month")],
                        default="entry",
                        max_length=8,
                        verbose_name="summed up by",
                    ),
                ),
                (
                    "code",
                    models.PositiveIntegerField(
                        help_text="Nine digits of the street; of folded rows also six of the district and four of the city.",
                        verbose_name="code",
                    ),
                ),
                (
                    "dated_by",
                    models.CharField(
                        choices=[("filed", "day of filing"), ("closed", "day of closing")],
                        max_length=8,
                        verbose_name="dated by",
                    ),
                ),
                ("day", models.DateField(help_text="Of a month, its first.", verbose_name="day")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("filed", "to be accepted"),
                            ("handling", "in handling"),
                            ("resolved", "to be checked"),
                            ("closed", "case closed"),
                            ("suspended", "suspended"),
                            ("voided", "voided"),
                            ("merged", "merged"),
                        ],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "start_loop",
                    models.CharField(
                        choices=[
                            ("grid", "grid loop"),
                            ("community", "community loop"),
                            ("street", "street loop"),
                            ("city", "city loop"),
                        ],
                        max_length=16,
                        verbose_name="loop where it started",
                    ),
                ),
                (
                    "top_loop",
                    models.CharField(
                        choices=[
                            ("grid", "grid loop"),
                            ("community", "community loop"),
                            ("street", "street loop"),
                            ("city", "city loop"),
                        ],
                        max_length=16,
                        verbose_name="highest loop",
                    ),
                ),
                (
                    "loop",
                    models.CharField(
                        choices=[
                            ("grid", "grid loop"),
                            ("community", "community loop"),
                            ("street", "street loop"),
                            ("city", "city loop"),
                        ],
                        max_length=16,
                        verbose_name="loop",
                    ),
                ),
                ("is_accepted", models.BooleanField(verbose_name="accepted")),
                ("is_late", models.BooleanField(verbose_name="late")),
                ("reworks", models.PositiveSmallIntegerField(verbose_name="failed checks")),
                (
                    "rating",
                    models.CharField(
                        blank=True,
                        choices=[("satisfied", "satisfied"), ("fair", "fair"), ("unsatisfied", "unsatisfied")],
                        max_length=16,
                        verbose_name="rating",
                    ),
                ),
                ("was_contacted", models.BooleanField(null=True, verbose_name="reporter was contacted")),
                ("was_solved", models.BooleanField(null=True, verbose_name="solved, says the reporter")),
                (
                    "count",
                    models.IntegerField(
                        help_text="Of entries and of what is corrected also less than nothing.", verbose_name="cases"
                    ),
                ),
            ],
            options={
                "verbose_name": "tally",
                "verbose_name_plural": "tallies",
                "indexes": [models.Index(fields=["grain", "dated_by", "code", "day"], name="tally_place_and_day")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("count", 0), _negated=True), name="tally_counts_something"
                    )
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
