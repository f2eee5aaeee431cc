"""What the pages of meetings show: the rows with what is known of them beside, in a fixed number of queries."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from branches.access import runnable_branches
from branches.cases import load_cases, title_of
from branches.meetings.references import state_of
from branches.models import AgendaItem, Branch, Invitation, Meeting, Resolution
from branches.models.meeting import LEVELS
from branches.references import load_shown
from grids.access import overseen_posts
from grids.models import Grid, User

MOST_CONVENERS = 30


def conveners_of(user: User) -> list[Branch | Grid]:
    """What the user may call together: the grids they answer for first, then the branches."""
    branches = runnable_branches(user).select_related("grid").order_by("position", "name")[:MOST_CONVENERS]
    grids = {post.grid_id: post.grid for post in overseen_posts(user) if post.grid.level in LEVELS}
    if user.is_superuser:
        grids = {grid.pk: grid for grid in Grid.objects.active().filter(level__in=LEVELS)[:MOST_CONVENERS]}
    return [*grids.values(), *branches]


def show_agenda(meeting: Meeting, user: User) -> list[AgendaItem]:
    """The points, each with `shown`: what it points to, as far as the user may see that, and a `title` for them."""
    agenda = list(meeting.agenda.order_by("ordinal"))
    load_shown(agenda, user)
    for item in agenda:
        item.title = title_of(item.kind, item.key, item.name, is_seen=item.shown is not None)
        item.is_hidden = item.title != item.name
    return agenda


def show_invitations(meeting: Meeting, user: User) -> list[Invitation]:
    """Who is asked, organisations first, each with `is_mine`: the user's own to answer."""
    invitations = list(meeting.invitations.select_related("person", "organisation").order_by("organisation", "pk"))
    mine = represented(user) if any(invitation.organisation_id for invitation in invitations) else set()
    for invitation in invitations:
        invitation.is_mine = invitation.person_id == user.pk or invitation.organisation_id in mine
    return sorted(invitations, key=lambda invitation: invitation.organisation_id is None)


def represented(user: User) -> set[int]:
    """The keys of the organisations that the user speaks for."""
    return set(user.organisations.active().values_list("pk", flat=True)) if user.is_active else set()


def show_resolutions(
    resolutions: Iterable[Resolution], user: User, at: datetime, *, may_run: bool = False
) -> list[Resolution]:
    """Each with its `case`, its `state` in a word, and whether it `is_over`, `is_behind` and `is_mine` to see to."""
    resolutions = list(resolutions)
    load_cases(resolutions, user)
    mine = represented(user) if any(resolution.organisation_id for resolution in resolutions) else set()
    for resolution in resolutions:
        resolution.is_over = bool(resolution.done_at) or resolution.is_settled
        resolution.is_behind = not resolution.is_over and resolution.due_on < timezone.localdate(at)
        resolution.is_mine = may_run or resolution.owner_id == user.pk or resolution.organisation_id in mine
        resolution.state = state_of(resolution)
    return resolutions
