"""Saving the filters of the list, and keeping what one has saved."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events import services
from events.filters import FilterForm, saved_filters
from events.models import SavedFilter
from events.views import list_page
from grids.models import User


def get_saved_filter(user: User, key: int) -> SavedFilter:
    """One of the person's own; 404 for all others."""
    return get_object_or_404(SavedFilter, user=user, pk=key)


@require_safe
def saved_filter_list(request: HttpRequest) -> HttpResponse:
    """What I have saved: what it says, how many cases it finds now; to rename and to delete.

    Other pages fetch their chips with the numbers from here once they are shown themselves.
    """
    if request.htmx:
        counted = {"saved": saved_filters(request.user, timezone.now()), "is_counted": True}
        return render(request, "events/_saved_filters.html", counted)
    return _list(request)


def saved_filter_save(request: HttpRequest) -> HttpResponse:
    """Save the filters of this address under a name. A look at it, as after a login, shows the list."""
    form = FilterForm(request.user, request.GET)
    back = f"{reverse('event_list')}?{request.GET.urlencode()}"
    if request.method != "POST" or not form.is_valid():
        return redirect(back)
    name = request.POST.get("name", "")
    try:
        saved = services.save_filter(user=request.user, name=name, query=form.given())
    except ValidationError as error:
        return list_page(request, form, unsaved={"name": name, "problems": error.messages})
    messages.success(request, _("Saved as “%(name)s”; you find it on the workbench, too.") % {"name": saved.name})
    return redirect(back)


def saved_filter_rename(request: HttpRequest, key: int) -> HttpResponse:
    """Give one of mine another name."""
    saved = get_saved_filter(request.user, key)
    if request.method == "POST":
        name = request.POST.get("name", "")
        try:
            services.rename_filter(saved=saved, name=name)
        except ValidationError as error:
            return _list(request, {"pk": key, "name": name, "problems": error.messages})
    return redirect("saved_filter_list")


def saved_filter_delete(request: HttpRequest, key: int) -> HttpResponse:
    """Delete one of mine."""
    if request.method == "POST":
        services.delete_filter(user=request.user, key=key)
    return redirect("saved_filter_list")


def _list(request: HttpRequest, unsaved: dict | None = None) -> HttpResponse:
    context = {"saved": saved_filters(request.user, timezone.now()), "unsaved": unsaved}
    return render(request, "events/saved_filter_list.html", context, status=400 if unsaved else 200)
