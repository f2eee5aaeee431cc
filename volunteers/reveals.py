"""All looks at what is kept encrypted on this floor, whatever of, for the district's auditor.

Each noun registers its kind when the app is ready.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import CharField, Q, QuerySet, Value
from django.utils.functional import Promise

from grids.access import Ranges, within
from grids.models import Grid, load_ancestors
from grids.models.reveal import Reveal

PAGE_SIZE = 30


class Kind(NamedTuple):
    """A kind of looks: the rows, the path from one to its place, and what the list says of the thing, never a name."""

    key: str  # at most 16 characters
    label: str | Promise
    rows: Callable[[], QuerySet[Reveal]]
    place: str  # such as `household`: the path to the placed thing
    url: Callable[[Reveal], str]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.key] = kind


def page_of(ranges: Ranges, number: str | None, words: str = "") -> Page:
    """A page of the looks at things within the intervals, newest first; words narrow it to who looked, and why."""
    parts = [_keys(kind, ranges, words) for kind in _kinds.values()]
    keys = parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]
    page = Paginator(keys.order_by("-at", "-pk"), PAGE_SIZE).get_page(number)
    page.object_list = _loaded(page.object_list)
    return page


def _keys(kind: Kind, ranges: Ranges, words: str) -> QuerySet:
    found = kind.rows().filter(within(ranges, f"{kind.place}__position"))
    for word in words.replace("\0", "").split():
        found = found.filter(Q(actor_name__icontains=word) | Q(reason__icontains=word))
    return found.order_by().annotate(kind=Value(kind.key, output_field=CharField())).values_list("at", "pk", "kind")


def _loaded(keys: Iterable[tuple]) -> list[Reveal]:
    """The rows with `kind`, `grid` and `url`, a query for each kind that is among them."""
    keys, found = list(keys), {}
    for name in dict.fromkeys(kind for _at, _pk, kind in keys):
        kind = _kinds[name]
        wanted = [pk for _at, pk, key in keys if key == name]
        for row in kind.rows().filter(pk__in=wanted).select_related(f"{kind.place}__grid"):
            thing = getattr(row, kind.place)
            row.kind, row.thing, row.grid, row.url = kind, thing, thing.grid, kind.url(row)
            found[name, row.pk] = row
    rows = [found[kind, pk] for _at, pk, kind in keys]
    load_ancestors([row.grid for row in rows if isinstance(row.grid, Grid)])
    return rows
