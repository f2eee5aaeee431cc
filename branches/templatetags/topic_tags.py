"""Topics on other pages: a branch's, what waits for a person, and the way to them from a grid's public page."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from branches.deliberation.access import topics_to_run, topics_to_vote, visible_topics
from branches.deliberation.showing import show_topics
from branches.deliberation.workflow import State
from branches.models import Branch
from grids.batches import first_rows
from grids.models import Grid, Level, User

register = template.Library()

SHOWN = 5
# The shapes and colours of the cases' states, which people know already.
LOOKS = {
    State.PROPOSED: "filed",
    State.DISCUSSING: "handling",
    State.VOTING: "handling",
    State.CLOSED: "resolved",
    State.DECIDED: "resolved",
    State.PUBLISHED: "closed",
    State.ASKING: "resolved",
    State.CONFIRMED: "closed",
    State.UNCONFIRMED: "suspended",
    State.DECLINED: "voided",
}


@register.filter
def topic_state(state: str) -> SafeString:
    """The state in colour, shape and word."""
    return format_html('<span class="state state-{}">{}</span>', LOOKS[State(state)], State(state).label)


@register.inclusion_tag("branches/_topics.html")
def topics_of(branch: Branch, user: User) -> dict:
    """For the page of a branch: its topics that the user may see, the newest first. Three queries."""
    found = visible_topics(user).filter(branch=branch).with_related().order_by("-pk")[: SHOWN + 1]
    topics = show_topics(found)
    return {"topics": topics[:SHOWN], "has_more": len(topics) > SHOWN, "branch": branch}


@register.inclusion_tag("branches/_topics_waiting.html")
def topics_waiting(user: User) -> dict:
    """For the workbench: what the user may vote on and has not, what waits for them to go on; five queries at most."""
    at: datetime = timezone.now()
    to_vote, to_run = topics_to_vote(user, at), topics_to_run(user, at)
    return {"to_vote": first_rows(to_vote, SHOWN), "to_run": first_rows(to_run, SHOWN), "at": at}


@register.inclusion_tag("branches/_deliberate_here.html")
def deliberate_here(grid: Grid) -> dict:
    """For the public page of a grid: the way to what is deliberated there; no query, the same for everybody."""
    return {"grid": grid, "is_possible": grid.level >= Level.STREET and not grid.retired_at}
