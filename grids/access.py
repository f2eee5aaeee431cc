"""Which part of the tree a user may see and work in: what their active posts give, and nothing else."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from grids import tree
from grids.models import Grid, Level, Organisation, Post, Role, User

Ranges = list[tuple[int, int]]
EVERYTHING: Ranges = [(0, tree.LARGEST)]


def ranges(user) -> Ranges:
    """The intervals of the user's active posts, merged and in order."""
    if not user.is_active:
        return []
    if user.is_superuser:
        return EVERYTHING
    return merged((post.grid.lft, post.grid.rght) for post in user.active_posts)


def within(ranges: Ranges, field: str = "position") -> Q:
    """`field` lies in one of the intervals; true for no row when there are none."""
    condition = Q()
    for interval in ranges:
        condition |= Q(**{f"{field}__range": interval})
    return condition or Q(pk__in=[])


def workable_grids(user) -> QuerySet[Grid]:
    """The grids that the user may file for: below their posts; a post in a building counts for its community."""
    return Grid.objects.active().filter(within(_work_ranges(user), "lft"))


def may_work_on(user, grid: Grid) -> bool:
    """Whether the user may file for this grid; asks the posts alone, not the database."""
    return any(lft <= grid.lft <= rght for lft, rght in _work_ranges(user))


def visible_grids(user) -> QuerySet[Grid]:
    """The workable grids, the retired ones among them, and what lies above the user's own grids."""
    if not user.is_active:
        return Grid.objects.none()
    return Grid.objects.filter(within(_work_ranges(user), "lft") | Q(code__in=_codes_above(user)))


def may_see(user, grid: Grid) -> bool:
    """Whether the grid is one of `visible_grids`; asks the posts alone, not the database."""
    return grid.code in _codes_above(user) or may_work_on(user, grid)


def visible_organisations(user) -> QuerySet[Organisation]:
    """The organisations on the grids that the user may see."""
    if not user.is_active:
        return Organisation.objects.none()
    return Organisation.objects.filter(within(_work_ranges(user)) | Q(grid__code__in=_codes_above(user)))


class SeveralSuccessors(Exception):
    """A code of a grid that was divided: `grids` are those in its place that the user may see."""

    def __init__(self, code: str, grids: list[Grid]):
        names = "、".join(map(str, grids))
        super().__init__(
            _("The grid %(code)s was divided. Choose one of those in its place: %(grids)s.")
            % {"code": code, "grids": names}
        )
        self.code = code
        self.grids = grids


def find_grid(user, code: str) -> Grid | None:
    """The grid of this code, or the one that took its place, as far as the user may see it; else None.

    Raises SeveralSuccessors where it was divided. What is in use costs one query.
    """
    if "\x00" in code:  # PostgreSQL takes no such text, and no code holds it
        return None
    seen = visible_grids(user)
    grid = seen.filter(code=code).first()
    if grid and not grid.retired_at:
        return grid
    successors = Grid.objects.successors(code)
    visible = seen.filter(pk__in=[successor.pk for successor in successors]).order_by("lft")
    if len(successors) > 1 and (found := list(visible)):
        raise SeveralSuccessors(code, found)
    return visible.first() or grid


def get_grid(user, code: str) -> Grid:
    """As `find_grid`; 404 where the user may not see it."""
    grid = find_grid(user, code)
    if grid is None:
        raise Http404
    return grid


# Managing: keeping the tree, posts and organisations. Superusers everywhere, officials in charge in their own subtree.


def managed_ranges(user) -> Ranges:
    """The intervals that the user may manage, merged and in order."""
    if user.is_active and user.is_superuser:
        return EVERYTHING
    return merged((post.grid.lft, post.grid.rght) for post in _posts(user) if post.is_manager)


def managed_grids(user) -> QuerySet[Grid]:
    """Everything that the user may manage, the retired grids among it."""
    return Grid.objects.filter(within(managed_ranges(user), "lft"))


def managed_tops(user) -> QuerySet[Grid]:
    """Where that begins: the cities, or the grids of the official's own posts."""
    if user.is_active and user.is_superuser:
        return Grid.objects.filter(parent=None)
    return Grid.objects.filter(lft__in=[lft for lft, _rght in managed_ranges(user)])


def may_manage(user, grid: Grid | None) -> bool:
    """Whether the user may keep what belongs to this grid; None is the top of the tree, above all cities."""
    if grid is None:
        return user.is_active and user.is_superuser
    return any(lft <= grid.lft <= rght for lft, rght in managed_ranges(user))


def check_may_manage(actor, *grids: Grid | None) -> None:
    """PermissionDenied unless the actor may manage all of these grids; a command, actor None, always may."""
    if actor is None:
        return
    for grid in grids:
        if not may_manage(actor, grid):
            raise PermissionDenied(_("%(grid)s is outside the area that you manage.") % {"grid": grid or _("The top")})


def check_may_reshape(actor, grid: Grid) -> None:
    """As `check_may_manage`, for moving, merging, splitting or retiring a grid: its shape is its parent's business."""
    check_may_manage(actor, grid, grid.parent)


# Overseeing: reading figures of staffing. Whoever answers for a grid, for it and all below.

OVERSEERS = frozenset({Role.CHIEF, Role.OFFICIAL, Role.DISPATCHER})


def overseen_posts(user) -> list[Post]:
    """The user's posts that answer for a grid, the highest first."""
    posts = [post for post in _posts(user) if post.role in OVERSEERS or post.is_manager]
    return sorted(posts, key=lambda post: (post.grid.level, post.grid.lft))


