"""The ways into what people who help do, for the menu and for each of its pages."""

from django import template
from django.urls import ResolverMatch
from django.utils.translation import gettext_lazy as _

register = template.Library()

# The page that a way leads to, its icon and words, and the room of the pages that belong to it.
WAYS = (
    ("volunteer_home", "heart-handshake", _("Volunteers"), "views"),
    ("enrolment_figures", "user-check", _("Double check-in"), "enrolments"),
    ("activity_list", "calendar-event", _("Activities"), "activities"),
    ("order_list", "clipboard-heart", _("Service orders"), "orders"),
    ("patrol_list", "shield-check", _("Joint patrols"), "patrols"),
    ("mediation_list", "scale", _("Joint mediation"), "mediation"),
)


@register.filter
def is_of_volunteers(match: ResolverMatch | None) -> bool:
    """Whether a page is one of this app's, so that the menu shows where one is."""
    return match is not None and match.func.__module__.startswith("volunteers.")


@register.inclusion_tag("volunteers/_ways.html", takes_context=True)
def volunteer_ways(context: dict) -> dict:
    """The row that leads from each list of this app to the others; no query."""
    match = context["request"].resolver_match
    return {"ways": WAYS, "here": match.func.__module__.split(".")[1], "page": match.url_name}
