"""Claiming, handing down, reporting and accepting the items of work lists.

Each locks grids first, then the list, then claims: one thing after the other happens to a list.
"""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.access import may_run_for
from branches.exceptions import StateConflict
from branches.models import Claim, ClaimStep, Evidence, WorkItem, WorkList
from branches.references import Shown, found
from branches.services.telling import tell_assigned, tell_named, tell_returned
from branches.services.worklists import assign
from branches.worklists.access import may_issue, sides_of, standing_of
from branches.worklists.workflow import TABLE, UNDER_WAY, ClaimAction, ClaimState, refusal
from grids.models import Grid, Level, User
from grids.moments import aware_now
from grids.text import says_nothing
from grids.tree import ancestor_codes

MOST_EVIDENCE = 50


@transaction.atomic
def claim_item(*, actor: User | None, item: WorkItem, grid: Grid, at: datetime | None = None) -> Claim:
    """Let a street or community take an item on; claimed or assigned already: that claim.

    Where the street above has the item, the community's claim is a part of the street's.
    """
    at = aware_now(at)
    grid = Grid.objects.settle(grid)
    item = _held(item)
    if actor is not None and not may_run_for(actor, grid):
        raise PermissionDenied(_("You do not act for %(grid)s.") % {"grid": grid})
    if first := item.claims.active().filter(grid=grid).first():
        return first
    _check_claimable(item, grid)
    above = item.claims.active().filter(grid__code__in=ancestor_codes(grid.code)).select_related("grid").first()
    if above and above.state not in UNDER_WAY:
        raise ValidationError(_("%(grid)s has reported this item already.") % {"grid": above.grid.name})
    claim = Claim.objects.create(item=item, grid=grid, parent=above, taken_at=at)
    _record(claim, ClaimAction.CLAIM, actor, at)
    return claim


@transaction.atomic
def assign_item(
    *, actor: User | None, item: WorkItem, grids: Iterable[Grid], at: datetime | None = None
) -> list[Claim]:
    """Give an item to grids that have not claimed it; those that have it keep it as it is."""
    at = aware_now(at)
    held = Grid.objects.settle_all(dict.fromkeys(grids))
    item = _held(item)
    if actor is not None and not may_issue(actor, item.work_list.grid):
        raise PermissionDenied(_("You do not issue the work lists of %(grid)s.") % {"grid": item.work_list.grid})
    if not held:
        raise ValidationError({"grids": _("Choose at least one grid.")})
    for grid in held:
        _check_claimable(item, grid)
    taken = set(item.claims.active().filter(grid__in=held).values_list("grid", flat=True))
    tell_assigned(assign(actor, item, [grid for grid in held if grid.pk not in taken], at), actor, at)
    return list(item.claims.active().filter(grid__in=held).select_related("grid").order_by("position"))


def _check_claimable(item: WorkItem, grid: Grid) -> None:
    if not item.work_list.is_under_way:
        raise StateConflict(_("The work list is not under way, so its items stay as they are."))
    top = item.work_list.grid
    if grid.retired_at or not top.lft < grid.lft <= top.rght:
        raise ValidationError({"grids": _("%(grid)s is not one of the grids that the list is for.") % {"grid": grid}})
    if grid.level not in item.levels:
        said = {"level": grid.get_level_display(), "grid": grid}
        raise ValidationError({"grids": _("%(grid)s: this item is not for a %(level)s.") % said})


@transaction.atomic
def split_claim(*, actor: User | None, claim: Claim, grids: Iterable[Grid], at: datetime | None = None) -> list[Claim]:
    """Hand a street's item down to some of its communities; those that have it become parts of the street's claim.

    The street accepts the parts, and reports itself when all of them are accepted.
    """
    at = aware_now(at)
    held = Grid.objects.settle_all(dict.fromkeys(grids))
    claim = _locked(claim)
    _check(claim, ClaimAction.SPLIT, actor)
    _check_below(claim, held)
    there = {part.grid_id: part for part in claim.item.claims.active().filter(grid__in=held)}
    new = [grid for grid in held if grid.pk not in there]
    tell_assigned(assign(actor, claim.item, new, at, parent=claim), actor, at)
    loose = [part for part in there.values() if part.parent_id is None]
    Claim.objects.filter(pk__in=[part.pk for part in loose]).update(parent=claim)
    if new or loose:
        _record(claim, ClaimAction.SPLIT, actor, at, text="、".join(grid.name for grid in held))
    return list(claim.parts.active().select_related("grid"))


