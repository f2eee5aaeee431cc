"""Photos of the branches: stored before the row that they belong to, and taken away again when that is refused.

Those of a form that is refused wait: the form brings them back by their keys, or they are gone after a day.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from branches.models import Picture
from grids.files import BATCH, delete_files, delete_strays, stem_of, write_files
from grids.models import User
from grids.moments import aware_now
from grids.pictures import FileRefused, Redrawn, no_room, prepare_photo

FOLDER = "pictures"


def receive_photos(
    *,
    files: Iterable[File],
    uploader: User | None,
    keys: Iterable[str] = (),
    most: int,
    at: datetime | None = None,
) -> tuple[list[Picture], list[str]]:
    """Check and store what came with a form; returns what is good and a sentence for each photo that is not.

    `keys` name what the same person sent with this form before and keeps.
    """
    keys, files, at = list(keys)[:most], list(files), aware_now(at)
    good, problems = _kept(keys, uploader), []
    if len(good) < len(set(keys)):
        problems.append(_("Photos of an earlier try were kept too long and are gone. Choose them again."))
    room = most - len(good)
    for file in files[:room]:
        try:
            drawn = prepare_photo(file)
            if all(drawn.sha256 != other.sha256 for other in good):  # chosen again beside what was kept
                good.append(_stored(drawn, uploader, at))
                good[-1].save()
        except FileRefused as error:
            problems.append(str(error))
    if len(files) > room:
        problems.append(_("At most %(count)d photos go along here; the others were left out.") % {"count": most})
    return good, problems


def _kept(keys: Iterable[str], uploader: User | None) -> list[Picture]:
    """What they sent before, also when it belongs to a row by now: the same form twice must come to the same."""
    wanted = []
    for key in keys:
        with suppress(ValueError):
            wanted.append(uuid.UUID(key))
    return list(Picture.objects.filter(key__in=wanted, uploader=uploader).order_by("pk"))


@contextmanager
def stored(photos: Iterable[Redrawn | Picture], *, uploader: User | None, at: datetime) -> Iterator[list[Picture]]:
    """Pictures whose files are on the disk, for the block to `take`; what waited already stays as it is.

    Whatever goes wrong in the block, the new files go again. Entered before the transaction, so that none waits for a
    disk. Raises FileRefused where there is no room.
    """
    pictures, new = [], []
    try:
        for one in photos:
            if not isinstance(one, Picture):
                one = _stored(one, uploader, at)
                new.append(one)
            pictures.append(one)
        yield pictures
    except BaseException:
        delete_files_of(new)
        raise


def take(picture: Picture) -> Picture:
    """Save it for the row of this transaction; one that waited is taken once. Raises FileRefused."""
    if picture.pk is None:
        picture.save()
    elif not _held_waiting([picture.pk]):
        raise FileRefused(_("“%(name)s” went along before, or is gone. Choose it again.") % {"name": picture.name})
    return picture


def _stored(drawn: Redrawn, uploader: User | None, at: datetime) -> Picture:
    picture = Picture(
        name=drawn.name,
        sha256=drawn.sha256,
        width=drawn.width,
        height=drawn.height,
        created_at=at,
        uploader=uploader,
    )
    stem = stem_of(FOLDER, picture.key)
    picture.file.name, picture.thumbnail.name = f"{stem}.jpg", f"{stem}-small.jpg"
    try:
        write_files({picture.file.name: drawn.content, picture.thumbnail.name: drawn.thumbnail})
    except OSError as error:
        raise FileRefused(no_room(drawn.name)) from error
    return picture


def delete_files_of(pictures: Iterable[Picture]) -> None:
    """Of those whose rows are gone: after the commit."""
    delete_files(file.name for picture in pictures for file in (picture.file, picture.thumbnail))


def clean_pictures(*, before: datetime) -> int:
    """Delete what waited since before that time, and files that no row points to; returns how many files.

    Such files are left by a power cut.
    """
    removed = 0
    while old := list(Picture.objects.waiting().filter(created_at__lt=before).values_list("pk", flat=True)[:BATCH]):
        removed += _remove_waiting(old)
    return 2 * removed + delete_strays(FOLDER, before, _known)


@transaction.atomic
def _remove_waiting(pks: list[int]) -> int:
    pictures = _held_waiting(pks)
    Picture.objects.filter(pk__in=[picture.pk for picture in pictures]).delete()
    transaction.on_commit(partial(delete_files_of, pictures))
    return len(pictures)


def _held_waiting(pks: list[int]) -> list[Picture]:
    """Those that wait still, and that nobody else takes or removes until the end of the transaction.

    Asked again once they are locked: whoever held the lock before has written nothing into the rows themselves.
    """
    rows = Picture.objects.filter(pk__in=pks).order_by("pk")
    list(rows.select_for_update().values_list("pk"))
    return list(Picture.objects.waiting().filter(pk__in=pks).order_by("pk"))


def _known(keys: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    return set(Picture.objects.filter(key__in=keys).values_list("key", flat=True))
