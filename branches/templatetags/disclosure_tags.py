"""What is told in public, on other pages: figures in words, cards, and the ways to write something."""

from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

from branches.disclosure.access import find_place, is_told_of, may_tell, may_write, reviewed_by, storied_grids
from branches.disclosure.small import FEW, SMALL, UNTOLD
from branches.disclosure.workflow import State
from branches.models import Publication, Story
from branches.resources.figures import Total
from grids.models import Grid, Level, User
from grids.tree import DIGITS

register = template.Library()
SHOWN = 3


@register.filter
def count_words(sign: str) -> str:
    """A count as `branches.disclosure.small` keeps it, in words."""
    if sign == FEW:
        return _("fewer than %(count)d") % {"count": SMALL}
    if sign == UNTOLD:
        return "—"
    return _("at least %(count)s") % {"count": sign[2:]} if sign.startswith(">=") else sign


@register.filter
def resource_totals(publication: Publication) -> list[Total]:
    """The kept resources of a publication, ready to be shown."""
    lines = (publication.figures or {}).get("lines", [])
    return [Total(kind, unit, Decimal(planned), Decimal(spent), source) for kind, source, unit, planned, spent in lines]


@register.inclusion_tag("branches/_disclosure_here.html")
def disclosure_here(grid: Grid) -> dict:
    """For the public page of a grid: the way to what its community or street tells. No query."""
    is_told = grid.level >= Level.STREET and not grid.retired_at
    return {"code": grid.code[: DIGITS[Level.COMMUNITY]] if is_told else ""}


@register.inclusion_tag("branches/_publications.html")
def publications_of(grid: Grid, user: User) -> dict:
    """For the page of a street or community: the newest that it published. Two queries, and two of rights at most."""
    if not is_told_of(grid):
        return {}
    return {
        "grid": grid,
        "publications": Publication.objects.on(grid).public()[:SHOWN],
        "stories": Story.objects.within(grid).public().order_by("-published_at")[:SHOWN],
        "may_tell": may_tell(user, grid),
        "may_write": may_write(user, grid),
    }


@register.inclusion_tag("branches/_stories_waiting.html")
def stories_waiting(user: User) -> dict:
    """For the workbench: the stories that wait for this person's review, or were sent back to them. Two queries."""
    returned = Story.objects.filter(written_by=user, state=State.RETURNED).order_by("-pk")
    return {"waiting": reviewed_by(user).select_related("grid").order_by("pk")[:SHOWN], "returned": returned[:SHOWN]}


@register.inclusion_tag("branches/_tell_of.html")
def tell_of(kind: str, key: str, grid: Grid, user: User) -> dict:
    """Of a closed case, a decided topic or an activity: who may tell of it, and how. Four queries at most."""
    place = find_place(storied_grids(user), grid.code[: DIGITS[Level.COMMUNITY]])
    return {
        "is_topic": kind == "topic",
        "source": f"{kind}-{key}",
        "may_tell": place is not None and may_tell(user, place),
        "may_write": place is not None and may_write(user, place, grid),
    }
