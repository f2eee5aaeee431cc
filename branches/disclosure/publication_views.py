"""Publications, for who writes and withdraws them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches import services
from branches.disclosure.access import (
    check_may_tell,
    find_place,
    get_publication,
    is_told_of,
    may_tell,
    tellable_grids,
    visible_publications,
)
from branches.disclosure.forms import PublicationForm, Reason
from branches.disclosure.sources import Source, asked_source
from branches.models import Publication
from branches.refusals import add_refusal
from grids.access import get_grid
from grids.models import Grid, User
from grids.views import leads_on

PAGE_SIZE = 20
Kind = Publication.Kind


@require_safe
@leads_on
def publication_list(request: HttpRequest) -> HttpResponse:
    """What the places that I see have made public, newest first; withdrawn ones say why."""
    user = request.user
    grid = get_grid(user, request.GET["grid"]) if request.GET.get("grid") else None
    publications = visible_publications(user).select_related("grid", "withdrawn_by")
    publications = publications.within(grid) if grid else publications
    page = Paginator(publications.order_by("-published_at", "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    for publication in page.object_list:
        publication.may_withdraw = not publication.withdrawn_at and may_tell(user, publication.grid)
    context = {
        "page": page,
        "grid": grid,
        "has_public_page": grid is not None and is_told_of(grid),
        "may_write": may_tell(user, grid) if grid and is_told_of(grid) else tellable_grids(user).exists(),
    }
    return render(request, "branches/publication_list.html", context)


def publication_write(request: HttpRequest) -> HttpResponse:
    """Write something and publish it: from nothing, or `?from=` a case, with its category and outcome."""
    user, source = request.user, asked_source(request)
    kind = _asked_kind(request, source)
    grid = _place(user, request, source)
    form = PublicationForm(user, kind, request.POST or None, grid=grid, gist=source.gist)
    if not form.grids:
        raise PermissionDenied(_("You publish for no street or community."))
    if request.method == "POST" and form.is_valid():
        try:
            publication = services.publish(actor=user, **form.cleaned_data, **source.pointer)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Published: %(title)s.") % {"title": publication.title})
            return redirect("publication_list")
    context = {"form": form, "kind": Kind(kind), "kinds": Kind, "source": source}
    return render(request, "branches/publication_write.html", context, status=400 if form.errors else 200)


def _asked_kind(request: HttpRequest, source: Source) -> str:
    kind = request.POST.get("kind") or request.GET.get("kind")
    usual = source.gist.told_as if source.gist else Kind.NOTICE
    return kind if kind in Kind.values else usual


def _place(user: User, request: HttpRequest, source: Source) -> Grid | None:
    """The place that the link names, or where the case was; only one that the person tells of."""
    return find_place(tellable_grids(user), source.place_code or request.GET.get("grid", ""))


def publication_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a publication from the public, with a reason."""
    publication = get_publication(request.user, pk)
    check_may_tell(request.user, publication.grid)
    form = Reason(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw_publication(actor=request.user, publication=publication, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Withdrawn: nobody outside reads it any more."))
            return redirect("publication_list")
    context = {"form": form, "publication": publication}
    return render(request, "branches/publication_withdraw.html", context, status=400 if form.errors else 200)
