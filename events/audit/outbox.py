"""Proof that the outbox is whole: whom each step tells has a notice, and each notice went all its ways."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.audit.sentences import Problem
from events.models import Delivery, Event, Notice, ResidentContact, is_of_same

PATIENCE = timedelta(hours=1)  # the beat delivers each minute
ERASED_WITHIN = timedelta(days=2)  # they are erased each night
WAITING = {
    "notices": gettext_lazy("notices not handed on for an hour"),
    "deliveries": gettext_lazy("deliveries due for an hour and not tried"),
}


def outbox_problems(
    steps: list[NamedTuple], told: Mapping[int, list[tuple[int, int, int | None]]], sent: list[tuple[int, int]]
) -> Iterator[tuple[str, Any, Any]]:
    """The notices of one case and their deliveries; what is from before these were counted is believed."""
    whose, ways = {}, {}
    for step in steps:
        notices = told.get(step.id, ())
        for notice, recipient, ways_planned in notices:
            whose[notice] = recipient
            ways[notice] = ways_planned
        if "told" in step.details and step.details["told"] != (found := sorted(one[1] for one in notices)):
            yield _("who is told by step %(ordinal)s") % {"ordinal": step.ordinal}, step.details["told"], found
    went = Counter(notice for notice, _recipient in sent)
    for notice, planned in ways.items():
        if planned is not None and planned != went[notice]:
            yield _("deliveries of notice %(notice)d") % {"notice": notice}, planned, went[notice]
    for notice, recipient in sent:
        if whose.get(notice) != recipient:
            yield _("recipient of a delivery of notice %(notice)d") % {"notice": notice}, whose.get(notice), recipient


def stray_problems() -> Iterator[Problem]:
    """Notices of a step of another case."""
    strays = Notice.objects.filter(step__isnull=False).exclude(event=F("step__event")).order_by("pk")
    for pk, number, other in strays.values_list("pk", "event__number", "step__event__number").iterator():
        yield number, _("event of the step of notice %(notice)d") % {"notice": pk}, number, other


def word_problems() -> Iterator[Problem]:
    """What is told of no case went all its ways too, and to whom it is meant."""
    words = _("Notices without a case")
    counted = Notice.objects.filter(event=None, ways__isnull=False).annotate(went=Count("deliveries"))
    for pk, ways, went in counted.exclude(ways=F("went")).order_by("pk").values_list("pk", "ways", "went"):
        yield words, _("deliveries of notice %(notice)d") % {"notice": pk}, ways, went
    strays = Delivery.objects.filter(event=None).exclude(recipient=F("notice__recipient"), notice__event=None)
    for pk, right, found in strays.order_by("pk").values_list("notice", "notice__recipient", "recipient"):
        yield words, _("recipient of a delivery of notice %(notice)d") % {"notice": pk}, right, found


def contact_problems() -> Iterator[Problem]:
    """A resident's name and phone belong to a case that somebody reported without an account."""
    strays = ResidentContact.objects.exclude(event__reporter=None).order_by("pk")
    for number, reporter in strays.values_list("event__number", "event__reporter").iterator():
        yield number, Event._meta.get_field("reporter").verbose_name, _("a resident"), reporter


def promise_problems(*, at: datetime) -> Iterator[Problem]:
    """What is kept longer than residents were promised."""
    if kept := ResidentContact.objects.outlived(at - ERASED_WITHIN).count():
        yield _("Contacts of residents"), _("kept longer than promised"), 0, kept


def standstill_problems(*, at: datetime) -> Iterator[Problem]:
    """Something could go out, and for an hour nothing has: nothing is lost, but nobody is at work."""
    late, found = at - PATIENCE, delays(at=at)
    if not any(found.values()):
        return
    ended = Q(delivered_at__gte=late) | Q(given_up_at__gte=late) | Q(withdrawn_at__gte=late)
    if not Delivery.objects.filter(ended).exists() and not Notice.objects.filter(delivered_at__gte=late).exists():
        for what, count in found.items():
            if count:
                yield _("Outbox at a standstill"), str(WAITING[what]), 0, count


def delays(*, at: datetime) -> dict[str, int]:
    """How many notices were not handed on for an hour, and deliveries not tried that nothing holds up.

    A delivery waits behind an earlier one of its case or page that is tried again later: that is as it should be.
    """
    late = at - PATIENCE
    earlier = Delivery.objects.pending().filter(channel=OuterRef("channel"), notice__lt=OuterRef("notice"))
    held_up = is_of_same(earlier, "notice__page") | is_of_same(Notice.objects.pending(), "page")
    deliveries = Delivery.objects.due(late).exclude(held_up)
    return {
        "notices": Notice.objects.pending().filter(created_at__lt=late).count(),
        "deliveries": deliveries.count(),
    }


def told_delays(found: Mapping[str, int]) -> list[str]:
    """The same in sentences; what does not wait is not told."""
    said = _("Outbox: %(what)s: %(count)s")
    return [said % {"what": WAITING[what], "count": found[what]} for what in WAITING if found.get(what)]
