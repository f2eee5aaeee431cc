"""Taking households into care, changing and handing them over, looking at them in full, and erasing them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.services.repeating import done_before
from grids.batches import keys_in_batches
from grids.encryption import Secret, Unreadable
from grids.models import Grid, Level, User, load_ancestors
from grids.models.reveal import clean_reason, opened
from grids.moments import aware_now
from grids.phones import phone_problem, plain_phone
from grids.services.notifying import notify
from grids.text import plain_text, says_nothing
from grids.tree import community_code
from volunteers.households.access import check_may_register, is_desk, people_of, sides_of
from volunteers.households.workflow import TABLE, HouseholdAction, HouseholdSide, HouseholdState
from volunteers.models import CareNeed, ConsentText, Household, HouseholdReveal, HouseholdStep, Rhythm
from volunteers.services import moving

LENGTHS = {"name": 32, "phone": 20, "address": 60, "contact_name": 32, "contact_phone": 20, "agreed": 200}
MOST_YEARS = 2  # for which somebody consents; then they are asked again
ASKED_DAYS = 14  # before the time is over
BATCH = 200


@dataclass(frozen=True)
class Particulars:
    """What is kept of a household in plain text, for one answer; not even a traceback shows it."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)
    contact_name: str = field(repr=False)
    contact_phone: str = field(repr=False)


@transaction.atomic
def register_household(
    *,
    actor: User | None,
    grid: Grid,
    name: str,
    needs: Iterable[str],
    consent_text: ConsentText,
    consented_on: date,
    kept_until: date,
    phone: str = "",
    address: str = "",
    contact_name: str = "",
    contact_phone: str = "",
    agreed: str = "",
    rhythm: str = "",
    answered_by: User | None = None,
    idempotency_key: str | None = None,
    is_demo: bool = False,
    at: datetime | None = None,
) -> Household:
    """Take a household into care that consented to it; the same actor and key again return the first.

    Whoever is not the community's desk answers for it themselves. ValidationError by field; PermissionDenied elsewhere.
    """
    at = aware_now(at)
    grid = Grid.objects.settle(grid)
    # One after the other, so that what is sent twice is found, and so is a household that is there already.
    list(Grid.objects.select_for_update(no_key=True).filter(pk=grid.pk).values_list("pk"))
    if first := done_before(Household, idempotency_key, registered_by=actor):
        return first
    check_may_register(actor, grid)
    given = {"name": name, "phone": phone, "address": address, "contact_name": contact_name}
    given = _clean(given | {"contact_phone": contact_phone, "agreed": agreed})
    _check_new(grid, given["name"])
    if actor is not None and (answered_by is None or not is_desk(actor, grid)):
        answered_by = actor
    _check_keeper(answered_by, grid)
    chosen = _needs_of(needs)
    _check_consent(consented_on, kept_until, timezone.localdate(at))
    household = Household.objects.create(
        grid=grid, rhythm=_checked_rhythm(rhythm), answered_by=answered_by, consent_text=consent_text,
        consented_on=consented_on, kept_until=kept_until, next_visit_on=timezone.localdate(at), registered_by=actor,
        registered_at=at, idempotency_key=idempotency_key or None, is_demo=is_demo, **_secrets(given),
    )  # fmt: skip
    household.needs.set(chosen)
    _record(household, HouseholdAction.REGISTER, actor, at, _("Answers for it: %(user)s.") % {"user": answered_by})
    _tell_keeper(household, actor, at)
    return household


@transaction.atomic
def change_household(
    *,
    actor: User | None,
    household: Household,
    texts: Mapping[str, str],
    needs: Iterable[str],
    rhythm: str = "",
    forget: Iterable[str] = (),
    at: datetime | None = None,
) -> Household:
    """Change what is kept. Of `texts` what is empty stays as it is; `forget` names what is kept no more."""
    at = aware_now(at)
    household = _locked(household, actor, HouseholdAction.CHANGE)
    given = _clean({name: text for name, text in texts.items() if name in LENGTHS and text.strip()})
    chosen = _needs_of(needs)
    household.rhythm = _checked_rhythm(rhythm)
    for name in forget:
        if name in LENGTHS and name != "name":
            setattr(household, name, None)
    for name, secret in _secrets(given).items():
        setattr(household, name, secret)
    household.needs.set(chosen)
    household.suggest_from(household.last_visited_on or timezone.localdate(household.registered_at))
    household.save()
    _record(household, HouseholdAction.CHANGE, actor, at)
    return household


