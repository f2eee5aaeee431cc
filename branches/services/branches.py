"""Founding, describing, covering, staffing and dissolving branches.

Grids are locked first, then the branch, then people and posts: the order in which everybody locks. Who leads a branch
holds the secretary's post on each grid that it covers, so that their rights are those of a post like any other.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from itertools import pairwise
from typing import NamedTuple

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.access import check_may_run
from branches.models import Branch, BranchGrid, ChiefTitle, Partner, SiteKind
from grids.access import check_may_manage
from grids.models import Grid, Level, Organisation, Post, Role, User
from grids.moments import aware_now
from grids.services import appoint_many, describe_post, end_posts
from grids.services.bulk import what_hangs_on
from grids.tree import ancestor_codes, level_of


class Bringing(NamedTuple):
    """An organisation that works with a branch, and what it brings."""

    organisation: Organisation
    brings: str = ""


def found_branch(
    *,
    actor: User | None,
    name: str,
    kind: str,
    grids: Iterable[Grid],
    founded_on: date | None = None,
    site_kind: str = SiteKind.OTHER,
    site_address: str = "",
    secretary: User | None = None,
    chief_title: ChiefTitle | None = None,
    deputy: User | None = None,
    member_count: int = 0,
    partners: Collection[Bringing] = (),
    is_demo: bool = False,
    at: datetime | None = None,
) -> Branch:
    """A new branch on these grids; the same one again, of this name on just these grids, is the one there is."""
    at = aware_now(at)
    with transaction.atomic():
        grids = _checked(Grid.objects.settle_all(dict.fromkeys(grids)))
        seat = _seat(grids)
        check_may_manage(actor, seat, *grids)
        branch = Branch(
            grid=seat,
            position=seat.lft,
            name=name.strip(),
            kind=kind,
            site_kind=site_kind,
            site_address=site_address.strip(),
            member_count=member_count,
            founded_on=founded_on or timezone.localdate(at),
            is_demo=is_demo,
        )
        try:
            with transaction.atomic():
                _save(branch, at)
                _take(branch, grids, branch.founded_on)
        except ValidationError:
            if same := _same(branch, grids):
                return same
            raise
        _log(actor, branch, ADDITION, [{"added": {}}])
        if secretary or chief_title or deputy:
            appoint_leaders(
                actor=actor, branch=branch, secretary=secretary, chief_title=chief_title, deputy=deputy, at=at
            )
        for organisation, brings in partners:
            add_partner(actor=actor, branch=branch, organisation=organisation, brings=brings)
    return branch


def describe_branch(
    *,
    actor: User | None,
    branch: Branch,
    name: str,
    kind: str,
    site_kind: str,
    site_address: str,
    member_count: int,
    founded_on: date,
    at: datetime | None = None,
) -> Branch:
    """Write down anew what the branch is called, where it meets and how many members it has."""
    with transaction.atomic():
        locked = _locked(branch)
        check_may_manage(actor, locked.grid)
        given = {"name": name.strip(), "kind": kind, "site_kind": site_kind, "site_address": site_address.strip()}
        given |= {"member_count": member_count, "founded_on": founded_on}
        changed = [field for field, value in given.items() if getattr(locked, field) != value]
        for field in changed:
            setattr(locked, field, given[field])
        if changed:
            _save(locked, aware_now(at))
            _log_change(actor, locked, *changed)
    return locked


def cover(
    *, actor: User | None, branch: Branch, grids: Iterable[Grid], reason: str = "", at: datetime | None = None
) -> Branch:
    """Let the branch be just these grids' own from now on; what it gives up stays in the history."""
    at = aware_now(at)
    with transaction.atomic():
        chosen = {grid.pk for grid in grids}
        locked, held = _hold(branch, grids)
        grids = _checked(grid for grid in held if grid.pk in chosen)
        seat = _seat(grids)
        check_may_manage(actor, locked.grid, seat, *grids)
        _refuse_dissolved(locked)
        rows = {row.grid_id: row for row in locked.cover.filter(until=None)}
        left = [rows[pk] for pk in rows.keys() - {grid.pk for grid in grids}]
        new = [grid for grid in grids if grid.pk not in rows]
        if not left and not new:
            return locked
        give_up(left, on=timezone.localdate(at), reason=reason)
        _take(locked, new, timezone.localdate(at))
        take_seat(locked, seat)
        _save(locked, at)
        post_leaders(actor=actor, grids=held, at=at)
        _log_change(actor, locked, "cover")
    return locked


