"""Who may see a work list and a claim, and where a person stands in them."""

from django.shortcuts import get_object_or_404

from branches.access import may_run_for
from branches.models import Branch, Claim, WorkItem, WorkList
from branches.worklists.workflow import UNDONE, ClaimAction, ClaimSide, ClaimState, Standing
from grids.access import inspecting_posts, may_inspect, overseen_posts
from grids.models import Grid, Level, User

ISSUING = (Level.CITY, Level.DISTRICT, Level.STREET)
GRIDS_TO_CHOOSE = 60


def may_issue(user: User, grid: Grid) -> bool:
    """Whether the user may draft, issue, assign, accept and close lists of this grid: its officials and chief."""
    return grid.level in ISSUING and may_inspect(user, grid)


def issuing_grids(user: User) -> list[Grid]:
    """The grids that the user may issue lists of, to choose from: those of their posts, and those below."""
    own = [post.grid for post in inspecting_posts(user)]
    if not own and user.is_active and user.is_superuser:
        own = list(Grid.objects.active().filter(level=Level.CITY))
    below = Grid.objects.active().filter(parent__in=own, level__lte=Level.STREET).order_by("lft")[:GRIDS_TO_CHOOSE]
    grids = {grid.pk: grid for grid in (*own, *below)}
    return sorted(grids.values(), key=lambda grid: (grid.level, grid.lft))


def get_work_list(user: User, pk: int) -> WorkList:
    """The list; 404 where the user may not see it."""
    return get_object_or_404(WorkList.objects.visible_to(user).select_related("grid"), pk=pk)


def get_item(user: User, pk: int, ordinal: int) -> WorkItem:
    """The item of a list that the user may see; 404 otherwise."""
    work_list = get_work_list(user, pk)
    item = get_object_or_404(work_list.items, ordinal=ordinal)
    item.work_list = work_list
    return item


def get_claim(user: User, pk: int) -> Claim:
    """The claim; 404 where the user may neither see its grid nor judges it."""
    related = ("grid__parent", "item__work_list__grid", "parent__grid", "responsible")
    return get_object_or_404(Claim.objects.visible_to(user).select_related(*related), pk=pk)


def sides_of(user: User | None, claim: Claim) -> set[ClaimSide]:
    """Where the user stands; a command, None, stands everywhere.

    A part is accepted by the street that handed it down; every other claim by the officials directly above, of a
    community in a district's list those of its street, or by those further up.
    """
    if user is None:
        return set(ClaimSide)
    sides = set()
    if may_run_for(user, claim.grid) or (user.is_active and user.pk == claim.responsible_id):
        sides.add(ClaimSide.DOER)
    judges = may_run_for(user, claim.parent.grid) if claim.parent else may_issue(user, claim.grid.parent)
    if judges:
        sides.add(ClaimSide.JUDGE)
    return sides


def standing_of(claim: Claim, user: User | None) -> Standing:
    """What the table asks, in two queries."""
    states = list(claim.parts.active().values_list("state", flat=True))
    report = claim.steps.filter(action=ClaimAction.REPORT, round=claim.round).first()
    return Standing(
        state=ClaimState(claim.state),
        is_list_open=claim.item.work_list.is_under_way,
        is_assigned=claim.is_assigned,
        open_parts=sum(state in UNDONE for state in states),
        parts=len(states),
        is_own_report=bool(user and report and report.by_id == user.pk),
    )


def claimable_grids(user: User, item: WorkItem) -> list[Grid]:
    """The very grids that the user, or a branch they lead, answers for, and that may claim the item still."""
    if not item.work_list.is_under_way:
        return []
    own = {post.grid_id for post in overseen_posts(user)}
    own |= {grid.pk for grid in Branch.objects.grids_led_by(user)}
    taken = item.claims.active().filter(grid__in=own).values("grid")
    grids = Grid.objects.active().within(item.work_list.grid).filter(pk__in=own, level__in=item.levels)
    return list(grids.exclude(pk__in=taken).order_by("lft"))
