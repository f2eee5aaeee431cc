"""Give the categories that are there already their names for residents, as the file of categories has them."""

import csv
from pathlib import Path

from django.db import migrations

FILE = Path(__file__).parents[1] / "data/categories.csv"


def name_categories(apps, schema_editor):
    categories = apps.get_model("events", "Category").objects.filter(public_name="")
    with open(FILE, encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["public_name"]:
                same = categories.filter(kind=row["kind"], major=row["major"], minor=row["minor"])
                same.update(public_name=row["public_name"])


class Migration(migrations.Migration):
    dependencies = [("events", "0010_step_actions")]

    operations = [migrations.RunPython(name_categories, migrations.RunPython.noop)]
