"""Who sees enrolments and offers, who answers reports, and who reports for whom."""

from typing import TypeVar

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from branches.access import may_run_for
from branches.models import Branch
from grids.access import find_grid, overseen_posts, visible_grids
from grids.models import Grid, Level, Organisation, User
from volunteers.enrolments.workflow import EnrolmentSide
from volunteers.models import MemberEnrolment, Offer, OrganisationEnrolment

Enrolment = OrganisationEnrolment | MemberEnrolment
Row = TypeVar("Row", OrganisationEnrolment, MemberEnrolment)
GIVERS = ("organisation_enrolment", "member_enrolment")


def represented(user: User) -> QuerySet[Organisation]:
    """The organisations that the user reports for, and whose sheet of members they keep."""
    return user.organisations.active() if user.is_active else Organisation.objects.none()


def serving_grids(user: User) -> QuerySet[Grid]:
    """The communities that have confirmed the user: all that a member without a post sees of the tree."""
    if not user.is_active:
        return Grid.objects.none()
    return Grid.objects.filter(pk__in=user.enrolments.serving().values("grid"))


def visible_members(user: User) -> QuerySet[MemberEnrolment]:
    """Of the communities that the user reads, of organisations that they represent, and their own."""
    if not user.is_active:
        return MemberEnrolment.objects.none()
    own = Q(user=user) | Q(organisation__in=represented(user))
    return MemberEnrolment.objects.filter(own | _read(user))


def _read(user: User) -> Q:
    """In the communities that the user's posts reach, or that the branch covers which they lead; no query."""
    return Q(grid__in=visible_grids(user)) | Q(grid__in=Branch.objects.covers_led_by(user).values("grid"))


def visible_organisation_enrolments(user: User) -> QuerySet[OrganisationEnrolment]:
    """Of the communities that the user reads or that have confirmed them, and of those they represent."""
    if not user.is_active:
        return OrganisationEnrolment.objects.none()
    there = _read(user) | Q(grid__in=serving_grids(user))
    return OrganisationEnrolment.objects.filter(there | Q(organisation__in=represented(user)))


def visible_offers(user: User) -> QuerySet[Offer]:
    """Those of the enrolments that the user may see."""
    organisations = Q(organisation_enrolment__in=visible_organisation_enrolments(user))
    return Offer.objects.filter(organisations | Q(member_enrolment__in=visible_members(user)))


def get_member(user: User, pk: int) -> MemberEnrolment:
    """A member's enrolment; 404 where the user may not see it."""
    related = ("grid", "user", "organisation__grid", "place", "post__grid")
    return get_object_or_404(visible_members(user).select_related(*related), pk=pk)


def get_organisation_enrolment(user: User, pk: int) -> OrganisationEnrolment:
    """An organisation's enrolment; 404 where the user may not see it."""
    related = ("grid", "organisation__grid", "contact")
    return get_object_or_404(visible_organisation_enrolments(user).select_related(*related), pk=pk)


def may_answer(user: User, enrolment: Enrolment) -> bool:
    """Whether the user acts for the community that was reported to."""
    return may_run_for(user, enrolment.grid)


def may_report_for(user: User, organisation: Organisation) -> bool:
    """Whether the user speaks for the organisation."""
    return user.is_active and not organisation.dissolved_at and represented(user).filter(pk=organisation.pk).exists()


def sides_of(user: User | None, enrolment: Enrolment) -> set[EnrolmentSide]:
    """Where the user stands; a command, None, stands everywhere."""
    if user is None:
        return set(EnrolmentSide)
    sides = set()
    is_own = isinstance(enrolment, MemberEnrolment) and user.is_active and enrolment.user_id == user.pk
    if is_own or may_report_for(user, enrolment.organisation):
        sides.add(EnrolmentSide.APPLICANT)
    if may_answer(user, enrolment):
        sides.add(EnrolmentSide.COMMUNITY)
    return sides


def answered_communities(user: User) -> QuerySet[Grid]:
    """The very communities that the user answers for by a post there or as leader of the branch that covers them.

    Who answers for a street or district may act for its communities too, but is not asked every day.
    """
    if not user.is_active:
        return Grid.objects.none()
    posted = [post.grid_id for post in overseen_posts(user) if post.grid.level == Level.COMMUNITY]
    led = [grid.pk for grid in Branch.objects.grids_led_by(user) if grid.level == Level.COMMUNITY]
    return Grid.objects.active().filter(pk__in={*posted, *led})


def find_place(user: User, code: str) -> Grid | None:
    """The grid of this code, where the user's posts reach or the branch covers that they lead; else None.

    Raises SeveralSuccessors as `find_grid` does.
    """
    led = Grid.objects.active().filter(pk__in=Branch.objects.covers_led_by(user).values("grid"))
    return find_grid(user, code) or led.filter(code=code.replace("\0", "")).first()
