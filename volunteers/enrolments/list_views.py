"""Who reported where, what is offered, what nobody used and what nobody offers."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches.access import home_grid, may_run_for
from branches.views import page_of
from grids import exporting
from grids.access import overseen_ranges
from grids.models import Grid, User
from volunteers.enrolments import figures, listings
from volunteers.enrolments.access import (
    represented,
    visible_members,
    visible_offers,
    visible_organisation_enrolments,
)
from volunteers.enrolments.forms import EnrolmentFilter, FiguresForm, GridFilter, MemberFilter, OfferFilter
from volunteers.enrolments.needs import unmet, unused
from volunteers.enrolments.workflow import EnrolmentState
from volunteers.models import Offer

PAGE_SIZE = 30


@require_safe
def enrolment_figures(request: HttpRequest) -> HttpResponse:
    """Counts by organisation, community or grid; each opens the list of just those."""
    user, form = request.user, FiguresForm(request.user, request.GET)
    grid, by = form.chosen_grid(), form.chosen_by()
    members, reports = visible_members(user), visible_organisation_enrolments(user)
    if grid:
        members, reports = members.within(grid), reports.within(grid)
    page = Paginator(figures.grouped(members, by), PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = figures.lines(page.object_list, by, reports, grid)
    context = {
        "form": form,
        "grid": grid,
        "by": by,
        "ways": FiguresForm.BY,
        "page": page,
        "totals": figures.totals(members),
        "reports": reports.current().count(),
        "at": timezone.now(),
    }
    return render(request, "volunteers/enrolment_figures.html", context, status=200 if form.is_valid() else 400)


@require_safe
def enrolment_list(request: HttpRequest) -> HttpResponse:
    """Members' enrolments; those that wait for a community are confirmed here, many at once."""
    user, form = request.user, MemberFilter(request.user, request.GET)
    rows = form.filtered(visible_members(user)).order_by("position", "user__name", "pk")
    if exporting.is_wanted(request) and form.is_valid():
        return _export(request, _("Members' enrolments"), listings.MEMBERS, listings.whole_members(rows), form)
    page = page_of(listings.whole_members(rows), request, PAGE_SIZE)
    listings.load_places(page.object_list)
    grid = form.chosen_grid()
    is_waiting = form.is_valid() and form.cleaned_data["state"] == EnrolmentState.APPLIED
    context = {
        "form": form,
        "page": page,
        "grid": grid,
        "may_confirm": bool(is_waiting and grid and page.object_list and may_run_for(user, grid)),
    }
    return render(request, "volunteers/enrolment_list.html", context, status=200 if form.is_valid() else 400)


@require_safe
def organisation_enrolment_list(request: HttpRequest) -> HttpResponse:
    """Organisations' enrolments."""
    user, form = request.user, EnrolmentFilter(request.user, request.GET)
    rows = form.filtered(visible_organisation_enrolments(user)).order_by("position", "organisation__name", "pk")
    if exporting.is_wanted(request) and form.is_valid():
        whole = listings.whole_organisations(rows)
        return _export(request, _("Organisations' enrolments"), listings.ORGANISATIONS, whole, form)
    page = page_of(listings.whole_organisations(rows), request, PAGE_SIZE)
    listings.load_places(page.object_list)
    today = timezone.localdate()
    for enrolment in page.object_list:
        enrolment.has_run_out = enrolment.is_over(today)
    context = {
        "form": form,
        "page": page,
        "grid": form.chosen_grid(),
        "may_report": bool(overseen_ranges(user)) or represented(user).exists(),
    }
    return render(
        request, "volunteers/organisation_enrolment_list.html", context, status=200 if form.is_valid() else 400
    )


@require_safe
def offer_list(request: HttpRequest) -> HttpResponse:
    """What is offered, by skill; or what of it nobody has used yet."""
    user, form = request.user, OfferFilter(request.user, request.GET)
    rows = _offers(user, form)
    if exporting.is_wanted(request) and form.is_valid():
        return _export(request, _("Offers"), listings.OFFERS, rows, form)
    page = page_of(rows, request, PAGE_SIZE)
    listings.load_places(page.object_list)
    context = {"form": form, "page": page, "grid": form.chosen_grid()}
    return render(request, "volunteers/offer_list.html", context, status=200 if form.is_valid() else 400)


def _offers(user: User, form: OfferFilter) -> QuerySet[Offer]:
    if not form.is_valid():
        return Offer.objects.none()
    given = form.cleaned_data
    rows = visible_offers(user).open_on(timezone.localdate()).with_givers()
    rows = rows.within(given["grid"]) if given["grid"] else rows
    rows = rows.filter(skill=given["skill"]) if given["skill"] else rows
    rows = unused(rows) if given["unused"] else rows
    return rows.order_by("skill__ordinal", "skill", "position", "pk")


@require_safe
def need_list(request: HttpRequest) -> HttpResponse:
    """What is needed and nobody has offered, there or above."""
    user, form = request.user, GridFilter(request.user, request.GET)
    grid = form.chosen_grid() or _home(user)
    needs = unmet(user, grid, timezone.now()) if form.is_valid() else []
    page = Paginator(needs, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "grid": grid}
    return render(request, "volunteers/need_list.html", context, status=200 if form.is_valid() else 400)


def _home(user: User) -> Grid:
    """Where a look at needs begins; 404 for whoever sees nothing of the tree."""
    grid = home_grid(user)
    if grid is None:
        raise Http404
    return grid


def _export(request: HttpRequest, name: str, columns: list, rows: QuerySet, form: GridFilter) -> HttpResponse:
    said = form.chosen() if isinstance(form, EnrolmentFilter) else [(_("Grid"), form.chosen_grid())]
    return exporting.respond(
        name=name,
        columns=columns,
        rows=exporting.in_chunks(rows, listings.load_places),
        count=rows.count(),
        filters=exporting.stated(*said),
        user=request.user,
        at=timezone.now(),
    )
