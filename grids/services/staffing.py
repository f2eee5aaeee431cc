"""Who holds which post, from when to when."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from grids.access import check_may_manage
from grids.models import Grid, Post, Role, User

EARLIEST_YEAR = 1950  # nobody in office today took it up earlier; an older date is a slip of the keyboard

# Sent inside the transaction that ends posts of `user`, with the `grids` of these posts, the `successor` who takes over
# the open cases, `actor` and `at`. The second signal beside `reorganised`: cases stand a floor above, and a receiver
# refuses with a ValidationError at `successor`, which undoes everything.
handed_over = Signal()


def check_appointment(*, user: User, role: str, grid: Grid, at: datetime, is_manager: bool = False) -> None:
    """Why the user cannot get this post, as a ValidationError at the field to mend."""
    _check_person(user, role, is_manager, at)
    if grid.retired_at:
        raise ValidationError({"grid": _retired_message(grid)})
    if role == Role.CHIEF and (chief := _chiefs([grid]).get(grid.pk)):
        raise ValidationError({"role": _chief_message(grid, chief)})


def _check_person(user: User, role: str, is_manager: bool, at: datetime) -> None:
    """What does not hang on the grid."""
    if role not in Role.values:
        raise ValidationError({"role": _("“%(role)s” is none of the roles.") % {"role": role}})
    if is_manager and role != Role.OFFICIAL:
        raise ValidationError({"is_manager": _("Only an official can manage a grid.")})
    if not user.is_active:
        raise ValidationError({"user": _("The account of %(user)s has been closed.") % {"user": user}})
    if at > timezone.now():
        raise ValidationError({"started_at": _("A post starts today or in the past, not in the future.")})
    if at.year < EARLIEST_YEAR:
        raise ValidationError({"started_at": _("A post cannot start before %(year)d.") % {"year": EARLIEST_YEAR}})


def appoint(
    *,
    actor: User | None,
    user: User,
    role: str,
    grid: Grid,
    duties: str = "",
    source: str = "",
    is_manager: bool = False,
    at: datetime | None = None,
) -> Post:
    """Give the user a post from `at` on; the same active post again returns the one there is."""
    at = at or timezone.now()
    with transaction.atomic():
        grid = Grid.objects.settle(grid)
        check_may_manage(actor, grid)
        post = Post.objects.active().filter(user=user, role=role, grid=grid).first()
        if post is None:
            check_appointment(user=_locked_user(user), role=role, grid=grid, at=at, is_manager=is_manager)
            post = _new_post(actor, user, role, grid, duties, source, is_manager, at)
            post = _save_new(post)
    user.forget_rights()
    return post


def _save_new(post: Post) -> Post:
    try:
        with transaction.atomic():
            post.save()
    except IntegrityError as error:
        # Somebody appointed at the same moment: the same post, or another chief.
        held = Post.objects.active().filter(user=post.user, role=post.role, grid=post.grid).first()
        if held is None:
            chief = _chiefs([post.grid]).get(post.grid_id)
            raise ValidationError({"role": _chief_message(post.grid, chief)}) from error
        return held
    return post


def appoint_many(
    *,
    actor: User | None,
    user: User,
    role: str,
    grids: Iterable[Grid],
    duties: str = "",
    source: str = "",
    is_manager: bool = False,
    at: datetime | None = None,
) -> list[Post]:
    """Give the user this post on every grid of the list, all or nothing; those held already stay as they are.

    Refused at `grids` with a sentence for each grid that stands in the way.
    """
    at = at or timezone.now()
    with transaction.atomic():
        grids = Grid.objects.settle_all(dict.fromkeys(grids))
        if not grids:
            raise ValidationError({"grids": _("Choose at least one grid.")})
        check_may_manage(actor, *grids)
        _check_person(_locked_user(user), role, is_manager, at)
        held = {post.grid_id: post for post in Post.objects.active().filter(user=user, role=role, grid__in=grids)}
        new = [grid for grid in grids if grid.pk not in held]
        if problems := _grid_problems(role, new):
            raise ValidationError({"grids": problems})
        posts = [_new_post(actor, user, role, grid, duties, source, is_manager, at) for grid in new]
        try:
            Post.objects.bulk_create(posts, batch_size=500)
        except IntegrityError as error:
            raise ValidationError(changed_message()) from error
        held |= {post.grid_id: post for post in posts}
    user.forget_rights()
    return [held[grid.pk] for grid in grids]


def _grid_problems(role: str, grids: list[Grid]) -> list[str]:
    chiefs = _chiefs(grids) if role == Role.CHIEF else {}
    problems = []
    for grid in grids:
        if grid.retired_at:
            problems.append(_retired_message(grid))
        elif chief := chiefs.get(grid.pk):
            problems.append(_chief_message(grid, chief))
    return problems


def _new_post(actor, user, role, grid, duties, source, is_manager, at) -> Post:
    """Checked and placed, but not saved; the grid is settled."""
    post = Post(
        user=user,
        role=role,
        grid=grid,
        position=grid.lft,
        duties=duties.strip(),
        source=source,
        is_manager=is_manager,
        started_at=at,
        appointed_by=actor,
    )
    post.clean_fields(exclude=["position", "user", "grid", "appointed_by", "ended_by"])
    return post


def describe_post(
    *,
    actor: User | None,
    post: Post,
    duties: str,
    source: str,
    is_manager: bool | None = None,
) -> Post:
    """Write down anew what an active post has to do, where its holder comes from, and whether it manages its grid."""
    with transaction.atomic():
        Grid.objects.settle(post.grid)
        (locked,) = _locked_posts([post])
        check_may_manage(actor, locked.grid)
        if locked.ended_at:
            raise ValidationError(_("This post has ended; its duties are history."))
        locked.duties, locked.source = duties.strip(), source
        if is_manager is not None:
            locked.is_manager = is_manager
        if locked.is_manager and locked.role != Role.OFFICIAL:
            raise ValidationError({"is_manager": _("Only an official can manage a grid.")})
        locked.clean_fields()
        locked.save(update_fields=["duties", "source", "is_manager"])
    _forget_posts([post])
    return locked


def end_post(*, actor: User | None, post: Post, successor: User | None = None, at: datetime | None = None) -> Post:
    """End the post; its rights end at once, the row stays as history. Ended already: as it was.

    A successor takes over the open cases that its holder handles inside the grid; without one they stay as they are,
    and the desk is asked to assign them again.
    """
    (ended,) = end_posts(actor=actor, posts=[post], successor=successor, at=at)
    return ended


def end_posts(
    *, actor: User | None, posts: Iterable[Post], successor: User | None = None, at: datetime | None = None
) -> list[Post]:
    """As `end_post`, for many at once, all or none."""
    with transaction.atomic():
        return _end(actor, list(posts), successor, at)


def _end(actor: User | None, posts: list[Post], successor: User | None, at: datetime | None) -> list[Post]:
    """Lock grids, then posts, then (in the receivers) cases: the order in which everybody locks."""
    now = timezone.now()
    at = at or now
    grids = _settled(posts, successor)
    check_may_manage(actor, *grids)
    locked = _locked_posts(posts, successor)
    if {post.grid_id for post in locked} - {grid.pk for grid in grids}:
        raise ValidationError(changed_message())
    ending = [post for post in locked if post.is_active]
    for post in ending:
        if at < post.started_at:
            raise ValidationError({"at": _("%(post)s: a post cannot end before it started.") % {"post": post}})
    if at > now:
        raise ValidationError({"at": _("A post cannot end in the future.")})
    Post.objects.filter(pk__in=[post.pk for post in ending]).update(ended_at=at, ended_by=actor)
    for post in ending:
        post.ended_at, post.ended_by = at, actor
    if successor:
        _hand_over(actor, ending, successor, at)
    _forget_posts(posts)
    return locked


def _settled(posts: list[Post], successor: User | None) -> list[Grid]:
    """The grids of these posts, held; with them those of the successor.

    The successor's posts are locked after this, and a move would wait for these with their grids in its hands.
    """
    places = Q(posts__in=posts)
    if successor:
        places |= Q(posts__user=successor, posts__ended_at=None)
    left = {post.grid_id for post in posts}
    held = Grid.objects.settle_all(Grid.objects.filter(places).distinct())
    return [grid for grid in held if grid.pk in left]


def _hand_over(actor: User | None, ended: list[Post], successor: User, at: datetime) -> None:
    if not successor.is_active:
        raise ValidationError({"successor": _("The account of %(user)s has been closed.") % {"user": successor}})
    grids = _grids_by_user(ended)
    if successor in grids:
        raise ValidationError({"successor": _("Choose somebody else: this person gives the post up.")})
    for user, left in grids.items():
        handed_over.send(sender=Post, user=user, grids=left, successor=successor, actor=actor, at=at)


def transfer_post(
    *,
    actor: User | None,
    post: Post,
    grid: Grid,
    role: str | None = None,
    successor: User | None = None,
    at: datetime | None = None,
) -> Post:
    """End the post here and begin one there at the same moment; returns the new one.

    Source and, in the same role, duties come along; the right to manage does not, for it is another subtree.
    """
    at, role = at or timezone.now(), role or post.role
    with transaction.atomic():
        successors = Post.objects.active().filter(user=successor).select_related("grid") if successor else []
        places = {place.pk: place for place in [post.grid, grid, *(one.grid for one in successors)]}
        Grid.objects.settle_all(places.values())
        _locked_user(post.user)
        (now,) = _locked_posts([post], successor)
        if now.ended_at:
            raise ValidationError(_("%(post)s has ended already.") % {"post": now})
        if (grid.pk, role) == (now.grid_id, now.role):
            raise ValidationError({"grid": _("%(user)s holds this very post already.") % {"user": now.user}})
        (ended,) = _end(actor, [post], successor, at)
        duties = ended.duties if role == ended.role else ""
        return appoint(actor=actor, user=post.user, role=role, grid=grid, duties=duties, source=ended.source, at=at)


def count_open_cases(posts: Iterable[Post]) -> dict[int, int]:
    """How many open cases the holders of these posts handle inside their grids, by primary key of the person.

    Cases stand a floor above, so they are known here by the reverse relation alone.
    """
    cases = User._meta.get_field("handled_events").related_model.objects.handled_inside(_grids_by_user(posts))
    return dict(cases.order_by().values_list("handler").annotate(Count("pk")))


def _grids_by_user(posts: Iterable[Post]) -> dict[User, list[Grid]]:
    grids: dict[User, list[Grid]] = {}
    for post in posts:
        grids.setdefault(post.user, []).append(post.grid)
    return grids


def _locked_user(user: User) -> User:
    """As they are now: nobody closes the account meanwhile, and of two who appoint one waits for the other."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _locked_posts(posts: list[Post], successor: User | None = None) -> list[Post]:
    """The posts as they are now, locked together with those of who takes over, so that these do not end meanwhile."""
    wanted = Q(pk__in=[post.pk for post in posts])
    if successor:
        wanted |= Q(user=successor, ended_at=None)
    # By key, so that two who lock the same posts do not wait for each other.
    rows = Post.objects.select_for_update(of=("self",)).filter(wanted).select_related("grid", "user").order_by("pk")
    found = {post.pk: post for post in rows}
    return [found[post.pk] for post in posts]


def _chiefs(grids: list[Grid]) -> dict[int, Post]:
    """The active chiefs by grid, those with a closed account among them: they are in the way as well."""
    posts = Post.objects.active().filter(grid__in=grids, role=Role.CHIEF).select_related("user")
    return {post.grid_id: post for post in posts}


def _chief_message(grid: Grid, chief: Post | None) -> str:
    return _("%(user)s is the chief of %(grid)s. End that post first.") % {
        "user": chief.user if chief else _("Somebody else"),
        "grid": grid,
    }


def _retired_message(grid: Grid) -> str:
    return _("%(grid)s has been retired; nobody can be posted there.") % {"grid": grid}


def changed_message() -> str:
    return _("Somebody else has just changed these posts. Look again, then repeat.")


def _forget_posts(posts: Iterable[Post]) -> None:
    """Rights follow at once, also for the user objects at hand."""
    for post in posts:
        if Post.user.is_cached(post):
            post.user.forget_rights()
