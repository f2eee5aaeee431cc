"""Joint meetings from the first plan to the last resolution: each change locks its meeting and writes its step."""

import hashlib
import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.exceptions import StateConflict
from branches.meetings.access import answers_for, check_may_convene, check_may_run_meeting, may_answer
from branches.meetings.agenda import MOST_POINTS, Point
from branches.meetings.guests import organisations_to_invite, people_to_invite
from branches.meetings.workflow import LEADS_TO, Action, State, is_taken_in
from branches.models import (
    AgendaItem,
    Branch,
    CalendarKey,
    Invitation,
    Meeting,
    MeetingLevel,
    MeetingStep,
    Resolution,
)
from branches.models.meeting import LEVELS, RESOLUTION_LENGTH
from branches.services.checking import in_use
from branches.services.telling import tell_called_off, tell_invited, tell_moved
from grids.models import Grid, Organisation, User
from grids.moments import aware_now

TOKEN_BYTES = 32


# Before the meeting


def plan_meeting(
    *,
    actor: User | None,
    convener: Branch | Grid,
    title: str,
    place: str,
    starts_at: datetime,
    ends_at: datetime,
    points: Sequence[Point] = (),
    people: Collection[User] = (),
    organisations: Collection[Organisation] = (),
    key: uuid.UUID | None = None,
    is_demo: bool = False,
    at: datetime | None = None,
) -> Meeting:
    """A meeting in preparation, with its agenda and whom it asks; the same key again returns the first one.

    A branch meets with whom it wants, a grid from a community up to a district. ValidationError by field.
    """
    at, branch = aware_now(at), convener if isinstance(convener, Branch) else None
    meeting = Meeting(
        branch=branch,
        grid=branch.grid if branch else convener,
        level=_level(convener),
        convened_by=actor,
        key=key or uuid.uuid4(),
        changed_at=at,
        is_demo=is_demo,
    )
    _describe(meeting, title, place, starts_at, ends_at)
    try:
        with transaction.atomic():
            check_may_convene(actor, convener)
            if first := _planned_before(meeting, actor):
                return first
            in_use(meeting.grid)
            meeting.save()
            _tell(meeting, actor, Action.PLAN, at, title)
            _write_agenda(meeting, points)
            _ask(meeting, people, organisations)
    except IntegrityError:  # the same form is being served beside this one
        if first := _planned_before(meeting, actor):
            return first
        raise
    return meeting


def _level(convener: Branch | Grid) -> str:
    if isinstance(convener, Branch):
        return MeetingLevel.BRANCH
    if convener.level not in LEVELS:
        raise ValidationError(
            _("A branch, a community, a street or a district meets; %(grid)s does not.") % {"grid": convener}
        )
    return LEVELS[convener.level]


def _planned_before(meeting: Meeting, actor: User | None) -> Meeting | None:
    return Meeting.objects.with_related().filter(key=meeting.key, convened_by=actor).first()


def _describe(meeting: Meeting, title: str, place: str, starts_at: datetime, ends_at: datetime) -> None:
    meeting.title, meeting.place = title.strip(), place.strip()
    meeting.starts_at, meeting.ends_at = starts_at, ends_at
    meeting.clean_fields(exclude=["grid", "branch", "convened_by", "position"])
    if ends_at <= starts_at:
        raise ValidationError({"ends_at": _("A meeting ends after it begins.")})


def arrange_meeting(
    *,
    actor: User | None,
    meeting: Meeting,
    title: str,
    place: str,
    starts_at: datetime,
    ends_at: datetime,
    at: datetime | None = None,
) -> Meeting:
    """Change title, place or time; the calendars of those who are asked follow."""
    at = aware_now(at)
    with transaction.atomic():
        locked = _locked(meeting, actor, Action.ARRANGE)
        before = (locked.title, locked.place, locked.starts_at, locked.ends_at)
        _describe(locked, title, place, starts_at, ends_at)
        if before != (locked.title, locked.place, locked.starts_at, locked.ends_at):
            _change(locked, at)
            _tell(locked, actor, Action.ARRANGE, at, _time_and_place(locked))
            if locked.state == State.CONVENED and before[1:] != (locked.place, locked.starts_at, locked.ends_at):
                tell_moved(locked, actor, at)
    return locked