@transaction.atomic
def hand_over_household(
    *, actor: User | None, household: Household, answered_by: User, at: datetime | None = None
) -> Household:
    """From now on this person answers for it; who answers already stays."""
    at = aware_now(at)
    household = _locked(household, actor, HouseholdAction.HAND_OVER)
    _check_keeper(answered_by, household.grid)
    if household.answered_by_id == answered_by.pk:
        return household
    household.answered_by = answered_by
    household.save(update_fields=["answered_by"])
    _record(household, HouseholdAction.HAND_OVER, actor, at, _("Answers for it: %(user)s.") % {"user": answered_by})
    _tell_keeper(household, actor, at)
    return household


@transaction.atomic
def renew_consent(
    *,
    actor: User | None,
    household: Household,
    consent_text: ConsentText,
    consented_on: date,
    kept_until: date,
    at: datetime | None = None,
) -> Household:
    """The household consented anew, to a text and until a day."""
    at = aware_now(at)
    household = _locked(household, actor, HouseholdAction.RENEW)
    _check_consent(consented_on, kept_until, timezone.localdate(at))
    before = (household.consent_text_id, household.consented_on, household.kept_until)
    if before == (consent_text.pk, consented_on, kept_until):
        return household
    household.consent_text, household.consented_on, household.kept_until = consent_text, consented_on, kept_until
    household.save(update_fields=["consent_text", "consented_on", "kept_until"])
    said = {"text": consent_text.version, "day": consented_on, "until": kept_until}
    text = _("Consented on %(day)s to version %(text)d, until %(until)s.") % said
    _record(household, HouseholdAction.RENEW, actor, at, text)
    return household


@transaction.atomic
def reveal_household(*, actor: User, household: Household, reason: str, at: datetime | None = None) -> Particulars:
    """Name, phones and address in full; who looks, when and why is written down first."""
    at = aware_now(at)
    household = _locked(household, actor, HouseholdAction.REVEAL)
    reason = clean_reason(reason)
    kept = (household.name, household.phone, household.address, household.contact_name, household.contact_phone)
    particulars = Particulars(*opened(*kept))
    HouseholdReveal.objects.create(
        household=household,
        actor=actor,
        actor_name=str(actor),
        actor_post=_standing_of(actor, household),
        at=at,
        reason=reason,
    )
    return particulars


@transaction.atomic
def withdraw_consent(*, actor: User | None, household: Household, at: datetime | None = None) -> Household:
    """The household took its consent back: everything that tells of it is erased at once."""
    at = aware_now(at)
    _hold_communities([household.grid])
    household = _locked(household, actor, HouseholdAction.WITHDRAW)
    _erase(household, HouseholdAction.WITHDRAW, actor, at)
    return household


def erase_households(*, at: datetime | None = None) -> dict[str, int]:
    """Erase those whose time is over, and tell who answers for those whose time will soon be; safe beside itself."""
    at = aware_now(at)
    day = timezone.localdate(at)
    erased = sum(_erase_over(pks, day, at) for pks in keys_in_batches(Household.objects.over(day), BATCH))
    soon = Household.objects.kept().filter(kept_until__range=(day, day + timedelta(days=ASKED_DAYS)))
    soon = soon.select_related("answered_by", "grid").order_by("pk").iterator(chunk_size=BATCH)
    return {"households": erased, "reminded": sum(_ask_again(household, at) for household in soon)}


