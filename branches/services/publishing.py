"""Making something public for a community or a street, and withdrawing it again."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.disclosure import small, tellers
from branches.disclosure.access import check_may_tell
from branches.models import Budget, Publication
from branches.models.resource import FIRST_YEAR
from branches.resources.figures import totals
from branches.services.checking import errors_of, in_use
from branches.services.repeating import done_before
from grids.models import Grid, Level, User
from grids.moments import aware_now
from grids.text import says_nothing

Kind = Publication.Kind
PERIODS = {Kind.FIGURES, Kind.RESOURCES}


def publish(
    *,
    actor: User | None,
    grid: Grid,
    kind: str,
    title: str,
    text: str = "",
    month: date | None = None,
    year: int | None = None,
    takes_place_on: date | None = None,
    source_kind: str = "",
    source_key: str = "",
    idempotency_key: str | None = None,
    at: datetime | None = None,
) -> Publication:
    """Publish what a person has written, or the figures of a month or of a year's resources as they stand now.

    The same actor and key again return the first. Raises PermissionDenied, or ValidationError by field.
    """
    at, key = aware_now(at), idempotency_key or None
    check_may_tell(actor, grid)
    if first := done_before(Publication, key, published_by=actor):
        return first
    publication = Publication(
        grid=grid,
        kind=kind,
        title=title.strip(),
        text=text.strip(),
        takes_place_on=takes_place_on if kind == Kind.ACTIVITY else None,
        source_kind=source_kind,
        source_key=source_key,
        published_by=actor,
        published_by_name=str(actor or ""),
        published_at=at,
        idempotency_key=key,
    )
    _check(publication, month, year, timezone.localdate(at), tellers.source_errors(actor, source_kind, source_key))
    _take_figures(publication, month, year)
    try:
        with transaction.atomic():
            in_use(grid)
            publication.save()
    except IntegrityError as error:  # the same is being published beside this
        if first := done_before(Publication, key, published_by=actor):
            return first
        raise ValidationError({"kind": [_public_already()]}) from error
    return publication


def _check(publication: Publication, month: date | None, year: int | None, today: date, errors: dict) -> None:
    """ValidationError by field, with `errors` that were found before."""
    errors |= errors_of(publication, "kind", "title", "text")
    if publication.kind not in PERIODS and says_nothing(publication.text):
        errors.setdefault("text", [_("Write what everybody is to read.")])
    if publication.kind == Kind.ACTIVITY and publication.takes_place_on is None:
        errors["takes_place_on"] = [_("Say on which day it takes place.")]
    if publication.kind == Kind.FIGURES and not (month and month.year >= FIRST_YEAR and month < today.replace(day=1)):
        errors["month"] = [_("Choose a month that is over.")]
    if publication.kind == Kind.RESOURCES and (year is None or year > today.year):
        errors["year"] = [_("Choose this year or one before.")]
    if errors:
        raise ValidationError(errors)


def _take_figures(publication: Publication, month: date | None, year: int | None) -> None:
    """Keep the figures of the period as they stand now; refused where they are public already."""
    grid, kind = publication.grid, publication.kind
    if kind == Kind.FIGURES:
        publication.period, publication.figures = f"{month:%Y-%m}", _counts(grid, month)
    elif kind == Kind.RESOURCES:
        publication.period, publication.figures = str(year), _resources(grid, year)
    else:
        return
    same = Publication.objects.filter(grid=grid, kind=kind, period=publication.period)
    # Asked first: whoever is told to withdraw them could not publish them again.
    if kind == Kind.FIGURES and any(small.tells_of_few(old.figures, publication.figures) for old in same):
        raise ValidationError({"month": [_tells_of_few()]})
    if same.public().exists():
        raise ValidationError({"kind": [_public_already()]})


def _public_already() -> str:
    return _("The figures of this period are public already; withdraw those first.")


def _tells_of_few() -> str:
    return _(
        "These figures were public before and differ now by fewer than %(few)d cases: the difference would point to "
        "somebody. Publish them once more has changed."
    ) % {"few": small.SMALL}


def _counts(grid: Grid, month: date) -> dict:
    """What came in and became of it, with small numbers hidden before they are kept."""
    parts = _parts(grid, month)
    return {"total": small.shown_total(*parts), "lines": [list(line) for line in small.shown_lines(*parts)]}


def _parts(grid: Grid, month: date) -> list[list[tellers.Tally]]:
    """Of a street those of its communities, and what lies in none: each could be taken off the street's sum.

    Communities that went out of use are among them: what they published stays public, and their cases with them.
    """
    whole = tellers.counted(grid, month)
    if grid.level != Level.STREET:
        return [whole]
    communities = Grid.objects.filter(parent=grid, level=Level.COMMUNITY).order_by("lft")
    parts = [tellers.counted(community, month) for community in communities]
    return [*parts, small.remainder(whole, parts)]


def _resources(grid: Grid, year: int) -> dict:
    rows = totals(Budget.objects.within(grid).filter(year=year))
    names = ("kind", "source", "unit", "planned", "spent")
    return {"lines": [[str(getattr(row, name)) for name in names] for row in rows]}


@transaction.atomic
def withdraw_publication(
    *, actor: User | None, publication: Publication, reason: str, at: datetime | None = None
) -> Publication:
    """Take it from the public at once; it stays on record, with who withdrew it and why. Again it changes nothing.

    Raises PermissionDenied, or ValidationError by field.
    """
    publication = Publication.objects.select_for_update(of=("self",)).select_related("grid").get(pk=publication.pk)
    check_may_tell(actor, publication.grid)
    if publication.withdrawn_at:
        return publication
    publication.withdrawal_reason = reason.strip()
    errors = errors_of(publication, "withdrawal_reason")
    if says_nothing(publication.withdrawal_reason):
        errors["withdrawal_reason"] = [_("Say why it is withdrawn; it stays on record.")]
    if errors:
        raise ValidationError({"reason": errors["withdrawal_reason"]})
    publication.withdrawn_by, publication.withdrawn_at = actor, aware_now(at)
    publication.save(update_fields=["withdrawal_reason", "withdrawn_by", "withdrawn_at"])
    return publication
