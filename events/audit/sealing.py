"""What a daily digest says, as it is signed, as it leaves the house in one line, and as it is read back."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from events.audit.signing import is_signed
from events.models import AuditDigest

MARK = "audit digest"
COPY = re.compile(MARK + r"\s+(?P<key>[0-9a-f]{16})\s+(?P<signature>(?:[A-Za-z0-9+/]\s?){86}==)\s+(?=\{)")


def compact(value: Any) -> str:
    """JSON that is the same whenever the value is."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def signed_text(digest: AuditDigest) -> str:
    """Everything that a digest states; times to the microsecond."""
    return compact(
        {
            "number": digest.number,
            "day": f"{digest.day:%Y-%m-%d}",
            "made_at": f"{digest.made_at.timestamp():.6f}",
            "previous": digest.previous_hash,
            "content": digest.content,
        }
    )


class HeadsHash:
    """SHA-256 over number, count of steps and hash of the last step of each history, a line for each, in order."""

    def __init__(self, heads: Iterable[tuple[str, int, str]] = ()) -> None:
        self.count, self._hash = 0, hashlib.sha256()
        for head in heads:
            self.add(*head)

    def add(self, number: str, step_count: int, head_hash: str) -> None:
        self.count += 1
        self._hash.update(f"{number} {step_count} {head_hash}\n".encode())

    def told(self) -> dict[str, Any]:
        """As a digest's content tells it."""
        return {"count": self.count, "hash": self._hash.hexdigest()}


def hash_of_sentences(sentences: list[str]) -> str:
    return sha256(compact(sentences))


def is_sound(digest: AuditDigest) -> bool:
    """Whether it is as it was signed, with a key that is known; whatever else stands in such a row is nobody's word."""
    try:
        text = signed_text(digest)
        return digest.hash == sha256(text) and is_signed(text, digest.key, digest.signature)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # no key, or no digest at all
        return False


def as_line(digest: AuditDigest) -> str:
    """The copy for the log and the mail: what was signed, and the signature."""
    return f"{MARK} {digest.key} {digest.signature} {signed_text(digest)}"


@dataclass(frozen=True)
class Copy:
    """A digest as a line outside the database tells it."""

    key: str
    signature: str
    text: str

    @property
    def number(self) -> int:
        return json.loads(self.text)["number"]

    def is_digest(self) -> bool:
        """Whether the text tells of a digest, and not of anything else."""
        told = json.loads(self.text)
        return isinstance(told, dict) and type(told.get("number")) is int

    @property
    def hash(self) -> str:
        return sha256(self.text)


class NoDigest(ValueError):
    """What stands where a digest should is something else."""


def read_copies(text: str) -> Iterator[Copy]:
    """The digests that stand in a mail or a log, in its order. Raises NoDigest, or ValueError where one was cut short.

    Mail programs break long lines, so no space counts inside of what was signed; there is none in it.
    """
    for found in COPY.finditer(text):
        rest = "".join(text[found.end() :].split())
        _value, end = json.JSONDecoder().raw_decode(rest)
        copy = Copy(found["key"], "".join(found["signature"].split()), rest[:end])
        if not copy.is_digest():
            raise NoDigest
        yield copy
