"""Files in the store: written so that they last, deleted, and found again when their row is gone.

Each is called by the key of its row, in one of 256 folders: a name that nobody chose.
"""

import logging
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

logger = logging.getLogger(__name__)

BATCH = 500


def stem_of(folder: str, key: uuid.UUID) -> str:
    """What the name of a row's file begins with."""
    return f"{folder}/{key.hex[:2]}/{key.hex}"


def write_files(contents: dict[str, bytes]) -> None:
    """All of them or none; OSError where there is no room."""
    try:
        for name, content in contents.items():
            default_storage.save(name, ContentFile(content))
            with default_storage.open(
                name
            ) as file:  # the database keeps its promise after a power cut, so does the disk
                os.fsync(file.fileno())
    except OSError as error:
        logger.error("An upload could not be stored: %s", type(error).__name__)
        delete_files(contents)
        raise


def delete_files(names: Iterable[str]) -> None:
    for name in names:
        try:
            default_storage.delete(name)
        except OSError as error:  # the daily cleaning finds it
            logger.warning("A file could not be deleted: %s", type(error).__name__)


def delete_strays(folder: str, before: datetime, known: Callable[[Iterable[uuid.UUID]], set[uuid.UUID]]) -> int:
    """Delete the files from before that time whose row is gone, as `known` says of their keys; returns how many."""
    strays, names = 0, _old_files(folder, before)
    while batch := dict(islice(names, BATCH)):
        rows = known(batch.values())
        lost = [name for name, key in batch.items() if key not in rows]
        delete_files(lost)
        strays += len(lost)
    return strays


def _old_files(top: str, before: datetime) -> Iterator[tuple[str, uuid.UUID]]:
    """Files that are old enough to be looked at, each with the key of the row that it should belong to."""
    if not default_storage.exists(top):
        return
    for folder in default_storage.listdir(top)[0]:
        for name in default_storage.listdir(f"{top}/{folder}")[1]:
            path = f"{top}/{folder}/{name}"
            # Discarded meanwhile, or put there by somebody else and none of our business.
            with suppress(FileNotFoundError, ValueError):
                if default_storage.get_modified_time(path) < before:
                    yield path, uuid.UUID(name[:32])