def _check_below(claim: Claim, grids: list[Grid]) -> None:
    if claim.grid.level != Level.STREET:
        raise ValidationError({"grids": _("Only a street hands an item down, to its communities.")})
    if not grids:
        raise ValidationError({"grids": _("Choose at least one community.")})
    strange = [grid for grid in grids if grid.parent_id != claim.grid_id or grid.retired_at]
    if strange:
        said = {"grid": strange[0], "street": claim.grid.name}
        raise ValidationError({"grids": _("%(grid)s is none of the communities of %(street)s.") % said})


@transaction.atomic
def name_responsible(
    *, actor: User | None, claim: Claim, responsible: User | None, at: datetime | None = None
) -> Claim:
    """Say who answers for a claim, who may then report it as well; the same again changes nothing."""
    claim = _locked(claim)
    _check(claim, ClaimAction.NAME, actor)
    if responsible and not responsible.is_active:
        raise ValidationError({"responsible": _("The account of %(user)s has been closed.") % {"user": responsible}})
    if claim.responsible != responsible:
        claim.responsible = responsible
        claim.save(update_fields=["responsible"])
        _record(claim, ClaimAction.NAME, actor, aware_now(at), text=str(responsible or _("nobody")))
        if responsible:
            tell_named(claim, actor, aware_now(at))
    return claim


@transaction.atomic
def report_claim(
    *,
    actor: User,
    claim: Claim,
    text: str,
    evidence: Iterable[tuple[str, str]] = (),
    at: datetime | None = None,
) -> Claim:
    """Report that a claim is done, with pointers to what shows it as (kind, key); once for each round.

    The same words by the same person again are the report that was made.
    """
    at, text, chosen = aware_now(at), text.strip(), list(dict.fromkeys(evidence))
    claim = _locked(claim)
    last = claim.steps.filter(action=ClaimAction.REPORT).last()
    if last and claim.state == ClaimState.REPORTED and (last.by_id, last.text) == (actor.pk, text):
        return claim
    _check(claim, ClaimAction.REPORT, actor)
    if says_nothing(text):
        raise ValidationError({"text": _("Say what was done; whoever accepts it reads this.")})
    shown = _find(actor, chosen)
    claim.state, claim.reported_on = ClaimState.REPORTED, timezone.localdate(at)
    claim.save(update_fields=["state", "reported_on"])
    step = _record(claim, ClaimAction.REPORT, actor, at, text=text)
    Evidence.objects.bulk_create(Evidence(step=step, kind=one.kind, key=one.key, name=one.name[:200]) for one in shown)
    return claim


def _find(actor: User, chosen: list[tuple[str, str]]) -> list[Shown]:
    if len(chosen) > MOST_EVIDENCE:
        raise ValidationError({"evidence": _("Choose at most %(count)d things.") % {"count": MOST_EVIDENCE}})
    shown = [found(actor, kind, key) for kind, key in chosen]
    if None in shown:
        raise ValidationError({"evidence": _("Something that was chosen is not there any more, or out of your sight.")})
    return shown


@transaction.atomic
def accept_claim(
    *, actor: User | None, claim: Claim, text: str = "", round: int | None = None, at: datetime | None = None
) -> Claim:
    """Accept what was reported, which closes the claim; accepted already: as it was. `round` is the one read."""
    claim = _locked(claim)
    if claim.state == ClaimState.ACCEPTED and ClaimAction.ACCEPT in _moves_of(claim, actor):
        return claim
    return _decide(actor, claim, ClaimAction.ACCEPT, text.strip(), round, aware_now(at))


