"""Filing a case."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.drafts import Draft, Limits, Rule
from events.models import Attachment, Category, Event, Occasion
from events.occasions import case_of, follow
from events.routing import Staffing, entry, loop_of, path
from events.services.attaching import attach, discard_uploads, fingerprints
from events.services.joining import TargetMoved, join, target_of
from events.services.storing import post_name, store
from events.text import says_nothing
from events.transitions import file
from events.workflow import LOOPS, Action, Side, Urgency
from grids.access import may_work_on
from grids.models import Grid, Post, User
from grids.moments import aware_now

ATTEMPTS = 5


class PlaceMoved(Exception):
    """The grid has another code than when it was read."""


def file_event(
    *,
    actor: User,
    category: Category,
    grid: Grid,
    title: str = "",
    description: str = "",
    address: str = "",
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
    urgency: str = Urgency.NORMAL,
    idempotency_key: str | None = None,
    attachments: Sequence[Attachment] = (),
    into: Event | None = None,
    occasion: Occasion | None = None,
    at: datetime | None = None,
) -> Event:
    """File a case where it happened; the same actor and key again return the first event, and store nothing twice.

    Said to be the same as the open case `into`, it is merged into that one at once; without a title it then has the
    category's name. `attachments` come from `receive_uploads`, and wait on when it is refused. What it arises from is
    an `occasion` of `occasions.find`; that becomes one case, and whoever files from it again gets that one. Raises
    ValidationError by field for bad input, a grid out of the actor's area, an actor without a post, or a case that it
    cannot join.
    """
    at = aware_now(at)
    event = Event(
        category=category,
        grid=grid,
        title=title.strip() or (category.minor if into else ""),
        description=description.strip(),
        address=address.strip(),
        latitude=latitude,
        longitude=longitude,
        urgency=urgency,
        is_confidential=category.is_confidential,
        reporter=actor,
        idempotency_key=idempotency_key or None,
        filed_at=at,
    )
    try:
        return file_under_free_number(event, at, attachments, into=into, filer=actor, occasion=occasion)
    except ValidationError as error:
        # A repeated request returns its event even if it could not be filed any more.
        if "idempotency_key" not in error.message_dict and (first := filed_before(event, attachments)):
            return first
        raise


def file_under_free_number(
    event: Event,
    at: datetime,
    attachments: Sequence[Attachment] = (),
    *,
    into: Event | None = None,
    filer: User | None = None,
    details: dict[str, Any] | None = None,
    occasion: Occasion | None = None,
) -> Event:
    """File it, or return what the same request has filed already. `filer` holds a post; a resident has none.

    It goes on at once in `into`, if given; `details` are told by the first step, and so is the occasion.
    """
    details = (details or {}) | (occasion.details() if occasion else {})
    for _attempt in range(ATTEMPTS):
        event.number = f"{timezone.localtime(at):%Y%m%d}-{secrets.randbelow(10**6):06}"
        try:
            if occasion:
                return _file_once(occasion, event, at, attachments, into, filer, details)
            return _file(event, at, attachments, into, filer, details)
        except PlaceMoved:
            # All locks are let go before looking again: one that is kept on the grid, and one that is sought on what it
            # lies in now, would wait crosswise with who moves it on.
            event = _unsaved(event)
            event.grid = Grid.objects.get(pk=event.grid_id)
            if filer:
                filer.forget_rights()  # the posts may have moved as well
        except TargetMoved:  # and look again where the case is that it goes on in
            event = _unsaved(event)
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


@transaction.atomic
def _file_once(occasion: Occasion, event: Event, at: datetime, attachments: Sequence[Attachment], *filing) -> Event:
    """The case of the occasion, which is written with it: the one that there is, or this one."""
    # The grids first, as a reorganisation does, which carries topics along; then two who file wait for each other here.
    Grid.objects.settle(event.grid)
    type(occasion.thing).objects.select_for_update(of=("self",)).get(pk=occasion.thing.pk)
    if first := case_of(occasion):
        discard_uploads(attachments=attachments)
        return first
    if event.is_confidential:
        raise ValidationError({"category": _("A clue report tells of nothing else: file it without what led to it.")})
    filed = _file(event, at, attachments, *filing)
    Occasion.objects.create(event=filed, **{occasion.kind: occasion.thing})
    follow(occasion, event.reporter, at)
    return filed


def _check_filing(event: Event, filer: User | None) -> None:
    """ValidationError by field; without somebody who files it, it is a resident's, who may report anywhere."""
    errors = {}
    if filer and not filer.active_posts:
        errors["__all__"] = [_("Only somebody who holds a post can file a case.")]
    elif event.grid.retired_at:
        errors["grid"] = [_("This grid is retired. Choose the one that took its place.")]
    elif filer and not may_work_on(filer, event.grid):
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
    if (event.latitude is None) != (event.longitude is None):
        errors.setdefault("latitude", [_("Latitude and longitude belong together: give both or neither.")])
    if errors:
        raise ValidationError(errors)


def _nearest_post(event: Event, filer: User) -> Post:
    """The post of who files it that shares most of the way up with the place."""
    way = set(path(event.grid.code))
    return max(filer.active_posts, key=lambda post: len(way & set(path(post.grid.code))))


@transaction.atomic
def _file(
    event: Event,
    at: datetime,
    attachments: Sequence[Attachment],
    into: Event | None,
    filer: User | None,
    details: dict[str, Any],
) -> Event:
    joined = [target_of(into).grid.code] if into else []
    staffing = Staffing.above([event.grid.code, *joined], holding=filer)
    _check_filing(event, filer)
    grid = staffing.grids.get(event.grid.code)
    if grid is None or grid.pk != event.grid_id:
        raise PlaceMoved
    if grid.retired_at:
        raise ValidationError({"grid": _("This grid has just been retired. Choose again.")})
    event.grid = grid
    event.position = event.grid.lft
    route = entry(event.grid.code, event.category.lowest_loop, staffing.is_staffed)
    lifted = LOOPS.index(event.category.lowest_loop) > LOOPS.index(loop_of(event.grid.code))
    limits = Limits()
    draft = Draft(
        event,
        Action.FILE,
        at,
        staffing,
        limits,
        actor=filer,
        side=Side.REPORTER,
        actor_post=post_name(_nearest_post(event, filer)) if filer else "",
        rule=Rule.CATEGORY if lifted else Rule.PLACE,
        details=fingerprints(attachments) | details,
    )
    file(draft, route)
    if into:
        draft.recipients.clear()  # the desk is told where it goes on
    store([draft])
    if into:
        join(event, into, at, staffing, limits)
    attach(attachments, event, 1)
    event.grid.ancestors = staffing.ancestors(event.grid)
    Event._meta.get_field("occasion").set_cached_value(event, None)  # but for what `_file_once` writes next
    return event
