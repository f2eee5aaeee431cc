"""Photos of the branches: stored before the row that they belong to, and taken away again when that is refused."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from branches.models import Picture
from grids.files import delete_files, delete_strays, stem_of, write_files
from grids.models import User
from grids.pictures import FileRefused, Redrawn, no_room

FOLDER = "pictures"


@contextmanager
def stored(drawn: Iterable[Redrawn], *, uploader: User | None, at: datetime) -> Iterator[list[Picture]]:
    """Pictures whose files are on the disk, for the block to save; whatever goes wrong in it, the files go again.

    Entered before the transaction, so that none waits for a disk. Raises FileRefused where there is no room.
    """
    pictures: list[Picture] = []
    try:
        for one in drawn:
            pictures.append(_stored(one, uploader, at))
        yield pictures
    except BaseException:
        delete_files_of(pictures)
        raise


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
    """Delete files from before that time that no row points to, as after a power cut; returns how many."""
    return delete_strays(FOLDER, before, _known)


def _known(keys: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    return set(Picture.objects.filter(key__in=keys).values_list("key", flat=True))
