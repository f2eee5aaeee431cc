"""Activities until they begin: planned, published, joined, changed, called off; each change locks the activity."""

import logging
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.exceptions import StateConflict
from branches.models import Branch
from branches.services.checking import errors_of
from grids.models import Grid, User
from grids.moments import aware_now
from grids.services import notify
from grids.text import says_nothing
from volunteers.activities.access import check_may_organise, sides_of
from volunteers.activities.workflow import TABLE, ActivityAction, ActivitySide, ActivityState
from volunteers.models import Activity, ActivityKind, ActivityStep, Participation, Skill
from volunteers.models.activity import MOST_PLACES, PLACES_TEXT
from volunteers.services.moving import check_move

Status = Participation.Status
logger = logging.getLogger(__name__)

LONGEST = timedelta(days=1)  # longer ones are planned day by day, so that each day has its list
REMIND_BEFORE = timedelta(days=1)
BATCH = 200
TEXTS = ("title", "place", "needs", "places")
SIGNED_UP = (Status.JOINED, Status.WAITING)


@dataclass(frozen=True)
class Plan:
    """What an activity is to be; without `places` for as many as come."""

    kind: ActivityKind
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    places: int | None = None
    needs: str = ""
    skills: Collection[Skill] = ()
    is_public: bool = True


# Organising


def plan_activity(
    *,
    actor: User | None,
    organiser: Branch | Grid,
    plan: Plan,
    key: uuid.UUID | None = None,
    is_demo: bool = False,
    at: datetime | None = None,
) -> Activity:
    """An activity in preparation; the same key again returns the first one. ValidationError by field."""
    at, branch = aware_now(at), organiser if isinstance(organiser, Branch) else None
    activity = Activity(
        branch=branch,
        grid=branch.grid if branch else organiser,
        planned_by=actor,
        key=key or uuid.uuid4(),
        is_demo=is_demo,
    )
    try:
        with transaction.atomic():
            check_may_organise(actor, organiser)
            if first := _planned_before(activity):
                return first
            _check_grid(activity.grid)
            _describe(activity, plan, at)
            activity.save()
            activity.skills.set(plan.skills)
            record(activity, actor, ActivityAction.PLAN, at, activity.title)
    except IntegrityError:  # the same form is being served beside this one
        if first := _planned_before(activity):
            return first
        raise
    return activity


def _planned_before(activity: Activity) -> Activity | None:
    return Activity.objects.with_related().filter(key=activity.key, planned_by=activity.planned_by).first()


def _check_grid(grid: Grid) -> None:
    if Grid.objects.settle(grid).retired_at:
        raise ValidationError(_("This grid is retired. Choose the one that took its place."))


def _describe(activity: Activity, plan: Plan, at: datetime) -> None:
    begins_anew = activity.starts_at != plan.starts_at
    activity.kind, activity.is_public, activity.places = plan.kind, plan.is_public, plan.places
    activity.title, activity.place, activity.needs = plan.title.strip(), plan.place.strip(), plan.needs.strip()
    activity.starts_at, activity.ends_at = plan.starts_at, plan.ends_at
    errors = errors_of(activity, *TEXTS)
    for name in ("title", "place"):
        if name not in errors and says_nothing(getattr(activity, name)):
            errors[name] = [_("Say it in a few words.")]
    if plan.places is not None and not 1 <= plan.places <= MOST_PLACES:
        errors["places"] = [PLACES_TEXT]
    if begins_anew and plan.starts_at <= at:
        errors["starts_at"] = [_("That time has passed. Choose one to come.")]
    if plan.ends_at <= plan.starts_at:
        errors["ends_at"] = [_("An activity ends after it begins.")]
    elif plan.ends_at - plan.starts_at > LONGEST:
        errors["ends_at"] = [_("An activity takes at most a day. Plan a longer one day by day.")]
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def publish_activity(*, actor: User | None, activity: Activity, at: datetime | None = None) -> Activity:
    """From now on those around see it and sign up."""
    at, locked = aware_now(at), lock(activity, actor, ActivityAction.PUBLISH, repeats=ActivityState.PUBLISHED)
    if locked.state == ActivityState.PUBLISHED:
        return locked
    if locked.starts_at <= at:
        raise StateConflict(_("The time of the activity has passed. Change it first, then publish."))
    go_on(locked, actor, ActivityAction.PUBLISH, at)
    return locked


