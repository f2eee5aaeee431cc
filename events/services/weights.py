"""Changing how much a rating counts."""

from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import RatingWeight, WeightChange
from events.text import says_nothing
from grids.access import check_may_manage
from grids.models import User
from grids.moments import aware_now


@transaction.atomic
def change_weight(
    *, rating: str, weight: Decimal, reason: str, actor: User | None, at: datetime | None = None
) -> RatingWeight:
    """Have the rating count so much from now on, in every figure, and write down who wanted it and why.

    The same weight again changes nothing. Raises ValidationError by field.
    """
    check_may_manage(actor, None)
    row = RatingWeight.objects.select_for_update().get(rating=rating)
    before, row.weight = row.weight, weight
    row.full_clean()
    if row.weight == before:
        return row
    if says_nothing(reason):
        raise ValidationError({"reason": _("Say why; it will stand in the history of the weights.")})
    change = WeightChange(
        rating=rating, before=before, after=row.weight, reason=reason.strip(), changed_by=actor,
        changed_at=aware_now(at),
    )  # fmt: skip
    change.full_clean()
    row.save()
    change.save()
    return row
