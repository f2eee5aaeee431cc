"""`{% icon "home" %}`: a Tabler icon as inline SVG, so that a page needs no icon font."""

from functools import cache

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

ICONS = settings.BASE_DIR / "node_modules/@tabler/icons/icons"


@cache
def _paths(name: str, style: str) -> SafeString:
    # From the pinned package, never from a person.
    drawing = (ICONS / style / f"{name}.svg").read_text()
    return mark_safe(" ".join(drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")].split()))  # noqa: S308


@register.simple_tag
def icon(name: str, filled: bool = False, css: str = "") -> SafeString:
    """The icon of that name on tabler.io/icons, hidden from screen readers: the words beside it say the same."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" width="24" height="24" fill="{}" stroke="{}" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        css,
        "currentColor" if filled else "none",
        "none" if filled else "currentColor",
        _paths(name, "filled" if filled else "outline"),
    )
