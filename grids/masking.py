"""How much of a person's name and phone is shown. No ORM."""

from collections.abc import Callable

from grids.encryption import Secret, Unreadable

STARS = "****"


def mask_name(name: str) -> str:
    """张*: the family name, and nothing that tells how long the rest is."""
    return f"{name[:1]}*" if name else ""


def mask_phone(phone: str) -> str:
    """138****5678; of a number too short for that only the end."""
    return f"{phone[:3]}{STARS}{phone[-4:]}" if len(phone) > 8 else f"{STARS}{phone[-2:]}"


def masked(secret: Secret | None, mask: Callable[[str], str]) -> str:
    """What may be shown of an encrypted value; stars where no key opens it, nothing where there is none."""
    if secret is None:
        return ""
    try:
        return mask(secret.reveal())
    except Unreadable:
        return STARS