@transaction.atomic
def send_back_claim(
    *, actor: User | None, claim: Claim, text: str, round: int | None = None, at: datetime | None = None
) -> Claim:
    """Send a report back with a reason, for another round; the same again is the decision that was made."""
    claim, text = _locked(claim), text.strip()
    last = claim.steps.last()
    if last and last.action == ClaimAction.SEND_BACK and (last.by_id, last.text) == (actor and actor.pk, text):
        return claim
    return _decide(actor, claim, ClaimAction.SEND_BACK, text, round, aware_now(at))


def _moves_of(claim: Claim, actor: User | None) -> set[ClaimAction]:
    """The actions that are this person's at all, whatever the state."""
    sides = sides_of(actor, claim)
    return {action for action, move in TABLE.items() if move.sides & sides}


def _decide(actor: User | None, claim: Claim, action: ClaimAction, text: str, seen: int | None, at: datetime) -> Claim:
    _check(claim, action, actor)
    if seen is not None and seen != claim.round:
        raise StateConflict(_("Another report has been made since. Read it, then decide."))
    if TABLE[action].needs_text and says_nothing(text):
        raise ValidationError({"text": _("Say what is missing; whoever reports again reads this.")})
    _record(claim, action, actor, at, text=text)
    claim.state, claim.decided_at = TABLE[action].to, at
    claim.round += action == ClaimAction.SEND_BACK
    claim.save(update_fields=["state", "decided_at", "round"])
    if action == ClaimAction.SEND_BACK:
        tell_returned(claim, actor, at)
    return claim


@transaction.atomic
def withdraw_claim(*, actor: User | None, claim: Claim, text: str, at: datetime | None = None) -> Claim:
    """Take a claim back with a reason; the item may be claimed anew. Withdrawn already: as it was."""
    claim, text = _locked(claim), text.strip()
    if claim.state == ClaimState.WITHDRAWN and ClaimAction.WITHDRAW in _moves_of(claim, actor):
        return claim
    _check(claim, ClaimAction.WITHDRAW, actor)
    if says_nothing(text):
        raise ValidationError({"text": _("Say why it is withdrawn.")})
    claim.state = ClaimState.WITHDRAWN
    claim.save(update_fields=["state"])
    _record(claim, ClaimAction.WITHDRAW, actor, aware_now(at), text=text)
    return claim


def _held(item: WorkItem) -> WorkItem:
    """The item with its list locked."""
    work_list = WorkList.objects.select_for_update().get(pk=item.work_list_id)
    item = WorkItem.objects.get(pk=item.pk)
    item.work_list = work_list
    return item


def _locked(claim: Claim) -> Claim:
    """The claim as it is now, with its list locked before it."""
    item = _held(claim.item)
    related = ("grid__parent", "parent__grid", "responsible")
    # Locked first, then read: who waited for the lock would see what is joined to it as it was before.
    Claim.objects.select_for_update().values_list("pk").get(pk=claim.pk)
    claim = Claim.objects.select_related(*related).get(pk=claim.pk)
    claim.item = item
    return claim


def _check(claim: Claim, action: ClaimAction, actor: User | None) -> None:
    """PermissionDenied or StateConflict unless the table opens the action to the actor."""
    refused = refusal(standing_of(claim, actor), action, sides_of(actor, claim))
    if refused and refused.is_forbidden:
        raise PermissionDenied(str(refused.text))
    if refused:
        raise StateConflict(refused.text)


def _record(claim: Claim, action: ClaimAction, actor: User | None, at: datetime, text: str = "") -> ClaimStep:
    """The entry of the history, after which the claim stands as the table says."""
    to = TABLE[action].to if action in TABLE else None
    step = ClaimStep(
        claim=claim, action=action, to_state=to or claim.state, round=claim.round, text=text, by=actor,
        by_name=str(actor or ""), at=at,
    )  # fmt: skip
    step.clean_fields(exclude=["claim", "by"])
    step.save()
    return step
