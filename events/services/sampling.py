"""Drawing a sample of closed cases, and re-checking what was drawn."""

import secrets
from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from events.exceptions import AlreadyRecorded
from events.models import Event, Finding, Sample, SampleItem
from events.rechecks.sampling import digest, draw, population_text
from events.services.storing import post_name
from events.text import says_nothing
from events.workflow import Status
from grids.access import inspected_ranges, inspecting_posts, may_inspect
from grids.models import Grid, Role, User
from grids.moments import aware_now

LONGEST_PERIOD = timedelta(days=366)
MOST_IN_POPULATION = 300_000  # its list is kept with the sample: some 5 MB
ATTEMPTS = 5
SEED_BYTES = 16


def draw_sample(
    *,
    actor: User,
    grid: Grid,
    period_from: date,
    period_until: date,
    size: int,
    announced: str = "",
    idempotency_key: str | None = None,
    at: datetime | None = None,
) -> Sample:
    """Draw from the cases that were closed in the subtree on or after one date and before the other.

    The seed is the system's own, made at this moment, with what was `announced` behind it: nobody chooses a seed. One
    may draw again, of the same or of shifted days, until the lot suits; so no draw is ever removed, and each is shown
    with all that overlap it. The same actor and key again return the first.
    Raises PermissionDenied, or ValidationError by field.
    """
    at = aware_now(at)
    sample = Sample(
        grid=grid,
        period_from=period_from,
        period_until=period_until,
        size=size,
        announced=announced.strip(),
        drawn_by=actor,
        drawn_at=at,
        idempotency_key=idempotency_key or None,
    )
    for _attempt in range(ATTEMPTS):
        if first := _drawn_before(sample):
            return first
        try:
            return _draw(sample, at)
        except IntegrityError:  # somebody else took this number, or the same request is being served beside this one
            sample.pk, sample._state.adding = None, True
    raise DatabaseError("No free number for the draw was found.")


def _drawn_before(sample: Sample) -> Sample | None:
    if not sample.idempotency_key:
        return None
    return Sample.objects.filter(drawn_by=sample.drawn_by, idempotency_key=sample.idempotency_key).first()


@transaction.atomic
def _draw(sample: Sample, at: datetime) -> Sample:
    sample.grid = grid = Grid.objects.settle(sample.grid)
    if not may_inspect(sample.drawn_by, grid):
        raise PermissionDenied(_("You do not re-check the closed cases of %(grid)s.") % {"grid": grid})
    _check_draw(sample, at)
    numbers = list(population_of(sample).values_list("number", flat=True)[: MOST_IN_POPULATION + 1])
    if not numbers:
        raise ValidationError(_("No case was closed there in this period, so there is nothing to draw from."))
    if len(numbers) > MOST_IN_POPULATION:
        raise ValidationError(
            _("More than %(count)d cases were closed there in this period. Choose a shorter one, or a smaller grid.")
            % {"count": MOST_IN_POPULATION}
        )
    seed = secrets.token_hex(SEED_BYTES)
    sample.seed = f"{seed}-{sample.announced}" if sample.announced else seed
    sample.population = population_text(numbers)
    sample.population_size, sample.population_digest = len(numbers), digest(sample.population)
    drawn_before = Sample.objects.filter(grid=grid, period_from=sample.period_from, period_until=sample.period_until)
    sample.ordinal = (drawn_before.aggregate(last=Max("ordinal"))["last"] or 0) + 1
    sample.grid_name = grid.full_name
    sample.drawn_by_name, sample.drawn_by_post = str(sample.drawn_by), inspecting_post(sample.drawn_by, grid)
    sample.save()
    drawn = draw(sample.seed, numbers, sample.size)
    events = Event.objects.filter(number__in=drawn).in_bulk(field_name="number")
    SampleItem.objects.bulk_create(
        SampleItem(sample=sample, place=place, event=events[number]) for place, number in enumerate(drawn, start=1)
    )
    return sample


