"""A year's plan and what was spent of it as an Excel sheet whose sums Excel works out by itself."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from branches.models import Budget, BudgetLine, ResourceEntry, ResourceKind
from grids.exporting import head
from grids.models import User
from grids.xlsx import CONTENT_TYPE, Formula, Sheet, stream

WIDTHS = (8, 12, 14, 24, 36, 14, 8, 14, 14)
# Columns of the two tables, one below the other.
NUMBER, KIND, PLANNED, SPENT, LEFT = "A", "B", "F", "H", "I"
ENTRY_NUMBER, ENTRY_AMOUNT = "A", "F"
LAST_ROW = 1_048_576  # of any sheet: the entries are the last, however many somebody adds


def budget_sheet(
    budget: Budget, lines: list[BudgetLine], entries: Iterable[ResourceEntry], count: int, user: User, at: datetime
) -> StreamingHttpResponse:
    """The sheet as a download; `count` is how many entries follow."""
    about = head([f"{budget.owner_name} {budget.year}"], user, at, (_("Number of entries"), str(count)))
    above = [*about, (), _line_header()]
    sheet = Sheet(_("Resources"), WIDTHS)  # not the name of a branch, which may hold what Excel refuses
    body = _body(lines, entries, len(above) + 1)
    response = StreamingHttpResponse(stream(sheet, chain(above, body), bold=len(above)), content_type=CONTENT_TYPE)
    name = f"{budget.owner_name}-{budget.year}-{timezone.localtime(at):%Y%m%d-%H%M}.xlsx"
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _line_header() -> list[str]:
    names = [
        _("number"),
        _("kind"),
        _("source"),
        _("partner organisation"),
        _("purpose"),
        _("planned"),
        pgettext("resource", "unit"),
    ]
    return [*names, _("spent"), _("left over")]


def _entry_header() -> list[str]:
    names = [_("number"), _("spent on"), _("entered by"), _("entered at"), _("what for")]
    return [*names, pgettext("resource", "amount"), pgettext("resource", "unit"), _("takes back")]


def _body(lines: list[BudgetLine], entries: Iterable[ResourceEntry], first: int) -> Iterator[list[object]]:
    """The lines from row `first` on, the sum of the money, and the entries below."""
    last = first + len(lines) - 1
    begin = last + 5  # the sum, an empty row, and the header of the entries lie between
    for row, line in enumerate(lines, start=first):
        numbers, amounts = (f"${column}${begin}:${column}${LAST_ROW}" for column in (ENTRY_NUMBER, ENTRY_AMOUNT))
        spent = Formula(f"SUMIF({numbers},{NUMBER}{row},{amounts})", line.spent)
        left = Formula(f"{PLANNED}{row}-{SPENT}{row}", line.left)
        yield [line.pk, line.get_kind_display(), line.get_source_display(), str(line.organisation or ""),
               line.purpose, line.planned, line.unit_name, spent, left]  # fmt: skip
    money = [line for line in lines if line.kind == ResourceKind.MONEY]
    sums = (sum(getattr(line, name) for line in money) for name in ("planned", "spent", "left"))
    planned, spent, left = (
        Formula(_money_sum(column, first, last), value)
        for column, value in zip((PLANNED, SPENT, LEFT), sums, strict=True)
    )
    yield [_("money together"), "", "", "", "", planned, "", spent, left]
    yield []
    yield []
    yield _entry_header()
    for entry in entries:
        yield [entry.line_id, f"{entry.spent_on:%Y-%m-%d}", str(entry.entered_by or ""), entry.entered_at,
               entry.purpose, entry.amount, entry.line.unit_name, _("yes") if entry.is_reversal else ""]  # fmt: skip


def _money_sum(column: str, first: int, last: int) -> str:
    """Of no line the sum is of the cell of the header, which holds text and counts as nothing."""
    first = min(first, last)
    kinds, amounts = (f"${name}${first}:${name}${last}" for name in (KIND, column))
    return f'SUMIF({kinds},"{ResourceKind.MONEY.label}",{amounts})'
