"""Photos of the branches: stored before the row that they belong to, and taken away again when that is refused."""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from branches.models import Picture
from grids.models import User
from grids.pictures import FileRefused, Redrawn, no_room

logger = logging.getLogger(__name__)

FOLDER = "pictures"


@contextmanager
def stored(drawn: Iterable[Redrawn], *, uploader: User | None, at: datetime) -> Iterator[list[Picture]]:
    """Pictures whose files are on the disk, for the block to save; whatever goes wrong in it, the files go again.

    Entered before the transaction, so that none waits for a disk. Raises FileRefused where there is no room.
    """
    names: list[str] = []
    try:
        yield [_stored(one, uploader, at, names) for one in drawn]
    except BaseException:
        _delete_files(names)
        raise


def _stored(drawn: Redrawn, uploader: User | None, at: datetime, names: list[str]) -> Picture:
    picture = Picture(
        name=drawn.name,
        sha256=drawn.sha256,
        width=drawn.width,
        height=drawn.height,
        created_at=at,
        uploader=uploader,
    )
    # Under a name that nobody chose, in one of 256 folders.
    stem = f"{FOLDER}/{picture.key.hex[:2]}/{picture.key.hex}"
    picture.file.name, picture.thumbnail.name = f"{stem}.jpg", f"{stem}-small.jpg"
    contents = {picture.file.name: drawn.content, picture.thumbnail.name: drawn.thumbnail}
    try:
        for name, content in contents.items():
            names.append(name)
            default_storage.save(name, ContentFile(content))
            with default_storage.open(name) as file:  # the row is kept over a power cut, and so is the file
                os.fsync(file.fileno())
    except OSError as error:
        logger.error("A picture could not be stored: %s", type(error).__name__)
        raise FileRefused(no_room(drawn.name)) from error
    return picture


def _delete_files(names: Iterable[str]) -> None:
    for name in names:
        try:
            default_storage.delete(name)
        except OSError as error:
            logger.warning("A file could not be deleted: %s", type(error).__name__)


def delete_files_of(pictures: Iterable[Picture]) -> None:
    """For `transaction.on_commit`, when their rows are gone."""
    _delete_files(file.name for picture in pictures for file in (picture.file, picture.thumbnail))