def _check_draw(sample: Sample, at: datetime) -> None:
    """ValidationError by field. The period must be over, or its list would go on growing."""
    errors = {}
    if sample.period_until <= sample.period_from:
        errors["period_until"] = _("The end must be later than the beginning; its own day is not counted.")
    elif sample.period_until > timezone.localdate(at):
        errors["period_until"] = _("Choose today or a day before: only what is over can be drawn from.")
    elif sample.period_until - sample.period_from > LONGEST_PERIOD:
        errors["period_until"] = _("Choose a period of at most one year.")
    try:
        sample.clean_fields(exclude={field.name for field in Sample._meta.fields} - {"size", "announced"})
    except ValidationError as error:
        errors |= error.message_dict
    if errors:
        raise ValidationError(errors)


def population_of(sample: Sample):
    """The cases as they stand now that the sample draws from; clue reports are never among them."""
    begin, end = sample.bounds()
    inside = Event.objects.inside(sample.grid).filter(status=Status.CLOSED, is_confidential=False)
    return inside.filter(closed_at__gte=begin, closed_at__lt=end).order_by("number")


def inspecting_post(user: User, grid: Grid) -> str:
    """The name of the person's nearest post that re-checks here, an official's first; empty for an administrator."""
    covering = [post for post in inspecting_posts(user) if post.grid.lft <= grid.lft <= post.grid.rght]
    nearest = max(covering, key=lambda post: (post.grid.level, post.role == Role.OFFICIAL), default=None)
    return post_name(nearest) if nearest else ""


def may_inspect_case(user: User, event: Event) -> bool:
    """Whether a drawn case still lies where the person re-checks: grids are moved, and samples stay."""
    return any(lft <= event.position <= rght for lft, rght in inspected_ranges(user))


def why_no_recheck(event: Event, user: User) -> str:
    """Why this person's eyes are not the second ones on a case; nothing when they are."""
    if Event.objects.filter(pk=event.pk).concluded_by(user).exists():
        return _("You resolved this case or passed its check, so somebody else re-checks it.")
    return ""


@transaction.atomic
def recheck(*, item: SampleItem, actor: User, finding: str, note: str = "", at: datetime | None = None) -> SampleItem:
    """Record what the re-check of a drawn case found, once and for good; the same again by the same person is fine.

    Raises PermissionDenied, AlreadyRecorded, or ValidationError by field.
    """
    at, note = aware_now(at), note.strip()
    item = SampleItem.objects.select_for_update(of=("self",)).select_related("sample__grid", "event").get(pk=item.pk)
    if not may_inspect(actor, item.sample.grid):
        raise PermissionDenied(_("You do not re-check the closed cases of %(grid)s.") % {"grid": item.sample.grid})
    if not may_inspect_case(actor, item.event):
        raise PermissionDenied(_("This case lies outside your area since its grid was moved; others re-check it."))
    if problem := why_no_recheck(item.event, actor):
        raise PermissionDenied(problem)
    if item.finding:
        if (item.checked_by_id, item.finding, item.note) == (actor.pk, finding, note):
            return item
        raise AlreadyRecorded(
            _("%(name)s has re-checked this case already: %(finding)s. What is recorded stays.")
            % {"name": item.checked_by_name, "finding": item.get_finding_display()}
        )
    _check_finding(finding, note)
    item.finding, item.note = finding, note
    item.checked_by, item.checked_at = actor, at
    item.checked_by_name, item.checked_by_post = str(actor), inspecting_post(actor, item.sample.grid)
    item.save()
    return item


def _check_finding(finding: str, note: str) -> None:
    errors = {}
    if finding not in Finding.values:
        errors["finding"] = [_("Choose what the re-check found.")]
    elif finding != Finding.HOLDS and says_nothing(note):
        errors["note"] = [_("Say what was seen there; whoever goes on with it reads this.")]
    try:
        SampleItem(note=note).clean_fields(exclude={field.name for field in SampleItem._meta.fields} - {"note"})
    except ValidationError as error:
        errors |= error.message_dict
    if errors:
        raise ValidationError(errors)
