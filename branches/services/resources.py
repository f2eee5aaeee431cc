"""Planning a year and spending it: lines are added and re-planned with a reason, entries stand and are reversed."""

from contextlib import nullcontext
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.models import (
    Branch,
    Budget,
    BudgetLine,
    BudgetLineChange,
    Picture,
    ResourceEntry,
    ResourceKind,
    ResourceSource,
)
from branches.resources.access import check_may_reverse, check_may_spend
from branches.services.checking import errors_of, in_use
from branches.services.pictures import stored, take
from branches.services.repeating import done_before
from grids.models import Grid, Level, Organisation, User
from grids.moments import aware_now
from grids.pictures import FileRefused, Redrawn, prepare_photo
from grids.text import says_nothing
from grids.tree import ancestor_codes


def plan_budget(
    *, actor: User | None, year: int, branch: Branch | None = None, grid: Grid | None = None, at: datetime | None = None
) -> Budget:
    """The budget of a branch, or of a community, for a year; asked for again, the one that there is.

    Raises PermissionDenied, or ValidationError by field.
    """
    grid = branch.grid if branch else grid
    check_may_spend(actor, branch, grid)
    if branch is None and grid.level != Level.COMMUNITY:
        raise ValidationError({"grid": _("A budget is that of a branch, or of a community.")})
    budget = Budget(branch=branch, grid=grid, year=year, planned_by=actor, planned_at=aware_now(at))
    if errors := errors_of(budget, "year"):
        raise ValidationError(errors)
    owner = {"branch": branch} if branch else {"branch": None, "grid": grid}
    try:
        with transaction.atomic():
            found = Budget.objects.filter(year=year, **owner).first()
            if found is None:
                if branch is None:
                    in_use(grid)
                budget.save()
    except IntegrityError:  # the same was asked for beside this
        found = Budget.objects.get(year=year, **owner)
    return found or budget


def givers(budget: Budget) -> QuerySet[Organisation]:
    """The organisations that may stand behind a line: the branch's partners, and those on the grid or above it."""
    near = Q(position__range=(budget.grid.lft, budget.grid.rght)) | Q(grid__code__in=ancestor_codes(budget.grid.code))
    partners = Q(pk__in=budget.branch.partners.values("organisation")) if budget.branch else Q(pk__in=[])
    return Organisation.objects.filter(near | partners, dissolved_at=None).order_by("name")


@transaction.atomic
def add_line(
    *,
    actor: User | None,
    budget: Budget,
    kind: str,
    source: str,
    purpose: str,
    planned: Decimal,
    unit: str = "",
    organisation: Organisation | None = None,
    at: datetime | None = None,
) -> BudgetLine:
    """One more line of the plan; the very same line again is the one there is.

    Raises PermissionDenied, or ValidationError by field.
    """
    check_may_spend(actor, budget.branch, budget.grid)
    line = BudgetLine(
        budget=budget,
        kind=kind,
        source=source,
        organisation=organisation,
        purpose=purpose.strip(),
        planned=_exact(planned),
        unit=unit.strip(),
        added_by=actor,
        added_at=aware_now(at),
    )
    errors = errors_of(line, "kind", "source", "purpose", "planned", "unit")
    if kind == ResourceKind.MONEY and line.unit:
        errors["unit"] = [_("Money is counted in yuan; leave the unit empty.")]
    elif kind != ResourceKind.MONEY and not line.unit:
        errors["unit"] = [_("Say in what it is counted, such as 人次, 件 or 场.")]
    if organisation and source != ResourceSource.PARTNER:
        errors["organisation"] = [_("An organisation is named only where a partner gives.")]
    elif organisation and not givers(budget).filter(pk=organisation.pk).exists():
        errors["organisation"] = [_("Choose a partner of the branch, or an organisation of this place.")]
    if errors:
        raise ValidationError(errors)
    # Locked, so that the same form sent twice at once finds what the first one has added.
    if not Budget.objects.select_for_update(of=("self",)).filter(pk=budget.pk).exists():
        raise ValidationError(_("These resources went up in those of another grid. Look again, then repeat."))
    names = ("kind", "source", "organisation", "purpose", "planned", "unit")
    same = {name: getattr(line, name) for name in names}
    if first := budget.lines.filter(**same).first():
        return first
    line.save()
    return line


