"""Work lists and claims follow the tree: they go to what took a grid's place, parts to their new street."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, Q
from django.utils.translation import gettext as _

from branches.models import Claim, ClaimStep, WorkList
from branches.worklists.workflow import UNDER_WAY, ClaimAction, ClaimState
from grids.models import Grid, Level
from grids.tree import ancestor_codes

CLAIM_LEVELS = (Level.STREET, Level.COMMUNITY)


def rehome_claims(*, grid: Grid, successors: Iterable[Grid], at: datetime) -> None:
    """Called inside the transaction of a reorganisation that changed `grid`."""
    successor = next(iter(successors), None)
    if grid.retired_at and successor:
        for work_list in WorkList.objects.filter(grid=grid):
            work_list.grid = successor
            work_list.save()
        if grid.level in CLAIM_LEVELS:
            _hand_on(grid, successor, at)
    _find_parents(at)


def _hand_on(grid: Grid, successor: Grid, at: datetime) -> None:
    """The claims of a grid that went out of use go on at its successor, unless that has the item itself."""
    open_claims = Claim.objects.active().filter(grid=grid).exclude(item__work_list__state=WorkList.State.CLOSED)
    has = set(Claim.objects.active().filter(grid=successor).values_list("item", flat=True))
    said = {"grid": grid.name, "successor": successor.name}
    for claim in open_claims.select_for_update(of=("self",)):
        if claim.item_id in has or successor.level not in CLAIM_LEVELS:
            claim.parts.update(parent=None)
            claim.state = ClaimState.WITHDRAWN
            text = _("%(grid)s went up in %(successor)s, which has this item already.") % said
        else:
            claim.grid = successor
            text = _("%(grid)s went up in %(successor)s.") % said
        claim.save()
        _record(claim, text, at)


def _find_parents(at: datetime) -> None:
    """A part whose community came under another street is a part of that street's claim, or one of its own."""
    away = Q(position__lt=F("parent__grid__lft")) | Q(position__gt=F("parent__grid__rght"))
    for part in Claim.objects.active().filter(away).select_related("grid__parent", "item"):
        codes = ancestor_codes(part.grid.code)
        above = Claim.objects.active().filter(item=part.item, grid__code__in=codes, state__in=UNDER_WAY)
        part.parent = above.select_related("grid").first()
        part.save(update_fields=["parent"])
        under = (part.parent.grid if part.parent else part.grid.parent).name
        _record(part, _("It is now accepted by %(grid)s.") % {"grid": under}, at)


def _record(claim: Claim, text: str, at: datetime) -> None:
    ClaimStep.objects.create(
        claim=claim, action=ClaimAction.REHOME, to_state=claim.state, round=claim.round, text=text, at=at
    )
