"""All looks at what is kept encrypted on this floor, whatever of, for the district's auditor.

Each noun registers its kind when the app is ready.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import CharField, F, Q, QuerySet, Value
from django.utils.functional import Promise

from grids.access import Ranges, within
from grids.models import load_ancestors
from grids.models.reveal import Reveal

PAGE_SIZE = 30


class Kind(NamedTuple):
    """A kind of looks. The thing that was looked at has a `grid`, a `position` and a key, and is never named."""

    key: str  # at most 16 characters
    label: str | Promise
    rows: Callable[[], QuerySet[Reveal]]
    thing: str  # the foreign key to what was looked at, such as `household`
    url: Callable[[Any], str]  # of the thing: where the auditor may look at it; empty once it is erased


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.key] = kind


def page_of(ranges: Ranges, number: str | None, words: str = "") -> Page:
    """A page of the looks at things within the intervals, newest first; words narrow it to who looked, and why."""
    parts = [_keys(kind, ranges, words) for kind in _kinds.values()]
    keys = parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]
    page = Paginator(keys.order_by("-at", "-key"), PAGE_SIZE).get_page(number)
    page.object_list = _loaded(page.object_list)
    return page


def _keys(kind: Kind, ranges: Ranges, words: str) -> QuerySet:
    found = kind.rows().filter(within(ranges, f"{kind.thing}__position"))
    for word in words.replace("\0", "").split():
        found = found.filter(Q(actor_name__icontains=word) | Q(reason__icontains=word))
    named = {"key": F("pk"), "kind": Value(kind.key, output_field=CharField())}
    return found.order_by().annotate(**named).values_list("at", "key", "kind")


def _loaded(keys: Iterable[tuple]) -> list[Reveal]:
    """The rows with `kind`, `grid` and `url`, a query for each kind that is among them."""
    keys, found = list(keys), {}
    for name in dict.fromkeys(kind for _at, _pk, kind in keys):
        kind = _kinds[name]
        wanted = [pk for _at, pk, key in keys if key == name]
        for row in kind.rows().filter(pk__in=wanted).select_related(f"{kind.thing}__grid"):
            thing = getattr(row, kind.thing)
            row.kind, row.thing, row.grid, row.url = kind, thing, thing.grid, kind.url(thing)
            found[name, row.pk] = row
    rows = [found[kind, pk] for _at, pk, kind in keys]
    load_ancestors(row.grid for row in rows)
    return rows
