"""The list of a secret vote's ballots, without the ORM, so that anybody can find their own line and count again."""

import hashlib
from collections import Counter
from collections.abc import Iterable

RECEIPT_LENGTH = 12  # whoever found one by trying would still not know whose it is
SLIP_LENGTH = 10
ABSTAINED = 0  # the number on the list for who chose none of the options


def receipt_hash(topic: int, receipt: str) -> str:
    """What stands on the list for a receipt: SHA-256 of `<number of the topic>:<receipt without hyphens>`."""
    return hashlib.sha256(f"{topic}:{receipt}".encode()).hexdigest()


def ballots_text(ballots: Iterable[tuple[str, int]]) -> str:
    """One line for each ballot, hash and number of the option, in the order of the hashes."""
    return "".join(f"{hashed} {number}\n" for hashed, number in sorted(ballots))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def recount(text: str) -> Counter[int]:
    """The votes for each number of an option, from the published list alone."""
    return Counter(int(line.split()[1]) for line in text.splitlines())
