"""Joint patrols from the plan to the last finding: each change locks its patrol and writes its step."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.services.checking import check_text, errors_of
from branches.services.repeating import done_before
from grids.models import Grid, Level, User
from grids.moments import aware_now
from grids.services import notify
from grids.text import says_nothing
from volunteers.models import Patrol, PatrolFinding, PatrolPlace, PatrolStep
from volunteers.patrols.access import check_may_plan, people_to_go, sides_of
from volunteers.patrols.workflow import TABLE, PatrolAction, PatrolSide, PatrolState
from volunteers.services.moving import check_move, lock_row

LONGEST = timedelta(hours=12)


@dataclass(frozen=True)
class PatrolPlan:
    """Who goes when to which buildings of the community, and what they look at."""

    aim: str
    starts_at: datetime
    ends_at: datetime
    people: Collection[User]
    buildings: Collection[Grid]
    meets_at: str = ""


def plan_patrol(
    *,
    actor: User | None,
    community: Grid,
    plan: PatrolPlan,
    key: str | None = None,
    is_demo: bool = False,
    at: datetime | None = None,
) -> Patrol:
    """A planned patrol, of which everybody who goes is told; the same actor and key again return the first one."""
    at = aware_now(at)
    try:
        with transaction.atomic():
            community = Grid.objects.settle(community)
            check_may_plan(actor, community)
            if first := done_before(Patrol, key, planned_by=actor):
                return first
            _check_community(community)
            patrol = Patrol(grid=community, planned_by=actor, idempotency_key=key or None, is_demo=is_demo)
            _describe(patrol, plan)
            patrol.save()
            _go(patrol, plan)
            _record(patrol, actor, PatrolAction.PLAN, at)
            _tell(patrol, plan.people, actor, _("You go on a joint patrol: %(patrol)s, %(time)s."), "planned", at)
            return patrol
    except IntegrityError:  # the same form is being served beside this one
        if first := done_before(Patrol, key, planned_by=actor):
            return first
        raise


def change_patrol(*, actor: User | None, patrol: Patrol, plan: PatrolPlan, at: datetime | None = None) -> Patrol:
    """Change who goes when to where; who is new to it is told, and at another time everybody."""
    at = aware_now(at)
    with transaction.atomic():
        locked = _locked(patrol, actor, PatrolAction.CHANGE)
        before, went = (locked.starts_at, locked.meets_at), set(locked.people.all())
        _describe(locked, plan)
        locked.save()
        _go(locked, plan)
        _record(locked, actor, PatrolAction.CHANGE, at)
        is_moved = before != (locked.starts_at, locked.meets_at)
        told = [person for person in plan.people if is_moved or person not in went]
        _tell(
            locked, told, actor, _("You go on a joint patrol: %(patrol)s, %(time)s."), f"changed-{at:%Y%m%d%H%M%S}", at
        )
    return locked


def start_patrol(*, actor: User | None, patrol: Patrol, at: datetime | None = None) -> Patrol:
    """They set out; from now on findings are noted."""
    return _move(patrol, actor, PatrolAction.START, at)


def finish_patrol(*, actor: User | None, patrol: Patrol, text: str = "", at: datetime | None = None) -> Patrol:
    """They are back; a closing note is welcome."""
    return _move(patrol, actor, PatrolAction.FINISH, at, text)


def note_patrol(*, actor: User | None, patrol: Patrol, text: str, at: datetime | None = None) -> Patrol:
    """A note for the record of the patrol; the same words again by the same person are written once."""
    with transaction.atomic():
        locked = _locked(patrol, actor, PatrolAction.NOTE)
        last = locked.steps.last()
        if last and (last.action, last.text, last.by_id) == (PatrolAction.NOTE, text.strip(), actor and actor.pk):
            return locked
        _record(locked, actor, PatrolAction.NOTE, at, text)
    return locked


def call_off_patrol(*, actor: User | None, patrol: Patrol, text: str, at: datetime | None = None) -> Patrol:
    """It does not take place; those who were to go are told."""
    at = aware_now(at)
    with transaction.atomic():
        locked = _move(patrol, actor, PatrolAction.CALL_OFF, at, text)
        people = list(locked.people.all())
        _tell(locked, people, actor, _("The joint patrol is called off: %(patrol)s, %(time)s."), "called-off", at)
    return locked


def note_finding(
    *,
    actor: User,
    patrol: Patrol,
    grid: Grid,
    text: str,
    key: str | None = None,
    at: datetime | None = None,
) -> PatrolFinding:
    """What was found in one of the buildings, in a line; the same actor and key again return the first one."""
    at = aware_now(at)
    with transaction.atomic():
        grid = Grid.objects.settle(grid)
        locked = _lock(patrol)
        if first := done_before(PatrolFinding, key, found_by=actor):
            return first
        _check_move(locked, actor, PatrolAction.FIND)
        finding = PatrolFinding(
            patrol=locked, grid=grid, text=text.strip(), found_by=actor, found_at=at, idempotency_key=key or None
        )
        check_text(finding, "text", required="text")
        if not locked.places.filter(grid=grid).exists():
            raise ValidationError({"grid": [_("Choose one of the buildings of this patrol.")]})
        finding.save()
        _record(locked, actor, PatrolAction.FIND, at, f"{grid.name}：{finding.text}")
    return finding


def _check_community(community: Grid) -> None:
    if community.retired_at:
        raise ValidationError(_("This grid is retired. Choose the one that took its place."))
    if community.level != Level.COMMUNITY:
        raise ValidationError(
            _("A patrol goes through buildings of one community; %(grid)s is none.") % {"grid": community}
        )


def _describe(patrol: Patrol, plan: PatrolPlan) -> None:
    """Write down the plan, or say by field what is wrong with it."""
    patrol.aim, patrol.meets_at = plan.aim.strip(), plan.meets_at.strip()
    patrol.starts_at, patrol.ends_at = plan.starts_at, plan.ends_at
    errors = errors_of(patrol, "aim", "meets_at")
    if "aim" not in errors and says_nothing(patrol.aim):
        errors["aim"] = [_("Say in a few words what is looked at.")]
    if patrol.ends_at <= patrol.starts_at:
        errors["ends_at"] = [_("A patrol ends after it begins.")]
    elif patrol.ends_at - patrol.starts_at > LONGEST:
        errors["ends_at"] = [_("A patrol takes at most 12 hours. Plan one for each day.")]
    if problem := _people_problem(patrol.grid, plan.people):
        errors["people"] = [problem]
    if problem := _buildings_problem(patrol.grid, plan.buildings):
        errors["buildings"] = [problem]
    if errors:
        raise ValidationError(errors)


def _people_problem(community: Grid, people: Collection[User]) -> str:
    if not people:
        return _("Choose who goes.")
    known = people_to_go(community).filter(pk__in=[person.pk for person in people]).values_list("pk", flat=True)
    if strangers := [str(person) for person in people if person.pk not in set(known)]:
        text = _("%(names)s cannot go: neither posted nor enrolled here any more. Choose again.")
        return text % {"names": "、".join(strangers)}
    return ""


def _buildings_problem(community: Grid, buildings: Collection[Grid]) -> str:
    if not buildings:
        return _("Choose at least one building.")
    if all(community.lft < one.lft <= community.rght and one.level == Level.BUILDING for one in buildings):
        return ""
    return _("Choose buildings of %(grid)s alone.") % {"grid": community.name}


def _go(patrol: Patrol, plan: PatrolPlan) -> None:
    """Who goes and where, as planned; a building that was retired since stays where findings are of it."""
    patrol.people.set(plan.people)
    wanted = {one.pk: one for one in plan.buildings}
    known = {place.grid_id: place for place in patrol.places.all()}
    for pk in known.keys() - wanted.keys():
        known[pk].delete()
    for pk in wanted.keys() - known.keys():
        PatrolPlace.objects.create(patrol=patrol, grid=wanted[pk])


def _move(patrol: Patrol, actor: User | None, action: PatrolAction, at: datetime | None, text: str = "") -> Patrol:
    """One step along the table; done already by the same action, it is done."""
    with transaction.atomic():
        locked = _lock(patrol)
        if locked.state == TABLE[action].to and locked.steps.filter(action=action).exists():
            _check_side(locked, actor, action)
            return locked
        _check_move(locked, actor, action)
        locked.state = TABLE[action].to
        locked.save(update_fields=["state"])
        _record(locked, actor, action, at, text)
    return locked


def _locked(patrol: Patrol, actor: User | None, action: PatrolAction) -> Patrol:
    locked = _lock(patrol)
    _check_move(locked, actor, action)
    return locked


def _lock(patrol: Patrol) -> Patrol:
    return lock_row(Patrol.objects.select_related("grid"), patrol.pk)


def _check_move(patrol: Patrol, actor: User | None, action: PatrolAction) -> None:
    sides = sides_of(actor, patrol) if actor else frozenset(PatrolSide)
    check_move(TABLE, PatrolState(patrol.state), action, sides)


def _check_side(patrol: Patrol, actor: User | None, action: PatrolAction) -> None:
    if actor and not sides_of(actor, patrol) & TABLE[action].sides:
        raise PermissionDenied


def _record(patrol: Patrol, actor: User | None, action: PatrolAction, at: datetime | None, text: str = "") -> None:
    text = text.strip()
    if TABLE.get(action) and TABLE[action].needs_text and says_nothing(text):
        raise ValidationError({"text": [_("Say it in a few words.")]})
    step = PatrolStep(patrol=patrol, action=action, to_state=patrol.state, text=text, by=actor, at=aware_now(at))
    check_text(step, "text")
    step.save()


def _tell(patrol: Patrol, people: Iterable[User], actor: User | None, text: str, key: str, at: datetime) -> None:
    said = {"patrol": patrol, "time": f"{timezone.localtime(patrol.starts_at):%m-%d %H:%M}"}
    notify(
        users=[person for person in people if person != actor],
        text=text % said,
        url=reverse("patrol_detail", args=[patrol.pk]),
        key=f"patrol-{patrol.pk}-{key}",
        at=at,
    )
