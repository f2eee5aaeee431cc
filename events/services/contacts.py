"""Residents' names, phones and photos: looked at with a reason, erased in time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Attachment, ContactReveal, Event, ResidentContact
from events.services.acting import acting_post
from events.services.attaching import erase_files
from events.workflow import Side
from grids.batches import keys_in_batches
from grids.models import User
from grids.models.reveal import clean_reason, opened
from grids.moments import aware_now
from grids.services import limits

BATCH = 500
REVEALING = (Side.DESK, Side.HANDLER)


@dataclass(frozen=True)
class Person:
    """A name and a phone in plain text, for one answer; not even a traceback shows them."""

    name: str = field(repr=False)
    phone: str = field(repr=False)


def may_see_contact(event: Event, user: User) -> bool:
    """The desk that holds the case and its handler, nobody else."""
    return bool(event.sides_of(user) & set(REVEALING))


@transaction.atomic
def reveal_contact(*, event: Event, actor: User, reason: str, at: datetime | None = None) -> Person:
    """Name and phone behind a case; who looks, when and why is written down first.

    Raises PermissionDenied, or ValidationError without a reason or where nothing is kept.
    """
    at = aware_now(at)
    Event.objects.select_for_update().values_list("pk").get(pk=event.pk)
    event = Event.objects.with_related().get(pk=event.pk)
    if not may_see_contact(event, actor):
        raise PermissionDenied(_("Only the desk that holds the case and its handler may see the contact."))
    contact = ResidentContact.objects.filter(event=event).first()
    if contact is None or contact.is_empty:
        raise ValidationError(_("No contact is kept for this case."))
    reason = clean_reason(reason)
    person = Person(*opened(contact.name, contact.phone))
    standing = event.sides_of(actor)
    side = next(side for side in REVEALING if side in standing)
    ContactReveal.objects.create(
        event=event,
        actor=actor,
        actor_name=str(actor),
        actor_post=acting_post(event, actor, side),
        at=at,
        reason=reason,
    )
    return person


def erase_contacts(*, at: datetime | None = None) -> Counter:
    """Erase name, phone and photos of residents whose case ended long ago, old sources, and counts of past windows.

    Returns how many of each; the emptied rows stay, so that reports can still be counted. Safe to run beside itself.
    """
    at = aware_now(at)
    done: Counter = Counter(contacts=0, photos=0, sources=0, uses=limits.forget(at))
    old = at - timedelta(days=settings.SOURCE_KEPT_DAYS)
    done["sources"] = ResidentContact.objects.filter(created_at__lt=old).exclude(source="").update(source="")
    for pks in keys_in_batches(ResidentContact.objects.outlived(at), BATCH):
        done.update(_erase(pks, at))
    return done


@transaction.atomic
def _erase(pks: list[int], at: datetime) -> dict[str, int]:
    """Under the lock of their events, so that one that is being reopened at this moment is asked again after it."""
    events = Event.objects.filter(contact__in=pks).order_by("pk").select_for_update(of=("self",))
    list(events.values_list("pk", flat=True))
    still = list(ResidentContact.objects.outlived(at).filter(pk__in=pks).values_list("pk", flat=True))
    empty = {"name": None, "phone": None, "code_hash": "", "source": "", "erased_at": at}
    photos = erase_files(Attachment.objects.of_residents().filter(event__contact__in=still), at)
    return {"contacts": ResidentContact.objects.filter(pk__in=still).update(**empty), "photos": photos}
