"""What becomes of enrolments and offers when the tree is reorganised."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from grids.models import Grid, GridChange, Level
from grids.tree import community_code
from volunteers.enrolments.workflow import EnrolmentAction, EnrolmentState
from volunteers.models import MemberEnrolment, Offer, OrganisationEnrolment
from volunteers.rehoming import Moved
from volunteers.services.enrolments import record


def rehome(*, change: GridChange, successors: list[Grid], moved: Moved, at: datetime) -> None:
    """Let all of it follow a reorganisation, inside its transaction."""
    ended = change.grid if change.grid.retired_at else None
    if ended:
        _hand_places_on(ended, successors)
    if ended and ended.level == Level.COMMUNITY and successors:
        _hand_members_on(ended, successors, at)
        _hand_organisations_on(ended, successors[0], at)
    _follow_places(at)


def _hand_places_on(ended: Grid, successors: list[Grid]) -> None:
    """Who is placed with what went out of use is so with what took its place, else with the community."""
    placed = MemberEnrolment.objects.current().filter(place=ended)
    if successors:
        placed.update(place=successors[0])
    else:
        placed.exclude(grid=ended).update(place=F("grid"))


def _hand_members_on(ended: Grid, successors: list[Grid], at: datetime) -> None:
    """Members go where they are placed; who is placed nowhere, to the first that took the community's place."""
    fitting = {grid.code: grid for grid in successors if grid.level == Level.COMMUNITY}
    if not fitting:
        return
    first = next(iter(fitting.values()))
    for enrolment in _held(MemberEnrolment, ended):
        code = community_code(enrolment.place.code) if enrolment.place else ""
        _reseat(enrolment, fitting.get(code, first), at)


def _hand_organisations_on(ended: Grid, successor: Grid, at: datetime) -> None:
    """An organisation goes along; where it has reported to the successor too, that is the one that goes on."""
    if successor.level != Level.COMMUNITY:
        return
    there = set(OrganisationEnrolment.objects.current().filter(grid=successor).values_list("organisation", flat=True))
    for enrolment in _held(OrganisationEnrolment, ended):
        if enrolment.organisation_id in there:
            said = {"grid": ended.name, "successor": successor.name}
            enrolment.state = EnrolmentState.ENDED
            enrolment.until = max(timezone.localdate(at), enrolment.since)
            enrolment.save(update_fields=["state", "until"])
            text = _("%(grid)s went up in %(successor)s, to which it has reported as well.")
            record(enrolment, EnrolmentAction.END, None, at, text % said)
        _reseat(enrolment, successor, at)


def _held(model: type, grid: Grid) -> Iterable:
    """The enrolments of the grid, all of them: what has ended stays with the community as its history."""
    related = ("grid", "place") if model is MemberEnrolment else ("grid",)
    return model.objects.select_for_update(of=("self",)).filter(grid=grid).select_related(*related).order_by("pk")


def _reseat(enrolment: MemberEnrolment | OrganisationEnrolment, grid: Grid, at: datetime) -> None:
    """Enrolment and offers with another community, with an entry of the history while it is current."""
    said = {"grid": enrolment.grid.name, "successor": grid.name}
    enrolment.grid = grid
    enrolment.save()
    Offer.objects.filter(pk__in=enrolment.offers.values("pk")).update(grid=grid, position=grid.lft)
    if enrolment.state not in (EnrolmentState.ENDED, EnrolmentState.REFUSED):
        record(enrolment, EnrolmentAction.REHOME, None, at, _("From %(grid)s to %(successor)s.") % said)


def _follow_places(at: datetime) -> None:
    """Who serves with a building that moved to another community is enrolled there from now on."""
    away = Q(place__lft__lt=F("grid__lft")) | Q(place__lft__gt=F("grid__rght"))
    for enrolment in MemberEnrolment.objects.current().filter(away).select_related("grid", "place"):
        _reseat(enrolment, Grid.objects.get(code=community_code(enrolment.place.code)), at)