@transaction.atomic
def change_activity(*, actor: User | None, activity: Activity, plan: Plan, at: datetime | None = None) -> Activity:
    """Change what it is; who signed up hears of another time or place, and more places move the waiting up."""
    at, locked = aware_now(at), lock(activity, actor, ActivityAction.CHANGE)
    before, skills = _described(locked), set(locked.skills.all())
    _describe(locked, plan, at)
    after = _described(locked)
    if (before, skills) == (after, set(plan.skills)):
        return locked
    _check_places(locked)
    changed = {name for name in before if before[name] != after[name]}
    if "starts_at" in changed:
        locked.reminded_at = None
    locked.save()
    locked.skills.set(plan.skills)
    locked.participations.exclude(hours=None).update(hours=locked.hours)
    _tell_change(locked, actor, at, is_elsewhere=bool(changed & {"place", "starts_at", "ends_at"}))
    fill(locked, at)
    return locked


def _described(activity: Activity) -> dict:
    return {name: getattr(activity, name) for name in (*TEXTS, "kind", "starts_at", "ends_at", "is_public")}


def _tell_change(activity: Activity, actor: User | None, at: datetime, *, is_elsewhere: bool) -> None:
    now = time_and_place(activity) if is_elsewhere else ""
    written = record(activity, actor, ActivityAction.CHANGE, at, now)
    if is_elsewhere:
        text = _("“%(title)s” has another time or place: %(when)s") % {"title": activity.title, "when": now}
        tell(activity, text, f"change-{written.pk}", at, *SIGNED_UP)


def _check_places(activity: Activity) -> None:
    joined = _joined(activity).count()
    if activity.places is not None and activity.places < joined:
        text = _("%(count)d people have a place already, so there are at least that many.") % {"count": joined}
        raise ValidationError({"places": [text]})


@transaction.atomic
def call_off_activity(*, actor: User | None, activity: Activity, reason: str, at: datetime | None = None) -> Activity:
    """It does not take place; who signed up hears of it, and reads why."""
    at, locked = aware_now(at), lock(activity, actor, ActivityAction.CALL_OFF, repeats=ActivityState.CALLED_OFF)
    if locked.state == ActivityState.CALLED_OFF:
        return locked
    if says_nothing(reason):
        raise ValidationError({"reason": [_("Say why it does not take place.")]})
    if locked.participations.exclude(attended_at=None).exists():
        raise StateConflict(_("Somebody is noted as there, so it takes place. Note who was there instead."))
    go_on(locked, actor, ActivityAction.CALL_OFF, at, reason.strip(), field="reason")
    text = _("“%(title)s” on %(day)s is called off.") % {"title": locked.title, "day": _day(locked)}
    tell(locked, text, "called-off", at, *SIGNED_UP)
    return locked


# Joining


@transaction.atomic
def join_activity(*, actor: User, activity: Activity, at: datetime | None = None) -> Participation:
    """A place, or without a free one a place in the queue; who signed up already stays where they are."""
    at, locked = aware_now(at), lock(activity, actor, ActivityAction.JOIN)
    row = locked.participations.filter(user=actor).first() or Participation(activity=locked, user=actor)
    if row.status in SIGNED_UP:
        return row
    if locked.starts_at <= at:
        raise StateConflict(_("It has begun. Who is there confirms it at the door."))
    row.status = Status.JOINED if has_room(locked) else Status.WAITING
    row.queued_at = at
    row.save()
    record(locked, actor, ActivityAction.JOIN, at, row.get_status_display())
    return row


@transaction.atomic
def leave_activity(*, actor: User, activity: Activity, at: datetime | None = None) -> Participation | None:
    """Give the place back, which the first of the queue gets; None for who never signed up."""
    at, locked = aware_now(at), lock(activity, actor, ActivityAction.LEAVE)
    row = locked.participations.filter(user=actor).first()
    if row is None or row.status == Status.LEFT:
        return row
    if row.attended_at:
        raise StateConflict(_("You are noted as there. If that is wrong, the organiser puts it right."))
    if locked.ends_at <= at:
        raise StateConflict(_("It is over; the organiser notes who was there."))
    row.status = Status.LEFT
    row.save(update_fields=["status"])
    record(locked, actor, ActivityAction.LEAVE, at)
    fill(locked, at)
    return row


def has_room(activity: Activity) -> bool:
    return _free(activity) > 0


def _free(activity: Activity) -> int:
    return (activity.places or MOST_PLACES) - _joined(activity).count()


def _joined(activity: Activity):
    return activity.participations.filter(status=Status.JOINED)


