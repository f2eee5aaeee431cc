"""Who holds which post, from when to when."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from grids.models import Grid, Post, Role, User

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
