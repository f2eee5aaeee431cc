"""Reorganisations on trial: what one would do, found out by doing it in a transaction that is rolled back."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from grids.models import Grid, GridChange, User
from grids.services.editing import do_rename
from grids.services.reorganising import Part, do_merge, do_move, do_retire, do_split


class Mapping(NamedTuple):
    """Where one code leads."""

    code: str
    name: str
    new_code: str
    new_name: str


@dataclass(frozen=True)
class Plan:
    """A reorganisation that somebody intends: one of the kinds, of one grid or of several one after the other.

    `target` is the new parent of a move, what a merge leads into, the successor of a retirement.
    """

    kind: str
    grids: tuple[Grid, ...]
    reason: str
    target: Grid | None = None
    name: str = ""
    code: str | None = None
    parts: tuple[Part, ...] = ()

    def perform(self, actor: User | None, at: datetime) -> list[GridChange]:
        """Do it; what lies below goes first."""
        ordered = sorted(self.grids, key=lambda grid: (-grid.level, grid.lft))
        changes = [self._perform_one(grid, {"actor": actor, "reason": self.reason, "at": at}) for grid in ordered]
        if self.kind == GridChange.Kind.MERGE and self.name:
            changes.append(do_rename(actor=actor, grid=self.target, name=self.name, reason=self.reason, at=at))
        return [change for change in changes if change]

    def _perform_one(self, grid: Grid, given: dict) -> GridChange | None:
        match self.kind:
            case GridChange.Kind.RENAME:
                return do_rename(grid=grid, name=self.name, **given)
            case GridChange.Kind.MOVE:
                return do_move(grid=grid, new_parent=self.target, code=self.code, **given)
            case GridChange.Kind.MERGE:
                return do_merge(grid=grid, into=self.target, **given)
            case GridChange.Kind.SPLIT:
                return do_split(grid=grid, parts=self.parts, **given)
            case GridChange.Kind.RETIRE:
                return do_retire(grid=grid, successor=self.target, **given)
        raise ValueError(f"{self.kind} is no kind of reorganisation.")


@dataclass(frozen=True)
class Outcome:
    """What a plan did, or would do: its records, and where each code that it takes away leads."""

    changes: list[GridChange]
    mapping: list[Mapping]
    is_done: bool

    @property
    def fingerprint(self) -> str:
        """The same for two runs that give the same grids the same codes and names."""
        rows = [(change.kind, change.old_code, change.new_code, change.old_name, change.new_name)
                for change in self.changes]  # fmt: skip
        return hashlib.sha256(repr((rows, sorted(self.mapping))).encode()).hexdigest()


def preview(*, actor: User | None, plan: Plan, at: datetime | None = None) -> Outcome:
    """What the plan would do now; nothing stays of it. Raises what carrying it out would raise."""
    return _run(actor, plan, at, lambda outcome: False)


def carry_out(*, actor: User | None, plan: Plan, fingerprint: str, at: datetime | None = None) -> Outcome:
    """Do what was shown. When it would no longer do the same, nothing is done, and the outcome says what it would."""
    return _run(actor, plan, at, lambda outcome: outcome.fingerprint == fingerprint)


def _run(actor: User | None, plan: Plan, at: datetime | None, stays: Callable[[Outcome], bool]) -> Outcome:
    with transaction.atomic():
        changes = plan.perform(actor, at or timezone.now())
        outcome = Outcome(changes, _mapping(changes), is_done=False)
        if stays(outcome):
            return Outcome(outcome.changes, outcome.mapping, is_done=True)
        transaction.set_rollback(True)
    if actor:
        actor.forget_rights()
    return outcome


def _mapping(changes: list[GridChange]) -> list[Mapping]:
    rows = [
        change.codes.order_by("code", "pk").values_list("code", "name", "new_code", "grid__name") for change in changes
    ]
    return [Mapping(*row) for found in rows for row in found]
