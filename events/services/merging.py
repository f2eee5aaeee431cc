"""Cases that are one and the same: into which one may be merged, and who learns of the end."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils.translation import gettext as _

from events.drafts import Draft, Limits
from events.models import Event
from events.routing import Staffing
from events.transitions import absorb, inform
from events.workflow import Action, Status
from grids.models import User


def last_of(event: Event) -> Event:
    """The case that goes on with this one: itself, or where the merging of cases into each other ends."""
    seen = {event.pk}
    while event.merged_into_id and event.merged_into_id not in seen:
        seen.add(event.merged_into_id)
        event = Event.objects.select_related("grid").get(pk=event.merged_into_id)
    return event


def merged_into(event: Event) -> list[Event]:
    """Every case that was merged into this one, also by way of others."""
    found, layer = {}, [event.pk]
    while layer:
        rows = Event.objects.filter(merged_into__in=layer).select_related("grid").order_by("pk")
        layer = [row.pk for row in rows if row.pk not in found]
        found |= {row.pk: row for row in rows}
    return [found[pk] for pk in sorted(found)]


def merge_candidates(event: Event, actor: User) -> QuerySet[Event]:
    """The open cases that the actor may merge this one into, those of the same category first, newest first."""
    alike = Case(When(category=event.category_id, then=Value(0)), default=Value(1), output_field=IntegerField())
    found = Event.objects.visible_to(actor).open().inside(event.holder).exclude(pk=event.pk)
    return found.filter(is_confidential=event.is_confidential).order_by(alike, "-filed_at", "-pk")


def merge_problem(event: Event, into: Event | None, actor: User | None) -> str:
    """Why it cannot be merged into this one, the last of its chain; empty when it can."""
    if into is None:
        return _("Choose the case that it is merged into.")
    number = {"number": into.number}
    if into.pk == event.pk:
        return _("A case cannot be merged into itself.")
    if not into.is_open:
        return _("No. %(number)s is not open any more; choose an open case.") % number
    if into.is_confidential != event.is_confidential:
        return _("A clue report is never merged with other cases.")
    if not event.holder.lft <= into.position <= event.holder.rght:
        return _("No. %(number)s did not arise inside %(grid)s.") % (number | {"grid": event.holder.name})
    if not merge_candidates(event, actor).filter(pk=into.pk).exists():
        return _("There is no such case in your area.")
    return ""


def taken_in(into: Event, merged: Event, at: datetime, staffing: Staffing, limits: Limits) -> Draft:
    """The step of the case that goes on."""
    draft = Draft(into, Action.ABSORB, at, staffing, limits, into=merged)
    absorb(draft)
    return draft


def told(merged: Iterable[Event], ended: Draft) -> list[Draft]:
    """A step for each merged case when the one that they went on in has ended: their reporters learn the result."""
    words = {"reason": ended.reason} if ended.event.status == Status.VOIDED else _what_was_done(ended)
    drafts = []
    for event in merged:
        draft = Draft(event, Action.INFORM, ended.at, ended.staffing, ended.limits, into=ended.event, **words)
        inform(draft)
        drafts.append(draft)
    return drafts


def _what_was_done(ended: Draft) -> dict[str, str]:
    resolved = ended.event.steps.filter(action=Action.RESOLVE).order_by("ordinal").last()
    if resolved is None:
        return {}
    return {"note": resolved.note} | ({"reason": resolved.reason} if ended.event.outcome else {})
