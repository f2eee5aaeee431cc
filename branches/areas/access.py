"""Who may see members' areas: whoever sees the community; the branch's own people act."""

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from branches.models import Branch, MemberArea
from grids.access import visible_grids
from grids.models import Grid, Level, User
from grids.tree import community_code


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


def community_of(grid: Grid) -> Grid:
    """The community of a building or unit; what stands higher, itself."""
    if grid.level <= Level.COMMUNITY:
        return grid
    return Grid.objects.get(code=community_code(grid.code))


def home_grid(user: User) -> Grid | None:
    """Where a person's look at areas begins: the highest grid of their posts, a branch that they lead, the city."""
    posts = sorted(user.active_posts, key=lambda post: (post.grid.level, post.grid.lft))
    if posts:
        return community_of(posts[0].grid)
    branch = Branch.objects.led_by(user).select_related("grid").first()
    if branch:
        return community_of(branch.grid)
    return Grid.objects.active().filter(parent=None).order_by("lft").first() if user.is_superuser else None
