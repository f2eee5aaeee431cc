"""Which branches a user may see, run and keep; beside the posts, who leads a branch acts for it."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from branches.models import Branch
from branches.references import primary_keys
from grids.access import may_manage, may_oversee, overseen_ranges, visible_grids, within
from grids.models import Grid, Level, User
from grids.tree import community_code


def visible_branches(user: User) -> QuerySet[Branch]:
    """Those with their seat on a grid that the user may see, and those that they lead."""
    if not user.is_active:
        return Branch.objects.none()
    return Branch.objects.filter(Q(grid__in=visible_grids(user)) | Q(secretary=user) | Q(deputy=user))


def get_branch(user: User, pk: int) -> Branch:
    """The branch; 404 where the user may not see it."""
    return get_object_or_404(visible_branches(user).select_related("grid"), pk=pk)


def get_asked_branch(user: User, key: str) -> Branch:
    """The branch that an address asks for; 404 also for what is no key."""
    if not primary_keys([key]):
        raise Http404
    return get_branch(user, int(key))


def get_branch_to_run(user: User, pk: int) -> Branch:
    """The branch, for who acts for it; 404 out of sight, PermissionDenied for who only looks on."""
    branch = get_branch(user, pk)
    check_may_run(user, branch)
    return branch


def get_branch_to_keep(user: User, pk: int) -> Branch:
    """The branch, for who keeps it; 404 out of sight, PermissionDenied for who only looks on."""
    branch = get_branch(user, pk)
    if branch.dissolved_on or not may_keep_branches(user, branch.grid):
        raise PermissionDenied
    return branch


def runnable_branches(user: User) -> QuerySet[Branch]:
    """Those that the user may act for: as secretary or deputy, or answering for the grid of its seat."""
    if not user.is_active:
        return Branch.objects.none()
    answers = within(overseen_ranges(user))
    return Branch.objects.active().filter(answers | Q(secretary=user) | Q(deputy=user))


def may_run(user: User, branch: Branch) -> bool:
    """Whether the user may act for the branch: convene, decide, plan, write."""
    if not user.is_active or branch.dissolved_on:
        return False
    if user.pk in (branch.secretary_id, branch.deputy_id):
        return True
    return any(lft <= branch.position <= rght for lft, rght in overseen_ranges(user))


def check_may_run(actor: User | None, branch: Branch) -> None:
    """PermissionDenied unless the actor may act for the branch; a command, actor None, always may."""
    if actor is not None and not may_run(actor, branch):
        raise PermissionDenied(_("You do not act for the branch %(branch)s.") % {"branch": branch})


def may_run_for(user: User, grid: Grid) -> bool:
    """Whether the user may act for what a whole grid does together: who answers for it, or leads a branch over it.

    A branch is over what it covers and all below. Where it covers some buildings, their community is not its leaders'.
    """
    if may_oversee(user, grid):
        return True
    return any(lft <= grid.lft <= rght for lft, rght in Branch.objects.ranges_led_by(user))


def may_keep_branches(user: User, grid: Grid) -> bool:
    """Whether the user may found, describe and dissolve branches there: who manages the grid."""
    return may_manage(user, grid)


def community_of(grid: Grid) -> Grid:
    """The community of a building or unit; what stands higher, itself."""
    if grid.level <= Level.COMMUNITY:
        return grid
    return Grid.objects.get(code=community_code(grid.code))


def home_grid(user: User) -> Grid | None:
    """Where a look at what communities have begins: at the highest grid of one's posts, one's branch, the city."""
    posts = sorted(user.active_posts, key=lambda post: (post.grid.level, post.grid.lft))
    if posts:
        return community_of(posts[0].grid)
    branch = Branch.objects.led_by(user).select_related("grid").first()
    if branch:
        return community_of(branch.grid)
    return Grid.objects.active().filter(parent=None).order_by("lft").first() if user.is_superuser else None
