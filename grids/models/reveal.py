"""That somebody looked at what is kept encrypted of a person."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from grids.encryption import Secret, Unreadable
from grids.models.people import User
from grids.text import plain_text, says_nothing

REASON_LENGTH = 500


class Reveal(models.Model):
    """Somebody looked at a name, phone or address: who, when and why. Never edited or removed."""

    actor = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    actor_name = models.CharField(_("name of who acted"), max_length=64)
    actor_post = models.CharField(_("post of who acted"), max_length=128, blank=True)
    at = models.DateTimeField(_("at"))
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH)

    class Meta:
        abstract = True
        ordering = ["-at", "-pk"]

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("A look at a contact is never edited.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("A look at a contact is never removed.")


def clean_reason(reason: str) -> str:
    """What somebody needs to look for, as it is written down; ValidationError at `reason` where it says nothing."""
    reason = reason.strip()
    if says_nothing(reason):
        raise ValidationError({"reason": [gettext("Say what you need it for; it is written down.")]})
    if len(reason) > REASON_LENGTH:
        raise ValidationError({"reason": [gettext("At most %(length)d characters.") % {"length": REASON_LENGTH}]})
    for validate in plain_text:
        validate(reason)
    return reason


def opened(*secrets: Secret | None) -> list[str]:
    """What is kept in plain text, empty where nothing is; ValidationError where no key opens one of them."""
    try:
        return [secret.reveal() if secret else "" for secret in secrets]
    except Unreadable:
        raise ValidationError(gettext("It cannot be read: its key is missing. Tell the administrator.")) from None