@transaction.atomic
def change_line(
    *, actor: User | None, line: BudgetLine, planned: Decimal, reason: str, at: datetime | None = None
) -> BudgetLine:
    """Plan another amount, with a reason; the one of before stays known. The same amount again changes nothing."""
    line = (
        BudgetLine.objects.select_for_update(of=("self",))
        .select_related("budget__grid", "budget__branch")
        .get(pk=line.pk)
    )
    check_may_spend(actor, line.budget.branch, line.budget.grid)
    before, line.planned = line.planned, _exact(planned)
    change = BudgetLineChange(
        line=line, before=before, after=line.planned, reason=reason.strip(), by=actor, at=aware_now(at)
    )
    errors = errors_of(line, "planned") | errors_of(change, "reason")
    if errors:
        raise ValidationError(errors)
    if line.planned != before:
        line.save(update_fields=["planned"])
        change.save()
    return line


def enter_spending(
    *,
    actor: User | None,
    line: BudgetLine,
    amount: Decimal,
    spent_on: date,
    purpose: str,
    receipt: File | Picture | None = None,
    idempotency_key: str | None = None,
    at: datetime | None = None,
) -> ResourceEntry:
    """What was spent of a line; more than planned is taken, and shown. The same actor and key again return the first.

    Raises PermissionDenied, or ValidationError by field.
    """
    at, key = aware_now(at), idempotency_key or None
    check_may_spend(actor, line.budget.branch, line.budget.grid)
    if first := done_before(ResourceEntry, key, entered_by=actor):
        return first
    entry = ResourceEntry(
        line=line,
        amount=_exact(amount),
        spent_on=spent_on,
        purpose=purpose.strip(),
        entered_by=actor,
        entered_at=at,
        idempotency_key=key,
    )
    errors = _entry_errors(entry)
    photo = _photo(receipt, errors)
    if errors:
        raise ValidationError(errors)
    try:
        with stored([photo], uploader=actor, at=at) if photo else nullcontext([]) as pictures, transaction.atomic():
            for picture in pictures:
                entry.receipt = take(picture)
            entry.save()
    except (FileRefused, IntegrityError) as error:
        if first := done_before(ResourceEntry, key, entered_by=actor):  # the same form was served beside this one
            return first
        if isinstance(error, FileRefused):
            raise ValidationError({"receipt": [str(error)]}) from error
        raise
    return entry


def _entry_errors(entry: ResourceEntry) -> dict[str, list[str]]:
    errors, year = errors_of(entry, "amount", "purpose"), entry.line.budget.year
    if "amount" not in errors and entry.amount <= 0:
        errors["amount"] = [_("Give an amount above nothing; what was wrong is taken back by reversing its entry.")]
    if entry.spent_on.year != year:
        errors["spent_on"] = [_("Choose a day of %(year)d, the year of this budget.") % {"year": year}]
    elif entry.spent_on > timezone.localdate(entry.entered_at):
        errors["spent_on"] = [_("That day has not come yet. Choose today or a day before.")]
    return errors


def _photo(receipt: File | Picture | None, errors: dict) -> Redrawn | Picture | None:
    if receipt is None or isinstance(receipt, Picture):
        return receipt
    try:
        return prepare_photo(receipt)
    except FileRefused as error:
        errors["receipt"] = [str(error)]


@transaction.atomic
def reverse_entry(
    *, actor: User | None, entry: ResourceEntry, reason: str, at: datetime | None = None
) -> ResourceEntry:
    """Take an entry back by another one of the same amount below nothing, once.

    Raises PermissionDenied, or ValidationError.
    """
    # Locked, so that of two who reverse at once the second one learns it here; the database holds it besides.
    entry = (
        ResourceEntry.objects.select_for_update(of=("self",))
        .select_related("line__budget__grid", "line__budget__branch")
        .get(pk=entry.pk)
    )
    check_may_reverse(actor, entry.line.budget)
    if entry.is_reversal:
        raise ValidationError(_("This entry takes another one back. Enter anew what was right after all."))
    if ResourceEntry.objects.filter(reverses=entry).exists():
        raise ValidationError(_("This entry has been reversed already."))
    at = aware_now(at)
    reversal = ResourceEntry(
        line=entry.line,
        amount=-entry.amount,
        spent_on=entry.spent_on,
        purpose=reason.strip(),
        reverses=entry,
        entered_by=actor,
        entered_at=at,
    )
    if says_nothing(reversal.purpose):
        raise ValidationError({"reason": _("Say why it is taken back; whoever reads the accounts asks for it.")})
    if errors := errors_of(reversal, "purpose"):
        raise ValidationError({"reason": errors["purpose"]})
    reversal.save()
    return reversal


def _exact(amount: Decimal) -> Decimal:
    """The amount, unless it is a float: 0.1 is none of what a float can hold."""
    if isinstance(amount, float):
        raise TypeError("An amount is a Decimal, never a float.")
    return Decimal(amount)
