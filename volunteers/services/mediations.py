"""Joint mediation from the opening to the last follow-up: each change locks its mediation and writes its step."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.exceptions import StateConflict
from branches.services.checking import check_text, errors_of
from branches.services.repeating import done_before
from grids.batches import keys_in_batches
from grids.encryption import Secret
from grids.models import Grid, Level, User
from grids.models.reveal import clean_reason, opened
from grids.moments import aware_now
from grids.phones import phone_problem, plain_phone
from grids.services import notify
from grids.text import long_text, plain_text, says_nothing
from volunteers.confidential import audited_ranges, desk_ranges
from volunteers.mediation.access import check_may_open, mediators_of, sides_of
from volunteers.mediation.workflow import TABLE, MediationAction, MediationSide, MediationState
from volunteers.models import (
    DisputeKind,
    FollowUp,
    Mediation,
    MediationParty,
    MediationReveal,
    MediationSession,
    MediationStep,
)
from volunteers.services.moving import check_move, lock_row

NAME_LENGTH = 32
FOLLOWED_WITHIN = timedelta(days=366)
MOST_PARTIES = 8
BATCH = 200


@dataclass(frozen=True)
class Party:
    """A name and a phone in plain text, for one request; not even a traceback shows them."""

    name: str = field(repr=False)
    phone: str = field(repr=False, default="")


def open_mediation(
    *,
    actor: User | None,
    grid: Grid,
    kind: DisputeKind,
    subject: str,
    parties: Sequence[Party],
    mediators: Collection[User],
    case_number: str = "",
    key: str | None = None,
    is_demo: bool = False,
    at: datetime | None = None,
) -> Mediation:
    """A mediation under way; who opens it mediates, and the others are told. The same actor and key return the first.

    `case_number` is of a case that the actor may see and that it came from. ValidationError by field.
    """
    at = aware_now(at)
    try:
        with transaction.atomic():
            grid = Grid.objects.settle(grid)
            check_may_open(actor, grid)
            if first := done_before(Mediation, key, opened_by=actor):
                return first
            mediation = Mediation(
                grid=grid, kind=kind, subject=subject.strip(), case_number=case_number, opened_by=actor, opened_at=at,
                idempotency_key=key or None, is_demo=is_demo,
            )  # fmt: skip
            people = list(dict.fromkeys([*([actor] if actor else []), *mediators]))
            _check_opening(mediation, parties, people)
            mediation.save()
            mediation.mediators.set(people)
            _add_parties(mediation, parties)
            _record(mediation, actor, MediationAction.OPEN, at)
            _ask(mediation, [person for person in people if person != actor], at)
            return mediation
    except IntegrityError:  # the same form is being served beside this one
        if first := done_before(Mediation, key, opened_by=actor):
            return first
        raise


def change_mediation(
    *,
    actor: User | None,
    mediation: Mediation,
    mediators: Collection[User],
    parties: Sequence[Party] = (),
    forget: Collection[MediationParty] = (),
    at: datetime | None = None,
) -> Mediation:
    """Who mediates from now on, and parties that came in or are none after all, whose names are deleted."""
    at = aware_now(at)
    with transaction.atomic():
        locked = _locked(mediation, actor, MediationAction.CHANGE)
        before, left = set(locked.mediators.all()), locked.parties.exclude(pk__in=[one.pk for one in forget]).count()
        errors = (
            _mediators_problem(locked.grid, [one for one in mediators if one not in before])
            if mediators
            else {"mediators": [_("Choose who mediates.")]}
        )
        errors |= _party_problems(parties, left)
        if errors:
            raise ValidationError(errors)
        locked.parties.filter(pk__in=[one.pk for one in forget]).delete()
        _add_parties(locked, parties)
        locked.mediators.set(mediators)
        _record(locked, actor, MediationAction.CHANGE, at, "、".join(map(str, mediators)))
        _ask(locked, [person for person in mediators if person not in before and person != actor], at)
    return locked


def note_session(
    *,
    actor: User | None,
    mediation: Mediation,
    held_at: datetime,
    place: str,
    note: str = "",
    at: datetime | None = None,
) -> MediationSession:
    """They met, or will: when, where, and what was said; one of the same time is written anew."""
    at = aware_now(at)
    with transaction.atomic():
        locked = _locked(mediation, actor, MediationAction.MEET)
        session = locked.sessions.filter(held_at=held_at).first() or MediationSession(mediation=locked, held_at=held_at)
        session.place, session.noted_by = place.strip(), actor
        check_text(session, "place", required="place")
        session.note = _secret_text(note, "note") or session.note
        session.save()
        _record(locked, actor, MediationAction.MEET, at, f"{timezone.localtime(held_at):%Y-%m-%d %H:%M}")
    return session


def agree(
    *, actor: User | None, mediation: Mediation, text: str, follow_ups: Iterable[date] = (), at: datetime | None = None
) -> Mediation:
    """They agreed: on what, and when somebody asks whether it holds."""
    at = aware_now(at)
    days, today = sorted(set(follow_ups)), timezone.localdate(at)
    with transaction.atomic():
        locked = _end(mediation, actor, MediationAction.AGREE, text, at)
        for day in days:
            _check_day(day, today)
            FollowUp.objects.get_or_create(mediation=locked, due_on=day)
    return locked


def end_without_agreement(
    *, actor: User | None, mediation: Mediation, text: str, at: datetime | None = None
) -> Mediation:
    """They did not agree; the text says what was told to them, as that a court may decide."""
    return _end(mediation, actor, MediationAction.FAIL, text, at)


def hand_on(*, actor: User | None, mediation: Mediation, text: str, at: datetime | None = None) -> Mediation:
    """Others go on with it; where it came from no case, one can be filed of it."""
    return _end(mediation, actor, MediationAction.HAND_ON, text, at)


def reopen_mediation(*, actor: User | None, mediation: Mediation, at: datetime | None = None) -> Mediation:
    """It does not hold, or they come again: mediated once more, with what was agreed still to be read."""
    with transaction.atomic():
        locked = _locked(mediation, actor, MediationAction.REOPEN)
        locked.state, locked.ended_at = MediationState.OPEN, None
        locked.save(update_fields=["state", "ended_at"])
        locked.follow_ups.filter(done_on=None).delete()
        _record(locked, actor, MediationAction.REOPEN, at)
    return locked


def note_follow_up(
    *,
    actor: User | None,
    mediation: Mediation,
    follow_up: FollowUp,
    note: str = "",
    next_on: date | None = None,
    at: datetime | None = None,
) -> FollowUp:
    """Somebody asked whether it holds; `next_on` is when to ask again. Noted twice it is noted once."""
    at = aware_now(at)
    today = timezone.localdate(at)
    with transaction.atomic():
        locked = _locked(mediation, actor, MediationAction.FOLLOW_UP)
        follow_up = locked.follow_ups.get(pk=follow_up.pk)
        if follow_up.done_on:
            return follow_up
        follow_up.note, follow_up.done_on, follow_up.done_by = _secret_text(note, "note"), today, actor
        follow_up.save()
        if next_on:
            _check_day(next_on, today)
            FollowUp.objects.get_or_create(mediation=locked, due_on=next_on)
        _record(locked, actor, MediationAction.FOLLOW_UP, at, f"{follow_up.due_on}")
    return follow_up


def reveal_parties(*, actor: User, mediation: Mediation, reason: str, at: datetime | None = None) -> list[Party]:
    """Names and phones of the parties in full; who looks, when and why is written down first."""
    at = aware_now(at)
    with transaction.atomic():
        locked = _locked(mediation, actor, MediationAction.REVEAL)
        reason = clean_reason(reason)
        parties = [Party(*opened(one.name, one.phone)) for one in locked.parties.all()]
        MediationReveal.objects.create(
            mediation=locked,
            actor=actor,
            actor_name=str(actor),
            actor_post=_standing_of(actor, locked),
            at=at,
            reason=reason,
        )
    return parties


def erase_mediations(*, at: datetime | None = None) -> dict[str, int]:
    """Erase parties, notes and results of what ended long ago; kind, place, dates and outcome stay to be counted.

    Safe to run beside itself.
    """
    at = aware_now(at)
    batches = keys_in_batches(Mediation.objects.outlived(at), BATCH)
    return {"mediations": sum(_erase(pks, at) for pks in batches)}


@transaction.atomic
def _erase(pks: list[int], at: datetime) -> int:
    """Under their locks, so that one that is reopened at this moment is asked again after it."""
    list(Mediation.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk"))
    found = list(Mediation.objects.outlived(at).filter(pk__in=pks))
    MediationParty.objects.filter(mediation__in=found).update(name=None, phone=None)
    MediationSession.objects.filter(mediation__in=found).update(note=None)
    FollowUp.objects.filter(mediation__in=found).update(note=None)
    Mediation.objects.filter(pk__in=[one.pk for one in found]).update(result=None, erased_at=at)
    MediationStep.objects.bulk_create(
        MediationStep(mediation=one, action=MediationAction.ERASE, to_state=one.state, at=at) for one in found
    )
    return len(found)


def _check_opening(mediation: Mediation, parties: Sequence[Party], people: list[User]) -> None:
    errors = errors_of(mediation, "subject")
    if "subject" not in errors and says_nothing(mediation.subject):
        errors["subject"] = [_("Say in a line what it is about, without names.")]
    if mediation.grid.retired_at or mediation.grid.level < Level.COMMUNITY:
        errors["grid"] = [_("Choose the community or the building where it arose.")]
    if not mediation.kind.is_active:
        errors["kind"] = [_("This kind is no longer in use. Choose another.")]
    errors |= _mediators_problem(mediation.grid, people) | _party_problems(parties, 0)
    if errors:
        raise ValidationError(errors)


def _mediators_problem(grid: Grid, people: Collection[User]) -> dict[str, list[str]]:
    known = set(mediators_of(grid).filter(pk__in=[one.pk for one in people]).values_list("pk", flat=True))
    if strangers := [str(one) for one in people if one.pk not in known]:
        said = _("%(names)s cannot mediate here: no post and no branch of theirs is here. Choose again.")
        return {"mediators": [said % {"names": "、".join(strangers)}]}
    return {}


def _party_problems(parties: Sequence[Party], known: int) -> dict[str, list[str]]:
    """`known` is how many there are already. What was typed is not repeated in the sentence."""
    if not parties and not known:
        return {"parties": [_("Name at least one of the parties.")]}
    if len(parties) + known > MOST_PARTIES:
        return {"parties": [_("At most %(most)d parties.") % {"most": MOST_PARTIES}]}
    for party in parties:
        if says_nothing(party.name) or len(party.name) > NAME_LENGTH or not party.name.isprintable():
            return {"parties": [_("Give each party a name of at most %(most)d characters.") % {"most": NAME_LENGTH}]}
        if problem := phone_problem(party.phone):
            return {"parties": [problem]}
    return {}


def _add_parties(mediation: Mediation, parties: Sequence[Party]) -> None:
    for party in parties:
        phone = Secret.of(plain_phone(party.phone)) if party.phone else None
        MediationParty.objects.create(mediation=mediation, name=Secret.of(party.name.strip()), phone=phone)


def _secret_text(text: str, field_name: str, required: bool = False) -> Secret | None:
    """A text as it is kept; ValidationError at the field, which does not repeat it."""
    text = text.strip()
    if says_nothing(text):
        if required:
            raise ValidationError({field_name: [_("Say it in a few words.")]})
        return None
    try:
        for validate in (*plain_text, *long_text):
            validate(text)
    except ValidationError as error:
        raise ValidationError({field_name: error.messages}) from None
    return Secret.of(text)


def _check_day(day: date, today: date) -> None:
    if not today <= day <= today + FOLLOWED_WITHIN:
        raise ValidationError({"follow_ups": [_("Choose a day from today on, within a year.")]})


def _end(
    mediation: Mediation, actor: User | None, action: MediationAction, text: str, at: datetime | None
) -> Mediation:
    """One of the ends; by the same action ended already, it has ended."""
    at = aware_now(at)
    with transaction.atomic():
        locked = _lock(mediation)
        if locked.state == TABLE[action].to and actor and sides_of(actor, locked) & TABLE[action].sides:
            return locked
        _check_move(locked, actor, action)
        locked.result = _secret_text(text, "text", required=True)
        locked.state, locked.ended_at = TABLE[action].to, at
        locked.save(update_fields=["state", "ended_at", "result"])
        _record(locked, actor, action, at)
    return locked


def _locked(mediation: Mediation, actor: User | None, action: MediationAction) -> Mediation:
    locked = _lock(mediation)
    _check_move(locked, actor, action)
    return locked


def _lock(mediation: Mediation) -> Mediation:
    return lock_row(Mediation.objects.select_related("grid", "kind"), mediation.pk)


def _check_move(mediation: Mediation, actor: User | None, action: MediationAction) -> None:
    """Of one that is erased nothing is looked at, and nothing written that no task would erase again."""
    sides = sides_of(actor, mediation) if actor else frozenset(MediationSide)
    check_move(TABLE, MediationState(mediation.state), action, sides)
    if mediation.erased_at and action == MediationAction.REVEAL:
        raise StateConflict(_("Nothing is kept of the parties any more."))
    if mediation.erased_at:
        raise StateConflict(_("What was kept of it is erased. Open a new one."))


def _record(mediation: Mediation, actor: User | None, action: MediationAction, at: datetime | None, text: str = ""):
    """`text` names who mediates or a day, never a party: it stays when the parties are erased."""
    MediationStep.objects.create(
        mediation=mediation, action=action, to_state=mediation.state, text=text, by=actor, at=aware_now(at)
    )


def _ask(mediation: Mediation, people: Iterable[User], at: datetime) -> None:
    """Tell who is to mediate, with the kind and the place alone."""
    said = {"kind": mediation.kind, "grid": mediation.grid.name}
    notify(
        users=people,
        text=_("You are asked to mediate: %(kind)s, %(grid)s.") % said,
        url=reverse("mediation_detail", args=[mediation.pk]),
        key=f"mediation-{mediation.pk}-asked",
        at=at,
    )


def _standing_of(actor: User, mediation: Mediation) -> str:
    """As what the actor looks, for the record."""
    held = [*desk_ranges(actor), *audited_ranges(actor)]
    inside = next((post for post in actor.active_posts if (post.grid.lft, post.grid.rght) in held), None)
    post = inside or next(iter(actor.active_posts), None)
    return f"{post.grid.name} {post.get_role_display()}" if post else ""