def overseen_ranges(user) -> Ranges:
    """The intervals whose staffing the user may look at, merged and in order."""
    if user.is_active and user.is_superuser:
        return EVERYTHING
    return merged((post.grid.lft, post.grid.rght) for post in overseen_posts(user))


def may_oversee(user, grid: Grid) -> bool:
    """Whether the user may look at the figures of this grid's staffing."""
    return any(lft <= grid.lft <= rght for lft, rght in overseen_ranges(user))


def get_overseen_grid(user, code: str) -> Grid:
    """The grid of this code, or the highest that the user answers for; 404 outside, 403 for who answers for none."""
    if not overseen_ranges(user):
        raise PermissionDenied
    if code:
        grid = Grid.objects.filter(code=code).first() if code.isascii() and code.isdigit() else None
    else:
        own = overseen_posts(user)
        grid = own[0].grid if own else Grid.objects.filter(level=Level.CITY).order_by("lft").first()
    if grid is None or not may_oversee(user, grid):
        raise Http404
    return grid


# Covering: figures of the cases. Whoever holds a post on a grid, for all of it.


def covered_tops(user) -> QuerySet[Grid]:
    """The highest grids that the user's posts cover wholly; of a superuser the cities."""
    if user.is_active and user.is_superuser:
        return Grid.objects.active().filter(parent=None).order_by("lft")
    return Grid.objects.active().filter(lft__in=[lft for lft, _rght in ranges(user)]).order_by("lft")


def covers(user, grid: Grid) -> bool:
    """Whether one of the user's posts covers all of the grid; asks the posts alone, not the database."""
    return any(lft <= grid.lft <= rght for lft, rght in ranges(user))


def get_covered_grid(user, code: str) -> Grid:
    """As `get_grid`, of a grid that the user's posts cover wholly; 404 for any other."""
    grid = get_grid(user, code)
    if not covers(user, grid):
        raise Http404
    return grid


# Inspecting: re-checking closed cases. Chiefs and officials of a street and above, for their grid and all below.

INSPECTORS = frozenset({Role.CHIEF, Role.OFFICIAL})


def inspecting_posts(user) -> list[Post]:
    """The user's posts that re-check, the highest first."""
    posts = [post for post in _posts(user) if post.role in INSPECTORS and post.grid.level <= Level.STREET]
    return sorted(posts, key=lambda post: (post.grid.level, post.grid.lft))


def inspected_ranges(user) -> Ranges:
    """The intervals whose closed cases the user may re-check, merged and in order."""
    if user.is_active and user.is_superuser:
        return EVERYTHING
    return merged((post.grid.lft, post.grid.rght) for post in inspecting_posts(user))


def may_inspect(user, grid: Grid) -> bool:
    """Whether the user may re-check the closed cases of this grid."""
    return any(lft <= grid.lft <= rght for lft, rght in inspected_ranges(user))


# Policing: officers plan patrols and mediate where their posts cover.


def policed_ranges(user) -> Ranges:
    """The intervals that the user's posts as a police officer cover, merged and in order."""
    return merged((post.grid.lft, post.grid.rght) for post in _posts(user) if post.role == Role.POLICE)


def may_police(user, grid: Grid) -> bool:
    """Whether one of the user's posts as a police officer covers the grid."""
    return any(lft <= grid.lft <= rght for lft, rght in policed_ranges(user))


# People: whom somebody who manages grids may look up, and whose account they may keep.


def visible_people(user) -> QuerySet[User]:
    """Superusers everybody; managers who holds or held a post in their area, and who never was given a post.

    The latter have to be found to be given one; `may_keep` still leaves their accounts alone.
    """
    if user.is_active and user.is_superuser:
        return User.objects.all()
    ranges_managed = managed_ranges(user)
    if not ranges_managed:
        return User.objects.none()
    inside = Post.objects.filter(within(ranges_managed))
    new = Q(is_staff=False, is_superuser=False) & ~Exists(Post.objects.filter(user=OuterRef("pk")))
    return User.objects.filter(Q(pk__in=inside.values("user")) | new)


def may_keep(actor, user: User) -> bool:
    """Whether the actor may give this person a password, close the account or change their name and address.

    A manager may where all active posts of the person, at least one, and all organisations that they represent lie in
    the managed area. Without a post, whoever hands them the password today would hold the rights of the post that
    another manager gives them tomorrow.
    """
    if actor.is_active and actor.is_superuser:
        return True
    if user.is_superuser or user.is_staff or not user.active_posts:
        return False
    inside = managed_ranges(actor)
    places = [*(post.grid.lft for post in user.active_posts), *user.represented_positions]
    return all(any(lft <= place <= rght for lft, rght in inside) for place in places)


def check_may_keep(actor, user: User) -> None:
    """PermissionDenied unless the actor may keep this person's account; a command, actor None, always may."""
    if actor is not None and not may_keep(actor, user):
        raise PermissionDenied(
            _("You do not keep the account of %(user)s: their posts must all lie in the area that you manage.")
            % {"user": user}
        )


def merged(intervals: Iterable[tuple[int, int]]) -> Ranges:
    """The outermost of nested or disjoint intervals, in order."""
    result: Ranges = []
    for lft, rght in sorted(intervals, key=lambda pair: (pair[0], -pair[1])):
        if not result or lft > result[-1][1]:
            result.append((lft, rght))
    return result


def _posts(user) -> list:
    return [] if user.is_superuser or not user.is_active else user.active_posts


def _codes_above(user) -> set[str]:
    return {code for post in _posts(user) for code in tree.ancestor_codes(post.grid.code)}


def _work_ranges(user) -> Ranges:
    if user.is_active and user.is_superuser:
        return EVERYTHING
    return merged(tree.interval(tree.community_code(post.grid.code) or post.grid.code) for post in _posts(user))
