"""Claims of issued work lists as rows of sheets for other departments; no report is quoted and no person named."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from branches.models import Claim, WorkList
from branches.worklists.exporting import taken
from branches.worklists.wording import lateness
from branches.worklists.workflow import ClaimState
from grids.exports import Field, Kind
from grids.models import User, load_ancestors


def _find(user: User) -> QuerySet[Claim]:
    claims = Claim.objects.visible_to(user).active().exclude(item__work_list__state=WorkList.State.DRAFT)
    return claims.select_related("grid", "item__work_list", "parent__grid")


def _load_places(claims: list[Claim]) -> None:
    load_ancestors(claim.grid for claim in claims)


CLAIMS = Kind(
    key="claim",
    title=gettext_lazy("Items of work lists"),
    find=_find,
    day="item__due_on",
    is_dated=True,
    states=tuple(choice for choice in ClaimState.choices if choice[0] != ClaimState.WITHDRAWN),
    prepare=_load_places,
    fields=(
        Field("list", gettext_lazy("Work list"), 30, lambda claim, at: claim.item.work_list.title),
        Field("year", gettext_lazy("year"), 8, lambda claim, at: claim.item.work_list.year),
        Field("number", gettext_lazy("number"), 8, lambda claim, at: claim.item.ordinal),
        Field("text", gettext_lazy("what is to be done"), 44, lambda claim, at: claim.item.text),
        Field("due_on", gettext_lazy("due on"), 12, lambda claim, at: claim.item.due_on),
        Field("grid", gettext_lazy("Grid"), 36, lambda claim, at: claim.grid.full_name),
        Field("code", gettext_lazy("code"), 14, lambda claim, at: claim.grid.code),
        Field("state", gettext_lazy("state"), 10, lambda claim, at: claim.get_state_display()),
        Field("lateness", gettext_lazy("lateness"), 14, lambda claim, at: lateness(claim, at)),
        Field("taken", gettext_lazy("how it was taken on"), 12, lambda claim, at: taken(claim)),
        Field("round", gettext_lazy("round"), 8, lambda claim, at: claim.round),
        Field("reported_on", gettext_lazy("reported on"), 12, lambda claim, at: claim.reported_on),
        Field("decided_at", gettext_lazy("decided at"), 17, lambda claim, at: claim.decided_at),
    ),
)
