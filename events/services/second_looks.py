"""Listing what was closed implausibly fast, and looking at it a second time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from events.exceptions import AlreadyRecorded
from events.models import Event, QuickClosing, QuickRule
from events.rechecks.quick import Yardstick, closed_cases, medians
from events.services.sampling import inspecting_post, why_no_recheck
from events.text import says_nothing
from grids.access import check_may_manage, may_inspect
from grids.models import User
from grids.moments import aware_now

FIRST_LOOK = timedelta(days=90)
# What was closed just before the last look may have been committed just after it.
OVERLAP = timedelta(hours=1)
BATCH = 1000


def save_quick_rule(*, rule: QuickRule, actor: User | None) -> QuickRule:
    """Save the edited rule; it holds for what is closed from now on. Raises ValidationError by field."""
    check_may_manage(actor, None)
    rule.full_clean()
    rule.save(update_fields=["share", "least_compared", "floor_minutes"])  # how far it has come is not the form's
    return rule


@transaction.atomic
def list_quick_closings(*, at: datetime | None = None) -> int:
    """List what was closed implausibly fast since the last look; returns how many. Safe to run twice or beside itself.

    Each closing is measured once, with the rule and the medians of that day.
    """
    at = aware_now(at)
    QuickRule.objects.get_or_create(pk=1)
    rule = QuickRule.objects.select_for_update().get()
    begin = rule.examined_until - OVERLAP if rule.examined_until else at - FIRST_LOOK
    found = list(_too_fast(Yardstick(rule, medians(at)), begin, at)) if begin < at else []
    QuickClosing.objects.bulk_create(found, batch_size=BATCH)
    rule.examined_until = max(at, rule.examined_until or at)
    rule.save(update_fields=["examined_until"])
    return len(found)


def _too_fast(yardstick: Yardstick, begin: datetime, at: datetime) -> Iterator[QuickClosing]:
    listed = QuickClosing.objects.filter(event=OuterRef("pk"), closed_at=OuterRef("closed_at"))
    cases = closed_cases(begin, at).filter(~Exists(listed)).order_by("closed_at", "pk")
    rule = yardstick.rule
    for pk, district, category, closed_at, time in cases.values_list(
        "pk", "district", "category", "closed_at", "time"
    ).iterator():
        of_kind = yardstick.median_of(district, category)
        if yardstick.is_too_fast(time, of_kind):
            yield QuickClosing(
                event_id=pk,
                closed_at=closed_at,
                handled=time,
                median=of_kind.time,
                compared=of_kind.compared,
                share=rule.share,
                floor_minutes=rule.floor_minutes,
                listed_at=at,
            )


@transaction.atomic
def look_again(*, closing: QuickClosing, actor: User, note: str, at: datetime | None = None) -> QuickClosing:
    """Record that a fast closing was looked at and is in order, and why; the same again by the same person is fine.

    Raises PermissionDenied, AlreadyRecorded, or ValidationError by field.
    """
    at, note = aware_now(at), note.strip()
    # The case first, as reopening does it, so that it is either called in order or reopened.
    Event.objects.select_for_update().values_list("pk").get(pk=closing.event_id)
    closing = QuickClosing.objects.select_for_update().get(pk=closing.pk)
    event = Event.objects.select_related("grid").get(pk=closing.event_id)
    if not may_inspect(actor, event.grid):
        raise PermissionDenied(_("You do not re-check the closed cases of %(grid)s.") % {"grid": event.grid})
    if problem := why_no_recheck(event, actor):
        raise PermissionDenied(problem)
    if closing.looked_at:
        if (closing.looked_by_id, closing.note) == (actor.pk, note):
            return closing
        raise AlreadyRecorded(_("%(name)s has looked at it already.") % {"name": closing.looked_by_name})
    if not closing.is_waiting:
        raise AlreadyRecorded(_("This case was taken up again meanwhile, so there is nothing left to look at."))
    if says_nothing(note):
        raise ValidationError({"note": [_("Say why it is in order; it is written down.")]})
    closing.note, closing.looked_by, closing.looked_at = note, actor, at
    closing.looked_by_name, closing.looked_by_post = str(actor), inspecting_post(actor, event.grid)
    closing.clean_fields(exclude={field.name for field in QuickClosing._meta.fields} - {"note"})
    closing.save()
    return closing
