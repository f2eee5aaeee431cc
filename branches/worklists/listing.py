"""What lists of work lists and claims show beside their rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from branches.models import Claim, ClaimStep, WorkItem, WorkList
from branches.models.worklist import SOON_DAYS
from branches.references import load_shown
from branches.worklists.matrix import Cell
from branches.worklists.workflow import ClaimState
from grids.access import overseen_posts
from grids.batches import first_rows
from grids.models import Level, User
from grids.tree import ancestor_codes


def load_list_figures(lists: Iterable[WorkList], at: datetime) -> None:
    """Give each list `figures`, a cell that sums all its claims; two queries however many there are."""
    lists = list(lists)
    for work_list in lists:
        work_list.figures = Cell()
    by_key = {work_list.pk: work_list for work_list in lists}
    claims = Claim.objects.active().filter(item__work_list__in=lists).order_by()
    for key, state, count in claims.values_list("item__work_list", "state").annotate(count=Count("pk")):
        by_key[key].figures.count(state, count)
    late = claims.late(at).values_list("item__work_list").annotate(count=Count("pk"))
    for key, count in late:
        by_key[key].figures.late = count


def with_all(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """The claims with everything that a row shows."""
    return claims.select_related("grid__parent", "item__work_list__grid", "parent__grid", "responsible")


def mark_visible(claims: Iterable[Claim], user: User) -> list[Claim]:
    """Set `is_visible`: whether the person may open it; of the others a list shows grid and state alone."""
    claims = list(claims)
    seen = Claim.objects.visible_to(user).filter(pk__in=[claim.pk for claim in claims])
    keys = set(seen.values_list("pk", flat=True))
    for claim in claims:
        claim.is_visible = claim.pk in keys
    return claims


@dataclass(frozen=True)
class Waiting:
    """What of work lists waits for a person, what is due first, first."""

    to_do: list[Claim]  # late, sent back, or due within a week
    to_judge: list[Claim]
    to_claim: list[WorkItem]  # that the grids they answer for could take on

    def __bool__(self) -> bool:
        return bool(self.to_do or self.to_judge or self.to_claim)


def waiting_for(user: User, at: datetime, limit: int = 5) -> Waiting:
    """In three to six queries besides the posts; nobody is shown what waits for others below them."""
    soon = timezone.localdate(at) + timedelta(days=SOON_DAYS)
    urgent = Q(state=ClaimState.RETURNED) | Q(item__due_on__lte=soon)
    to_do = with_all(Claim.objects.done_by(user).under_way().filter(urgent)).order_by("item__due_on", "pk")
    to_judge = with_all(Claim.objects.to_be_judged_by(user)).order_by("reported_on", "pk")
    waiting = Waiting(*(first_rows(rows, limit) for rows in (to_do, to_judge, _to_claim(user))))
    for claim in (*waiting.to_do, *waiting.to_judge):
        claim.is_visible = True  # what one does or judges, one sees
    return waiting


def _to_claim(user: User) -> QuerySet[WorkItem]:
    """Items that are open to the very grids the user answers for, and that these have not claimed."""
    asked = {Level.STREET: Q(for_streets=True), Level.COMMUNITY: Q(for_communities=True)}
    grids = {post.grid_id: post.grid for post in overseen_posts(user) if post.grid.level in asked}
    wanted = Q(pk__in=[])
    for grid in grids.values():
        taken = Claim.objects.active().filter(grid=grid).values("item")
        wanted |= Q(asked[grid.level], work_list__grid__code__in=ancestor_codes(grid.code)) & ~Q(pk__in=taken)
    return WorkItem.objects.to_claim().filter(wanted).select_related("work_list").order_by("due_on", "pk")


def load_history(claim: Claim, user: User) -> list[ClaimStep]:
    """The steps with their evidence, as far as the person may see what it points to; newest last."""
    steps = list(claim.steps.prefetch_related("evidence").order_by("pk"))
    load_shown([one for step in steps for one in step.evidence.all()], user)
    return steps
