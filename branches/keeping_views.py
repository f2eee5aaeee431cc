"""Pages for who keeps branches: founding, describing, covering, staffing, partners and dissolving."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from branches import services
from branches.access import get_branch_to_keep, get_branch_to_run
from branches.forms import BranchForm, CoverForm, DescribeForm, DissolveForm, FoundForm, LeadersForm, PartnerForm
from branches.models import Branch
from grids.access import managed_grids, managed_ranges, may_manage
from grids.models import Grid, Level, load_ancestors

MOST_COMMUNITIES = 400


def branch_found(request: HttpRequest) -> HttpResponse:
    """Found a branch in a community that I manage."""
    user = request.user
    if not managed_ranges(user):
        raise PermissionDenied
    place = _place(request)
    if place is None:
        communities = list(
            managed_grids(user).active().filter(level=Level.COMMUNITY).order_by("lft")[:MOST_COMMUNITIES]
        )
        load_ancestors(communities)
        return render(request, "branches/branch_found.html", {"communities": communities})
    form = FoundForm(user, request.POST or None, place=place)

    def found() -> Branch:
        return services.found_branch(
            actor=user, grids=form.cleaned_data["covered"], **form.description(), **form.leaders()
        )

    return _answer(request, form, found, "branch_found", {"place": place}, _("%(branch)s has been founded."))


def _place(request: HttpRequest) -> Grid | None:
    """The community that the page is about; None where none is named yet."""
    code = request.GET.get("grid", "")
    if not code:
        return None
    grid = Grid.objects.active().filter(code=code).first() if code.isascii() and code.isdigit() else None
    if grid is None or grid.level > Level.BUILDING:
        raise Http404
    if grid.level == Level.BUILDING:
        grid = grid.parent
    if not may_manage(request.user, grid):
        raise Http404
    return grid


def branch_describe(request: HttpRequest, pk: int) -> HttpResponse:
    """What the branch is called, where it meets, how many members it has."""
    branch = get_branch_to_keep(request.user, pk)
    form = DescribeForm(request.user, request.POST or None, branch=branch)
    return _answer(
        request,
        form,
        lambda: services.describe_branch(actor=request.user, branch=branch, **form.description()),
        "branch_describe",
        {"branch": branch},
        _("%(branch)s has been written down anew."),
    )


def branch_cover(request: HttpRequest, pk: int) -> HttpResponse:
    """Which grids are the branch's own."""
    branch = get_branch_to_keep(request.user, pk)
    form = CoverForm(request.user, request.POST or None, branch=branch)
    return _answer(
        request,
        form,
        lambda: services.cover(actor=request.user, branch=branch, grids=form.cleaned_data["covered"]),
        "branch_cover",
        {"branch": branch},
        _("What %(branch)s covers has been changed."),
    )


def branch_leaders(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is secretary and who deputy."""
    branch = get_branch_to_keep(request.user, pk)
    form = LeadersForm(request.user, request.POST or None, branch=branch)
    return _answer(
        request,
        form,
        lambda: services.appoint_leaders(actor=request.user, branch=branch, **form.leaders()),
        "branch_leaders",
        {"branch": branch},
        _("The leaders of %(branch)s have been written down."),
    )


def branch_dissolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the branch out of use."""
    branch = get_branch_to_keep(request.user, pk)
    form = DissolveForm(request.user, request.POST or None, branch=branch)
    return _answer(
        request,
        form,
        lambda: services.dissolve_branch(actor=request.user, branch=branch, reason=form.cleaned_data["reason"]),
        "branch_dissolve",
        {"branch": branch},
        _("%(branch)s has been dissolved."),
    )


def branch_partners(request: HttpRequest, pk: int) -> HttpResponse:
    """The organisations that work with the branch: those there are, and one more."""
    branch = get_branch_to_run(request.user, pk)
    form = PartnerForm(request.user, request.POST or None, branch=branch)
    return _answer(
        request,
        form,
        lambda: services.add_partner(actor=request.user, branch=branch, **form.cleaned_data).branch,
        "branch_partners",
        {"branch": branch, "partners": branch.partners.select_related("organisation")},
        _("%(branch)s has another partner."),
    )


@require_POST
def branch_partner_remove(request: HttpRequest, pk: int, key: int) -> HttpResponse:
    branch = get_branch_to_run(request.user, pk)
    partner = get_object_or_404(branch.partners.select_related("organisation"), pk=key)
    try:
        services.remove_partner(actor=request.user, partner=partner)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(partner)s is no longer a partner.") % {"partner": partner})
    return redirect("branch_partners", branch.pk)


def _answer(
    request: HttpRequest, form: BranchForm, write: Callable[[], Branch], page: str, context: dict, said: str
) -> HttpResponse:
    """The page of the form; once it is good and written, the page of the branch."""
    if request.method == "POST" and form.is_valid():
        try:
            branch = write()
        except (ValidationError, PermissionDenied) as error:
            form.refuse(error)
        else:
            messages.success(request, said % {"branch": branch})
            return redirect("branch_detail", branch.pk)
    status = 400 if form.is_bound else 200
    return render(request, f"branches/{page}.html", {**context, "form": form}, status=status)
