"""Names of what came to where another has the name."""

from collections.abc import Collection


def free_name(name: str, place: str, taken: Collection[str], longest: int) -> str:
    """The name; where it is taken, with a place, or a number, behind it."""
    endings = ["", f"（{place}）", *(f"（{number}）" for number in range(2, len(taken) + 3))]
    wished = (name[: longest - len(ending)] + ending for ending in endings)
    return next(one for one in wished if one not in taken)
