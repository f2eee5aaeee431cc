"""The lot by which closed cases are sampled: three lines that anybody can redo, in any language or by hand.

The population is the list of case numbers in ascending order. For each number the SHA-256 of `seed:number` (UTF-8,
written in hexadecimal) is its lot; the cases with the smallest lots are drawn, smallest first.
"""

import hashlib
import heapq
from collections.abc import Iterable


def lot(seed: str, number: str) -> str:
    """SHA-256 of `seed:number`, in hexadecimal."""
    return hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()


def draw(seed: str, numbers: Iterable[str], size: int) -> list[str]:
    """The numbers with the `size` smallest lots, smallest first; all of them where there are no more."""
    return [number for _lot, number in heapq.nsmallest(size, ((lot(seed, number), number) for number in numbers))]


def population_text(numbers: Iterable[str]) -> str:
    """The population as it is kept and digested: ascending, a number to a line, each line ended by a line feed."""
    return "".join(f"{number}\n" for number in sorted(numbers))


def digest(text: str) -> str:
    """SHA-256 of the population's text, as `sha256sum` tells it of the file."""
    return hashlib.sha256(text.encode()).hexdigest()
