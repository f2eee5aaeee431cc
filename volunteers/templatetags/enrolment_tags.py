"""Double check-in on the pages of others, and how its states look."""

from django import template
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from branches.models import Branch
from grids.access import overseen_ranges
from grids.models import Grid, Level, User
from grids.tree import community_code
from volunteers.enrolments import figures
from volunteers.enrolments.access import (
    answered_communities,
    represented,
    visible_members,
    visible_organisation_enrolments,
)
from volunteers.enrolments.listings import whole_organisations
from volunteers.enrolments.workflow import EnrolmentAction, EnrolmentState
from volunteers.models import OrganisationEnrolment
from volunteers.times import describe

register = template.Library()

MOST_PUBLIC = 30

STEP_ICONS = {
    EnrolmentAction.APPLY: "send",
    EnrolmentAction.CONFIRM: "check",
    EnrolmentAction.PLACE: "map-pin",
    EnrolmentAction.REFUSE: "ban",
    EnrolmentAction.END: "flag-off",
    EnrolmentAction.CHANGE: "pencil",
    EnrolmentAction.REHOME: "arrows-move",
}


@register.filter
def enrolment_state(state: str) -> SafeString:
    """The state in colour, shape and word."""
    return format_html('<span class="state enrolment-{}">{}</span>', state, EnrolmentState(state).label)


@register.filter
def organisation_state(state: str) -> SafeString:
    """The same for an organisation, which is placed nowhere: once confirmed, nothing is left to do."""
    look = EnrolmentState.PLACED if state == EnrolmentState.CONFIRMED else state
    return format_html('<span class="state enrolment-{}">{}</span>', look, EnrolmentState(state).label)


@register.filter
def enrolment_icon(action: str) -> str:
    return STEP_ICONS[action]


@register.filter
def in_times(times: int) -> str:
    """周一至周五晚上、周六全天"""
    return describe(times)


@register.inclusion_tag("volunteers/_enrolment_card.html")
def enrolment_card(user: User) -> dict:
    """The card of the landing page: where I am enrolled, what waits for my answer; five queries."""
    waiting = list(answered_communities(user).order_by("lft"))
    return {
        "now": user.enrolments.current().select_related("grid", "place").first(),
        "communities": waiting,
        "members": _count(visible_members(user), waiting),
        "reports": _count(visible_organisation_enrolments(user), waiting),
        "organisations": list(represented(user)),
        "is_overseer": bool(overseen_ranges(user)),
        "has_post": bool(user.active_posts) or user.is_superuser,
    }


def _count(rows: QuerySet, communities: list[Grid]) -> int:
    """How many of them wait for an answer there."""
    return rows.waiting().filter(grid__in=communities).count() if communities else 0


@register.inclusion_tag("volunteers/_enrolments_of.html")
def enrolments_on(grid: Grid, user: User) -> dict:
    """Who serves on a grid, for its page: counts that open, nobody by name; two queries."""
    members = visible_members(user)
    if grid.level > Level.COMMUNITY:
        members = members.filter(place=grid)
        reports = None
    else:
        members, reports = members.within(grid), visible_organisation_enrolments(user).within(grid).current().count()
    return {"grid": grid, "totals": figures.totals(members), "reports": reports, "is_below": reports is None}


@register.inclusion_tag("volunteers/_enrolments_of.html")
def enrolments_of(branch: Branch, user: User) -> dict:
    """As `enrolments_on`, of the community that a branch has its seat in or at; three queries."""
    seat = branch.grid
    if seat.level > Level.COMMUNITY:
        seat = Grid.objects.get(code=community_code(seat.code))
    return enrolments_on(seat, user)


@register.inclusion_tag("volunteers/_public_enrolments.html")
def public_enrolments(grid: Grid) -> dict:
    """Which organisations serve a community and with what, as anybody may read it: nobody by name; two queries."""
    reports = OrganisationEnrolment.objects.serving().within(grid).exclude(until__lt=timezone.localdate())
    return {"reports": whole_organisations(reports).order_by("organisation__name", "pk")[:MOST_PUBLIC]}