def set_agenda(*, actor: User | None, meeting: Meeting, points: Sequence[Point], at: datetime | None = None) -> Meeting:
    """What will be spoken about, in this order, and nothing else."""
    with transaction.atomic():
        locked = _locked(meeting, actor, Action.AGENDA)
        before = list(locked.agenda.values_list("kind", "key", "name"))
        if before != [(point.kind, point.key, _shown(point)) for point in points]:
            locked.agenda.all().delete()
            _write_agenda(locked, points)
            _tell(locked, actor, Action.AGENDA, at, "\n".join(point.told for point in points))
    return locked


def _write_agenda(meeting: Meeting, points: Sequence[Point]) -> None:
    if len(points) > MOST_POINTS:
        raise ValidationError(
            {"points": _("At most %(most)d points: nobody gets through more.") % {"most": MOST_POINTS}}
        )
    items = [
        AgendaItem(meeting=meeting, ordinal=ordinal, kind=point.kind, key=point.key, name=_shown(point), why=point.why)
        for ordinal, point in enumerate(points, start=1)
    ]
    try:
        for item in items:
            item.clean_fields(exclude=["meeting"])
    except ValidationError as error:
        raise ValidationError({"points": error.messages}) from error
    AgendaItem.objects.bulk_create(items)


def _shown(point: Point) -> str:
    """The name; the system's own, such as a report's title, may hold what a name here must not."""
    if not point.kind:
        return point.name
    return "".join(one if one.isprintable() else " " for one in point.name)[:RESOLUTION_LENGTH]


def invite(
    *,
    actor: User | None,
    meeting: Meeting,
    people: Collection[User] = (),
    organisations: Collection[Organisation] = (),
    at: datetime | None = None,
) -> Meeting:
    """Ask these to the meeting as well; who is asked already is asked once."""
    with transaction.atomic():
        locked = _locked(meeting, actor, Action.INVITE)
        if new := _ask(locked, people, organisations):
            _tell(locked, actor, Action.INVITE, at, "、".join(map(str, new)))
            if locked.state == State.CONVENED:
                tell_invited(locked, actor, aware_now(at))
    return locked


def _ask(meeting: Meeting, people: Iterable[User], organisations: Iterable[Organisation]) -> list[Invitation]:
    known = set(meeting.invitations.values_list("person", "organisation"))
    people = [person for person in dict.fromkeys(people) if (person.pk, None) not in known]
    organisations = [each for each in dict.fromkeys(organisations) if (None, each.pk) not in known]
    _check_guests(people, people_to_invite(meeting.convener), "people")
    _check_guests(organisations, organisations_to_invite(meeting.convener), "organisations")
    new = [Invitation(meeting=meeting, person=person) for person in people]
    new += [Invitation(meeting=meeting, organisation=organisation) for organisation in organisations]
    return Invitation.objects.bulk_create(new)


def _check_guests(guests: list, among, field: str) -> None:
    known = set(among.filter(pk__in=[guest.pk for guest in guests]).values_list("pk", flat=True)) if guests else set()
    if strangers := [str(guest) for guest in guests if guest.pk not in known]:
        problem = _("%(guests)s cannot be asked: nobody of the district, or not there any more.")
        raise ValidationError({field: problem % {"guests": "、".join(strangers)}})


def convene(*, actor: User | None, meeting: Meeting, at: datetime | None = None) -> Meeting:
    """Send the invitations: from now on those who are asked see the meeting."""
    at = aware_now(at)
    with transaction.atomic():
        locked = _locked(meeting, actor, Action.CONVENE, repeats=State.CONVENED)
        if locked.state == State.CONVENED:
            return locked
        if not locked.invitations.exists():
            raise ValidationError(_("Nobody is asked yet. Ask somebody first."))
        _go_on(locked, actor, Action.CONVENE, at, _time_and_place(locked))
        tell_invited(locked, actor, at)
    return locked


