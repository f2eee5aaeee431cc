"""People and the roles that a post gives them."""

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from grids.models import Organisation, Post


def validate_printable(value: str) -> None:
    """No control characters and no marks that turn the reading direction: names are shown everywhere."""
    if not value.isprintable():
        raise ValidationError(_("Invisible control characters are not allowed here."))


class User(AbstractUser):
    """A person. One without a usable password holds posts but has no account."""

    first_name = None
    last_name = None
    name = models.CharField(_("person's name"), max_length=64, validators=[validate_printable])
    must_change_password = models.BooleanField(
        _("must change the password"), default=False, editable=False,
        help_text=_("The password was given out once and ends with the first login."),
    )  # fmt: skip

    password_issued_at = models.DateTimeField(
        _("one-time password given out at"), null=True, blank=True, editable=False
    )

    REQUIRED_FIELDS = ["name"]

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    @cached_property
    def active_posts(self) -> list["Post"]:
        """The posts that give this user's rights, read once for each request."""
        return list(self.posts.active().select_related("grid").with_representation())

    def forget_rights(self) -> None:
        """Let what has changed hold at once, also for the object at hand; called on it, it reaches a lazy one too."""
        for known in ("active_posts", "joint_organisations", "represented_positions"):
            self.__dict__.pop(known, None)

    @cached_property
    def joint_organisations(self) -> list["Organisation"]:
        """The organisations that they represent and that cases can be with, read once for each request.

        Most people represent none: their posts say so, which saves every page a query.
        """
        if not self.is_active or (self.active_posts and not self.active_posts[0].represents):
            return []
        return list(self.organisations.joint())

    @cached_property
    def represented_positions(self) -> list[int]:
        """Where the organisations stand whose cases this user may handle."""
        return list(self.organisations.active().values_list("position", flat=True))

    def is_password_stale(self, at: datetime) -> bool:
        """Whether the password was given out once, and was not exchanged for an own one in time."""
        return self.must_change_password and bool(
            self.password_issued_at and at > self.password_issued_at + settings.ONE_TIME_PASSWORD_AGE
        )

    @property
    def may_administer(self) -> bool:
        """Whether Django admin is open to them: as staff, or for the grids that they manage by their posts."""
        return self.is_active and (self.is_staff or any(post.is_manager for post in self.active_posts))


def has_account(prefix: str = "") -> Q:
    """Of people, or of rows that reach them by `prefix`: who can log in, with an open account and a password."""
    unusable = Q(**{f"{prefix}password": ""}) | Q(**{f"{prefix}password__startswith": UNUSABLE_PASSWORD_PREFIX})
    return Q(**{f"{prefix}is_active": True}) & ~unusable


class Role(models.TextChoices):
    CHIEF = "chief", _("grid chief")
    STAFF = "staff", _("grid staff")
    POLICE = "police", _("grid police officer")
    OFFICIAL = "official", _("official")
    DISPATCHER = "dispatcher", _("dispatcher")
    SECRETARY = "secretary", _("branch secretary")

    @classmethod
    def by_hand(cls) -> list[tuple[str, str]]:
        """The choices of who appoints: a secretary's post comes and goes with the branch."""
        return [(role, label) for role, label in cls.choices if role != cls.SECRETARY]


class StaffSource(models.TextChoices):
    COMMUNITY_WORKER = "community_worker", _("community worker")
    HIRED = "hired", _("hired")
    VOLUNTEER = "volunteer", _("volunteer")
    POLICE = "police", _("police")
    CIVIL_SERVANT = "civil_servant", _("civil servant")