def appoint_leaders(
    *,
    actor: User | None,
    branch: Branch,
    secretary: User | None,
    chief_title: ChiefTitle | None,
    deputy: User | None,
    at: datetime | None = None,
) -> Branch:
    """Who leads the branch from now on, and which of the five chiefs the secretary is; None leaves a seat empty."""
    at = aware_now(at)
    with transaction.atomic():
        locked, covered = _hold(branch)
        check_may_manage(actor, locked.grid)
        _refuse_dissolved(locked)
        given = {"secretary": secretary, "chief_title": chief_title, "deputy": deputy}
        changed = [name for name, value in given.items() if getattr(locked, name) != value]
        _check_leaders(secretary, chief_title, deputy, changed)
        for name in changed:
            setattr(locked, name, given[name])
        if changed:
            locked.save(update_fields=changed)
            _log_change(actor, locked, *changed)
        post_leaders(actor=actor, grids=covered, at=at)
    branch.secretary, branch.chief_title, branch.deputy = secretary, chief_title, deputy
    return locked


def add_partner(*, actor: User | None, branch: Branch, organisation: Organisation, brings: str = "") -> Partner:
    """Draw in an organisation, or write down anew what it brings."""
    with transaction.atomic():
        locked = _locked(branch)
        check_may_run(actor, locked)
        _refuse_dissolved(locked)
        if organisation.dissolved_at:
            text = _("%(organisation)s has been dissolved.") % {"organisation": organisation}
            raise ValidationError({"organisation": text})
        partner = locked.partners.filter(organisation=organisation).first()
        partner = partner or Partner(branch=locked, organisation=organisation)
        if partner.pk and partner.brings == brings.strip():
            return partner
        partner.brings = brings.strip()
        what = "changed" if partner.pk else "added"
        partner.full_clean()
        partner.save()
        _log(actor, locked, CHANGE, [_about(partner, what)])
    return partner


def remove_partner(*, actor: User | None, partner: Partner) -> None:
    """Let an organisation go; removed already: nothing happens."""
    with transaction.atomic():
        locked = _locked(partner.branch)
        check_may_run(actor, locked)
        _refuse_dissolved(locked)
        if locked.partners.filter(pk=partner.pk).delete()[0]:
            _log(actor, locked, CHANGE, [_about(partner, "deleted")])


def dissolve_branch(*, actor: User | None, branch: Branch, reason: str = "", at: datetime | None = None) -> Branch:
    """Take the branch out of use: what it covered falls back to the branch above, its leaders' posts end.

    Dissolved already: as it was.
    """
    at = aware_now(at)
    with transaction.atomic():
        locked, covered = _hold(branch)
        check_may_manage(actor, locked.grid)
        if locked.dissolved_on:
            return locked
        if actor and not reason.strip():
            raise ValidationError({"reason": _("Say why; it stays in the history of the branch.")})
        locked.dissolved_on = max(timezone.localdate(at), locked.founded_on)
        locked.save(update_fields=["dissolved_on"])
        give_up(locked.cover.filter(until=None), on=locked.dissolved_on, reason=reason)
        post_leaders(actor=actor, grids=covered, at=at)
        _log_change(actor, locked, "dissolved_on")
    return locked


def delete_branches(
    *, actor: User | None, keys: Collection[int], is_changed: Callable[[Branch], bool], at: datetime
) -> list[str]:
    """Delete branches that were entered by mistake, with their covers and partners; what keeps them, in sentences."""
    covered = Grid.objects.settle_all(Grid.objects.filter(branchgrids__branch__in=keys).distinct())
    branches = list(Branch.objects.select_for_update(of=("self",)).select_related("grid").filter(pk__in=keys))
    check_may_manage(actor, *{branch.grid for branch in branches})
    refusals = [_("%(row)s has been changed since.") % {"row": branch} for branch in branches
                if branch.dissolved_on or is_changed(branch)]  # fmt: skip
    for model in (BranchGrid, Partner):  # they belong to it; where it stays, the caller undoes all of this
        model.objects.filter(branch__in=branches).delete()
    refusals += what_hangs_on(Branch, branches)
    if not refusals:
        Branch.objects.filter(pk__in=keys).delete()
        post_leaders(actor=actor, grids=covered, at=at)
    return refusals


