"""What a case may be filed from in place: how the thing is found, what the form begins with, how the case shows it.

To add a kind: a foreign key of `Occasion`, its name in `OCCASIONS`, and a `Kind` here.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branches.deliberation.access import topic_to_file, visible_topics
from branches.exceptions import StateConflict
from branches.meetings.access import resolution_to_file, visible_meetings
from branches.meetings.references import url_of
from branches.models import Resolution, Topic
from events.models import DISCREET, Event, Occasion, Step
from events.text import TITLE_LENGTH
from events.workflow import Status
from grids.models import User
from volunteers.households.access import visible_households, visit_to_file
from volunteers.mediation.access import mediation_to_file, visible_mediations
from volunteers.models import Mediation, PatrolFinding, ServiceOrder, Visit
from volunteers.orders.access import order_to_file, visible_orders
from volunteers.patrols.access import finding_to_file, visible_patrols
from volunteers.services import turn_order

CODE = re.compile(r"([a-z_]{1,32})-([0-9]{1,18})", re.ASCII)


class Kind(NamedTuple):
    """A kind of thing that a case may arise from."""

    label: str
    find: Callable[[User, int], Model | None]  # the thing, if the user may make a case of it
    preset: Callable[[Any], dict[str, str]]  # what of the filing form is known by it
    is_seen: Callable[[User, Any], bool]
    url: Callable[[Any], str]
    filed: Callable[[Any, User | None, datetime], object] = lambda thing, actor, at: None  # what becomes of the thing


def titled(text: str, more: str = "") -> dict[str, str]:
    """Title and description of a case out of a text of any length."""
    if len(text) <= TITLE_LENGTH:
        return {"title": text, "description": more}
    return {"title": f"{text[: TITLE_LENGTH - 1]}…", "description": "\n".join(filter(None, (text, more)))}


def _of_resolution(resolution: Resolution) -> dict[str, str]:
    return {"grid": resolution.meeting.grid.code} | titled(resolution.text)


def _of_topic(topic: Topic) -> dict[str, str]:
    return {"grid": topic.grid.code} | titled(topic.title, topic.decision)


def _of_visit(visit: Visit) -> dict[str, str]:
    """The finding alone: the note, and whom the visit was to, are nobody's business who reads the case."""
    return {"grid": visit.household.grid.code} | titled(visit.finding_text)


def _of_order(order: ServiceOrder) -> dict[str, str]:
    where = _("From the service order %(order)s; how to reach the resident stands there.") % {"order": order}
    return {"grid": order.grid.code} | titled(order.text or order.title, str(where))


def _of_finding(finding: PatrolFinding) -> dict[str, str]:
    return {"grid": finding.grid.code} | titled(finding.text)


def _of_mediation(mediation: Mediation) -> dict[str, str]:
    return {"grid": mediation.grid.code} | titled(mediation.subject)


KINDS: dict[str, Kind] = {
    "resolution": Kind(
        label=_("resolution of a meeting"),
        find=resolution_to_file,
        preset=_of_resolution,
        is_seen=lambda user, resolution: visible_meetings(user).filter(pk=resolution.meeting_id).exists(),
        url=url_of,
    ),
    "topic": Kind(
        label=_("decision on a topic"),
        find=topic_to_file,
        preset=_of_topic,
        is_seen=lambda user, topic: visible_topics(user).filter(pk=topic.pk).exists(),
        url=lambda topic: reverse("topic_detail", args=[topic.pk]),
    ),
    "visit": Kind(
        label=_("visit"),
        find=visit_to_file,
        preset=_of_visit,
        is_seen=lambda user, visit: visible_households(user).filter(pk=visit.household_id).exists(),
        url=lambda visit: f"{reverse('household_detail', args=[visit.household_id])}#visit-{visit.pk}",
    ),
    "order": Kind(
        label=_("service order"),
        find=order_to_file,
        preset=_of_order,
        is_seen=lambda user, order: visible_orders(user).filter(pk=order.pk).exists(),
        url=lambda order: reverse("order_detail", args=[order.pk]),
        filed=lambda order, actor, at: turn_order(order=order, actor=actor, at=at),
    ),
    "finding": Kind(
        label=_("finding of a patrol"),
        find=finding_to_file,
        preset=_of_finding,
        is_seen=lambda user, finding: visible_patrols(user).filter(pk=finding.patrol_id).exists(),
        url=lambda finding: reverse("patrol_detail", args=[finding.patrol_id]),
    ),
    "mediation": Kind(
        label=_("joint mediation"),
        find=mediation_to_file,
        preset=_of_mediation,
        is_seen=lambda user, mediation: visible_mediations(user).filter(pk=mediation.pk).exists(),
        url=lambda mediation: reverse("mediation_detail", args=[mediation.pk]),
    ),
}


def find(user: User, code: str) -> Occasion | None:
    """The occasion, not yet written, that a code such as `resolution-12` names, if the user may file from it."""
    parts = CODE.fullmatch(code)
    kind = KINDS.get(parts[1]) if parts else None
    thing = kind.find(user, int(parts[2])) if kind else None
    return Occasion(**{parts[1]: thing}) if thing else None


def preset(occasion: Occasion) -> dict[str, str]:
    """What the filing form begins with."""
    return KINDS[occasion.kind].preset(occasion.thing) | {"occasion": occasion.code}


def follow(occasion: Occasion, actor: User | None, at: datetime) -> None:
    """Let the thing be as it is once its case is filed; ValidationError where it has changed meanwhile."""
    try:
        KINDS[occasion.kind].filed(occasion.thing, actor, at)
    except StateConflict as error:
        raise ValidationError({"occasion": error.messages}) from error


def case_of(occasion: Occasion) -> Event | None:
    """The case that the thing has become already; one that was voided does not count."""
    cases = Event.objects.filter(**{f"occasion__{occasion.kind}": occasion.thing}).exclude(status=Status.VOIDED)
    return cases.with_related().first()


class Origin(NamedTuple):
    """What a case arose from, as its page shows it; without an address where the viewer may not see that."""

    kind: str
    id: int
    label: str
    title: str
    url: str


def origin_of(event: Event, user: User, first: Step | None = None) -> Origin | None:
    """What the case arose from; where its first step is at hand, that alone answers for one that arose from nothing."""
    if first and "occasion" not in first.details:
        return None
    # Few cases arise from anything: asking for all that they might arise from costs most as many tables as there are.
    occasion = getattr(event, "occasion", None)
    if occasion is None:
        return None
    found = shown(occasion, user)
    return found if found.url or occasion.kind not in DISCREET else None


def shown(occasion: Occasion, user: User) -> Origin:
    kind, thing = KINDS[occasion.kind], occasion.thing
    url = kind.url(thing) if kind.is_seen(user, thing) else ""
    return Origin(occasion.kind, thing.pk, str(kind.label), str(thing), url)
