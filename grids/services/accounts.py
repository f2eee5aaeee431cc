"""Accounts: people, their passwords, and leaving."""

import logging
import secrets
from collections.abc import Iterable
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authtoken.models import Token

from grids.access import check_may_keep, managed_ranges
from grids.hashers import OneTimePasswordHasher
from grids.models import Grid, Post, User
from grids.services.staffing import changed_message, end_posts

logger = logging.getLogger(__name__)

# Letters and digits that cannot be taken for each other on paper; 46 of them, so that 16 hold 88 random bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyzABDEFGHJLMNQRTY23456789"
LENGTH = 16
MAIL_SECONDS = 20  # a page waits for them; who gets no mail by then is listed on it

OneTimePasswords = list[tuple[User, str]]


def save_person(*, actor: User | None, user: User, at: datetime | None = None) -> User:
    """Enter a new person, or keep what a form changed of one.

    Who manages grids enters people without a password, and changes name and address of those whose account they keep;
    access to Django admin and closed accounts are a superuser's business.
    """
    with transaction.atomic():
        before = User.objects.select_for_update(no_key=True).get(pk=user.pk) if user.pk else User()
        if user.pk:
            check_may_keep(actor, before)
        elif actor is not None and not managed_ranges(actor):
            raise PermissionDenied(_("Only who manages a grid may enter people."))
        if actor is not None and not actor.is_superuser:
            user.is_active, user.is_staff, user.is_superuser = before.is_active, before.is_staff, before.is_superuser
            user.password = before.password or make_password(None)
        if before.pk is None and user.has_usable_password():  # whoever entered it knows it
            user.must_change_password, user.password_issued_at = True, at or timezone.now()
        user.clean_fields(exclude=["password"])
        user.save()
    return user


def change_password(*, user: User, password: str) -> User:
    """Give oneself a password, which ends one's sessions elsewhere, one's API token, and a one-time password."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        user.set_password(password)
        user.must_change_password, user.password_issued_at = False, None
        user.save(update_fields=["password", "must_change_password", "password_issued_at"])
    return user


def set_password(*, actor: User | None, user: User, password: str | None, at: datetime | None = None) -> User:
    """Give somebody else a password, or with None take it away. It is seen by two, so it is to be changed first."""
    at = at or timezone.now()
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        check_may_keep(actor, user)
        user.set_password(password)
        user.must_change_password = password is not None and actor != user
        user.password_issued_at = at if user.must_change_password else None
        user.save(update_fields=["password", "must_change_password", "password_issued_at"])
        Token.objects.filter(user=user).delete()
    return user


def issue_one_time_passwords(
    *, actor: User | None, users: Iterable[User], at: datetime | None = None
) -> OneTimePasswords:
    """New random passwords for these people, to be shown once or sent: nowhere are they kept in clear.

    They end with the first login, or unused after ONE_TIME_PASSWORD_AGE; sessions and API tokens end now.
    """
    at = at or timezone.now()
    with transaction.atomic():
        locked = {user.pk: user for user in _locked_people(users)}
        for user in locked.values():
            _check_may_issue(actor, user)
        issued = [(locked[user.pk], _random_password()) for user in dict.fromkeys(users)]
        for user, password in issued:
            user.password = make_password(password, hasher=OneTimePasswordHasher.algorithm)
            user.must_change_password, user.password_issued_at = True, at
        fields = ["password", "must_change_password", "password_issued_at"]
        User.objects.bulk_update(locked.values(), fields, batch_size=500)
        Token.objects.filter(user__in=locked).delete()
    return issued


def _locked_people(users: Iterable[User]) -> list[User]:
    """By key, so that two who lock the same people do not wait for each other; with what `may_keep` asks of them."""
    keys = {user.pk for user in users}
    people = list(User.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    posts: dict[int, list[Post]] = {user.pk: [] for user in people}
    for post in Post.objects.active().filter(user__in=keys).select_related("grid"):
        posts[post.user_id].append(post)
    represented: dict[int, list[int]] = {user.pk: [] for user in people}
    rows = User.organisations.through.objects.filter(user__in=keys, organisation__dissolved_at=None)
    for pk, position in rows.values_list("user", "organisation__position"):
        represented[pk].append(position)
    for user in people:
        user.active_posts, user.represented_positions = posts[user.pk], represented[user.pk]
    return people


def _check_may_issue(actor: User | None, user: User) -> None:
    check_may_keep(actor, user)
    if actor == user:
        raise ValidationError(_("You cannot give yourself a one-time password; change your password instead."))
    if not user.is_active:
        raise ValidationError(_("The account of %(user)s has been closed.") % {"user": user})


def _random_password() -> str:
    return "".join(secrets.choice(ALPHABET) for _character in range(LENGTH))


def can_send_mail() -> bool:
    """Whether EMAIL_URL names a mail server."""
    return not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")


def mail_one_time_passwords(issued: OneTimePasswords) -> OneTimePasswords:
    """Send each their password; returns those who could not be reached, to be told in another way.

    Straight to the mail server and not through a queue, in which a password would lie in clear.
    """
    until = monotonic() + MAIL_SECONDS
    failed, connection = [], get_connection()
    for user, password in issued:
        if not user.email or monotonic() > until or not _mail(connection, user, password):
            failed.append((user, password))
    return failed


def _mail(connection, user: User, password: str) -> bool:
    text = _(
        "User name: %(username)s\nOne-time password: %(password)s\n\n"
        "Log in to Saihan Grid within %(days)d days; you will be asked for a password of your own."
    ) % {"username": user.username, "password": password, "days": settings.ONE_TIME_PASSWORD_AGE.days}
    message = EmailMessage(_("Your account for Saihan Grid"), text, to=[user.email], connection=connection)
    try:
        return bool(message.send())
    except Exception as error:
        # Whatever is wrong with one address or with the server: the others must not wait for it.
        logger.warning("A one-time password could not be mailed (%s).", type(error).__name__)
        return False


def leave(*, actor: User | None, user: User, successor: User | None = None, at: datetime | None = None) -> User:
    """The person has left: posts end, the account is closed, sessions and API token end; the name stays in the history.

    A successor takes over the open cases that they handle in the grids of their posts.
    """
    if actor == user:
        raise ValidationError(_("You cannot close your own account; ask another administrator."))
    with transaction.atomic():
        # Grids before people before posts, the order in which somebody is appointed as well.
        Grid.objects.settle_all(Grid.objects.filter(posts__user=user, posts__ended_at=None).distinct())
        (locked,) = _locked_people([user])
        check_may_keep(actor, locked)
        _end_all(actor, locked, successor, at)
        locked.is_active = locked.must_change_password = False
        locked.password_issued_at = None
        locked.set_unusable_password()  # with another hash no session of theirs holds
        locked.save(update_fields=["is_active", "must_change_password", "password_issued_at", "password"])
        Token.objects.filter(user=locked).delete()
    user.is_active = False
    user.forget_rights()
    return locked


def _end_all(actor: User | None, user: User, successor: User | None, at: datetime | None) -> None:
    if user.active_posts:
        end_posts(actor=actor, posts=user.active_posts, successor=successor, at=at)
    if Post.objects.active().filter(user=user).exists():
        raise ValidationError(changed_message())