def take_seat(branch: Branch, seat: Grid) -> None:
    """Let the branch, not stored yet, and its meetings and budgets stand on another grid; the caller holds it."""
    branch.grid, branch.position = seat, seat.lft
    for rows in (branch.meetings, branch.budgets):
        rows.exclude(grid=seat).update(grid=seat, position=seat.lft)


def give_up(rows: Iterable[BranchGrid], *, on: date, reason: str = "") -> None:
    """End rows of covers; the caller has locked their grids and branch, and posts the leaders afterwards."""
    for row in rows:
        row.until, row.reason = max(on, row.since), reason.strip()[:200]
        row.save(update_fields=["until", "reason"])


def post_leaders(*, actor: User | None, grids: Iterable[Grid], at: datetime) -> None:
    """Let exactly the leaders of each grid's own branch hold the secretary's post there.

    The caller has settled the grids. A leader whose account is closed holds no post.
    """
    places = {grid.pk: grid for grid in grids}
    rows = BranchGrid.objects.filter(grid__in=places, until=None).select_related("branch__secretary", "branch__deputy")
    wanted: dict[tuple[User, str], set[int]] = defaultdict(set)
    for row in rows:
        for person, duties in (
            (row.branch.secretary, _("Leads the branch")),
            (row.branch.deputy, _("Deputy secretary")),
        ):
            if person and person.is_active:
                wanted[person, duties].add(row.grid_id)
    held = list(Post.objects.active().filter(grid__in=places, role=Role.SECRETARY).select_related("user", "grid"))
    duties_of = {(grid, person.pk): duties for (person, duties), keys in wanted.items() for grid in keys}
    ending = [post for post in held if (post.grid_id, post.user_id) not in duties_of]
    if ending:
        # What began after the moment that this is about ends as it begins.
        end_posts(actor=actor, posts=ending, at=max([at, *(post.started_at for post in ending)]))
    for post in held:
        duties = duties_of.get((post.grid_id, post.user_id), post.duties)
        if duties != post.duties:
            describe_post(actor=actor, post=post, duties=duties, source=post.source)
    for (person, duties), keys in wanted.items():
        chosen = [places[key] for key in keys]
        appoint_many(actor=actor, user=person, role=Role.SECRETARY, grids=chosen, duties=duties, at=at)


def seat_code(codes: Iterable[str]) -> str:
    """The code of the lowest grid that holds all of these, at least a community; empty where none does."""
    first, *others = codes
    way = [code for code in (first, *ancestor_codes(first)) if level_of(code) <= Level.COMMUNITY]
    way.sort(key=len, reverse=True)
    return next((code for code in way if all(other.startswith(code) for other in others)), "")


def _hold(branch: Branch, others: Iterable[Grid] = ()) -> tuple[Branch, list[Grid]]:
    """The branch as it is now, and the grids that it covers together with others, all of them held."""
    covered = Grid.objects.filter(branchgrids__branch=branch, branchgrids__until=None)
    held = Grid.objects.settle_all(dict.fromkeys([*covered, *others]))
    locked = _locked(branch)
    now = set(locked.cover.filter(until=None).values_list("grid", flat=True))
    if now - {grid.pk for grid in held}:
        raise ValidationError(_("Somebody else has just changed this branch. Look again, then repeat."))
    return locked, held


def _checked(grids: Iterable[Grid]) -> list[Grid]:
    """The grids that a branch is to cover, in the order of the tree; refused where they cannot be covered together."""
    found = sorted(grids, key=lambda grid: grid.lft)
    if not found:
        raise ValidationError({"grids": _("Choose at least one grid.")})
    problems = [_("%(grid)s has been retired.") % {"grid": grid} for grid in found if grid.retired_at]
    for outer, inner in pairwise(found):  # by place, so what holds the other stands before it
        if inner.lft <= outer.rght:
            text = _("%(inner)s lies inside %(outer)s, which is chosen too.")
            problems.append(text % {"inner": inner, "outer": outer})
    if problems:
        raise ValidationError({"grids": problems})
    return found


