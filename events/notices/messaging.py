"""What leaves the house of a notice: number and action, or one sentence, and a link; never the title of a case."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Channel, Notice, NoticePreference
from events.notices.webhooks import post_to_robot

DUMMY = "django.core.mail.backends.dummy.EmailBackend"
LINES = 50  # of a digest; the robots take 4,096 bytes, and nobody reads on


@dataclass(frozen=True)
class Message:
    """`key` is the same whenever the same is said again, so that a receiver can tell a repeat."""

    key: str
    title: str
    text: str


def mail_is_set_up() -> bool:
    return settings.EMAIL_BACKEND != DUMMY


def channels(preference: NoticePreference) -> list[Channel]:
    """The ways on which the person can be told and wants to be."""
    person, found = preference.user, []
    if not person.is_active:
        return found
    if preference.by_mail and person.email and mail_is_set_up():
        found.append(Channel.MAIL)
    if preference.robot:
        found.append(Channel.ROBOT)
    return found


def single(notice: Notice) -> Message:
    where = _("Open Saihan Grid to see this case.") if notice.event else ""
    lines = [notice.headline, where, _link(notice), _identity(notice)]
    if notice.is_confidential:
        lines = [_("Open Saihan Grid."), _identity(notice)]
    return Message(f"notice-{notice.pk}", lines[0], "\n\n".join(filter(None, lines)))


def digest(notices: Sequence[Notice]) -> Message:
    """One message of several notices, the oldest first."""
    identities = ",".join(str(notice.pk) for notice in notices)
    key = f"digest-{hashlib.sha256(identities.encode()).hexdigest()[:16]}"
    count = len(notices)
    title = ngettext("Saihan Grid: %(count)d unread notice", "Saihan Grid: %(count)d unread notices", count)
    lines = [title % {"count": count}]
    for notice in notices[:LINES]:
        said = _("Open Saihan Grid.") if notice.is_confidential else notice.headline
        lines.append(f"- {said} {_identity(notice)}")
    if count > LINES:
        lines.append(_("and %(count)d more in the inbox") % {"count": count - LINES})
    lines += [_inbox_link(), _("Digest no. %(key)s") % {"key": key}]
    return Message(key, lines[0], "\n".join(filter(None, lines)))


def trial() -> Message:
    lines = [_("Saihan Grid: a test"), _("Notices reach you on this way."), _inbox_link()]
    return Message("test", lines[0], "\n\n".join(filter(None, lines)))


def send(
    channel: str, preference: NoticePreference, message: Message, connection: BaseEmailBackend | None = None
) -> None:
    """Hand it over on this way; raises whatever goes wrong."""
    if channel == Channel.MAIL:
        headers = {"Auto-Submitted": "auto-generated"}
        if message.key != "test":
            headers["Message-ID"] = f"<{message.key}@{domain()}>"
        EmailMessage(
            message.title, message.text, None, [preference.user.email], headers=headers, connection=connection
        ).send()
        return
    post_to_robot(
        robot=preference.robot,
        url=preference.webhook.reveal(),
        secret=preference.secret.reveal() if preference.secret else "",
        title=message.title,
        text=message.text,
    )


def error_name(error: Exception) -> str:
    """Its class and a number at most: what servers say may hold addresses."""
    code = getattr(error, "code", None) or getattr(error, "smtp_code", None)
    return " ".join(filter(None, [type(error).__name__, str(code or "")]))


def in_words(error: str) -> str:
    """What a person can make of the name of an error; the name stays for who mends it."""
    name = error.split(" ")[0]
    if name in ("SMTPRecipientsRefused", "BadHeaderError"):
        return _("the mail server does not take this address (%(error)s)") % {"error": error}
    if name.startswith("SMTP"):
        return _("the mail server refused (%(error)s)") % {"error": error}
    if name == "RobotRefused":
        return _("the robot refused (%(error)s)") % {"error": error}
    if name == "Unreadable":
        return _("the stored address cannot be read any more, enter it anew (%(error)s)") % {"error": error}
    return _("the server cannot be reached (%(error)s)") % {"error": error}


def _identity(notice: Notice) -> str:
    return _("Notice no. %(number)d") % {"number": notice.pk}


def _link(notice: Notice) -> str:
    return settings.SITE_URL and settings.SITE_URL + notice.url


def _inbox_link() -> str:
    return settings.SITE_URL and settings.SITE_URL + reverse("notice_list")


def domain() -> str:
    return urlsplit(settings.SITE_URL).hostname or "saihan.invalid"
