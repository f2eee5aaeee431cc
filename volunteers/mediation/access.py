"""Who may see a mediation: who mediates, the desk of its community and the district's auditor. Superusers do not."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from branches.models import Branch, BranchGrid
from grids.access import may_police, may_work_on, merged, within
from grids.models import Grid, Level, Post, Role, User
from grids.tree import ancestor_codes, community_code, interval
from volunteers.confidential import audited_ranges, desk_ranges, holds
from volunteers.mediation.workflow import MediationSide, MediationState
from volunteers.models import Mediation


def visible_mediations(user: User) -> QuerySet[Mediation]:
    """Those that the user mediates and still may, and those of the communities whose desk or auditor they are."""
    if not user.is_active:
        return Mediation.objects.none()
    seen = within(merged([*desk_ranges(user), *audited_ranges(user)]))
    mine = Mediation.mediators.through.objects.filter(user=user).values("mediation")
    # Who has left every post and branch mediates nothing any more.
    own = Q(pk__in=mine) if user.active_posts or Branch.objects.led_by(user).exists() else Q(pk__in=[])
    return Mediation.objects.filter(seen | own).select_related("grid", "kind", "opened_by")


def get_mediation(user: User, pk: int) -> Mediation:
    """The mediation; 404 for everybody else."""
    return get_object_or_404(visible_mediations(user), pk=pk)


def sides_of(user: User, mediation: Mediation) -> frozenset[MediationSide]:
    """Where the user stands to the mediation."""
    sides = set()
    if holds(desk_ranges(user), mediation.grid):
        sides.add(MediationSide.DESK)
    if holds(audited_ranges(user), mediation.grid):
        sides.add(MediationSide.AUDITOR)
    mediates = user.is_active and mediation.mediators.filter(pk=user.pk).exists()
    if mediates and visible_mediations(user).filter(pk=mediation.pk).exists():
        sides.add(MediationSide.MEDIATOR)
    return frozenset(sides)


def may_open_mediations(user: User, grid: Grid) -> bool:
    """The police of the place, who works there, and who leads the branch of it; in communities and below."""
    if not user.is_active or grid.level < Level.COMMUNITY:
        return False
    if user.active_posts and (may_police(user, grid) or may_work_on(user, grid)):
        return True
    return mediators_of(grid).filter(pk=user.pk).exists()


def check_may_open(actor: User | None, grid: Grid) -> None:
    """PermissionDenied unless the actor may open a mediation there; a command, actor None, always may."""
    if actor is not None and not may_open_mediations(actor, grid):
        raise PermissionDenied(_("You do not mediate in %(grid)s.") % {"grid": grid.name})


def mediators_of(grid: Grid) -> QuerySet[User]:
    """Who may mediate at this grid: posted in its community, police above it, and who leads a branch there."""
    community = community_code(grid.code)
    above = Q(role=Role.POLICE, grid__code__in=ancestor_codes(community))
    posts = Post.objects.active().filter(Q(position__range=interval(community)) | above)
    covers = BranchGrid.objects.filter(until=None, position__range=interval(community)).values("branch")
    led = Branch.objects.active().filter(Q(pk__in=covers) | Q(grid__code=community))
    leads = Q(pk__in=led.values("secretary")) | Q(pk__in=led.values("deputy"))
    return User.objects.filter(Q(pk__in=posts.values("user")) | leads, is_active=True).order_by("name", "pk")


def mediation_to_file(user: User, pk: int) -> Mediation | None:
    """A mediation that was handed on and came from no case, if the user may make one of it."""
    found = visible_mediations(user).filter(pk=pk, state=MediationState.HANDED_ON, case_number="").first()
    if found is None or not user.active_posts:
        return None
    return found if sides_of(user, found) & {MediationSide.MEDIATOR, MediationSide.DESK} else None