def _seat(grids: list[Grid]) -> Grid:
    """The caller has settled the grids, and so what holds them."""
    code = seat_code(grid.code for grid in grids)
    if not code:
        raise ValidationError({"grids": _("These grids lie in different cities.")})
    return Grid.objects.get(code=code)


def _same(new: Branch, grids: list[Grid]) -> Branch | None:
    """The branch that the same form, sent twice, has founded already."""
    branch = Branch.objects.active().filter(grid=new.grid, name=new.name).first()
    if branch is None:
        return None
    covered = set(branch.cover.filter(until=None).values_list("grid", flat=True))
    return branch if covered == {grid.pk for grid in grids} else None


def _take(branch: Branch, grids: list[Grid], since: date) -> None:
    """Make these grids the branch's own; refused where one has another."""
    try:
        with transaction.atomic():
            _refuse_taken(branch, grids)
            for grid in grids:
                BranchGrid.objects.create(branch=branch, grid=grid, position=grid.lft, since=since)
    except IntegrityError:
        # Somebody else was faster by a moment: now the look at them finds it.
        _refuse_taken(branch, grids)
        raise


def _refuse_taken(branch: Branch, grids: list[Grid]) -> None:
    taken = BranchGrid.objects.filter(grid__in=grids, until=None).exclude(branch=branch)
    problems = [
        _("%(grid)s has a branch of its own already: %(branch)s.") % {"grid": row.grid, "branch": row.branch}
        for row in taken.select_related("grid", "branch")
    ]
    if problems:
        raise ValidationError({"grids": problems})


def _check_leaders(
    secretary: User | None, chief_title: ChiefTitle | None, deputy: User | None, changed: Collection[str]
) -> None:
    problems = {}
    for name, person in (("secretary", secretary), ("deputy", deputy)):
        if person and name in changed and not person.is_active:
            problems[name] = _("The account of %(user)s has been closed.") % {"user": person}
    if secretary and secretary == deputy:
        problems["deputy"] = _("Secretary and deputy are two people.")
    if chief_title and not secretary:
        problems["chief_title"] = _("Choose the secretary whose office this is.")
    elif chief_title and "chief_title" in changed and not chief_title.is_active:
        problems["chief_title"] = _("%(title)s is no longer one of the five chiefs.") % {"title": chief_title}
    if problems:
        raise ValidationError(problems)


def _refuse_dissolved(branch: Branch) -> None:
    if branch.dissolved_on:
        raise ValidationError(_("This branch has been dissolved; what stands here is history."))


def _locked(branch: Branch) -> Branch:
    return Branch.objects.select_for_update(of=("self",)).select_related("grid").get(pk=branch.pk)


def _save(branch: Branch, at: datetime) -> None:
    _refuse_dissolved(branch)
    if branch.founded_on > timezone.localdate(at):
        raise ValidationError({"founded_on": _("A branch is entered when it has been founded, not before.")})
    _clean(branch)
    try:
        with transaction.atomic():
            branch.save()
    except IntegrityError:
        _clean(branch)  # somebody entered the same at the same moment: now this finds it
        raise


def _clean(branch: Branch) -> None:
    """As `full_clean`; a name that is taken is said at the name."""
    branch.full_clean(exclude=["position", "grid", "secretary", "deputy", "chief_title"], validate_constraints=False)
    others = Branch.objects.active().filter(grid=branch.grid, name=branch.name).exclude(pk=branch.pk)
    if others.exists():
        raise ValidationError({"name": _("There is already a branch of this name here.")})


def _about(partner: Partner, what: str) -> dict:
    return {what: {"name": str(Partner._meta.verbose_name), "object": str(partner)}}


def _log_change(actor: User | None, branch: Branch, *names: str) -> None:
    labels = [str(_("covered grids")) if name == "cover" else str(Branch._meta.get_field(name).verbose_name)
              for name in names]  # fmt: skip
    _log(actor, branch, CHANGE, [{"changed": {"fields": labels}}])


def _log(actor: User | None, branch: Branch, flag: int, message: list) -> None:
    """Into the history of the admin page, whoever calls; a command is nobody and leaves none."""
    if actor:
        LogEntry.objects.log_actions(actor.pk, [branch], flag, message, single_object=True)
