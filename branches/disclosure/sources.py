"""What a publication or a story is told of: `?from=event-20261125-0007` in the address of its form."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest

from branches.disclosure import tellers
from branches.references import Shown, found
from grids.models import Level
from grids.tree import DIGITS


@dataclass(frozen=True)
class Source:
    """The thing, as who writes may see it; without one, nothing."""

    shown: Shown | None = None
    gist: tellers.Gist | None = None

    @property
    def pointer(self) -> dict[str, str]:
        """What a row keeps of it."""
        return {"source_kind": self.shown.kind, "source_key": self.shown.key} if self.shown else {}

    @property
    def place_code(self) -> str:
        """The community where it was, or above communities its own grid."""
        return self.gist.grid.code[: DIGITS[Level.COMMUNITY]] if self.gist else ""


def asked_source(request: HttpRequest) -> Source:
    """The thing that the address names; 404 where the person may not see it, or it is confidential."""
    kind, _dash, key = request.GET.get("from", "").partition("-")
    if not kind:
        return Source()
    shown = found(request.user, kind, key)
    if shown is None:
        raise Http404
    return Source(shown, tellers.gist_of(request.user, kind, key))