@transaction.atomic
def _erase_over(pks: list[int], day: date, at: datetime) -> int:
    """Under their locks, so that one that is renewed at this moment is asked again after it."""
    _hold_communities(Grid.objects.filter(key_households__in=pks).distinct())
    households = list(Household.objects.over(day).filter(pk__in=pks).order_by("pk").select_for_update())
    for household in households:
        _erase(household, HouseholdAction.EXPIRE, None, at)
    return len(households)


def _hold_communities(grids: Iterable[Grid]) -> None:
    """The grids first, as a reorganisation does, which carries households along."""
    codes = {community_code(grid.code) for grid in grids}
    Grid.objects.settle_all(list(Grid.objects.filter(code__in=codes).order_by("pk")))


def _erase(household: Household, action: HouseholdAction, actor: User | None, at: datetime) -> None:
    """Empty the row, its visits and its place: what stays counts for the community and tells of nobody."""
    for name in Household.SECRETS:
        setattr(household, name, None)
    household.answered_by = household.next_visit_on = household.last_visited_on = None
    household.state, household.erased_at = HouseholdState.ERASED, at
    household.grid = Grid.objects.get(code=community_code(household.grid.code))
    household.save()
    household.visits.update(note=None, finding=None)
    _record(household, action, actor, at)


def _ask_again(household: Household, at: datetime) -> bool:
    if household.answered_by is None:
        return False
    text = _("The consent of a household that you answer for ends on %(day)s. Ask whether it wishes to go on.")
    notify(
        users=[household.answered_by],
        text=text % {"day": household.kept_until},
        url=reverse("household_detail", args=[household.pk]),
        key=f"household-{household.pk}-until-{household.kept_until}",
        at=at,
    )
    return True


# Catalogue


@transaction.atomic
def set_rhythm(*, need: CareNeed, rhythm: str) -> CareNeed:
    """How often a visit is suggested for a need; households with a rhythm of their own keep it."""
    need = CareNeed.objects.select_for_update().get(pk=need.pk)
    need.rhythm = rhythm
    need.full_clean()
    need.save(update_fields=["rhythm"])
    households = Household.objects.kept().filter(needs=need, rhythm="").prefetch_related("needs")
    changed = []
    for household in households.select_for_update(of=("self",)).order_by("pk"):
        household.suggest_from(household.last_visited_on or timezone.localdate(household.registered_at))
        changed.append(household)
    Household.objects.bulk_update(changed, ["next_visit_on"], batch_size=BATCH)
    return need


@transaction.atomic
def issue_consent_text(*, text: str, since: date) -> ConsentText:
    """A new version of what households agree to; the former ones stay."""
    last = ConsentText.objects.order_by("-version").select_for_update().first()
    issued = ConsentText(version=(last.version if last else 0) + 1, text=text.strip(), since=since)
    issued.full_clean()
    if says_nothing(issued.text):
        raise ValidationError({"text": [_("Say it in a few words.")]})
    issued.save()
    return issued


# What is checked


def check_move(household: Household, actor: User | None, action: HouseholdAction) -> None:
    """PermissionDenied for another side's step, StateConflict once it is erased; a command, actor None, stands in."""
    sides = TABLE[action].sides if actor is None else sides_of(actor, household)
    moving.check_move(TABLE, HouseholdState(household.state), action, sides)


def _locked(household: Household, actor: User | None, action: HouseholdAction) -> Household:
    # Without joins: PostgreSQL finds no row whose grid was changed by whom it waited for.
    household = Household.objects.select_for_update().get(pk=household.pk)
    check_move(household, actor, action)
    return household


def clean_texts(given: Mapping[str, str], lengths: Mapping[str, int]) -> dict[str, str]:
    """The texts without the blanks around them; ValidationError by field. Encrypted, they are checked by no model."""
    errors, cleaned = {}, {name: text.strip() for name, text in given.items()}
    for name, text in cleaned.items():
        try:
            for validate in plain_text:
                validate(text)
        except ValidationError as error:
            errors[name] = error.messages
        if len(text) > lengths[name]:
            errors[name] = [_("At most %(length)d characters.") % {"length": lengths[name]}]
    if errors:
        raise ValidationError(errors)
    return cleaned


