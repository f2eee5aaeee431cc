"""How to reach who ordered: looked at with a reason, erased in time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from grids.batches import keys_in_batches
from grids.models import User
from grids.models.reveal import clean_reason, opened
from grids.moments import aware_now
from volunteers.models import OrderContact, OrderReveal, OrderStep, ServiceOrder
from volunteers.orders.access import may_see_contact
from volunteers.orders.workflow import OrderAction
from volunteers.services.order_moves import locked

BATCH = 500
RESIDENTS = (OrderAction.RATE, OrderAction.COMPLAIN, OrderAction.WITHDRAW)  # whose text is what the resident said


@dataclass(frozen=True)
class PlainContact:
    """Name, phone and address in plain text, for one answer; not even a traceback shows them."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)


@transaction.atomic
def reveal_order_contact(*, order: ServiceOrder, actor: User, reason: str, at: datetime | None = None) -> PlainContact:
    """How to reach the resident of an order; who looks, when and why is written down first.

    Raises PermissionDenied, or ValidationError without a reason or where nothing is kept.
    """
    at, order = aware_now(at), locked(order)
    if not may_see_contact(actor, order):
        raise PermissionDenied(_("Only the desk that holds the order, and who has accepted it, may see the contact."))
    contact = OrderContact.objects.filter(order=order).first()
    if contact is None or contact.is_empty:
        raise ValidationError(_("No contact is kept for this order."))
    reason = clean_reason(reason)
    person = PlainContact(*opened(contact.name, contact.phone, contact.address))
    OrderReveal.objects.create(
        order=order, actor=actor, actor_name=str(actor), actor_post=_post_of(actor, order), at=at, reason=reason
    )
    return person


def _post_of(actor: User, order: ServiceOrder) -> str:
    """The post by which the actor holds the order; nothing for who has accepted it."""
    post = next((post for post in actor.active_posts if post.grid_id == order.holder_id), None)
    return f"{post.grid.name} {post.get_role_display()}" if post else ""


def erase_order_contacts(*, at: datetime | None = None) -> Counter:
    """Erase contacts and residents' words of orders that ended long ago, and old sources; the orders are still counted.

    Returns how many of each. Safe to run beside itself and again.
    """
    at = aware_now(at)
    old = at - timedelta(days=settings.SOURCE_KEPT_DAYS)
    sources = OrderContact.objects.filter(created_at__lt=old).exclude(source="").update(source="")
    contacts = sum(_erase(pks, at) for pks in keys_in_batches(OrderContact.objects.outlived(at), BATCH))
    return Counter(contacts=contacts, sources=sources)


@transaction.atomic
def _erase(pks: list[int], at: datetime) -> int:
    """Under the lock of their orders, so that one that is taken up again at this moment is asked once more."""
    orders = ServiceOrder.objects.filter(contact__in=pks).order_by("pk").select_for_update(of=("self",), no_key=True)
    list(orders.values_list("pk", flat=True))
    still = list(OrderContact.objects.outlived(at).filter(pk__in=pks).values_list("pk", flat=True))
    ServiceOrder.objects.filter(contact__in=still).update(text="")
    # A step is never edited; but what a resident said is theirs.
    OrderStep.objects.filter(order__contact__in=still, action__in=RESIDENTS).exclude(text="").update(text="")
    empty = {"name": None, "phone": None, "address": None, "code_hash": "", "source": "", "erased_at": at}
    return OrderContact.objects.filter(pk__in=still).update(**empty)
