"""Proof that the outbox is whole: whom each step tells has a notice, and each notice went all its ways."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, F, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Delivery, Event, Notice, ResidentContact

PATIENCE = timedelta(hours=1)  # the beat delivers each minute
ERASED_WITHIN = timedelta(days=2)  # they are erased each night


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
            yield _("whom step %(ordinal)d tells") % {"ordinal": step.ordinal}, step.details["told"], found
    went = Counter(notice for notice, _recipient in sent)
    for notice, planned in ways.items():
        if planned is not None and planned != went[notice]:
            yield _("deliveries of notice %(notice)d") % {"notice": notice}, planned, went[notice]
    for notice, recipient in sent:
        if whose.get(notice) != recipient:
            yield _("recipient of a delivery of notice %(notice)d") % {"notice": notice}, whose.get(notice), recipient


def stray_problems() -> Iterator[tuple[str, str, Any, Any]]:
    """Notices of a step of another case."""
    strays = Notice.objects.exclude(event=F("step__event")).order_by("pk")
    for pk, number, other in strays.values_list("pk", "event__number", "step__event__number").iterator():
        yield number, _("event of the step of notice %(notice)d") % {"notice": pk}, number, other


def contact_problems() -> Iterator[tuple[str, str, Any, Any]]:
    """A resident's name and phone belong to a case that somebody reported without an account."""
    strays = ResidentContact.objects.exclude(event__reporter=None).order_by("pk")
    for number, reporter in strays.values_list("event__number", "event__reporter").iterator():
        yield number, Event._meta.get_field("reporter").verbose_name, _("a resident"), reporter


def delays(*, at: datetime) -> Iterator[str]:
    """What has waited too long to be told, or been kept too long: nothing is lost, but nobody is at work."""
    late = at - PATIENCE
    waiting = Notice.objects.pending().filter(created_at__lt=late)
    if found := _counted(waiting, "created_at"):
        yield _("Outbox: %(count)d notices were not handed on, the oldest since %(oldest)s") % found
    due = Delivery.objects.due(late)
    if found := _counted(due, "next_try_at"):
        yield _("Outbox: %(count)d deliveries are due and not tried, the oldest since %(oldest)s") % found
    kept = ResidentContact.objects.outlived(at - ERASED_WITHIN).count()
    if kept:
        yield _("Contacts of residents: %(count)d are kept longer than promised") % {"count": kept}


def _counted(rows: QuerySet, name: str) -> dict[str, Any]:
    found = rows.aggregate(count=Count("pk"), oldest=Min(name))
    return found | {"oldest": f"{timezone.localtime(found['oldest']):%Y-%m-%d %H:%M}"} if found["count"] else {}
