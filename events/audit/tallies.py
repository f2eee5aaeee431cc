"""The proof of the tallies: for each place, day or month and kind of case they sum up to the cases."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import Sum, Value
from django.utils.translation import gettext as _

from events.audit.snapshots import snapshot
from events.figures.measures import PROFILE, Day
from events.figures.tallies import FOLDED, LEVELS, cases_by_key, tallies_by_key
from events.models import Grain

COLUMNS = ("k_code", "k_day", *(f"k_{name}" for name in PROFILE))


def tally_problems() -> Iterator[str]:
    """A sentence for each difference; all of them as of one moment, while others go on."""
    with snapshot():
        for day in Day:
            for level in LEVELS:
                for grain in FOLDED:
                    for row in _differences(day, level, grain):
                        yield _sentence(day, grain, row)


def _differences(day: Day, level: int, grain: Grain) -> Iterator[tuple]:
    """Key, cases and tallied, where these two are not the same; the database compares, so that it needs no memory here.

    Both are grouped by the same expressions, so that this holds also what SQL and Python may understand differently.
    """
    cases = cases_by_key(day, level=level, grain=grain).annotate(tallied=Value(0))
    tallied = tallies_by_key(day, level=level, grain=grain).annotate(n=Value(0), tallied=Sum("count"))
    (left, params), (right, more) = (rows.query.sql_with_params() for rows in (cases, tallied))
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {names}, SUM(n), SUM(tallied) FROM ({left} UNION ALL {right}) AS pairs "  # noqa: S608 (our own names)
            f"GROUP BY {names} HAVING SUM(n) <> SUM(tallied) ORDER BY k_code, k_day",
            (*params, *more),
        )
        yield from iter(cursor.fetchone, None)


def _sentence(day: Day, grain: Grain, row: tuple) -> str:
    code, when, *profile, cases, tallied = row
    told = ", ".join(f"{name} {value}" for name, value in zip(PROFILE, profile, strict=True) if value not in ("", None))
    names = {"code": code, "day": str(when)[: 7 if grain == Grain.MONTH else 10], "dated_by": day.label}
    return _("%(code)s, %(day)s (%(dated_by)s), %(profile)s: %(cases)d cases, %(tallied)d in the tallies.") % (
        names | {"profile": told, "cases": cases, "tallied": tallied}
    )
