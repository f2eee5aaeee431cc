"""What was closed implausibly fast, for a second look: cases, never people."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events import services
from events.exceptions import AlreadyRecorded
from events.models import QuickClosing, QuickRule
from events.paging import CappedPaginator
from events.rechecks.forms import LookForm, SecondLookFilter
from events.rechecks.inspecting import check_inspects, inspected_grids, reopening
from events.views import PAGE_SIZE
from events.wording import show_events, why_fast
from grids.models import User


def listed(user: User):
    """What is listed in the person's area, with all that a row shows."""
    related = ("category", "grid", "holder", "checker", "handler", "organisation", "reporter")
    closings = QuickClosing.objects.inspected_by(user).select_related(*(f"event__{name}" for name in related))
    return closings.order_by("-closed_at", "-pk")


@require_safe
def second_look_list(request: HttpRequest) -> HttpResponse:
    """The fast closings of my area, newest first; those that wait for a look unless another filter is chosen."""
    user, at = request.user, timezone.now()
    check_inspects(user)
    form = SecondLookFilter(user, request.GET)
    page = CappedPaginator(form.closings(listed(user)), PAGE_SIZE).get_page(request.GET.get("page"))
    closings = page.object_list = list(page.object_list)
    show_events([closing.event for closing in closings], user, at)
    for closing in closings:
        closing.why = why_fast(closing)
    context = {
        "form": form,
        "state": form.chosen_state(),
        "grids": inspected_grids(user, form.cleaned_data.get("grid")),
        "page": page,
        "closings": closings,
        "rule": QuickRule.objects.first() or QuickRule(),
        "at": at,
    }
    return render(request, "events/second_look_list.html", context, status=200 if form.is_valid() else 400)


def second_look(request: HttpRequest, pk: int) -> HttpResponse:
    """One fast closing: call it in order with a word, or have the case done again in place."""
    closing = get_object_or_404(listed(request.user), pk=pk)
    if request.method != "POST":
        return _look_page(request, closing, LookForm())
    form = LookForm(request.POST)
    if not form.is_valid():
        return _look_page(request, closing, form, status=400)
    try:
        services.look_again(closing=closing, actor=request.user, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return _look_page(request, closing, form, status=400)
    except (PermissionDenied, AlreadyRecorded) as error:
        status = 403 if isinstance(error, PermissionDenied) else 409
        closing = get_object_or_404(listed(request.user), pk=pk)
        return _look_page(request, closing, form, problem=str(error), status=status)
    messages.success(request, _("Recorded: looked at, in order."))
    return redirect("second_look_list")


def _look_page(
    request: HttpRequest, closing: QuickClosing, form: LookForm, problem: str = "", status: int = 200
) -> HttpResponse:
    user, at = request.user, timezone.now()
    (event,) = show_events([closing.event], user, at)
    why = why_fast(closing)
    reopen, why_not = (None, "")
    if closing.is_waiting:
        reopen, why_not = reopening(event, user, _("Second look at a fast closing: %(why)s") % {"why": why})
    context = {
        "closing": closing,
        "event": event,
        "why": why,
        "form": form,
        "problem": problem,
        "hindrance": services.why_no_recheck(event, user),
        "reopen": reopen,
        "why_not_reopened": why_not,
        "at": at,
    }
    return render(request, "events/second_look.html", context, status=status)
