"""Taking an action on a case."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from events.drafts import Draft, Limits
from events.exceptions import ActionConflict, ActionForbidden, StaleEvent
from events.models import Attachment, Category, Event, QuickClosing, ResidentContact, Step, memberships, offices
from events.routing import Staffing
from events.running import RunningClock, running
from events.services.attaching import attach, fingerprints
from events.services.merging import heir, merge_problem, merged_into, released, set_free, taken_in, told
from events.services.standings import forget_standings_of
from events.services.storing import post_name, store
from events.text import says_nothing
from events.transitions import TRANSITIONS, take_place
from events.workflow import (
    DESK_ROLES,
    RESIDENT_SIDES,
    SAID_BY_PHOTO,
    SUSPENDED_WITHIN,
    TABLE,
    Action,
    Move,
    Outcome,
    Rating,
    Side,
    answered,
    open_moves,
    refusal,
    sides,
)
from grids.models import Organisation, Post, Role, User
from grids.moments import aware_now


def act(
    *,
    event: Event,
    action: str,
    actor: User | None = None,
    resident: ResidentContact | None = None,
    reason: str = "",
    note: str = "",
    handler: User | None = None,
    organisation: Organisation | None = None,
    partner: User | None = None,
    checklist: Iterable[str] = (),
    outcome: str = "",
    attachments: Sequence[Attachment] = (),
    rating: str = "",
    contacted: bool | None = None,
    solved: bool | None = None,
    until: date | None = None,
    into: Event | None = None,
    version: int | None = None,
    at: datetime | None = None,
) -> Event:
    """Take one action on an event and return the event as it then stands.

    `actor` is who is logged in, or `resident` whose report it is and who has shown so, by code or by what it left.
    Assigned is to a handler or to a joint organisation. `attachments` come from `receive_uploads`, and wait on when the
    action is refused. Suspended is `until` a date, merged is `into` another case, or the one that this one went on in.
    Who rates may also tell whether they were `contacted` and it is `solved`.
    `version` is the number of steps the person had seen; without it, that of `event`. Raises
    StaleEvent when somebody was faster, ActionConflict when it is not open now, ActionForbidden when it is not theirs,
    ValidationError by field.
    """
    at = aware_now(at)
    move = TABLE[Action(action)]
    seen = event.step_count if version is None else version
    given = {
        "reason": reason,
        "note": note,
        "handler": handler,
        "organisation": organisation,
        "partner": partner,
        "checklist": checklist,
        "outcome": outcome,
        "rating": rating,
        "contacted": contacted,
        "solved": solved,
        "until": until,
        "into": into,
    }
    if (actor is None) == (resident is None):
        raise ValueError("Either an actor or a resident acts.")
    while True:
        given["into"] = _other(event, move, into)
        try:
            return _act(event, move, actor, resident, seen, at, given, attachments)
        except Reorganised:
            event = Event.objects.select_related("grid", "holder").get(pk=event.pk)
            if actor:
                actor.forget_rights()  # their grids may have other codes now


class Reorganised(Exception):
    """The case, or one that is touched with it, is at another place than it was when the grids were locked."""


@transaction.atomic
def _act(
    event: Event,
    move: Move,
    actor: User | None,
    resident: ResidentContact | None,
    seen: int,
    at: datetime,
    given: dict,
    attachments: Sequence[Attachment],
) -> Event:
    # Grids before the event, as a reorganisation locks them, so that neither waits for the other.
    into = given["into"]
    staffing = Staffing.above(_codes(event, into, *_carried(event, move)), holding=actor)
    event, into = _lock(event, into, move, staffing)
    merged = _lock_carried(event, move)
    if _codes(event, into, *merged) - staffing.grids.keys() or _has_moved_on(event, into, move):
        raise Reorganised  # and let go of the events before other grids are locked
    given["into"] = into
    standing = _check_move(event, move, _standing(event, actor, resident), seen, at)
    if Side.POLICE in standing:  # an officer who names nobody means themselves
        given["partner"] = given["partner"] or actor
    inputs = _check_inputs(event, move, actor, at, attachments, **given)
    side = Side.REPORTER if resident else next(side for side in Side if side in move.sides & standing)
    draft = Draft(
        event,
        move.action,
        at,
        staffing,
        Limits(),
        actor=actor,
        side=side,
        actor_post=acting_post(event, actor, side) if actor else "",
        **inputs,
    )
    reopens = move.action == Action.REOPEN or given["rating"] == Rating.UNSATISFIED
    if (reopens or move.action == Action.SEPARATE) and (place := heir(event.grid)):
        take_place(draft, staffing.grids[place.code])
    if move.action in (Action.EXTEND, Action.RESUME):
        draft.clock = _clock(event, move, standing)
    draft.details |= fingerprints(attachments)
    ordinal = event.step_count + 1
    TRANSITIONS[move.action](draft)
    follow = set_free if move.action == Action.VOID else told
    store(drafts := [draft, *_step_of_other(draft, into), *follow(merged, draft)])
    forget_standings_of(drafts)
    if reopens:
        QuickClosing.objects.waiting().filter(event=event).update(reopened_at=at)
    attach(attachments, event, ordinal)
    event.grid.ancestors = staffing.ancestors(event.grid)
    return event


def _other(event: Event, move: Move, into: Event | None) -> Event | None:
    """The other case that the move also changes: that which this one is merged into, or taken out of."""
    if move.action == Action.SEPARATE:
        last = Event.objects.get(pk=event.pk).goes_on_in()
        return None if last == event else last
    return Event.objects.get(pk=into.pk).goes_on_in() if into and move.action == Action.MERGE else None


def _carried(event: Event, move: Move) -> list[Event]:
    """The cases merged into this one that the move changes too: all of them are told its end, or its own set free."""
    if move.action == Action.PASS_CHECK:
        return merged_into(event)
    return list(event.merged.select_related("grid").order_by("pk")) if move.action == Action.VOID else []


def _codes(event: Event, *others: Event | None) -> set[str]:
    """Where these cases are, and what continues a place out of use.

    And the holder: a closed case keeps that of before, which need not be above its place any more.
    """
    places = [one.grid for one in (event, *others) if one]
    heirs = [found for place in places if (found := heir(place))]
    return {event.holder.code, *(place.code for place in [*places, *heirs])}


def _has_moved_on(event: Event, into: Event | None, move: Move) -> bool:
    """Whether the other case is not the last of its chain any more."""
    if move.action == Action.SEPARATE and event.goes_on_in() != (into or event):
        return True
    return into is not None and into.merged_into_id is not None


def _step_of_other(draft: Draft, into: Event | None) -> list[Draft]:
    if into is None:
        return []
    if draft.action == Action.MERGE:
        return [taken_in(into, draft.event, draft.at, draft.staffing, draft.limits)]
    return [released(into, draft.event, draft.at, draft.staffing, draft.limits)] if into.is_open else []


def _lock(event: Event, into: Event | None, move: Move, staffing: Staffing) -> tuple[Event, Event | None]:
    """The row as it is now, locked, and that of the other case; in one order, so that neither waits.

    A case before what was merged into it, as when it ends; else by primary key.
    """
    if into and move.action == Action.SEPARATE:
        list(Event.objects.select_for_update().filter(pk=into.pk).values_list("pk"))
    pks = {event.pk, into.pk} if into else {event.pk}
    found = {one.pk: one for one in Event.objects.select_for_update().filter(pk__in=pks).order_by("pk")}
    _load_related(list(found.values()), staffing)
    return found[event.pk], found[into.pk] if into else None


def _load_related(events: list[Event], staffing: Staffing) -> None:
    """What belongs to locked rows, from the grids that are held and by small queries.

    A join would give a row that was waited for its new values, but with the old holder, handler and checker; and to
    plan nine tables takes PostgreSQL longer than all else that an action asks of it.
    """
    grids = {grid.pk: grid for grid in staffing.grids.values()}
    people = _by_key(User, events, "reporter_id", "handler_id", "partner_id")
    known = {"grid": grids, "holder": grids, "checker": grids, "reporter": people, "handler": people, "partner": people}
    known["category"] = _by_key(Category, events, "category_id")
    for event in events:
        for name, rows in known.items():
            if related := rows.get(getattr(event, f"{name}_id")):
                setattr(event, name, related)
    prefetch_related_objects([event for event in events if event.organisation_id], "organisation__representatives")


def _by_key(model: type[Model], events: list[Event], *names: str) -> dict[int, Model]:
    return model.objects.in_bulk({key for event in events for name in names if (key := getattr(event, name))})


def _lock_carried(event: Event, move: Move) -> list[Event]:
    """Those of the cases merged into this one, which is locked: nobody adds one now, or takes one out."""
    pks = [one.pk for one in _carried(event, move)]
    if not pks:
        return []
    list(Event.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk"))
    return list(Event.objects.with_people().filter(pk__in=pks).order_by("pk"))


def _clock(event: Event, move: Move, standing: frozenset[Side]) -> RunningClock | None:
    """The clock of the case, read from its steps; one that cannot be read is resumed afresh and never extended."""
    clock = running(event)
    if clock is None and move.action == Action.EXTEND:
        detail = _("The calendar of this clock is not on record any more.")
        raise ActionConflict(detail, event, open_moves(event.case(), standing))
    return clock


def _standing(event: Event, actor: User | None, resident: ResidentContact | None) -> frozenset[Side]:
    if actor:
        return event.sides_of(actor) - {Side.SYSTEM}
    return RESIDENT_SIDES if resident.event_id == event.pk and not resident.erased_at else frozenset()


def _check_move(event: Event, move: Move, standing: frozenset[Side], seen: int, at: datetime) -> frozenset[Side]:
    """The same sides, once it is certain that the move is open to them."""
    case = event.case(at)
    refused = refusal(case, move, standing)
    # A remark or an urging does no harm to what somebody else did meanwhile; a decision might.
    if move.target and seen != event.step_count:
        detail = _("Somebody was faster: this case has changed since you opened it. It is now: %(status)s.")
        raise StaleEvent(detail % {"status": event.get_status_display()}, event, open_moves(case, standing))
    if refused:
        error = ActionForbidden if refused.kind == "forbidden" else ActionConflict
        raise error(refused.detail, event, open_moves(case, standing))
    return standing


def _check_inputs(
    event,
    move,
    actor,
    at,
    attachments,
    reason,
    note,
    handler,
    organisation,
    partner,
    checklist,
    outcome,
    rating,
    contacted,
    solved,
    until,
    into,
) -> dict:
    errors: dict[str, list[str]] = {}
    reason, note = reason.strip(), note.strip()
    if "reason" in move.needs and says_nothing(reason):
        errors["reason"] = [_("Say why; it will stand in the history of this case.")]
    if "note" in move.needs and says_nothing(note) and not (attachments and move.action in SAID_BY_PHOTO):
        errors["note"] = [_("Say what was done.") if move.action == Action.RESOLVE else _("Write something first.")]
    if "handler" in move.needs:
        errors |= _handling_problem(event, handler, organisation)
    if "partner" in move.needs and (problem := _partner_problem(event, partner)):
        errors["partner"] = [problem]
    is_unfixable = move.action == Action.RESOLVE and outcome == Outcome.UNFIXABLE
    if is_unfixable and says_nothing(reason):
        errors["reason"] = [_("Say why it cannot be fixed; whoever reported it reads this.")]
    must_tick = [] if is_unfixable or move.action != Action.RESOLVE else event.category.checklist_items()
    if left := set(must_tick) - set(checklist):
        errors["checklist"] = [_("Still to be ticked: %(items)s.") % {"items": "、".join(sorted(left))}]
    if "rating" in move.needs:
        errors |= _rating_problems(rating, reason)
    if "until" in move.needs and (problem := _until_problem(until, at)):
        errors["until"] = [problem]
    if "into" in move.needs and (problem := merge_problem(event, into, actor)):
        errors["into"] = [problem]
    try:
        Step(reason=reason, note=note).clean_fields(
            exclude=[field.name for field in Step._meta.fields if field.name not in ("reason", "note")]
        )
    except ValidationError as error:
        errors |= error.message_dict
    if errors:
        raise ValidationError(errors)
    details = {"checklist": must_tick} if must_tick else {}
    if is_unfixable:
        details["outcome"] = outcome
    if "rating" in move.needs:
        details |= {"rating": rating} | answered(contacted=contacted, solved=solved)
    given = {"partner": partner, "reason": reason, "note": note, "details": details, "until": until, "into": into}
    return given | ({"handler": handler, "organisation": organisation} if "handler" in move.needs else {})


def _handling_problem(event: Event, handler: User | None, organisation: Organisation | None) -> dict[str, list[str]]:
    """What is wrong with who is to handle it, by field: a person or an organisation, exactly one."""
    if handler and organisation:
        return {"organisation": [_("Choose a person or an organisation, not both.")]}
    field = "organisation" if organisation else "handler"
    problem = _organisation_problem(event, organisation) if organisation else _handler_problem(event, handler)
    return {field: [problem]} if problem else {}


def _rating_problems(rating: str, reason: str) -> dict[str, list[str]]:
    if rating not in Rating.values:
        return {"rating": [_("Choose how satisfied you are.")]}
    if rating == Rating.UNSATISFIED and says_nothing(reason):
        return {"reason": [_("Say what is not good yet; it is then handled again.")]}
    return {}


def _until_problem(until: date | None, at: datetime) -> str:
    today = timezone.localdate(at)
    if until is None:
        return _("Choose the date until which it is to be suspended.")
    if until <= today:
        return _("Choose a date that is still to come.")
    if until > today + SUSPENDED_WITHIN:
        return _("Choose a date within one year.")
    return ""


def _handler_problem(event: Event, handler: User | None) -> str:
    if handler is None:
        return _("Choose who is to handle it.")
    if not handler_candidates(event).filter(pk=handler.pk).exists():
        return _("%(name)s holds no active post inside %(grid)s. Choose somebody who does.") % {
            "name": handler,
            "grid": event.holder.name,
        }
    return ""


def _organisation_problem(event: Event, organisation: Organisation) -> str:
    if event.is_confidential:
        return _("A clue report stays with the police and the desk; it is never given to an organisation.")
    if organisation_candidates(event).filter(pk=organisation.pk).exists():
        return ""
    now = Organisation.objects.get(pk=organisation.pk)
    names = {"name": now, "grid": event.holder.name}
    if now.dissolved_at:
        return _("%(name)s has been dissolved. Choose another.") % names
    if not now.is_joint:
        return _("%(name)s takes no cases. Choose another, or have it opened to cases.") % names
    if not Organisation.objects.working().filter(pk=now.pk).exists():
        return _("%(name)s has no representative who could handle it. Choose another, or have one entered.") % names
    return _("%(name)s lies neither inside %(grid)s nor on a grid above it. Choose one that does.") % names


def _partner_problem(event: Event, partner: User | None) -> str:
    if partner is None:
        return _("Choose the police officer who is to handle it too.")
    if partner.pk == event.partner_id:
        return _("%(name)s handles it together with you already.") % {"name": partner}
    if not partner_candidates(event).filter(pk=partner.pk).exists():
        said = _("%(name)s is no police officer of %(grid)s. Choose one of the list.")
        return said % {"name": partner, "grid": event.grid.name}
    return ""


def partner_candidates(event: Event) -> QuerySet[User]:
    """The police officers whom the desk may ask to handle it together: those whose posts cover the place."""
    if event.is_confidential:
        return User.objects.none()
    covering = Post.objects.active().filter(grid__lft__lte=event.position, grid__rght__gte=event.position)
    return User.objects.filter(is_active=True, pk__in=covering.filter(role=Role.POLICE).values("user"))


def organisation_candidates(event: Event) -> QuerySet[Organisation]:
    """The organisations that the desk may assign: joint, with somebody to send, inside the holder's subtree or above.

    None for a clue report.
    """
    if event.is_confidential:
        return Organisation.objects.none()
    return Organisation.objects.working().serving(event.holder.lft, event.holder.rght)


def is_candidate(event: Event, posts: Iterable[Post]) -> bool:
    """Whether somebody with these active posts may handle the case: `handler_candidates`, asked of one person."""
    inside = [post for post in posts if event.holder.lft <= post.position <= event.holder.rght]
    if event.is_confidential:
        return any(
            post.role == Role.POLICE or (post.role in DESK_ROLES and post.grid_id == event.holder_id) for post in inside
        )
    return bool(inside)


def handler_candidates(event: Event) -> QuerySet[User]:
    """The people whom the desk may assign: posted inside the holder's subtree; for clue reports police or desk."""
    posts = Post.objects.active().filter(position__range=(event.holder.lft, event.holder.rght))
    if event.is_confidential:
        posts = posts.filter(role=Role.POLICE) | posts.filter(role__in=DESK_ROLES, grid=event.holder)
    return User.objects.filter(is_active=True, pk__in=posts.values("user"))


def acting_post(event: Event, actor: User, side: Side) -> str:
    """The name of the post, or of the organisation, that puts the actor on this side, for the history."""
    case = event.case()
    for post, office in zip(actor.active_posts, offices(actor), strict=False):  # a superuser's last one is no post
        if side in sides(case, actor.pk, [office]):
            return post_name(post)
    if Side.HANDLER in sides(case, actor.pk, [], memberships(actor)):
        return _("representative of %(organisation)s") % {"organisation": event.organisation}
    return ""
