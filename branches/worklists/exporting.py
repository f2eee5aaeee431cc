"""A work list as an Excel sheet: a row for each item and grid."""

from datetime import datetime

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from branches.models import Claim, WorkList
from branches.worklists.wording import lateness
from grids import exporting
from grids.exporting import Column
from grids.models import User, load_ancestors

COLUMNS = [
    Column(gettext_lazy("number"), 8, lambda claim, at: claim.item.ordinal),
    Column(gettext_lazy("what is to be done"), 44, lambda claim, at: claim.item.text),
    Column(gettext_lazy("due on"), 12, lambda claim, at: claim.item.due_on),
    Column(gettext_lazy("Grid"), 36, lambda claim, at: claim.grid.full_name),
    Column(gettext_lazy("code"), 14, lambda claim, at: claim.grid.code),
    Column(gettext_lazy("state"), 10, lambda claim, at: claim.get_state_display()),
    Column(gettext_lazy("lateness"), 14, lambda claim, at: lateness(claim, at)),
    Column(gettext_lazy("how it was taken on"), 12, lambda claim, at: taken(claim)),
    Column(gettext_lazy("part of"), 18, lambda claim, at: claim.parent.grid.name if claim.parent else ""),
    Column(gettext_lazy("round"), 8, lambda claim, at: claim.round),
    Column(gettext_lazy("reported on"), 12, lambda claim, at: claim.reported_on),
    Column(gettext_lazy("decided at"), 17, lambda claim, at: claim.decided_at),
]


def taken(claim: Claim) -> str:
    return _("assigned") if claim.is_assigned else _("claimed")


def export_claims(work_list: WorkList, user: User, at: datetime) -> StreamingHttpResponse:
    """Everybody's claims, as the page shows them; no report is quoted and no person named."""
    claims = Claim.objects.active().filter(item__work_list=work_list)
    rows = claims.select_related("grid", "item__work_list", "parent__grid").order_by("item__ordinal", "position")
    return exporting.respond(
        name=_("Work list"),
        columns=COLUMNS,
        rows=exporting.in_chunks(rows, _load_places),
        filters=exporting.stated((_("Work list"), work_list)),
        count=claims.count(),
        user=user,
        at=at,
    )


def _load_places(claims: list[Claim]) -> None:
    load_ancestors(claim.grid for claim in claims)