def fill(activity: Activity, at: datetime) -> None:
    """Give free places to who waits, in the order of the queue; nobody is moved up once it has begun."""
    if activity.state != ActivityState.PUBLISHED or activity.starts_at <= at:
        return
    waiting = activity.participations.filter(status=Status.WAITING, user__is_active=True).select_related("user")
    for row in waiting[: max(0, _free(activity))]:
        row.status = Status.JOINED
        row.save(update_fields=["status"])
        record(activity, None, ActivityAction.MOVE_UP, at, str(row.user))
        text = _("A place has become free for you: “%(title)s”, %(when)s")
        said = {"title": activity.title, "when": time_and_place(activity)}
        # Who withdraws and waits again may be moved up again.
        key = f"activity-{activity.pk}-up-{row.pk}-{int(row.queued_at.timestamp())}"
        notify(users=[row.user], text=text % said, url=url_of(activity), key=key, at=at)


# Reminding


def remind_of_activities(*, at: datetime | None = None) -> int:
    """Remind who has a place, the day before and once; how many activities were told of."""
    at = aware_now(at)
    due = Activity.objects.filter(
        state=ActivityState.PUBLISHED, reminded_at=None, starts_at__gt=at, starts_at__lte=at + REMIND_BEFORE
    )
    return sum(_remind_or_report(pk, at) for pk in due.order_by("starts_at", "pk").values_list("pk", flat=True)[:BATCH])


def _remind_or_report(pk: int, at: datetime) -> bool:
    try:
        return _remind(pk, at)
    except Exception:  # one bad row must neither stop the others nor vanish: the next run takes it again
        logger.exception("The reminder of activity %s failed.", pk)
        return False


@transaction.atomic
def _remind(pk: int, at: datetime) -> bool:
    activity = Activity.objects.select_for_update().get(pk=pk)
    is_moved = activity.starts_at > at + REMIND_BEFORE  # since it was found to be due
    if activity.reminded_at or activity.state != ActivityState.PUBLISHED or is_moved:
        return False
    text = _("“%(title)s” begins %(when)s") % {"title": activity.title, "when": time_and_place(activity)}
    tell(activity, text, f"reminder-{int(activity.starts_at.timestamp())}", at, Status.JOINED)
    activity.reminded_at = at
    activity.save(update_fields=["reminded_at"])
    return True


# What all of them share


def lock(
    activity: Activity,
    actor: User | None,
    action: ActivityAction,
    *,
    sides: frozenset[ActivitySide] | None = None,
    repeats: str = "",
) -> Activity:
    """The row as it stands now, if the action is open to the actor or the state is what it would be again.

    A command, actor None, stands on all sides. Raises PermissionDenied, or StateConflict with a sentence.
    """
    # Locked first, then read: who waited for the lock would see what is joined to it as it was before.
    Activity.objects.select_for_update().values_list("pk").get(pk=activity.pk)
    locked = Activity.objects.with_related().get(pk=activity.pk)
    if sides is None:
        sides = sides_of(actor, locked) if actor else frozenset(ActivitySide)
    try:
        check_move(TABLE, ActivityState(locked.state), action, sides)
    except StateConflict:
        if locked.state != repeats:
            raise
    return locked


def go_on(
    activity: Activity, actor: User | None, action: ActivityAction, at: datetime, text: str = "", *, field: str = ""
) -> ActivityStep:
    """Into the state that the action leads to; what is wrong with the text is said at the field."""
    activity.state = TABLE[action].to
    activity.save(update_fields=["state"])
    return record(activity, actor, action, at, text, field=field)


def record(
    activity: Activity, actor: User | None, action: ActivityAction, at: datetime, text: str = "", *, field: str = ""
) -> ActivityStep:
    written = ActivityStep(activity=activity, action=action, to_state=activity.state, text=text, by=actor, at=at)
    if field and (errors := errors_of(written, "text")):
        raise ValidationError({field: errors["text"]})
    written.save()
    return written


def tell(activity: Activity, text: str, key: str, at: datetime, *statuses: str) -> None:
    """Notify those who signed up and stand there."""
    users = User.objects.filter(
        participations__activity=activity, participations__status__in=statuses, is_active=True
    ).order_by("pk")
    notify(users=users, text=text, url=url_of(activity), key=f"activity-{activity.pk}-{key}", at=at)


def url_of(activity: Activity) -> str:
    return reverse("activity_detail", args=[activity.pk])


def time_and_place(activity: Activity) -> str:
    return f"{timezone.localtime(activity.starts_at):%Y-%m-%d %H:%M} {activity.place}"


def _day(activity: Activity) -> str:
    return f"{timezone.localtime(activity.starts_at):%Y-%m-%d}"
