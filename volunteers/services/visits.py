"""Visits to key households: one short note, and what is to be handled."""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.services.repeating import done_before
from grids.access import OVERSEERS
from grids.encryption import Secret
from grids.models import Post, User
from grids.moments import aware_now
from grids.services.notifying import notify
from grids.text import says_nothing
from grids.tree import community_code
from volunteers.households.workflow import HouseholdAction
from volunteers.models import FINDING_LENGTH, Household, Visit
from volunteers.services.households import check_move, clean_texts

NOTE_LENGTH = 200
LENGTHS = {"note": NOTE_LENGTH, "finding": FINDING_LENGTH}
DAYS_BACK = 31  # that a visit may be noted afterwards


@transaction.atomic
def note_visit(
    *,
    actor: User | None,
    household: Household,
    note: str,
    finding: str = "",
    on: date | None = None,
    idempotency_key: str | None = None,
    at: datetime | None = None,
) -> Visit:
    """Note a visit of today or of a day before; the same actor and key again return the first.

    A finding of somebody without a post is told to the community's desk, which files it.
    """
    at = aware_now(at)
    today = timezone.localdate(at)
    on = on or today
    household = Household.objects.select_for_update().get(pk=household.pk)
    if first := done_before(Visit, idempotency_key, by=actor):
        return first
    check_move(household, actor, HouseholdAction.VISIT)
    given = clean_texts({"note": note, "finding": finding}, LENGTHS)
    if says_nothing(given["note"]):
        raise ValidationError({"note": [_("Say in a few words how it was.")]})
    if not today - timedelta(days=DAYS_BACK) <= on <= today:
        raise ValidationError({"on": [_("Choose today or one of the last %(days)d days.") % {"days": DAYS_BACK}]})
    secrets = {name: Secret.of(text) if text else None for name, text in given.items()}
    visit = Visit.objects.create(
        household=household, by=actor, on=on, at=at, idempotency_key=idempotency_key or None, **secrets
    )
    household.last_visited_on = max(on, household.last_visited_on or on)
    household.suggest_from(household.last_visited_on)
    household.save(update_fields=["last_visited_on", "next_visit_on"])
    if given["finding"] and actor is not None and not actor.active_posts:
        _tell_desk(visit, household, at)
    return visit


def _tell_desk(visit: Visit, household: Household, at: datetime) -> None:
    desk = Post.objects.working().filter(grid__code=community_code(household.grid.code), role__in=OVERSEERS)
    notify(
        users=[post.user for post in desk.select_related("user").order_by("pk")],
        text=_("A visit found something to be handled. File it, or order a service."),
        url=f"{reverse('household_detail', args=[household.pk])}#visit-{visit.pk}",
        key=f"visit-{visit.pk}-finding",
        at=at,
    )
