"""Work lists on the pages of others: a branch's claims, and what waits for a person."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from branches.models import Branch, Claim, WorkList
from branches.models.worklist import SOON_DAYS
from branches.worklists import wording
from branches.worklists.listing import mark_visible, waiting_for, with_all
from branches.worklists.matrix import LATE, NOBODY, Cell
from branches.worklists.workflow import ClaimAction, ClaimState
from grids.models import User

register = template.Library()

SHOWN = 8
STEP_ICONS = {
    ClaimAction.CLAIM: "hand-grab",
    ClaimAction.ASSIGN: "user-check",
    ClaimAction.NAME: "user",
    ClaimAction.SPLIT: "git-branch",
    ClaimAction.REPORT: "send",
    ClaimAction.ACCEPT: "check",
    ClaimAction.SEND_BACK: "arrow-back-up",
    ClaimAction.WITHDRAW: "ban",
    ClaimAction.REHOME: "arrows-move",
}


@register.filter
def claim_state(state: str) -> SafeString:
    """The state in colour, shape and word."""
    return format_html('<span class="state claim-{}">{}</span>', state, ClaimState(state).label)


@register.filter
def cell_look(cell: Cell) -> SafeString:
    """What a cell says first, in colour, shape and word."""
    words = {LATE: _("late"), NOBODY: _("nobody's")}
    word = words.get(cell.look) or ClaimState(cell.look).label
    if cell.look == NOBODY and cell.is_past_due:
        return format_html('<span class="state claim-nobody claim-unclaimed">{}</span>', word)
    return format_html('<span class="state claim-{}">{}</span>', cell.look, word)


@register.filter
def claim_icon(action: str) -> str:
    return STEP_ICONS[action]


@register.filter
def lateness(claim: Claim, at: datetime) -> str:
    return wording.lateness(claim, at)


@register.filter
def time_left(claim: Claim, at: datetime) -> str:
    return wording.time_left(claim, at)


@register.filter
def is_soon(claim: Claim, at: datetime) -> bool:
    return claim.days_left(at) <= SOON_DAYS


@register.inclusion_tag("branches/_claims_of.html")
def claims_of(branch: Branch, user: User) -> dict:
    """What the grid of the branch's seat does of work lists under way, what is due first, first; three queries."""
    at = timezone.now()
    issued = Claim.objects.visible_to(user).active().filter(item__work_list__state=WorkList.State.ISSUED)
    claims = with_all(issued.filter(grid=branch.grid_id)).order_by("item__due_on", "pk")
    found = list(claims[: SHOWN + 1])
    return {"claims": mark_visible(found[:SHOWN], user), "has_more": len(found) > SHOWN, "branch": branch, "at": at}


@register.inclusion_tag("branches/_claims_waiting.html")
def claims_waiting(user: User) -> dict:
    """For the workbench: what is late, due soon or sent back, what was reported to me, what I could claim."""
    at = timezone.now()
    return {"waiting": waiting_for(user, at), "at": at}
