"""The way in to all that people who help do, and who looked at what is kept of people."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from volunteers import reveals
from volunteers.confidential import audited_ranges
from volunteers.forms import RevealFilter


@require_safe
def volunteer_home(request: HttpRequest) -> HttpResponse:
    """The cards of what runs here; each noun draws its own."""
    return render(request, "volunteers/volunteer_home.html")


@require_safe
@never_cache
def reveal_list(request: HttpRequest) -> HttpResponse:
    """Every look at what is kept encrypted of people, for the auditor of their district."""
    ranges = audited_ranges(request.user)
    if not ranges:
        raise Http404
    form = RevealFilter(request.GET)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    page = reveals.page_of(ranges, request.GET.get("page"), words)
    context = {"form": form, "page": page, "words": words}
    return render(request, "volunteers/reveal_list.html", context, status=200 if form.is_valid() else 400)
