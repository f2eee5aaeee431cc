"""Founding the branches of an accepted plan."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from branches.models import Branch
from branches.proposals import Survey
from branches.services.branches import found_branch
from grids.access import check_may_manage
from grids.models import Grid, User


class Planned(NamedTuple):
    """A branch that a plan would found: its name, its kind and the codes of its buildings."""

    name: str
    kind: str
    codes: tuple[str, ...]


def accept_plan(
    *, actor: User | None, community: Grid, planned: Iterable[Planned], fingerprint: str, at: datetime | None = None
) -> list[Branch]:
    """Found these branches, all or none; sent again, those that it founded.

    Refused when the buildings, their households or their branches are no longer those of `fingerprint`.
    """
    planned = list(planned)
    with transaction.atomic():
        community = Grid.objects.settle(community)
        check_may_manage(actor, community)
        if founded := _founded(community, planned):
            return founded
        survey = Survey(community)
        if survey.fingerprint != fingerprint:
            text = _("The buildings of %(grid)s, or their branches, have changed meanwhile. Look at the new proposal.")
            raise ValidationError(text % {"grid": community.name})
        _check(planned, survey)
        grids = {grid.code: grid for grid in Grid.objects.active().filter(code__in=survey.free)}
        return [
            found_branch(
                actor=actor,
                name=one.name,
                kind=one.kind,
                grids=[grids[code] for code in one.codes],
                is_demo=community.is_demo,
                at=at,
            )
            for one in planned
        ]


def _founded(community: Grid, planned: list[Planned]) -> list[Branch]:
    """The branches of the plan if they are all there, just so."""
    there = {}
    for branch in Branch.objects.active().filter(grid=community, name__in=[one.name.strip() for one in planned]):
        codes = branch.cover.active().values_list("grid__code", flat=True)
        there[branch.name, frozenset(codes)] = branch
    wanted = [(one.name.strip(), frozenset(one.codes)) for one in planned]
    return [there[key] for key in wanted] if all(key in there for key in wanted) else []


def _check(planned: list[Planned], survey: Survey) -> None:
    codes = [code for one in planned for code in one.codes]
    if not codes:
        raise ValidationError(_("Choose at least one set to found."))
    if len(codes) != len(set(codes)) or not set(codes) <= survey.free.keys():
        raise ValidationError(_("Every building stands in one set, and has no branch of its own yet."))
    names = [one.name.strip() for one in planned]
    if "" in names:
        raise ValidationError(_("Every new branch needs a name."))
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ValidationError(_("Two of the new branches are called %(name)s.") % {"name": twice})
