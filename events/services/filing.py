"""Filing a case."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.drafts import Draft, Limits, Rule
from events.models import Attachment, Category, Event
from events.routing import Staffing, entry, loop_of, path
from events.services.attaching import attach, discard_uploads, fingerprints
from events.services.storing import aware_now, post_name, store
from events.text import says_nothing
from events.transitions import file
from events.workflow import LOOPS, Action, Side, Urgency
from grids.access import may_work_on
from grids.models import Grid, Post, User

NUMBER_ATTEMPTS = 5


def file_event(
    *,
    actor: User,
    category: Category,
    grid: Grid,
    title: str,
    description: str = "",
    address: str = "",
    urgency: str = Urgency.NORMAL,
    idempotency_key: str | None = None,
    attachments: Sequence[Attachment] = (),
    at: datetime | None = None,
) -> Event:
    """File a case where it happened; the same actor and key again return the first event, and store nothing twice.

    `attachments` come from `receive_uploads`, and wait on when it is refused. Raises ValidationError by field for bad
    input, a grid out of the actor's area, or an actor without a post.
    """
    at = aware_now(at)
    event = Event(
        category=category,
        grid=grid,
        title=title.strip(),
        description=description.strip(),
        address=address.strip(),
        urgency=urgency,
        is_confidential=category.is_confidential,
        reporter=actor,
        idempotency_key=idempotency_key or None,
        filed_at=at,
    )
    try:
        return file_under_free_number(event, at, attachments)
    except ValidationError as error:
        # A repeated request returns its event even if it could not be filed any more.
        if "idempotency_key" not in error.message_dict and (first := filed_before(event, attachments)):
            return first
        raise


def file_under_free_number(event: Event, at: datetime, attachments: Sequence[Attachment] = ()) -> Event:
    for _attempt in range(NUMBER_ATTEMPTS):
        event.number = f"{timezone.localtime(at):%Y%m%d}-{secrets.randbelow(10**6):06}"
        try:
            return _file(event, at, attachments)
        except IntegrityError:  # the number is taken, or the same request is being served beside this one
            if first := filed_before(event, attachments):
                return first
            event = _unsaved(event)
    raise DatabaseError("No free event number was found.")


def filed_before(event: Event, attachments: Sequence[Attachment] = ()) -> Event | None:
    if not event.idempotency_key:
        return None
    mine = Event.objects.filter(reporter=event.reporter, idempotency_key=event.idempotency_key)
    if first := mine.with_related().first():
        discard_uploads(attachments=attachments)
    return first


def _unsaved(event: Event) -> Event:
    event.pk, event._state.adding = None, True
    event.step_count, event.head_hash, event.place_name = 0, "", ""
    return event


def _check_filing(event: Event) -> None:
    """ValidationError by field; without a reporter it is a resident's, who may report anywhere."""
    errors = {}
    if event.reporter and not event.reporter.active_posts:
        errors["__all__"] = [_("Only somebody who holds a post can file a case.")]
    elif event.grid.retired_at:
        errors["grid"] = [_("This grid is retired. Choose the one that took its place.")]
    elif event.reporter and not may_work_on(event.reporter, event.grid):
        errors["grid"] = [_("This grid is outside your area.")]
    if not event.category.is_active:
        errors["category"] = [_("This category is no longer in use. Choose another.")]
    try:
        event.clean_fields(
            exclude=["grid", "category", "reporter", "holder", "number", "start_loop", "loop", "position"]
        )
    except ValidationError as error:
        errors |= error.message_dict
    if event.title and says_nothing(event.title):
        errors.setdefault("title", [_("Say in a line what happened.")])
    if errors:
        raise ValidationError(errors)


def _nearest_post(event: Event) -> Post:
    """The reporter's post that shares most of the way up with the place."""
    way = set(path(event.grid.code))
    return max(event.reporter.active_posts, key=lambda post: len(way & set(path(post.grid.code))))


@transaction.atomic
def _file(event: Event, at: datetime, attachments: Sequence[Attachment]) -> Event:
    staffing = Staffing.above([event.grid.code], holding=event.reporter)
    _check_filing(event)
    grid = staffing.grids.get(event.grid.code)
    if grid is None or grid.pk != event.grid_id:  # moved since it was read, and maybe the reporter's posts as well
        grid = Grid.objects.settle(event.grid)
        staffing = Staffing.above([grid.code])
        if event.reporter:
            event.reporter.__dict__.pop("active_posts", None)
            if not may_work_on(event.reporter, grid):
                raise ValidationError({"grid": _("This grid is outside your area.")})
    if grid.retired_at:
        raise ValidationError({"grid": _("This grid has just been retired. Choose again.")})
    event.grid = grid
    event.position = event.grid.lft
    route = entry(event.grid.code, event.category.lowest_loop, staffing.is_staffed)
    lifted = LOOPS.index(event.category.lowest_loop) > LOOPS.index(loop_of(event.grid.code))
    draft = Draft(
        event,
        Action.FILE,
        at,
        staffing,
        Limits(),
        actor=event.reporter,
        side=Side.REPORTER,
        actor_post=post_name(_nearest_post(event)) if event.reporter else "",
        rule=Rule.CATEGORY if lifted else Rule.PLACE,
        details=fingerprints(attachments),
    )
    file(draft, route)
    store([draft])
    attach(attachments, event, 1)
    return event
