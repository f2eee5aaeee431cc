"""Who may see a key household: who answers for it, and the desk of its community. Superusers have no part in it."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from branches.models import AreaMember
from grids.access import Ranges, merged, within
from grids.models import Grid, Level, Post, Role, User
from grids.tree import ancestor_codes, community_code
from volunteers.confidential import audited_ranges, desk_ranges, holds, ranges_of
from volunteers.households.workflow import HouseholdSide, HouseholdState
from volunteers.models import Household, MemberEnrolment, Visit

WORKERS = frozenset({Role.CHIEF, Role.STAFF})


def registering_ranges(user: User) -> Ranges:
    """Where the user takes households into care: as desk, and where they work or answer for a member's area."""
    found = desk_ranges(user)
    found += ranges_of(user, lambda post: post.grid.level >= Level.COMMUNITY and post.role in WORKERS)
    if user.is_active:
        areas = AreaMember.objects.active().filter(user=user, area__given_up_on=None, area__cover__until=None)
        found += areas.values_list("area__cover__grid__lft", "area__cover__grid__rght")
    return merged(found)


def is_desk(user: User, grid: Grid) -> bool:
    return holds(desk_ranges(user), grid)


def answered_households(user: User) -> QuerySet[Household]:
    """Those that the user answers for, as long as they stand in the community."""
    return Household.objects.filter(answered_by=user).answered()


def visible_households(user: User) -> QuerySet[Household]:
    """Those that the user answers for, and those of the communities whose desk they are, the erased ones too."""
    if not user.is_active:
        return Household.objects.none()
    return Household.objects.filter(within(desk_ranges(user)) | Q(pk__in=answered_households(user).values("pk")))


def has_part(user: User) -> bool:
    """Whether there is anything for the user: as desk, or by a household that they answer for."""
    return bool(desk_ranges(user)) or (user.is_active and answered_households(user).exists())


def get_household(user: User, pk: int) -> Household:
    """The household; 404 for everybody but who answers for it and the desk."""
    found = visible_households(user).select_related("grid", "answered_by", "consent_text").prefetch_related("needs")
    return get_object_or_404(found, pk=pk)


def get_household_to_reveal(user: User, pk: int) -> Household:
    """As `get_household`, and for the auditor too."""
    audited = within(audited_ranges(user))
    seen = Household.objects.filter(audited | Q(pk__in=visible_households(user).values("pk")))
    return get_object_or_404(seen.select_related("grid"), pk=pk)


def sides_of(user: User, household: Household) -> frozenset[HouseholdSide]:
    """Where the user stands to the household."""
    sides = set()
    if is_desk(user, household.grid):
        sides.add(HouseholdSide.DESK)
    if user.is_active and user.pk == household.answered_by_id:
        sides |= {HouseholdSide.KEEPER} if answered_households(user).filter(pk=household.pk).exists() else set()
    if holds(audited_ranges(user), household.grid):
        sides.add(HouseholdSide.AUDITOR)
    return frozenset(sides)


def dwellings(grids: QuerySet[Grid]) -> QuerySet[Grid]:
    """The units among them, and the buildings that have none."""
    no_units = Q(level=Level.BUILDING, children_count=0)
    return grids.active().with_children_count().filter(Q(level=Level.UNIT) | no_units).order_by("lft")


def registrable_grids(user: User) -> QuerySet[Grid]:
    """Where the user may take a household into care."""
    return dwellings(Grid.objects.filter(within(registering_ranges(user), "lft")))


def check_may_register(actor: User | None, grid: Grid) -> None:
    """PermissionDenied unless the actor takes households into care there; a command, actor None, always may."""
    if actor is not None and not holds(registering_ranges(actor), grid):
        raise PermissionDenied(_("You do not take households into care in %(grid)s.") % {"grid": grid.name})


def get_registering_user(user: User) -> User:
    """The user, if there is anywhere that they take households into care; else 404."""
    if not registering_ranges(user):
        raise Http404
    return user


# Who may answer for a household


@dataclass(frozen=True)
class Candidate:
    user: User
    why: str | Promise


def people_of(grid: Grid) -> QuerySet[User]:
    """Who stands in the community of a unit, and so may answer for a household there."""
    community = Grid.objects.get(code=community_code(grid.code))
    inside = (community.lft, community.rght)
    areas = AreaMember.objects.active().filter(area__given_up_on=None, area__position__range=inside)
    stand = (
        Q(pk__in=Post.objects.active().filter(position__range=inside).values("user"))
        | Q(pk__in=MemberEnrolment.objects.serving().filter(position__range=inside).values("user"))
        | Q(pk__in=areas.values("user"))
    )
    return User.objects.filter(stand, is_active=True).order_by("name", "pk")


def candidates(grid: Grid) -> list[Candidate]:
    """Who may answer for a household at this unit: first whose area it is, then who works there, then all others."""
    codes = [grid.code, *ancestor_codes(grid.code)[:1]]
    areas = AreaMember.objects.active().filter(area__given_up_on=None)
    areas = areas.filter(area__cover__until=None, area__cover__grid__code__in=codes).values_list("user", flat=True)
    posts = Post.objects.active().filter(grid__code__in=codes, role__in=WORKERS).values_list("user", flat=True)
    placed = MemberEnrolment.objects.serving().filter(place__code__in=codes).values_list("user", flat=True)
    reasons = (
        (set(areas), gettext_lazy("member whose area this is")),
        (set(posts), gettext_lazy("works in this building")),
        (set(placed), gettext_lazy("member placed here")),
    )
    found = [Candidate(user, _why(user, reasons)) for user in people_of(grid)]
    order = [why for _people, why in reasons]
    return sorted(found, key=lambda one: order.index(one.why) if one.why in order else len(order))


def _why(user: User, reasons) -> str | Promise:
    return next((why for people, why in reasons if user.pk in people), "")


# What becomes of a visit


def visit_to_file(user: User, pk: int) -> Visit | None:
    """A visit with a finding that the user may make a case of: whoever sees the household and holds a post."""
    if not user.is_active or not user.active_posts:
        return None
    visits = Visit.objects.filter(pk=pk, household__in=visible_households(user).values("pk"))
    visits = visits.filter(household__state=HouseholdState.KEPT, finding__isnull=False)
    return visits.select_related("household__grid").first()
