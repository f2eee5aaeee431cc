"""What is wrong with posts and accounts, each kind with its count, its rows and the way to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grids.access import managed_ranges, visible_people, within
from grids.models import Organisation, Post, Role, User, has_account


@dataclass(frozen=True)
class Problem:
    """A kind of problem: rows of `model` for which `condition` holds, and what mends them."""

    key: str
    title: str | Promise
    remedy: str | Promise
    model: type[Post] | type[User]
    condition: Q


def kinds(at: datetime) -> list[Problem]:
    """All of them, the gravest first."""
    is_chief, without_account = Q(role=Role.CHIEF), ~has_account("user__")
    # The database forbids it; it is looked for all the same, as a proof and for what was written past it.
    other_chiefs = Post.objects.active().filter(grid=OuterRef("grid"), role=Role.CHIEF).exclude(pk=OuterRef("pk"))
    active_posts = Post.objects.active().filter(user=OuterRef("pk"))
    represents = Organisation.representatives.through.objects.filter(user=OuterRef("pk"))
    is_posted = Q(Exists(active_posts))
    return [
        Problem(
            "two_chiefs", _("Two chiefs"), _("End one of the two posts."), Post, is_chief & Q(Exists(other_chiefs))
        ),
        Problem(
            "retired_grid", _("A post on a retired grid"), _("Transfer the post, or end it."),
            Post, Q(grid__retired_at__isnull=False),
        ),
        Problem(
            "manager_without_account", _("A manager without an account"),
            _("Give them a one-time password; of somebody who has left, end the post."),
            Post, Q(is_manager=True) & without_account,
        ),
        Problem(
            "chief_without_account", _("A chief without an account"),
            _("Give them a one-time password; of somebody who has left, end the post."),
            Post, is_chief & without_account,
        ),
        Problem(
            "closed_account", _("A post of somebody whose account is closed"),
            _("End the post, or open the account again."),
            Post, ~is_chief & Q(is_manager=False, user__is_active=False),
        ),
        Problem(
            "account_without_post", _("An account without a post"), _("Appoint them, or close the account."),
            User, has_account() & Q(is_staff=False, is_superuser=False) & ~is_posted & ~Q(Exists(represents)),
        ),
        Problem(
            "password_expired", _("A one-time password that expired unused"), _("Give them a new one."),
            User,
            has_account() & is_posted
            & Q(must_change_password=True, password_issued_at__lt=at - settings.ONE_TIME_PASSWORD_AGE),
        ),
    ]  # fmt: skip


def _rows(model: type[Post] | type[User], user: User) -> QuerySet:
    """Those whom this manager keeps."""
    if model is User:
        return visible_people(user).order_by("username")
    return Post.objects.active().filter(within(managed_ranges(user))).order_by("position", "pk")


def counted(problems: Iterable[Problem], user: User) -> dict[str, int]:
    """How many rows of each kind this manager has to mend: one query for posts, one for people."""
    found: dict[str, int] = {}
    for model in (Post, User):
        counts = {problem.key: Count("pk", filter=problem.condition) for problem in problems if problem.model is model}
        found |= _rows(model, user).order_by().aggregate(**counts)
    return found


def rows(problem: Problem, user: User) -> QuerySet:
    """The rows behind the count of this kind, in a fixed order."""
    found = _rows(problem.model, user).filter(problem.condition)
    return found.select_related("user", "grid") if problem.model is Post else found
