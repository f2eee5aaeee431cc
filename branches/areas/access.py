"""Who may see members' areas: whoever sees the community; the branch's own people act."""

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from branches.models import MemberArea
from grids.access import visible_grids
from grids.models import User


def visible_areas(user: User) -> QuerySet[MemberArea]:
    """Those in the communities that the user may see, those of branches that they lead, and those they answer for."""
    if not user.is_active:
        return MemberArea.objects.none()
    led = Q(branch__secretary=user) | Q(branch__deputy=user)
    answered = Q(members__user=user, members__until=None)
    keys = MemberArea.objects.filter(Q(grid__in=visible_grids(user)) | led | answered).values("pk")
    return MemberArea.objects.filter(pk__in=keys)


def get_area(user: User, pk: int) -> MemberArea:
    """The area; 404 where the user may not see it."""
    return get_object_or_404(visible_areas(user).with_household_count().select_related("grid", "branch__grid"), pk=pk)
