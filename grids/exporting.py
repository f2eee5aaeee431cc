"""Any list of a page as an Excel sheet that says of itself which filters made it, how many rows, when and for whom.

A list offers its sheet with `_export.html` and answers `?export=xlsx` with `respond`; its columns hold no contact
details of residents. Rows come by the chunk, so that no list is too long and none is cut without a word.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from grids.models import User
from grids.xlsx import CONTENT_TYPE, Sheet, stream

CHUNK = 1000


class Column(NamedTuple):
    """`value` is what a row shows here at a time; the width is in characters."""

    heading: str | Promise
    width: int
    value: Callable[[Any, datetime], object]


def is_wanted(request: HttpRequest) -> bool:
    """Whether the list is asked for as a sheet."""
    return request.GET.get("export") == "xlsx"


def respond(
    *,
    name: str,
    columns: list[Column],
    rows: Iterable,
    filters: Iterable[str],
    count: int | str,
    user: User,
    at: datetime,
    counted: str = "",
) -> StreamingHttpResponse:
    """The sheet as a download. `count` is how many rows there are, in the words of `counted` if given."""
    about = head(filters, user, at, (counted or _("Number of rows"), str(count)))
    above = [*about, (), [str(column.heading) for column in columns]]
    sheet = Sheet(name, [column.width for column in columns], frozen=len(above))
    lines = ([column.value(row, at) for column in columns] for row in rows)
    response = StreamingHttpResponse(stream(sheet, chain(above, lines), bold=len(above)), content_type=CONTENT_TYPE)
    file_name = f"{name}-{timezone.localtime(at):%Y%m%d-%H%M}.xlsx"
    response.headers["Content-Disposition"] = content_disposition_header(True, file_name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def capped_count(rows: QuerySet, most: int) -> int | str:
    """How many there are, or that the sheet holds the first of them."""
    count = rows[: most + 1].count()
    if count <= most:
        return count
    return _("the first %(count)d; more rows fit the filters than one sheet takes") % {"count": most}


def head(filters: Iterable[str], user: User, at: datetime, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """What a sheet says of itself above its header."""
    return [
        (_("Filters"), "；".join(filters) or _("none")),
        *more,
        (_("As of"), f"{timezone.localtime(at):%Y-%m-%d %H:%M}"),
        (_("Exported by"), str(user)),
    ]


def stated(*filters: tuple[str | Promise, object]) -> list[str]:
    """Filters in words, those that were given."""
    return [f"{name}：{value}" for name, value in filters if value not in ("", None)]


def in_chunks(rows: QuerySet, prepare: Callable[[list], object], size: int = 0) -> Iterator:
    """The rows one by one; `prepare` fills in for a chunk at a time what the columns show."""
    size = size or CHUNK
    found = rows.iterator(chunk_size=size)
    while chunk := list(islice(found, size)):
        prepare(chunk)
        yield from chunk
