"""What of double check-in waits for a person today: reports to their community that nobody has answered."""

from datetime import datetime

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grids.day import Due
from grids.models import Grid, User
from volunteers.enrolments.access import answered_communities
from volunteers.enrolments.workflow import EnrolmentState
from volunteers.models import MemberEnrolment, OrganisationEnrolment


def day_of(user: User, at: datetime) -> list[Due]:
    """One entry for the members' and one for the organisations' reports to each community; three queries."""
    grids = {grid.pk: grid for grid in answered_communities(user).order_by("lft")}
    if not grids:
        return []
    members, organisations = _waiting(MemberEnrolment, grids), _waiting(OrganisationEnrolment, grids)
    dues = []
    for pk, grid in grids.items():
        if count := members.get(pk):
            title = ngettext("%(count)d member has reported", "%(count)d members have reported", count)
            dues.append(_due(grid, title % {"count": count}, "enrolment_list"))
        if count := organisations.get(pk):
            title = ngettext("%(count)d organisation has reported", "%(count)d organisations have reported", count)
            dues.append(_due(grid, title % {"count": count}, "organisation_enrolment_list"))
    return dues


def _waiting(model: type, grids: dict[int, Grid]) -> dict[int, int]:
    found = model.objects.waiting().filter(grid__in=grids).order_by()
    return dict(found.values_list("grid").annotate(Count("pk")))


def _due(grid: Grid, title: str, page: str) -> Due:
    url = f"{reverse(page)}?grid={grid.code}&state={EnrolmentState.APPLIED}"
    return Due(None, "enrolment", _("Double check-in"), title, url, grid.name)
