"""Activities on other pages: cards of a branch, a grid and the volunteers' first page, and the state in colour."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from branches.models import Branch
from grids.models import Grid, User
from volunteers.activities.access import may_organise, visible_activities
from volunteers.activities.showing import load_mine
from volunteers.activities.workflow import ActivityAction, ActivityState
from volunteers.models import Activity
from volunteers.models.activity import MOST_PLACES

register = template.Library()

ROWS = 5
COLOURS = {
    ActivityState.PLANNED: "filed",
    ActivityState.PUBLISHED: "handling",
    ActivityState.HELD: "resolved",
    ActivityState.REPORTED: "closed",
    ActivityState.CALLED_OFF: "voided",
}


@register.filter
def activity_state(activity: Activity, at: datetime) -> SafeString:
    """The state in colour, shape and word, as that of a case; of a published one also how far its time has come."""
    label = activity.get_state_display()
    if activity.state == ActivityState.PUBLISHED and activity.starts_at <= at:
        label = _("under way") if at < activity.ends_at else _("over, to be noted")
    return format_html('<span class="state state-{}">{}</span>', COLOURS[activity.state], label)


@register.filter
def places_taken(activity: Activity) -> str:
    """How many have signed up, of how many places, and how many wait; of one read `with_counts`."""
    said = {"joined": activity.joined, "places": activity.places, "waiting": activity.waiting}
    text = _("%(joined)d of %(places)d places taken") if activity.places else _("%(joined)d signed up")
    waiting = _(", %(waiting)d waiting") if activity.waiting else ""
    return f"{text}{waiting}" % said


@register.filter
def is_full(activity: Activity) -> bool:
    return activity.joined >= (activity.places or MOST_PLACES)


@register.filter
def call_off_reason(activity: Activity) -> str:
    """Why it does not take place, as its history has it."""
    step = activity.steps.filter(action=ActivityAction.CALL_OFF).last()
    return step.text if step else ""


@register.inclusion_tag("volunteers/_activities_of.html")
def activities_of(organiser: Branch | Grid, user: User) -> dict[str, Any]:
    """The next activities of a branch or a grid, and its last ones."""
    at, seen = timezone.now(), visible_activities(user).with_related().with_counts().of(organiser)
    activities = load_mine([*seen.upcoming(at)[:ROWS], *seen.past(at)[:ROWS]], user)
    return {
        "asked": f"branch={organiser.pk}" if isinstance(organiser, Branch) else f"grid={organiser.code}",
        "activities": activities,
        "may_plan": may_organise(user, organiser),
        "at": at,
    }


@register.inclusion_tag("volunteers/_activities_mine.html")
def activities_mine(user: User) -> dict[str, Any]:
    """The next activities around a person, with where they stand in each."""
    at = timezone.now()
    coming = visible_activities(user).with_related().with_counts().upcoming(at)
    return {"activities": load_mine(coming[:ROWS], user), "at": at}
