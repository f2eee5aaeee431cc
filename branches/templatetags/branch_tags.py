"""The ways into what runs in the branches, for the menu and for each of its pages."""

from django import template
from django.urls import ResolverMatch
from django.utils.translation import gettext_lazy as _

register = template.Library()

WAYS = (
    ("branch_list", "flag", _("Party branches")),
    ("meeting_list", "calendar-event", _("Joint meetings")),
    ("topic_list", "messages", _("Deliberation")),
    ("area_list", "map-2", _("Members' areas")),
    ("work_list_list", "list-check", _("Work lists")),
    ("budget_list", "coins", _("Resources")),
    ("publication_list", "speakerphone", _("Disclosure")),
    ("story_list", "news", _("Stories")),
)


@register.filter
def is_of_branches(match: ResolverMatch | None) -> bool:
    """Whether a page is one of this app's, so that the menu shows where one is."""
    return match is not None and match.func.__module__.startswith("branches.")


@register.inclusion_tag("branches/_mechanisms.html", takes_context=True)
def mechanisms(context: dict) -> dict:
    """The row that leads from each list of the branches to the others; no query."""
    return {"ways": WAYS, "here": context["request"].resolver_match.url_name}
