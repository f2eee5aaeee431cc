"""Who may see, plan and go on joint patrols."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from branches.access import may_run_for
from branches.models import Branch
from grids.access import may_police, merged, overseen_ranges, policed_ranges, ranges, within, workable_grids
from grids.models import Grid, Level, Post, Role, User
from grids.tree import ancestor_codes
from volunteers.models import MemberEnrolment, Patrol, PatrolFinding
from volunteers.patrols.workflow import PatrolSide


def visible_patrols(user: User) -> QuerySet[Patrol]:
    """Those of the communities where the user works or leads the branch, and those that they go on."""
    if not user.is_active:
        return Patrol.objects.none()
    around = within(ranges(user)) | Q(grid__in=workable_grids(user))
    around |= Q(grid__in=Branch.objects.covers_led_by(user).values("grid"))
    goes = Patrol.people.through.objects.filter(user=user).values("patrol")
    return Patrol.objects.filter(around | Q(pk__in=goes)).select_related("grid", "planned_by")


def get_patrol(user: User, pk: int) -> Patrol:
    """The patrol; 404 where the user may not see it."""
    return get_object_or_404(visible_patrols(user), pk=pk)


def may_plan_patrols(user: User, community: Grid) -> bool:
    """The police of the place, who answers for the community, and who leads the branch there."""
    return may_police(user, community) or may_run_for(user, community)


def check_may_plan(actor: User | None, community: Grid) -> None:
    """PermissionDenied unless the actor may plan patrols there; a command, actor None, always may."""
    if actor is not None and not may_plan_patrols(actor, community):
        raise PermissionDenied(_("You do not plan patrols in %(grid)s.") % {"grid": community.name})


def plannable_communities(user: User) -> QuerySet[Grid]:
    """The communities where the user may plan patrols."""
    if not user.is_active:
        return Grid.objects.none()
    own = within(merged([*policed_ranges(user), *overseen_ranges(user)]), "lft")
    led = Q(pk__in=[grid.pk for grid in Branch.objects.grids_led_by(user)])
    return Grid.objects.active().filter(own | led, level=Level.COMMUNITY).order_by("lft")


def sides_of(user: User, patrol: Patrol) -> frozenset[PatrolSide]:
    """Where the user stands to the patrol."""
    sides = {PatrolSide.PLANNER} if may_plan_patrols(user, patrol.grid) else set()
    if user.is_active and patrol.people.filter(pk=user.pk).exists():
        sides.add(PatrolSide.MEMBER)
    return frozenset(sides)


def people_to_go(community: Grid) -> QuerySet[User]:
    """Who may go: posted in the community or below, the police posted above it, and the members enrolled there."""
    inside = Q(position__range=(community.lft, community.rght))
    above = Q(role=Role.POLICE, grid__code__in=ancestor_codes(community.code))
    posts = Post.objects.active().filter(inside | above)
    enrolled = MemberEnrolment.objects.serving().filter(grid=community)
    return User.objects.filter(
        Q(pk__in=posts.values("user")) | Q(pk__in=enrolled.values("user")), is_active=True
    ).order_by("name", "pk")


def finding_to_file(user: User, pk: int) -> PatrolFinding | None:
    """A finding that the user may make a case of: who goes on its patrol or plans there, and holds a post."""
    found = PatrolFinding.objects.filter(pk=pk, patrol__in=visible_patrols(user)).select_related("grid", "patrol__grid")
    finding = found.first() if user.active_posts else None
    return finding if finding and sides_of(user, finding.patrol) else None
