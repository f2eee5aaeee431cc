"""Changing the keys of encrypted fields."""

import logging
from collections import Counter
from collections.abc import Iterator

from django.apps import apps
from django.db import models, transaction

from grids.encryption import EncryptedTextField, Unreadable, is_current

logger = logging.getLogger(__name__)

BATCH = 500


def rotate_keys(*, batch: int = BATCH) -> Counter:
    """Bring every encrypted value under the newest of FIELD_KEYS; counts `renewed`, `current` and `unreadable` ones.

    Each batch is a transaction of its own: killed at any moment it is simply run again. What no key opens stays.
    """
    done: Counter = Counter(renewed=0, current=0, unreadable=0)
    for model, names in _encrypted_models():
        last = 0
        while rows := _rotate_batch(model, names, last, batch, done):
            last = rows[-1].pk
    return done


def _encrypted_models() -> Iterator[tuple[type[models.Model], list[str]]]:
    for model in apps.get_models():
        if names := [field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]:
            yield model, names


@transaction.atomic
def _rotate_batch(
    model: type[models.Model], names: list[str], last: int, batch: int, done: Counter
) -> list[models.Model]:
    rows = list(model._base_manager.select_for_update().filter(pk__gt=last).only(*names).order_by("pk")[:batch])
    changed = [row for row in rows if _renew(row, names, done)]
    if changed:
        model._base_manager.bulk_update(changed, names)
    return rows


def _renew(row: models.Model, names: list[str], done: Counter) -> bool:
    """Renew the row's values in memory; returns whether any changed."""
    before = done["renewed"]
    for name in names:
        if (secret := getattr(row, name)) is None:
            continue
        if is_current(secret.token):
            done["current"] += 1
            continue
        try:
            setattr(row, name, secret.renewed())
            done["renewed"] += 1
        except Unreadable:
            done["unreadable"] += 1
            logger.warning("%s of %s %s: none of FIELD_KEYS opens it.", name, row._meta.label, row.pk)
    return done["renewed"] > before
