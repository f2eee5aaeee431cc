"""What pages say of the history of a grid."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from grids.models import FormerCode, Grid, GridChange

SHOWN = 5
Kind = GridChange.Kind


@dataclass(frozen=True)
class Sentence:
    """One thing that happened to a grid."""

    at: datetime
    text: str
    reason: str


def recent_changes(grid: Grid) -> list[Sentence]:
    """What the grid was made of and what it was called before, newest first, in two queries."""
    former = FormerCode.objects.filter(grid=grid).select_related("change").order_by("-pk")[:SHOWN]
    renamed = GridChange.objects.filter(grid=grid, kind=Kind.RENAME)[:SHOWN]
    found = [Sentence(one.change.at, _origin(one), one.change.reason) for one in former]
    found += [
        Sentence(one.at, _("It was called %(name)s before.") % {"name": one.old_name}, one.reason) for one in renamed
    ]
    return sorted(found, key=lambda sentence: sentence.at, reverse=True)[:SHOWN]


def _origin(former: FormerCode) -> str:
    change = former.change
    names = {"name": former.name, "code": former.code, "above": change.old_name, "above_code": change.old_code}
    if former.code != change.old_code:
        text = _("Its code was %(code)s before %(above)s (%(above_code)s) was reorganised.")
    elif change.kind == Kind.MERGE:
        text = _("%(name)s (%(code)s) was merged into it.")
    elif change.kind == Kind.SPLIT:
        text = _("It came of the division of %(name)s (%(code)s).")
    elif change.kind == Kind.RETIRE:
        text = _("It took the place of %(name)s (%(code)s), which was taken out of use.")
    else:
        text = _("It was moved here; its code was %(code)s before.")
    return text % names
