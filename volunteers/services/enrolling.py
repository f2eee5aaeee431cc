"""Many members at once, in a few statements, and back again.

For sheets, inside the one transaction of their import: the caller has locked the grids and checked every row by the
rules of the services that write one. Rights are asked once more here, as everywhere.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from grids.access import may_manage
from grids.models import User
from grids.services.bulk import what_hangs_on
from volunteers.enrolments.access import represented
from volunteers.enrolments.workflow import EnrolmentAction, EnrolmentState
from volunteers.models import EnrolmentStep, MemberEnrolment, Offer
from volunteers.services.enrolments import change_offers
from volunteers.services.offers import Giving


def create_member_enrolments(
    *, actor: User, enrolments: Sequence[MemberEnrolment], offers: Sequence[Sequence[Giving]], at: datetime
) -> None:
    """Reports that wait for their communities, with what each offers."""
    _check_may_write(actor, enrolments)
    for enrolment in enrolments:
        enrolment.position = enrolment.grid.lft
    MemberEnrolment.objects.bulk_create(enrolments)
    EnrolmentStep.objects.bulk_create(
        EnrolmentStep(
            member_enrolment=enrolment, action=EnrolmentAction.APPLY, to_state=enrolment.state, by=actor,
            by_name=str(actor), at=at,
        )
        for enrolment in enrolments
    )  # fmt: skip
    Offer.objects.bulk_create(
        Offer(
            member_enrolment=enrolment, skill=giving.skill, times=giving.times, note=giving.note, grid=enrolment.grid,
            position=enrolment.position,
        )
        for enrolment, given in zip(enrolments, offers, strict=True)
        for giving in given
    )  # fmt: skip


def change_member_offers(
    *, actor: User, offers: Mapping[MemberEnrolment, Sequence[Giving]], at: datetime | None = None
) -> None:
    """Let these members offer just this."""
    for enrolment, given in offers.items():
        change_offers(actor=actor, enrolment=enrolment, offers=given, at=at or timezone.now())


def delete_member_enrolments(*, actor: User, keys: Sequence[int], is_changed) -> list[str]:
    """Delete reports that a sheet made and nobody has answered; what keeps them, in sentences."""
    found = MemberEnrolment.objects.select_for_update(of=("self",)).filter(pk__in=keys)
    enrolments = list(found.select_related("grid", "user", "organisation").prefetch_related("offers__skill"))
    _check_may_write(actor, enrolments)
    refusals = [
        _("%(row)s has been changed since.") % {"row": enrolment}
        for enrolment in enrolments
        if enrolment.state != EnrolmentState.APPLIED or is_changed(enrolment)
    ]
    offers = Offer.objects.filter(member_enrolment__in=enrolments)
    refusals += what_hangs_on(Offer, list(offers.select_related("skill", "member_enrolment__user")))
    if not refusals:
        offers.delete()
        EnrolmentStep.objects.filter(member_enrolment__in=enrolments).delete()
        MemberEnrolment.objects.filter(pk__in=[enrolment.pk for enrolment in enrolments]).delete()
    return refusals


def _check_may_write(actor: User, enrolments: Sequence[MemberEnrolment]) -> None:
    own = set(represented(actor).values_list("pk", flat=True))
    for enrolment in enrolments:
        if enrolment.organisation_id not in own and not may_manage(actor, enrolment.grid):
            raise PermissionDenied(
                _("You neither represent %(organisation)s nor manage %(grid)s.")
                % {"organisation": enrolment.organisation, "grid": enrolment.grid}
            )
