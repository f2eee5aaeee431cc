"""Cases that are one and the same: into which one may be merged, and who learns of the end."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils.translation import gettext as _

from events.drafts import Draft, Limits, Rule
from events.models import Event
from events.routing import Staffing
from events.transitions import absorb, inform, release, separate, take_place
from events.workflow import Action
from grids.models import Grid, User


def merged_into(event: Event) -> list[Event]:
    """Every case that was merged into this one, also by way of others."""
    found, layer = {}, [event.pk]
    while layer:
        rows = Event.objects.filter(merged_into__in=layer).select_related("grid").order_by("pk")
        layer = [row.pk for row in rows if row.pk not in found]
        found |= {row.pk: row for row in rows}
    return [found[pk] for pk in sorted(found)]


def heir(grid: Grid) -> Grid | None:
    """The grid that continues this one when it went out of use, for a case that opens again."""
    if not grid.retired_at:
        return None
    first = Grid.objects.successors(grid.code)[0]
    return None if first.retired_at else first


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


def released(into: Event, separated: Event, at: datetime, staffing: Staffing, limits: Limits) -> Draft:
    """The step of the case that goes on without one that was merged into it."""
    draft = Draft(into, Action.RELEASE, at, staffing, limits, into=separated)
    release(draft)
    return draft


def set_free(merged: Iterable[Event], voided: Draft) -> list[Draft]:
    """A step for each case that was merged into one which is voided: that one was nothing, but they may be genuine."""
    drafts = []
    for event in merged:
        draft = Draft(event, Action.SEPARATE, voided.at, voided.staffing, voided.limits, into=voided.event)
        draft.rule = Rule.TARGET_VOIDED
        if grid := heir(event.grid):
            take_place(draft, voided.staffing.grids[grid.code])
        separate(draft)
        drafts.append(draft)
    return drafts


def told(merged: Sequence[Event], ended: Draft) -> list[Draft]:
    """A step for each merged case when the one that they went on in is closed: their reporters learn the result."""
    words = _what_was_done(ended) if merged else {}
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