def answer_invitation(
    *, actor: User, invitation: Invitation, answer: str, word: str = "", at: datetime | None = None
) -> Invitation:
    """Say whether one comes, for oneself or for the organisation that one represents; until it is held."""
    at = aware_now(at)
    with transaction.atomic():
        meeting = _lock(invitation.meeting, Action.ANSWER)
        locked = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
        if not may_answer(actor, locked):
            raise PermissionDenied(_("This invitation is somebody else's to answer."))
        if not answer:
            raise ValidationError({"answer": _("Say whether you come.")})
        if (locked.answer, locked.word) == (answer, word.strip()):
            return locked
        locked.answer, locked.word = answer, word.strip()
        locked.answered_at, locked.answered_by = at, actor
        locked.clean_fields(exclude=["meeting", "person", "organisation", "answered_by"])
        locked.save()
        said = f"{locked}：{locked.get_answer_display()} {locked.word}".strip()
        _tell(meeting, actor, Action.ANSWER, at, said)
    return locked


def call_off(*, actor: User | None, meeting: Meeting, reason: str, at: datetime | None = None) -> Meeting:
    """It does not take place; those who were asked see why."""
    at = aware_now(at)
    with transaction.atomic():
        locked = _locked(meeting, actor, Action.CALL_OFF, repeats=State.CALLED_OFF)
        if locked.state == State.CALLED_OFF:
            return locked
        if not reason.strip():
            raise ValidationError({"reason": _("Say why it does not take place.")})
        was_convened = locked.state == State.CONVENED
        _go_on(locked, actor, Action.CALL_OFF, at, reason.strip())
        if was_convened:
            tell_called_off(locked, actor, at)
    return locked


# At the meeting and after it


def hold(
    *, actor: User | None, meeting: Meeting, attended: Collection[Invitation] = (), at: datetime | None = None
) -> Meeting:
    """Note once who of those who were asked was there; while the minutes are written it can be mended."""
    at = aware_now(at)
    with transaction.atomic():
        locked = _locked(meeting, actor, Action.HOLD)
        if at < locked.starts_at:
            raise StateConflict(_("The meeting has not begun yet. Note who was there when it has."))
        invitations = list(locked.invitations.select_for_update(of=("self",)).select_related("person", "organisation"))
        here = {invitation.pk for invitation in attended}
        if locked.state == State.HELD and here == {each.pk for each in invitations if each.attended}:
            return locked
        for invitation in invitations:
            invitation.attended = invitation.pk in here
        Invitation.objects.bulk_update(invitations, ["attended"])
        said = "、".join(str(invitation) for invitation in invitations if invitation.attended)
        _go_on(locked, actor, Action.HOLD, at, said)
    return locked


def write_minutes(*, actor: User | None, meeting: Meeting, minutes: str, at: datetime | None = None) -> Meeting:
    """What was said; it can be rewritten until the minutes are finished."""
    with transaction.atomic():
        locked = _locked(meeting, actor, Action.WRITE)
        text = minutes.replace("\r\n", "\n").strip()
        if text != locked.minutes:
            locked.minutes = text
            locked.clean_fields(exclude=["grid", "branch", "convened_by", "position"])
            locked.save(update_fields=["minutes"])
            _tell(locked, actor, Action.WRITE, at, text)
    return locked


def resolve(
    *,
    actor: User | None,
    meeting: Meeting,
    text: str,
    due_on: date,
    owner: User | None = None,
    organisation: Organisation | None = None,
    at: datetime | None = None,
) -> Resolution:
    """Write down what was resolved, who sees to it and until when; the same again is the first one."""
    with transaction.atomic():
        locked = _locked(meeting, actor, Action.RESOLVE)
        given = {"text": text.strip(), "due_on": due_on, "owner": owner, "organisation": organisation}
        if first := locked.resolutions.filter(**given).first():
            return first
        if (owner is None) == (organisation is None):
            raise ValidationError({"owner": _("A person or an organisation sees to a resolution: choose one.")})
        if due_on < timezone.localdate(locked.starts_at):
            raise ValidationError({"due_on": _("Choose a day after the meeting.")})
        resolution = Resolution(meeting=locked, ordinal=locked.resolutions.count() + 1, **given)
        resolution.clean_fields(exclude=["meeting", "owner", "organisation"])
        resolution.save()
        said = f"{resolution.text} · {resolution.responsible} · {due_on}"
        _tell(locked, actor, Action.RESOLVE, at, said)
    return resolution


