"""What the administrators are told by mail of the daily check: numbers and a link, and nothing of the cases."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.audit import told_delays
from events.audit.sealing import as_line
from events.audit.signing import public_key
from events.models import AuditAlarm, AuditDigest
from events.notices import messaging


def send(thing: AuditDigest | AuditAlarm, addresses: list[str]) -> None:
    """One mail to all of them; raises whatever goes wrong. The same thing has the same id whenever it is sent again."""
    title, lines = _of_digest(thing) if isinstance(thing, AuditDigest) else _of_missed(thing)
    headers = {
        "Auto-Submitted": "auto-generated",
        "Message-ID": f"<{thing._meta.model_name}-{thing.pk}@{messaging.domain()}>",
    }
    EmailMessage(title, "\n\n".join(filter(None, lines)), None, addresses, headers=headers).send()


def _of_digest(digest: AuditDigest) -> tuple[str, list[str]]:
    count = digest.problem_count
    title = _("Saihan Grid: daily check of %(day)s, all sound") % {"day": digest.day}
    if digest.new_problem_count:
        title = ngettext(
            "Saihan Grid: ALARM, the daily check of %(day)s found %(count)d problem",
            "Saihan Grid: ALARM, the daily check of %(day)s found %(count)d problems",
            count,
        ) % {"day": digest.day, "count": count}
    elif count:
        title = ngettext(
            "Saihan Grid: daily check of %(day)s, %(count)d known problem and no new one",
            "Saihan Grid: daily check of %(day)s, %(count)d known problems and no new one",
            count,
        ) % {"day": digest.day, "count": count}
    counted = _("%(events)d cases with %(steps)d steps were checked.") % digest.content
    keep = _(
        "Keep this mail: with the line below, check_events --against shows later that nothing which is sealed in it "
        "was changed or removed."
    )
    waiting = "\n".join(told_delays(digest.content.get("delays", {})))
    return title, [title, counted, waiting, _link("auditdigest", digest.pk), keep, as_line(digest), _public_key()]


def _of_missed(alarm: AuditAlarm) -> tuple[str, list[str]]:
    title = _("Saihan Grid: ALARM, the daily check is missing")
    last = _("There was none.")
    if alarm.digest:
        made_at = date_format(localtime(alarm.digest.made_at), "DATETIME_FORMAT")
        last = _("The last one was made at %(at)s.") % {"at": made_at}
    return title, [
        title,
        last,
        _("See whether the processes audit and beat are running."),
        _link("auditalarm", alarm.pk),
    ]


def _public_key() -> str:
    return _("Public key (Ed25519): %(key)s") % {"key": public_key()}


def _link(model: str, pk: int) -> str:
    return settings.SITE_URL and settings.SITE_URL + reverse(f"admin:events_{model}_change", args=[pk])
