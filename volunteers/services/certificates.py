"""Certificates of service hours: issued to oneself, and checked by anybody who has the code."""

import hashlib
import json
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from grids.models import User
from grids.moments import aware_now
from grids.readable import new_code, plain_code
from grids.services import PublicLimit, limits
from volunteers.models import Certificate, Participation
from volunteers.models.activity import CODE_LENGTH


def issue_certificate(*, actor: User, at: datetime | None = None) -> Certificate:
    """All that the person has served until now; as long as nothing is added to it, the same certificate again."""
    at = aware_now(at)
    served = Participation.objects.filter(user=actor).counted(at).order_by("activity__starts_at", "pk")
    rows = list(served.select_related("activity__grid", "activity__branch"))
    if not rows:
        raise ValidationError(_("No hours are counted yet. They are when an activity is over that you were at."))
    lines = [_line(row) for row in rows]
    content = json.dumps([actor.name, lines], ensure_ascii=False, sort_keys=True)
    certificate = Certificate(
        user=actor,
        name=actor.name,
        hours=sum(row.hours for row in rows),
        lines=lines,
        digest=hashlib.sha256(content.encode()).hexdigest(),
        code=new_code(CODE_LENGTH),
        issued_at=at,
    )
    try:
        with transaction.atomic():
            if first := _issued_before(certificate):
                return first
            certificate.save()
    except IntegrityError:  # asked for twice at once
        if first := _issued_before(certificate):
            return first
        raise
    return certificate


def _line(row: Participation) -> dict[str, str | int]:
    activity = row.activity
    return {
        "row": row.pk,
        "day": f"{timezone.localdate(activity.starts_at):%Y-%m-%d}",
        "title": activity.title,
        "organiser": activity.organiser.name,
        "hours": f"{row.hours:.2f}",
    }


def _issued_before(certificate: Certificate) -> Certificate | None:
    return Certificate.objects.filter(user=certificate.user, digest=certificate.digest).first()


def check_certificate(*, code: str, source: str, at: datetime | None = None) -> Certificate | None:
    """The certificate of this code; raises PublicLimit after many wrong ones from one place."""
    at = aware_now(at)
    if not limits.spend("certificate", source, at):
        raise PublicLimit(_("There were too many wrong codes. Try again later."))
    found = Certificate.objects.filter(code=plain_code(code)).first()
    if found:
        limits.give_back("certificate", source, at)
    return found
