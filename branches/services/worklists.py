"""Work lists: drafting, issuing, copying for another year and closing them."""

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.models import Claim, ClaimStep, WorkItem, WorkList
from branches.models.worklist import in_year
from branches.services.repeating import done_before
from branches.services.telling import tell_issued
from branches.worklists.access import may_issue
from branches.worklists.workflow import ClaimAction, ClaimState
from grids.models import Grid, Level, User
from grids.moments import aware_now

MOST_ITEMS = 200
YEARS = range(2000, 2102)  # of the days that items are due: those of the lists and the year after


def draft_list(
    *,
    actor: User | None,
    grid: Grid,
    title: str,
    year: int,
    idempotency_key: str | None = None,
    is_demo: bool = False,
    at: datetime | None = None,
) -> WorkList:
    """Begin a list that the grid will issue; the same actor and key again return the first."""
    at, key = aware_now(at), idempotency_key or None
    if first := done_before(WorkList, key, created_by=actor):
        return first
    try:
        with transaction.atomic():
            grid = Grid.objects.settle(grid)
            _check_may_issue(actor, grid)
            work_list = WorkList(
                grid=grid, title=title.strip(), year=year, created_by=actor, created_at=at,
                idempotency_key=key, is_demo=is_demo,
            )  # fmt: skip
            work_list.clean_fields(exclude=["grid", "position"])
            work_list.save()
    except IntegrityError:  # the same form is being served beside this one
        if first := done_before(WorkList, key, created_by=actor):
            return first
        raise
    return work_list


@transaction.atomic
def describe_list(*, actor: User | None, work_list: WorkList, title: str, year: int) -> WorkList:
    """Give a draft another title and year."""
    work_list = _locked_draft(actor, work_list)
    work_list.title, work_list.year = title.strip(), year
    work_list.clean_fields(exclude=["grid", "position"])
    if work_list.copied_from and work_list.copied_from.copies.filter(year=year).exclude(pk=work_list.pk).exists():
        raise ValidationError({"year": _("The list was copied for this year already.")})
    work_list.save()
    return work_list


@transaction.atomic
def drop_draft(*, actor: User | None, work_list: WorkList) -> None:
    """Throw a draft away with its items; gone already: fine."""
    if not WorkList.objects.filter(pk=work_list.pk).exists():
        return
    _locked_draft(actor, work_list).delete()


@transaction.atomic
def save_item(*, actor: User | None, item: WorkItem) -> WorkItem:
    """Keep an item of a draft, new or changed; the very same once more returns the one there is."""
    item.work_list = _locked_draft(actor, item.work_list)
    item.text, item.done_when = item.text.strip(), item.done_when.strip()
    twin = item.work_list.items.filter(text=item.text).exclude(pk=item.pk).first()
    if twin and item._state.adding and _asks_the_same(twin, item):
        return twin
    if twin:
        raise ValidationError({"text": _("Item %(number)d says the same already.") % {"number": twin.ordinal}})
    if item._state.adding:
        if item.work_list.items.count() >= MOST_ITEMS:
            raise ValidationError(_("A list has at most %(count)d items.") % {"count": MOST_ITEMS})
        item.ordinal = (item.work_list.items.aggregate(last=Max("ordinal"))["last"] or 0) + 1
    _check_levels(item)
    if item.due_on and item.due_on.year not in YEARS:
        said = {"first": YEARS[0], "last": YEARS[-1]}
        raise ValidationError({"due_on": _("Choose a day from %(first)d to %(last)d.") % said})
    item.full_clean(exclude=["work_list"])
    item.save()
    return item


def _asks_the_same(one: WorkItem, other: WorkItem) -> bool:
    names = ("text", "done_when", "for_streets", "for_communities", "due_on", "is_mandatory")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _check_levels(item: WorkItem) -> None:
    if not item.levels:
        raise ValidationError({"for_streets": _("Say for which levels the item is.")})
    if item.work_list.grid.level >= min(item.levels):
        raise ValidationError({"for_streets": _("A street's list is for its communities.")})


@transaction.atomic
def remove_item(*, actor: User | None, item: WorkItem) -> None:
    """Take an item off a draft; gone already: fine. The others keep their numbers."""
    work_list = _locked_draft(actor, item.work_list)
    work_list.items.filter(pk=item.pk).delete()


