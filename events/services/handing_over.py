"""Cases whose handler gives up a post: a successor handles them on."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.drafts import Draft, Limits
from events.models import Event
from events.routing import Staffing
from events.services.acting import is_candidate
from events.services.storing import store
from events.transitions import hand_over
from events.workflow import Action
from grids.models import Grid, Post, User

NAMED = 5  # numbers of cases in one sentence


@transaction.atomic
def hand_over_events(
    *, user: User, grids: Iterable[Grid], successor: User, actor: User | None = None, at: datetime | None = None
) -> int:
    """Give the open cases that the user handles inside these grids to the successor; returns how many.

    Runs in the transaction that ends the user's posts, after these are locked. ValidationError at `successor` when
    they may not handle one of the cases.
    """
    at = at or timezone.now()
    found = Event.objects.handled_inside({user: list(grids)})
    # Grids before events, as a reorganisation locks them.
    staffing = Staffing.above(set(found.values_list("grid__code", flat=True)))
    locked = list(found.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    # Read after the lock: PostgreSQL joins a row that has just changed to its old holder, handler and checker.
    events = list(Event.objects.filter(pk__in=locked).with_related().order_by("pk"))
    if not events:
        return 0
    if codes := {event.grid.code for event in events} - staffing.grids.keys():  # reorganised since they were read
        staffing = Staffing.above(codes | {event.grid.code for event in events})
    _check_successor(successor, events)
    limits = Limits()
    drafts = [
        Draft(event, Action.ASSIGN, at, staffing, limits, actor=actor, handler=successor, details={"former": str(user)})
        for event in events
    ]
    for draft in drafts:
        hand_over(draft)
    store(drafts)
    return len(drafts)


def _check_successor(successor: User, events: list[Event]) -> None:
    posts = list(Post.objects.active().filter(user=successor).select_related("grid"))
    refused = [event for event in events if not (successor.is_active and is_candidate(event, posts))]
    # Whoever ends a post need not be among those who may know of a clue report.
    numbers = [event.number for event in refused if not event.is_confidential]
    if refused:
        raise ValidationError(
            {
                "successor": _(
                    "%(name)s cannot handle %(count)d of these cases (%(numbers)s), for want of a post inside the "
                    "grid that holds them. Choose somebody who can."
                )
                % {"name": successor, "count": len(refused), "numbers": "、".join(numbers[:NAMED]) or "…"}
            }
        )
