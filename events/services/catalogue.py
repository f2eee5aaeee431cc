"""Categories and service levels: loading the standard's list, and saving what an administrator edits."""

import csv
from collections import Counter
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Category, ServiceLevel

COLUMNS = ("kind", "major", "minor", "limit", "unit")


def save_category(*, category: Category) -> Category:
    """Save a new or edited category; raises ValidationError by field."""
    category.full_clean()
    category.save()
    return category


def save_service_level(*, level: ServiceLevel) -> ServiceLevel:
    """Save an edited limit; it holds for clocks that start from now on. Raises ValidationError by field."""
    level.full_clean()
    level.save()
    return level


@transaction.atomic
def load_categories(*, path: Path) -> Counter:
    """Add the categories of a CSV file (kind, major, minor, limit, unit), all or nothing; edited ones stay as they are.

    Returns how many were `added` and `unchanged`. Raises ValidationError with a sentence for each wrong row.
    """
    known = {(category.kind, category.major, category.minor) for category in Category.objects.all()}
    added, errors, done = [], [], Counter(added=0, unchanged=0)
    for number, row in enumerate(_rows(path), start=2):
        if ragged := _ragged(row):
            errors.append(_("Row %(number)d: %(problem)s") % {"number": number, "problem": ragged})
            continue
        key = (row["kind"], row["major"], row["minor"])
        if key in known:
            done["unchanged"] += 1
            continue
        known.add(key)
        try:
            added.append(_category(row))
            done["added"] += 1
        except ValidationError as error:
            errors.append(_("Row %(number)d: %(problem)s") % {"number": number, "problem": "；".join(error.messages)})
    if errors:
        raise ValidationError(errors)
    Category.objects.bulk_create(added)
    return done


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValidationError(
            _("%(path)s is no CSV file in UTF-8: %(error)s") % {"path": path, "error": error}
        ) from None
    if missing := [column for column in COLUMNS if column not in (reader.fieldnames or ())]:
        raise ValidationError(_("The columns %(columns)s are missing.") % {"columns": ", ".join(missing)})
    return rows


def _ragged(row: dict[str | None, str | list[str] | None]) -> str:
    """What is wrong with the number of columns; DictReader tells it by a key or values that are None."""
    expected = len(row) - (None in row)
    found = sum(value is not None for name, value in row.items() if name is not None) + len(row.get(None, ()))
    if found == expected:
        return ""
    return _("The row has %(found)d columns instead of %(expected)d.") % {"found": found, "expected": expected}


def _category(row: dict[str, str]) -> Category:
    optional = {name: row[name] for name in ("lowest_loop", "checklist", "public_name", "police_work") if row.get(name)}
    category = Category(
        kind=row["kind"],
        major=row["major"],
        minor=row["minor"],
        limit=row["limit"] or None,
        unit=row["unit"],
        is_confidential=row.get("is_confidential") == "true",
        **optional,
    )
    category.full_clean(validate_unique=False)
    return category
