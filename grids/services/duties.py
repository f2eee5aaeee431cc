"""The duties of the roles (定责), which hold for every post that has none of its own."""

from django.db import transaction

from grids.access import check_may_manage
from grids.models import Duty, User


def save_duty(*, actor: User | None, duty: Duty) -> Duty:
    """Keep a duty of a role, new or changed. They hold everywhere, so they are a superuser's business."""
    check_may_manage(actor, None)
    duty.text = duty.text.strip()
    duty.full_clean()
    with transaction.atomic():
        duty.save()
    return duty


def delete_duty(*, actor: User | None, duty: Duty) -> None:
    """Take a duty off its role."""
    check_may_manage(actor, None)
    duty.delete()