@transaction.atomic
def issue_list(*, actor: User | None, work_list: WorkList, at: datetime | None = None) -> WorkList:
    """Put the list into force and assign its mandatory items; issued already: as it was.

    An item for streets and communities goes to the streets, who hand it down.
    """
    at = aware_now(at)
    Grid.objects.settle(work_list.grid)
    items = list(work_list.items.all())
    grids = {level: _grids_of(work_list.grid, level) for level in (Level.STREET, Level.COMMUNITY)}
    work_list = _locked(actor, work_list)
    if not work_list.is_draft:
        return work_list
    if {item.pk for item in items} != set(work_list.items.values_list("pk", flat=True)):
        raise ValidationError(_("Somebody else has just changed this list. Look again, then repeat."))
    _check_items(items, timezone.localdate(at))
    work_list.state = WorkList.State.ISSUED
    work_list.issued_by, work_list.issued_at = actor, at
    work_list.save()
    for item in items:
        if item.is_mandatory:
            assign(actor, item, grids[item.levels[0]], at)
    told = {item.levels[0] for item in items if item.is_mandatory}
    tell_issued(work_list, [grid for level in told for grid in grids[level]], actor, at)
    return work_list


def _grids_of(top: Grid, level: Level) -> list[Grid]:
    """In use and held, so that none is moved or retired until the items are assigned."""
    return Grid.objects.settle_all(Grid.objects.active().within(top).filter(level=level).order_by("lft"))


def _check_items(items: list[WorkItem], day: date) -> None:
    if not items:
        raise ValidationError(_("The list has no items yet. Enter what is to be done first."))
    if past := [item for item in items if item.due_on < day]:
        numbers = "、".join(str(item.ordinal) for item in past)
        raise ValidationError(
            _("The days of these items have passed: %(numbers)s. Set later ones.") % {"numbers": numbers}
        )


def assign(
    actor: User | None, item: WorkItem, grids: Iterable[Grid], at: datetime, parent: Claim | None = None
) -> list[Claim]:
    """Give the item to grids that have no claim of it; the caller holds the grids and the list."""
    claims = Claim.objects.bulk_create(
        Claim(item=item, grid=grid, position=grid.lft, parent=parent, is_assigned=True, taken_at=at) for grid in grids
    )
    ClaimStep.objects.bulk_create(
        ClaimStep(
            claim=claim, action=ClaimAction.ASSIGN, to_state=ClaimState.OPEN, round=1, by=actor,
            by_name=str(actor or ""), at=at,
        )
        for claim in claims
    )  # fmt: skip
    return claims


@transaction.atomic
def copy_list(
    *, actor: User | None, work_list: WorkList, year: int | None = None, at: datetime | None = None
) -> WorkList:
    """A draft of the same items for another year, the next one unless told; copied already: that copy.

    The days move by as many years; who did what stays with the old list.
    """
    grid = Grid.objects.settle(work_list.grid)
    work_list = WorkList.objects.select_for_update(of=("self",)).select_related("grid").get(pk=work_list.pk)
    _check_may_issue(actor, grid)
    year = year or work_list.year + 1
    if first := work_list.copies.filter(year=year).first():
        return first
    copy = WorkList(
        grid=grid, title=work_list.title, year=year, copied_from=work_list, created_by=actor,
        created_at=aware_now(at), is_demo=work_list.is_demo,
    )  # fmt: skip
    copy.clean_fields(exclude=["grid", "position"])
    copy.save()
    items = list(work_list.items.order_by("ordinal"))
    for ordinal, item in enumerate(items, start=1):
        item.pk, item._state.adding, item.work_list, item.ordinal = None, True, copy, ordinal
        item.due_on = in_year(item.due_on, item.due_on.year + year - work_list.year)
    WorkItem.objects.bulk_create(items)
    return copy


@transaction.atomic
def close_list(*, actor: User | None, work_list: WorkList, at: datetime | None = None) -> WorkList:
    """End the list: what stands open stays so, and nothing of it changes any more. Closed already: as it was."""
    work_list = _locked(actor, work_list)
    if work_list.is_draft:
        raise ValidationError(_("The list has not been issued yet, so there is nothing to close."))
    if work_list.is_under_way:
        work_list.state = WorkList.State.CLOSED
        work_list.closed_by, work_list.closed_at = actor, aware_now(at)
        work_list.save()
    return work_list


def _check_may_issue(actor: User | None, grid: Grid) -> None:
    if actor is not None and not may_issue(actor, grid):
        raise PermissionDenied(_("You do not issue the work lists of %(grid)s.") % {"grid": grid})


def _locked(actor: User | None, work_list: WorkList) -> WorkList:
    work_list = WorkList.objects.select_for_update(of=("self",)).select_related("grid").get(pk=work_list.pk)
    _check_may_issue(actor, work_list.grid)
    return work_list


def _locked_draft(actor: User | None, work_list: WorkList) -> WorkList:
    work_list = _locked(actor, work_list)
    if not work_list.is_draft:
        raise ValidationError(_("The list has been issued; what was issued is not rewritten. Copy it for a new one."))
    return work_list