def record(
    *,
    actor: User | None,
    meeting: Meeting,
    attended: Collection[Invitation],
    minutes: str | None = None,
    resolution: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> Meeting:
    """Who was there, what was said and one more resolution, as far as given: all of it or nothing."""
    with transaction.atomic():
        meeting = hold(actor=actor, meeting=meeting, attended=attended, at=at)
        if minutes is not None:
            meeting = write_minutes(actor=actor, meeting=meeting, minutes=minutes, at=at)
        if resolution:
            resolve(actor=actor, meeting=meeting, **resolution, at=at)
    return meeting


def finish_minutes(*, actor: User | None, meeting: Meeting, at: datetime | None = None) -> Meeting:
    """Minutes and resolutions stand from now on."""
    at = aware_now(at)
    with transaction.atomic():
        locked = _locked(meeting, actor, Action.FINISH, repeats=State.MINUTED)
        if locked.state == State.MINUTED:
            return locked
        if not locked.minutes:
            raise ValidationError(_("The minutes are empty. Write them first."))
        _go_on(locked, actor, Action.FINISH, at)
    return locked


def fulfil(*, actor: User, resolution: Resolution, word: str, at: datetime | None = None) -> Resolution:
    """Report a resolution as done, with a word on how; by who sees to it or who runs the meeting, once."""
    at = aware_now(at)
    with transaction.atomic():
        meeting = _lock(resolution.meeting, Action.FULFIL)
        locked = Resolution.objects.select_for_update(of=("self",)).get(pk=resolution.pk)
        locked.meeting = meeting
        if not answers_for(actor, locked):
            raise PermissionDenied(_("This resolution is somebody else's to report on."))
        if locked.done_at:
            return locked
        if not word.strip():
            raise ValidationError({"word": _("Say what was done.")})
        locked.done_at, locked.done_by, locked.done_word = at, actor, word.strip()
        try:
            locked.clean_fields(exclude=["meeting", "owner", "organisation", "done_by"])
        except ValidationError as error:
            raise ValidationError({"word": error.message_dict.get("done_word", error.messages)}) from error
        locked.save()
        _tell(meeting, actor, Action.FULFIL, at, f"{locked.ordinal}. {locked.done_word}")
    return locked


# Calendars


def renew_calendar(*, user: User, at: datetime | None = None) -> str:
    """A new secret for the address of the person's calendar; the one before opens nothing any more."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    CalendarKey.objects.update_or_create(
        user=user, defaults={"digest": calendar_digest(token), "renewed_at": aware_now(at)}
    )
    return token


def calendar_digest(token: str) -> str:
    """What is kept of the secret; it is too long to be guessed, and so needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


# What all of them share


def _lock(meeting: Meeting, action: Action, repeats: str = "") -> Meeting:
    """The row as it stands now; StateConflict where it does not take the action, but for what is `repeats`."""
    locked = Meeting.objects.select_for_update(of=("self",)).with_related().get(pk=meeting.pk)
    if locked.state != repeats and not is_taken_in(action, locked.state):
        said = {"state": locked.get_state_display(), "action": action.label}
        raise StateConflict(_("The meeting is now: %(state)s. “%(action)s” is not open any more, or not yet.") % said)
    return locked


def _locked(meeting: Meeting, actor: User | None, action: Action, repeats: str = "") -> Meeting:
    """As `_lock`, for who runs the meeting."""
    check_may_run_meeting(actor, meeting)
    return _lock(meeting, action, repeats)


def _change(meeting: Meeting, at: datetime) -> None:
    """Save a meeting that calendars have to learn of anew."""
    meeting.sequence, meeting.changed_at = meeting.sequence + 1, at
    meeting.save()


def _go_on(meeting: Meeting, actor: User | None, action: Action, at: datetime, word: str = "") -> None:
    """Into the state that the action leads to."""
    meeting.state = LEADS_TO[action]
    _change(meeting, at)
    _tell(meeting, actor, action, at, word)


def _tell(meeting: Meeting, actor: User | None, action: Action, at: datetime | None, word: str = "") -> None:
    MeetingStep.objects.create(
        meeting=meeting, at=aware_now(at), action=action, actor=actor, actor_name=str(actor or ""), word=word
    )


def _time_and_place(meeting: Meeting) -> str:
    return f"{timezone.localtime(meeting.starts_at):%Y-%m-%d %H:%M} {meeting.place}"
