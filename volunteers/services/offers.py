"""What the enrolled offer: which skills, and when."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from branches.services.checking import errors_of
from volunteers.enrolments.access import Enrolment
from volunteers.models import MemberEnrolment, Offer, Skill
from volunteers.times import ANY_TIME


class Giving(NamedTuple):
    """A skill that is offered, when, and a word about it."""

    skill: Skill
    times: int = ANY_TIME
    note: str = ""


def write_offers(enrolment: Enrolment, offers: Sequence[Giving], on: date) -> bool:
    """Let just these be offered from that day on; whether that changed anything.

    What is no longer offered is taken back and stays on record, for orders point to it.
    """
    key = "member_enrolment" if isinstance(enrolment, MemberEnrolment) else "organisation_enrolment"
    there = {offer.skill_id: offer for offer in enrolment.offers.filter(withdrawn_on=None)}
    wanted = {giving.skill.pk: giving for giving in offers}
    _check(list(wanted.values()), there)
    gone = [offer.pk for skill, offer in there.items() if skill not in wanted]
    is_changed = bool(Offer.objects.filter(pk__in=gone).update(withdrawn_on=on)) if gone else False
    for skill, giving in wanted.items():
        offer = there.get(skill) or Offer(skill=giving.skill, grid=enrolment.grid, **{key: enrolment})
        note = giving.note.strip()
        if offer.pk and (offer.times, offer.note) == (giving.times, note):
            continue
        offer.times, offer.note, is_changed = giving.times, note, True
        if errors := errors_of(offer, "note"):
            raise ValidationError(errors)
        offer.save()
    return is_changed


def _check(offers: list[Giving], there: dict[int, Offer]) -> None:
    """ValidationError where a new offer is of a skill out of use, or says no time that a week has."""
    for giving in offers:
        if not giving.skill.is_active and giving.skill.pk not in there:
            raise ValidationError({"skills": _("“%(skill)s” is not in use any more.") % {"skill": giving.skill}})
        if not 0 < giving.times <= ANY_TIME:
            raise ValidationError({"times": _("Choose at least one time.")})
