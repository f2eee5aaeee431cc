"""How far a task is. It lives beside the database, whose one transaction hides its rows until the end.

The cache may be away at any time: then there is no number to show, and nothing else goes wrong.
"""

import logging
from contextlib import suppress
from dataclasses import asdict, dataclass

from django.core.cache import caches
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

KEEP_SECONDS = 60  # so long a task that says nothing may still be alive
AWAY = (RedisError, OSError)
Key = int | str  # of an import; those of other apps carry its name


@dataclass(frozen=True)
class Progress:
    """Rows done; `total` is 0 while nobody knows it."""

    phase: str
    done: int
    total: int

    @property
    def percent(self) -> int | None:
        return self.done * 100 // self.total if self.total else None


def begin(pk: Key) -> bool:
    """False when another worker is at this import right now."""
    try:
        return bool(caches["progress"].add(_key(pk, "busy"), 1, KEEP_SECONDS))
    except AWAY:
        return True


def report(pk: Key, phase: str, done: int, total: int = 0) -> None:
    values = {_key(pk, "busy"): 1, _key(pk, "progress"): asdict(Progress(phase, done, total))}
    with suppress(*AWAY):
        caches["progress"].set_many(values, KEEP_SECONDS)


def end(pk: Key) -> None:
    with suppress(*AWAY):
        caches["progress"].delete_many([_key(pk, "busy"), _key(pk, "progress")])


def read(pk: Key) -> Progress | None:
    try:
        found = caches["progress"].get(_key(pk, "progress"))
    except AWAY:
        return None
    return Progress(**found) if found else None


def _key(pk: Key, what: str) -> str:
    return f"sheet:{pk}:{what}"
