"""The only functions that change the tree and who holds which post. `actor` is None for a command."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from grids import tree
from grids.divisions import Division, read_divisions
from grids.models import Grid, Post, Role, User

# Sent inside the transaction of a move or retirement, with `kind` ("move" or "retire"), `grid` (as it is now), `actor`,
# `at`, `old_code`, `new_code`, `old_interval` and `new_interval`. Rows with a position have been shifted already.
reorganised = Signal()


# The tree


def create_grid(
    *,
    actor: User | None,
    code: str,
    name: str,
    households: int = 0,
    is_demo: bool = False,
    at: datetime | None = None,
) -> Grid:
    """A new grid at the place that its code names; ValidationError at `code` when there is none."""
    grid = Grid(code=code, name=name.strip(), households=households, is_demo=is_demo)
    with transaction.atomic():
        grid.clean_fields(exclude=["parent"])
        try:
            grid.save()
        except IntegrityError as error:
            raise ValidationError({"code": _("There is already a grid with this code.")}) from error
    return grid


def rename_grid(*, actor: User | None, grid: Grid, name: str, at: datetime | None = None) -> Grid:
    """Give the grid another name."""
    with transaction.atomic():
        grid = _locked(grid)
        grid.name = name.strip()
        grid.clean_fields()
        grid.save(update_fields=["name"])
    return grid


def set_households(*, actor: User | None, grid: Grid, households: int, at: datetime | None = None) -> Grid:
    """Set the number of households that live in the grid."""
    with transaction.atomic():
        grid = _locked(grid)
        grid.households = households
        grid.clean_fields()
        grid.save(update_fields=["households"])
    return grid


def move_grid(
    *, actor: User | None, grid: Grid, new_parent: Grid, code: str | None = None, at: datetime | None = None
) -> Grid:
    """Move the grid and all below it under `new_parent`, to `code` or the next free one; its level stays."""
    at = at or timezone.now()
    with transaction.atomic():
        grid = Grid.objects.get(pk=grid.pk)
        old_code = grid.code
        Grid.objects.relocate(grid, new_parent, code)
        if grid.code != old_code:
            _announce("move", grid, actor, at, old_code)
    return grid


def retire_grid(*, actor: User | None, grid: Grid, at: datetime | None = None) -> Grid:
    """Take the grid out of use: its posts end and nothing new is placed there; its history stays.

    Refused while something below it is in use.
    """
    at = at or timezone.now()
    with transaction.atomic():
        grid = _locked(grid, exclusive=True)
        if grid.retired_at:
            return grid
        if child := grid.children.active().first():
            raise ValidationError(_("%(child)s below it is still in use. Retire or move it first.") % {"child": child})
        for post in grid.posts.active():
            end_post(actor=actor, post=post, at=at)
        grid.retired_at = at
        grid.save(update_fields=["retired_at"])
        _announce("retire", grid, actor, at, grid.code)
    return grid


def why_not_delete(grid: Grid) -> str:
    """Why the grid cannot be deleted: something hangs on it. Empty when it can."""
    for relation in grid._meta.related_objects:
        if relation.related_model._base_manager.filter(**{relation.field.name: grid.pk}).exists():
            return _("%(grid)s has history (%(what)s hang on it), so it cannot be deleted. Retire it instead.") % {
                "grid": grid,
                "what": relation.related_model._meta.verbose_name_plural,
            }
    return ""


def delete_grid(*, actor: User | None, grid: Grid) -> None:
    """Delete a grid that was entered by mistake; what has children, posts or events is retired instead."""
    with transaction.atomic():
        grid = _locked(grid, exclusive=True)
        if refusal := why_not_delete(grid):
            raise ValidationError(refusal)
        grid.delete()


@dataclass(frozen=True)
class Loaded:
    """How many rows of a file of divisions did what."""

    created: int
    renamed: int
    unchanged: int


def load_divisions(
    *, actor: User | None, path: Path | str, is_demo: bool = False, progress: Callable[[int, int], None] | None = None
) -> Loaded:
    """Create and rename grids as the CSV file says, all or nothing; see `grids/divisions.py` for its errors.

    `progress` is called with the rows done and the rows in all.
    """
    rows = read_divisions(path)
    with transaction.atomic():
        present = _grids_of([row.code for row in rows])
        renamed = [row for row in rows if row.code in present and present[row.code].name != row.name]
        new = [row for row in rows if row.code not in present]
        done = len(rows) - len(new)
        _rename(renamed, present)
        _report(progress, done, len(rows))
        try:
            for batch in _create(new, present, is_demo):
                done += len(batch)
                _report(progress, done, len(rows))
        except IntegrityError as error:
            raise ValidationError(_("Somebody else created some of these grids at the same moment.")) from error
    return Loaded(created=len(new), renamed=len(renamed), unchanged=len(rows) - len(new) - len(renamed))


def _locked(grid: Grid, *, exclusive: bool = False) -> Grid:
    """The row as it is now. Exclusive also waits for those who are placing something under it."""
    return Grid.objects.select_for_update(no_key=not exclusive).get(pk=grid.pk)


def _announce(kind: str, grid: Grid, actor: User | None, at: datetime, old_code: str) -> None:
    reorganised.send(
        sender=Grid,
        kind=kind,
        grid=grid,
        actor=actor,
        at=at,
        old_code=old_code,
        new_code=grid.code,
        old_interval=tree.interval(old_code),
        new_interval=(grid.lft, grid.rght),
    )


BATCH = 500


def _batches(items: list) -> Iterable[list]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def _grids_of(codes: list[str]) -> dict[str, Grid]:
    """The grids of these codes and of their parents, by code, locked against moves."""
    # Parents before children, the order in which everybody locks.
    wanted = sorted({*codes, *(parent for code in codes if (parent := tree.parent_code(code)))}, key=len)
    found: dict[str, Grid] = {}
    for batch in _batches(wanted):
        found |= Grid.objects.hold(batch)
    return found


def _rename(rows: list[Division], present: dict[str, Grid]) -> None:
    for row in rows:
        present[row.code].name = row.name
    Grid.objects.bulk_update([present[row.code] for row in rows], ["name"], batch_size=BATCH)


def _create(rows: list[Division], present: dict[str, Grid], is_demo: bool) -> Iterable[list[Grid]]:
    """Create grids level by level and add them to `present`; yields what each statement created."""
    for digits in tree.DIGITS:
        for batch in _batches([row for row in rows if len(row.code) == digits]):
            grids = [_grid_of(row, present, is_demo) for row in batch]
            Grid.objects.bulk_create(grids)
            present |= {grid.code: grid for grid in grids}
            yield grids


def _grid_of(row: Division, present: dict[str, Grid], is_demo: bool) -> Grid:
    grid = Grid(code=row.code, name=row.name, households=int(row.households or 0), is_demo=is_demo)
    Grid.objects.set_interval(grid)
    try:
        Grid.objects.set_parent(grid, present)
    except ValidationError as error:
        raise row.error("code", error.messages[0]) from error
    return grid


def _report(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress:
        progress(done, total)


# Posts

EARLIEST_YEAR = 1950  # nobody in office today took it up earlier; an older date is a slip of the keyboard


def check_appointment(*, user: User, role: str, grid: Grid, at: datetime) -> None:
    """Why the user cannot get this post, as a ValidationError at the field to mend."""
    if role not in Role.values:
        raise ValidationError({"role": _("“%(role)s” is none of the roles.") % {"role": role}})
    if not user.is_active:
        raise ValidationError({"user": _("The account of %(user)s has been closed.") % {"user": user}})
    if grid.retired_at:
        raise ValidationError({"grid": _("%(grid)s has been retired; nobody can be posted there.") % {"grid": grid}})
    if at > timezone.now():
        raise ValidationError({"started_at": _("A post starts today or in the past, not in the future.")})
    if at.year < EARLIEST_YEAR:
        raise ValidationError({"started_at": _("A post cannot start before %(year)d.") % {"year": EARLIEST_YEAR}})
    if role == Role.CHIEF and grid.posts.active().filter(role=Role.CHIEF).exists():
        raise ValidationError({"role": _chief_message(grid)})


def appoint(
    *,
    actor: User | None,
    user: User,
    role: str,
    grid: Grid,
    duties: str = "",
    source: str = "",
    at: datetime | None = None,
) -> Post:
    """Give the user a post from `at` on; the same active post again returns the one there is."""
    at = at or timezone.now()
    with transaction.atomic():
        grid = Grid.objects.settle(grid)
        held = Post.objects.active().filter(user=user, role=role, grid=grid).first()
        if held:
            return held
        check_appointment(user=user, role=role, grid=grid, at=at)
        post = Post(user=user, role=role, grid=grid, duties=duties, source=source, started_at=at, appointed_by=actor)
        post.full_clean(exclude=["position", "user", "grid"], validate_unique=False, validate_constraints=False)
        try:
            post.save()
        except IntegrityError as error:
            # Somebody appointed at the same moment: the same post, or another chief.
            held = Post.objects.active().filter(user=user, role=role, grid=grid).first()
            if held is None:
                raise ValidationError({"role": _chief_message(grid)}) from error
            return held
    _forget_posts(user)
    return post


def describe_post(*, actor: User | None, post: Post, duties: str, source: str, at: datetime | None = None) -> Post:
    """Write down anew what an active post has to do and where its holder comes from."""
    with transaction.atomic():
        locked = Post.objects.select_for_update(of=("self",)).select_related("grid", "user").get(pk=post.pk)
        if locked.ended_at:
            raise ValidationError(_("This post has ended; its duties are history."))
        locked.duties, locked.source = duties, source
        locked.clean_fields()
        locked.save(update_fields=["duties", "source"])
    return locked


def end_post(*, actor: User | None, post: Post, at: datetime | None = None) -> Post:
    """End the post; its rights end at once, the row stays as history. Ended already: as it was."""
    now = timezone.now()
    at = at or now
    with transaction.atomic():
        locked = Post.objects.select_for_update(of=("self",)).select_related("grid", "user").get(pk=post.pk)
        if locked.ended_at:
            return locked
        if at < locked.started_at:
            raise ValidationError(_("A post cannot end before it started."))
        if at > now:
            raise ValidationError(_("A post cannot end in the future."))
        locked.ended_at, locked.ended_by = at, actor
        locked.save(update_fields=["ended_at", "ended_by"])
    _forget_posts(post.user)
    return locked


def _chief_message(grid: Grid) -> str:
    chief = grid.posts.active().filter(role=Role.CHIEF).select_related("user").first()
    return _("%(user)s is the chief of %(grid)s. End that post first.") % {
        "user": chief.user if chief else _("Somebody else"),
        "grid": grid,
    }


def _forget_posts(user: User) -> None:
    """Rights follow at once, also for the user object at hand."""
    user.__dict__.pop("active_posts", None)
