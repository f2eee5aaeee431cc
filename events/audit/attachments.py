"""Proof that the photos and files are those that the chained steps tell of."""

import hashlib
from collections.abc import Iterator

from django.core.files.storage import default_storage
from django.db.models import F
from django.utils.translation import gettext as _

from events.models import Attachment, Step
from events.workflow import Side

CHUNK = 1000


def attachment_problems(*, read_files: bool = False) -> Iterator[tuple[str, str, str, str]]:
    """Number of the case, what is wrong, what was expected and what was found.

    Rows are held against the steps, and each file must be there in its size; `read_files` reads them all as well.
    """
    yield from _strays()
    for steps in _chunks(Step.objects.filter(details__has_key="attachments").select_related("event__contact")):
        found: dict[int, list[Attachment]] = {step.pk: [] for step in steps}
        for attachment in Attachment.objects.filter(step__in=found).order_by("step_id", "ordinal"):
            found[attachment.step_id].append(attachment)
        for step in steps:
            yield from _step_problems(step, found[step.pk], read_files)


def _chunks(rows) -> Iterator[list]:
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _strays() -> Iterator[tuple[str, str, str, str]]:
    """Rows that no step tells of, or that hang on another case than their step."""
    untold = Attachment.objects.filter(step__isnull=False).exclude(step__details__has_key="attachments")
    for attachment in untold.select_related("event").order_by("pk").iterator():
        yield attachment.event.number, _("file of attachment %(key)s") % {"key": attachment.pk}, "", attachment.sha256
    moved = Attachment.objects.filter(step__isnull=False).exclude(event=F("step__event"))
    for attachment in moved.select_related("event", "step__event").order_by("pk").iterator():
        what = _("event of the step of attachment %(key)s") % {"key": attachment.pk}
        yield attachment.event.number, what, attachment.event.number, attachment.step.event.number


def _step_problems(step: Step, found: list[Attachment], read_files: bool) -> Iterator[tuple[str, str, str, str]]:
    number, told = step.event.number, step.details["attachments"]
    recorded = [f"{each['name']} {each['sha256']}" for each in told]
    stored = [f"{each.name} {each.sha256}" for each in found]
    if recorded != stored:
        what = _("files of step %(ordinal)d") % {"ordinal": step.ordinal}
        yield number, what, "; ".join(recorded), "; ".join(stored)
    for attachment in found:
        what = _("file %(number)d of step %(ordinal)d") % {"number": attachment.ordinal, "ordinal": step.ordinal}
        if attachment.erased_at and _was_due(attachment, step):
            continue
        if (size := _size(attachment)) != attachment.size:
            yield number, what, _("%(size)d bytes") % {"size": attachment.size}, _bytes(size)
        elif read_files and (sha256 := _sha256(attachment)) != attachment.sha256:
            yield number, what, attachment.sha256, sha256


def _was_due(attachment: Attachment, step: Step) -> bool:
    """Whether it was a resident's photo, which goes together with their name and phone; nothing else is erased."""
    contact = getattr(step.event, "contact", None)
    is_own = step.side == Side.REPORTER and step.actor_id is None
    return is_own and contact is not None and contact.erased_at == attachment.erased_at


def _bytes(size: int | None) -> str:
    return "" if size is None else _("%(size)d bytes") % {"size": size}


def _size(attachment: Attachment) -> int | None:
    if not attachment.file:
        return None
    try:
        return default_storage.size(attachment.file.name)
    except FileNotFoundError:
        return None


def _sha256(attachment: Attachment) -> str:
    with default_storage.open(attachment.file.name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
