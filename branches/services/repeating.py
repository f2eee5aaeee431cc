"""What is asked for twice is done once."""

from typing import TypeVar

from django.db.models import Model

from grids.models import User

Row = TypeVar("Row", bound=Model)


def done_before(model: type[Row], key: str | None, **actor: User | None) -> Row | None:
    """The row that the same actor made with the same key; none without a key."""
    return model.objects.filter(idempotency_key=key, **actor).first() if key else None
