"""Photos and files: stored before the step that they come with, and bound to it inside its transaction.

So no transaction waits for a disk, and what came with a refused form is still there when the form is sent again.
"""

import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.services import clean_pictures
from events.attachments import STAFF, Allowance, Kind, Prepared
from events.models import Attachment, Event
from grids.files import BATCH, delete_files, delete_strays, stem_of, write_files
from grids.models import User
from grids.pictures import FileRefused, no_room

FOLDER = "attachments"
KEPT_FOR = timedelta(hours=24)


# What waits for its step


def receive_uploads(
    *,
    files: Iterable[File],
    uploader: User | None,
    keys: Iterable[str] = (),
    allowance: Allowance = STAFF,
    at: datetime | None = None,
) -> tuple[list[Attachment], list[str]]:
    """Check and store what came with a form; returns what is good and a sentence for each file that is not.

    `keys` name what the same person (None: who has no account) sent with this form before and keeps.
    """
    keys, files = list(keys)[: allowance.total], list(files)
    good, problems = _kept(keys, uploader), []
    if len(good) < len(set(keys)):
        problems.append(_("Photos or files of an earlier try were kept too long and are gone. Choose them again."))
    for file in files[: allowance.total]:
        try:
            prepared = allowance.prepare(file)
            if all(prepared.sha256 != other.sha256 for other in good):  # chosen again beside what was kept
                _check_room(prepared, good, allowance)
                good.append(_store(prepared, uploader, at or timezone.now()))
        except FileRefused as error:
            problems.append(str(error))
    if over := len(files[allowance.total :]):
        problems.append(allowance.left_out(over))
    return good, problems


def discard_uploads(*, attachments: Iterable[Attachment]) -> int:
    """Remove those of them that still wait for a step, files and all; returns how many."""
    return _remove([attachment.pk for attachment in attachments])


def _kept(keys: list[str], uploader: User | None) -> list[Attachment]:
    """What they sent before, also when it has a step by now: the same form twice must come to the same."""
    wanted = []
    for key in keys:
        with suppress(ValueError):
            wanted.append(uuid.UUID(key))
    return list(Attachment.objects.filter(key__in=wanted, uploader=uploader).order_by("pk"))


def _check_room(prepared: Prepared, others: list[Attachment], allowance: Allowance) -> None:
    if sum(other.kind == prepared.kind for other in others) >= allowance.of(prepared.kind):
        raise FileRefused(allowance.one_too_many(prepared.name))


def _store(prepared: Prepared, uploader: User | None, at: datetime) -> Attachment:
    """Both files and their row, or nothing of them."""
    attachment = Attachment(
        kind=prepared.kind,
        name=prepared.name,
        content_type=prepared.content_type,
        size=len(prepared.content),
        sha256=prepared.sha256,
        width=prepared.width,
        height=prepared.height,
        created_at=at,
        uploader=uploader,
    )
    stem = stem_of(FOLDER, attachment.key)
    attachment.file.name = f"{stem}.{prepared.ending}"
    contents = {attachment.file.name: prepared.content}
    if prepared.thumbnail:
        attachment.thumbnail.name = f"{stem}-small.jpg"
        contents[attachment.thumbnail.name] = prepared.thumbnail
    try:
        write_files(contents)
    except OSError as error:
        raise FileRefused(no_room(prepared.name)) from error
    attachment.save()
    return attachment


@transaction.atomic
def _remove(pks: list[int]) -> int:
    waiting = list(Attachment.objects.pending().filter(pk__in=pks).order_by("pk").select_for_update())
    names = [file.name for each in waiting for file in (each.file, each.thumbnail) if file]
    removed, _rows = Attachment.objects.filter(pk__in=[each.pk for each in waiting]).delete()
    transaction.on_commit(partial(delete_files, names))
    return removed


# Their step


def fingerprints(attachments: Sequence[Attachment]) -> dict:
    """What the step's `details` say of what came with it; the chain of hashes covers the files by it."""
    for kind in Kind:
        if over := [attachment for attachment in attachments if attachment.kind == kind][STAFF.of(kind) :]:
            raise ValidationError({"attachments": [STAFF.one_too_many(over[0].name)]})
    if not attachments:
        return {}
    return {"attachments": [{"name": each.name, "sha256": each.sha256} for each in attachments]}


def attach(attachments: Sequence[Attachment], event: Event, ordinal: int) -> None:
    """Bind them to the step of this ordinal, in the transaction that has just written it."""
    if not attachments:
        return
    waiting = Attachment.objects.pending().filter(pk__in=[each.pk for each in attachments])
    waiting = waiting.order_by("pk").select_for_update()  # in one order, so that two steps never wait for each other
    if len(waiting) != len(attachments):
        problem = _("These photos or files went with a step already. Untick them, or choose them again.")
        raise ValidationError({"attachments": [problem]})
    step = event.steps.get(ordinal=ordinal)
    for number, attachment in enumerate(attachments, start=1):
        attachment.event, attachment.step, attachment.ordinal = event, step, number
    Attachment.objects.bulk_update(attachments, ["event", "step", "ordinal"])


# Cleaning


def erase_files(attachments: QuerySet[Attachment], at: datetime) -> int:
    """Remove these files for good, in the caller's transaction; returns how many attachments were.

    Their rows stay with name and SHA-256, which the chain covers.
    """
    found = list(attachments.filter(erased_at=None).order_by("pk").select_for_update(of=("self",)))
    names = [file.name for each in found for file in (each.file, each.thumbnail) if file]
    rows = Attachment.objects.filter(pk__in=[each.pk for each in found])
    rows.update(file="", thumbnail="", erased_at=at)
    transaction.on_commit(partial(delete_files, names))
    return len(found)


def clean_uploads(*, at: datetime | None = None) -> dict[str, int]:
    """Remove what waited too long for its step, and files without a row; returns how many of each.

    Safe beside anything: nothing younger than a day is touched.
    """
    before = (at or timezone.now()) - KEPT_FOR
    removed = 0
    while old := list(Attachment.objects.pending().filter(created_at__lt=before).values_list("pk", flat=True)[:BATCH]):
        removed += _remove(old)
    strays = delete_strays(FOLDER, before, _known) + clean_pictures(before=before)
    return {"waiting": removed, "strays": strays}


def _known(keys: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    return set(Attachment.objects.filter(key__in=keys, erased_at=None).values_list("key", flat=True))
