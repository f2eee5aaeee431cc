"""Who organises activities, who sees them, and who may join."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from branches.access import may_run, may_run_for, runnable_branches
from branches.models import Branch
from grids.access import may_oversee, overseen_posts, overseen_ranges, visible_grids, within
from grids.models import Grid, Level, Post, User, load_ancestors
from grids.tree import ancestor_codes
from volunteers.activities.workflow import ActivitySide, ActivityState
from volunteers.enrolments.access import serving_grids
from volunteers.models import Activity, MemberEnrolment, Participation

MOST_ORGANISERS = 30


def may_organise(user: User, organiser: Branch | Grid) -> bool:
    """Whether the user acts for the branch or the grid."""
    return may_run(user, organiser) if isinstance(organiser, Branch) else may_run_for(user, organiser)


def check_may_organise(actor: User | None, organiser: Branch | Grid) -> None:
    """PermissionDenied unless the actor acts for it; a command, actor None, always may."""
    if actor is not None and not may_organise(actor, organiser):
        raise PermissionDenied(_("You do not organise anything for %(organiser)s.") % {"organiser": organiser.name})


def organisers_of(user: User) -> list[Branch | Grid]:
    """What the user may plan for: the grids they answer for first, then the branches."""
    branches = runnable_branches(user).select_related("grid").order_by("position", "name")[:MOST_ORGANISERS]
    if user.is_superuser:
        grids = list(Grid.objects.active().filter(level=Level.DISTRICT).order_by("lft")[:MOST_ORGANISERS])
    else:
        grids = list({post.grid_id: post.grid for post in overseen_posts(user)}.values())[:MOST_ORGANISERS]
    load_ancestors(grids)
    return [*grids, *branches]


def visible_activities(user: User) -> QuerySet[Activity]:
    """Those around the user and those that they joined; one in preparation is for who organises it."""
    if not user.is_active:
        return Activity.objects.none()
    planned, organised = Q(state=ActivityState.PLANNED), _organised_by(user)
    return Activity.objects.filter((~planned & (organised | _around(user) | _joined(user))) | (planned & organised))


def _around(user: User) -> Q:
    """Where the user works, above it, and where they are enrolled, above that and below."""
    places = Q(grid__in=visible_grids(user))
    for community in serving_grids(user):
        places |= Q(position__range=(community.lft, community.rght)) | Q(grid__code__in=ancestor_codes(community.code))
    return places


def _joined(user: User) -> Q:
    return Q(pk__in=Participation.objects.filter(user=user).values("activity"))


def _organised_by(user: User) -> Q:
    """Those that the user may organise, as `may_organise_activity` says of one."""
    own = Q(branch__in=Branch.objects.led_by(user)) | (Q(branch=None) & within(Branch.objects.ranges_led_by(user)))
    return within(overseen_ranges(user)) | own


def get_activity(user: User, pk: int) -> Activity:
    """The activity; 404 where the user may not see it."""
    return get_object_or_404(visible_activities(user).with_related().with_counts(), pk=pk)


def get_activity_to_organise(user: User, pk: int) -> Activity:
    """The activity, for who organises it; 404 out of sight, PermissionDenied for who only looks on."""
    activity = get_activity(user, pk)
    if not may_organise_activity(user, activity):
        raise PermissionDenied
    return activity


def may_organise_activity(user: User, activity: Activity) -> bool:
    """Who may plan for its branch or grid, and for what a dissolved branch left who answers for its grid."""
    return may_oversee(user, activity.grid) or may_organise(user, activity.organiser)


def sides_of(user: User, activity: Activity) -> frozenset[ActivitySide]:
    """Where the user stands in this activity; at its door stands who shows its code, which is another question."""
    sides = set()
    if may_organise_activity(user, activity):
        sides |= {ActivitySide.ORGANISER, ActivitySide.HELPER}
    elif user.is_active and Activity.objects.filter(_around(user) | _joined(user), pk=activity.pk).exists():
        sides.add(ActivitySide.HELPER)
    return frozenset(sides)


def walk_ins(activity: Activity) -> QuerySet[User]:
    """Who may have come without signing up: members who serve there, and who works there."""
    grid = activity.grid
    there = Q(position__range=(grid.lft, grid.rght)) | Q(grid__code__in=ancestor_codes(grid.code))
    serving = MemberEnrolment.objects.serving().filter(there).values("user")
    posted = Post.objects.active().filter(there).values("user")
    signed_up = activity.participations.exclude(status=Participation.Status.LEFT).values("user")
    people = User.objects.filter(Q(pk__in=serving) | Q(pk__in=posted), is_active=True)
    return people.exclude(pk__in=signed_up).order_by("name", "pk")