def _clean(given: Mapping[str, str]) -> dict[str, str]:
    cleaned = clean_texts(given, LENGTHS)
    phones = {name: plain_phone(cleaned[name]) for name in ("phone", "contact_phone") if name in cleaned}
    if wrong := {name: [problem] for name, phone in phones.items() if (problem := phone_problem(phone))}:
        raise ValidationError(wrong)
    return cleaned | phones


def _secrets(given: Mapping[str, str]) -> dict[str, Secret | None]:
    return {name: Secret.of(text) if text else None for name, text in given.items()}


def _check_new(grid: Grid, name: str) -> None:
    """With a name, at a unit or a building without units that is in use, where it is not in care already."""
    if says_nothing(name):
        raise ValidationError({"name": [_("Say how the household is called.")]})
    if grid.retired_at:
        raise ValidationError({"grid": [_("%(grid)s has been retired.") % {"grid": grid}]})
    if grid.level < Level.BUILDING or (grid.level == Level.BUILDING and not grid.is_leaf_node()):
        raise ValidationError({"grid": [_("Choose the unit.")]})
    there = Household.objects.kept().filter(grid=grid).only("name")
    if any(_opened(household.name) == name for household in there):
        raise ValidationError({"name": [_("This household is in care at this unit already.")]})


def _opened(secret: Secret) -> str | None:
    try:
        return secret.reveal()
    except Unreadable:
        return None


def _check_keeper(user: User | None, grid: Grid) -> None:
    if user is None:
        raise ValidationError({"answered_by": [_("Say who answers for it.")]})
    if not people_of(grid).filter(pk=user.pk).exists():
        text = _("%(user)s holds no post, enrolment or member's area in this community.")
        raise ValidationError({"answered_by": [text % {"user": user}]})


def _needs_of(kinds: Iterable[str]) -> list[CareNeed]:
    found = list(CareNeed.objects.filter(kind__in=set(kinds)))
    if not found:
        raise ValidationError({"needs": [_("Choose what care is needed.")]})
    return found


def _checked_rhythm(rhythm: str) -> str:
    if rhythm and rhythm not in Rhythm.values:
        raise ValidationError({"rhythm": [_("This is none of the rhythms.")]})
    return rhythm


def _check_consent(consented_on: date, kept_until: date, today: date) -> None:
    errors = {}
    if consented_on > today:
        errors["consented_on"] = [_("That day has not come yet. Choose today or a day before.")]
    elif kept_until <= max(consented_on, today):
        errors["kept_until"] = [_("Choose a day to come.")]
    elif kept_until > consented_on + timedelta(days=366 * MOST_YEARS):
        errors["kept_until"] = [_("At most %(years)d years from the consent; then ask again.") % {"years": MOST_YEARS}]
    if errors:
        raise ValidationError(errors)


# What is told


def _record(household: Household, action: HouseholdAction, actor: User | None, at: datetime, text: str = "") -> None:
    HouseholdStep.objects.create(
        household=household, action=action, to_state=household.state, text=text, by=actor, at=at
    )


def _tell_keeper(household: Household, actor: User | None, at: datetime) -> None:
    """That a household is theirs now, without a word of which."""
    if household.answered_by == actor:
        return
    notify(
        users=[household.answered_by],
        text=_("You answer for a key household from now on."),
        url=reverse("household_detail", args=[household.pk]),
        key=f"household-{household.pk}-kept-by-{household.answered_by_id}-{at:%Y%m%d%H%M%S}",
        at=at,
    )


def _standing_of(actor: User, household: Household) -> str:
    """By what right somebody looked: the side, and the post that gives it where it is one."""
    sides = sides_of(actor, household)
    side = next(side for side in HouseholdSide if side in sides)
    level = {HouseholdSide.DESK: Level.COMMUNITY, HouseholdSide.AUDITOR: Level.DISTRICT}.get(side)
    post = next((post for post in actor.active_posts if post.grid.level == level), None)
    if post is None:
        return str(side.label)
    load_ancestors([post.grid])
    return f"{post.grid.name} {post.get_role_display()}"
