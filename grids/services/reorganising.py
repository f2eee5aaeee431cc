"""Changing the shape of the tree: moving, merging, splitting and retiring grids, and telling the floors above of it.

Each takes its cities' lock, so that one reorganisation follows the other, then its grids' from the top down. Each is
one transaction with one record, keeps every code that it takes away, and sends `reorganised`. The functions that begin
with `do_` return the record, None when there was nothing to do.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from grids import tree
from grids.access import check_may_manage, check_may_reshape
from grids.models import Grid, GridChange, Level, User
from grids.services.changes import checked_moment, checked_reason, keep_code, keep_codes, record
from grids.services.editing import create_grid
from grids.services.succession import end_posts_on, hand_over_organisations, hand_over_posts
from grids.tree import Transfer

# Sent inside the transaction of each move, merge, split and retirement, with `change` (the record; what a receiver
# moved it adds to `change.counts`), `grid` (what was changed, as it is now), `successors` (of a grid that went out of
# use, who continues it first), `moved` (pairs of the intervals before and after), `joined` (organisations that became
# one, {old key: kept key}), `actor` and `at`. Rows with a position have been shifted already.
reorganised = Signal()


@dataclass(frozen=True)
class Part:
    """One of the grids that a grid is split into: its name, the codes of the children that it gets, its own code."""

    name: str
    children: tuple[str, ...] = ()
    code: str | None = None


def move_grid(
    *,
    actor: User | None,
    grid: Grid,
    new_parent: Grid,
    code: str | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> Grid:
    """Move the grid and all below it under `new_parent`, to `code` or the next free one; its level stays."""
    change = do_move(actor=actor, grid=grid, new_parent=new_parent, code=code, reason=reason, at=at)
    return change.grid if change else Grid.objects.get(pk=grid.pk)


def merge_grids(*, actor: User | None, grid: Grid, into: Grid, reason: str = "", at: datetime | None = None) -> Grid:
    """Let `grid` go up in `into`, a grid of the same level, with all below it; its code leads there from now on."""
    do_merge(actor=actor, grid=grid, into=into, reason=reason, at=at)
    return Grid.objects.get(pk=into.pk)


def split_grid(
    *, actor: User | None, grid: Grid, parts: Iterable[Part], reason: str = "", at: datetime | None = None
) -> list[Grid]:
    """Divide the grid into new ones beside it, each with some of its children; the first continues it."""
    change = do_split(actor=actor, grid=grid, parts=parts, reason=reason, at=at)
    return [former.grid for former in change.codes.filter(code=change.old_code).select_related("grid").order_by("pk")]


def retire_grid(
    *, actor: User | None, grid: Grid, reason: str = "", successor: Grid | None = None, at: datetime | None = None
) -> Grid:
    """Take the grid out of use: its posts end and nothing new is placed there; its history stays.

    With a successor its code leads there, and its open cases and organisations go there. Refused while something below
    it is in use.
    """
    change = do_retire(actor=actor, grid=grid, reason=reason, successor=successor, at=at)
    return change.grid if change else Grid.objects.get(pk=grid.pk)


@transaction.atomic
def do_move(
    *, actor: User | None, grid: Grid, new_parent: Grid, code: str | None, reason: str, at: datetime | None
) -> GridChange | None:
    reason, at = checked_reason(actor, reason), checked_moment(at)
    if new_parent is None:
        Grid.objects.check_parent(grid, None)
    grid, new_parent = Grid.objects.reserve(grid, new_parent)
    check_may_reshape(actor, grid)
    check_may_manage(actor, new_parent)
    old_code = grid.code
    transfer = Grid.objects.relocate(grid, new_parent, code)
    if transfer is None:
        return None
    change = record("move", actor=actor, at=at, grid=grid, reason=reason, old_code=old_code)
    keep_codes(change, transfer.recoded)
    _announce(change, actor, transfer)
    return change


@transaction.atomic
def do_merge(*, actor: User | None, grid: Grid, into: Grid, reason: str, at: datetime | None) -> GridChange:
    reason, at = checked_reason(actor, reason), checked_moment(at)
    grid, into = Grid.objects.reserve(grid, into)
    _check_merge(grid, into)
    check_may_reshape(actor, grid)
    check_may_reshape(actor, into)
    grid = Grid.objects.seize(grid)
    into = Grid.objects.reserve_numbers(into)
    children = list(grid.children.order_by("lft"))
    transfer = Transfer([], [], Counter())
    if children:
        codes = Grid.objects.codes_under(into, children)
        transfer = Grid.objects.transfer([(child, into, code) for child, code in zip(children, codes, strict=True)])
    into.households += grid.households
    into.save(update_fields=["households"])
    names = {"new_name": into.name, "new_code": into.code}
    change = record("merge", actor=actor, at=at, grid=grid, reason=reason, **names)
    keep_codes(change, transfer.recoded)
    _succeed(change, actor, grid, [into], transfer, keeps_managers=False)
    return change


def _check_merge(grid: Grid, into: Grid) -> None:
    if grid.pk == into.pk:
        raise ValidationError({"into": _("A grid cannot be merged into itself.")})
    for one in (grid, into):
        if one.retired_at:
            raise ValidationError(_("%(grid)s has been retired already.") % {"grid": one})
    if grid.level != into.level:
        raise ValidationError(
            {"into": _("Only grids of one level merge: %(grid)s is a %(level)s, %(into)s is a %(other)s.")
             % {"grid": grid, "level": grid.get_level_display(), "into": into, "other": into.get_level_display()}}
        )  # fmt: skip


@transaction.atomic
def do_split(*, actor: User | None, grid: Grid, parts: Iterable[Part], reason: str, at: datetime | None) -> GridChange:
    reason, at, parts = checked_reason(actor, reason), checked_moment(at), list(parts)
    (grid,) = Grid.objects.reserve(grid)
    check_may_reshape(actor, grid)
    if grid.level in (Level.CITY, Level.UNIT):
        raise ValidationError(_("A %(level)s cannot be split.") % {"level": grid.get_level_display()})
    if grid.retired_at:
        raise ValidationError(_("%(grid)s has been retired already.") % {"grid": grid})
    parent = Grid.objects.reserve_numbers(grid.parent)
    grid = Grid.objects.seize(grid)
    children = list(grid.children.order_by("lft"))
    belongs = _divide(grid, children, parts)
    new = [_create_part(grid, parent, part) for part in parts]
    moves = [(child, new[belongs[child.code]], new[belongs[child.code]].code + child.code[len(grid.code) :])
             for child in children]  # fmt: skip
    transfer = Grid.objects.transfer(moves) if moves else Transfer([], [], Counter())
    for index, part in enumerate(new):
        part.households = sum(
            child.households for child in children if belongs[child.code] == index and not child.retired_at
        )
        part.save(update_fields=["households"])
    names = {"new_name": new[0].name, "new_code": new[0].code}
    change = record("split", actor=actor, at=at, grid=grid, reason=reason, **names)
    keep_codes(change, transfer.recoded)
    _succeed(change, actor, grid, new, transfer, keeps_managers=True)
    return change


def _divide(grid: Grid, children: list[Grid], parts: list[Part]) -> dict[str, int]:
    """Which part each child goes to, by code; ValidationError at `parts` unless every one in use is in exactly one."""
    if len(parts) < 2:
        raise ValidationError({"parts": _("A grid is split into two parts at least.")})
    belongs: dict[str, int] = {}
    for index, part in enumerate(parts):
        for code in part.children:
            if code in belongs:
                raise ValidationError({"parts": _("%(code)s is in two parts.") % {"code": code}})
            belongs[code] = index
    if strange := belongs.keys() - {child.code for child in children}:
        raise ValidationError(
            {
                "parts": _("%(codes)s: not directly below %(grid)s.")
                % {"codes": "、".join(sorted(strange)), "grid": grid}
            }
        )
    if left := [child for child in children if child.code not in belongs and not child.retired_at]:
        names = "、".join(map(str, left[:5]))
        raise ValidationError({"parts": _("To be put into one of the parts still: %(grids)s.") % {"grids": names}})
    # What is retired already stays with whoever continues the grid.
    return {child.code: belongs.get(child.code, 0) for child in children}


def _create_part(grid: Grid, parent: Grid, part: Part) -> Grid:
    code = part.code or Grid.objects.free_code(parent)
    try:
        if tree.parent_code(code) != parent.code:
            raise ValueError(_("The code %(code)s does not begin with that of %(parent)s.")
                             % {"code": code, "parent": parent})  # fmt: skip
        return create_grid(actor=None, code=code, name=part.name, is_demo=grid.is_demo)
    except (ValidationError, ValueError) as error:
        problem = " ".join(getattr(error, "messages", error.args))
        text = _("%(part)s: %(problem)s") % {"part": part.name or code, "problem": problem}
        raise ValidationError({"parts": text}) from error


@transaction.atomic
def do_retire(
    *, actor: User | None, grid: Grid, reason: str, successor: Grid | None, at: datetime | None
) -> GridChange | None:
    reason, at = checked_reason(actor, reason), checked_moment(at)
    grid, *others = Grid.objects.reserve(grid, *([successor] if successor else []))
    check_may_reshape(actor, grid)
    check_may_manage(actor, *others)
    if grid.retired_at:
        return None
    _check_successors(grid, others)
    grid = Grid.objects.seize(grid)
    others = [Grid.objects.reserve_numbers(other) for other in others]
    if child := grid.children.active().first():
        raise ValidationError(_("%(child)s below it is still in use. Retire or move it first.") % {"child": child})
    names = {"new_name": others[0].name, "new_code": others[0].code} if others else {}
    change = record("retire", actor=actor, at=at, grid=grid, reason=reason, **names)
    change.counts["posts_ended"] = len(end_posts_on(actor=actor, grid=grid, at=at))
    _succeed(change, actor, grid, others, Transfer([], [], Counter()))
    return change


def _check_successors(grid: Grid, successors: list[Grid]) -> None:
    for successor in successors:
        if successor.retired_at:
            raise ValidationError({"successor": _("%(grid)s has been retired already.") % {"grid": successor}})
        if successor.pk == grid.pk or successor.level > grid.level:
            raise ValidationError(
                {"successor": _("What takes the place of a %(level)s is another one, or a grid of a higher level.")
                 % {"level": grid.get_level_display()}}
            )  # fmt: skip


def _succeed(
    change: GridChange,
    actor: User | None,
    grid: Grid,
    successors: list[Grid],
    transfer: Transfer,
    keeps_managers: bool | None = None,
) -> None:
    """Take the grid out of use; its code, and what stands on it, go to the successors; posts only when told how."""
    keep_code(change, successors)
    counts, joined = Counter(), {}
    if successors and keeps_managers is not None:
        counts += hand_over_posts(
            actor=actor, grid=grid, successor=successors[0], at=change.at, keeps_managers=keeps_managers
        )
    if successors:
        organisations, joined = hand_over_organisations(grid=grid, successor=successors[0], at=change.at)
        counts += organisations
    grid.retired_at = change.at
    grid.save(update_fields=["retired_at"])
    change.grid = grid
    change.counts |= counts
    _announce(change, actor, transfer, successors, joined)


def _announce(
    change: GridChange,
    actor: User | None,
    transfer: Transfer,
    successors: Iterable[Grid] = (),
    joined: dict[int, int] | None = None,
) -> None:
    """Tell the floors above, then keep what all of it moved."""
    counts = transfer.counts + Counter(change.counts)
    del counts[GridChange._meta.label_lower]  # the record's own rows are no news
    change.counts = dict(counts)
    reorganised.send(
        sender=Grid,
        change=change,
        grid=change.grid,
        successors=list(successors),
        moved=transfer.moved,
        joined=joined or {},
        actor=actor,
        at=change.at,
    )
    change.save(update_fields=["counts"])
    if actor:
        actor.forget_rights()  # their grids may have other codes now
