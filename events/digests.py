"""What a daily digest says, as it is signed, as it leaves the house in one line, and as it is read back."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

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


def hash_of_heads(heads: Iterable[tuple[str, int, str]]) -> str:
    """SHA-256 over number, count of steps and hash of the last step of each history, a line for each, in order."""
    found = hashlib.sha256()
    for number, step_count, head_hash in heads:
        found.update(f"{number} {step_count} {head_hash}\n".encode())
    return found.hexdigest()


def hash_of_sentences(sentences: list[str]) -> str:
    return sha256(compact(sentences))


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

    @property
    def hash(self) -> str:
        return sha256(self.text)


def read_copies(text: str) -> Iterator[Copy]:
    """The digests that stand in a mail or a log, in its order. Raises ValueError where one was cut short.

    Mail programs break long lines, so no space counts inside of what was signed; there is none in it.
    """
    for found in COPY.finditer(text):
        rest = "".join(text[found.end() :].split())
        _value, end = json.JSONDecoder().raw_decode(rest)
        yield Copy(found["key"], "".join(found["signature"].split()), rest[:end])
