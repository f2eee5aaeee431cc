"""The ways into what people who help do, for the menu and for each of its pages."""

from django import template
from django.urls import ResolverMatch
from django.utils.translation import gettext_lazy as _

register = template.Library()

WAYS = (
    ("volunteer_home", "heart-handshake", _("Volunteers")),
    ("enrolment_figures", "user-check", _("Double check-in")),
    ("activity_list", "calendar-event", _("Activities")),
    ("order_list", "clipboard-heart", _("Service orders")),
    ("patrol_list", "shield-check", _("Joint patrols")),
    ("mediation_list", "scale", _("Joint mediation")),
)


@register.filter
def is_of_volunteers(match: ResolverMatch | None) -> bool:
    """Whether a page is one of this app's, so that the menu shows where one is."""
    return match is not None and match.func.__module__.startswith("volunteers.")


@register.inclusion_tag("volunteers/_ways.html", takes_context=True)
def volunteer_ways(context: dict) -> dict:
    """The row that leads from each list of this app to the others; no query."""
    return {"ways": WAYS, "here": context["request"].resolver_match.url_name}
