"""Cases as they leave the screen: the printed case file, and lists as Excel sheets."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.explanations import explain
from events.exporting import export_events
from events.filters import FilterForm
from events.views import event_list, get_event
from events.wording import place_of
from events.xlsx import CONTENT_TYPE
from grids.models import load_ancestors


@require_safe
def event_print(request: HttpRequest, number: str) -> HttpResponse:
    """Everything of one case with its whole history and its photos, for A4."""
    event = get_event(request.user, number)
    load_ancestors([event.grid, event.holder, *([event.checker] if event.checker else [])])
    steps = list(event.steps.order_by("ordinal").prefetch_related("attachments"))
    for step in steps:
        step.sentences = explain(step)
    context = {
        "event": event,
        "place": event.grid.full_name if event.is_open else place_of(event),
        "holder": event.holder.full_name if event.is_open else steps[-1].holder_name,
        "steps": steps,
        "at": timezone.now(),
    }
    return render(request, "events/event_print.html", context)


@require_safe
def event_export(request: HttpRequest) -> HttpResponse:
    """The list with its filters as an Excel sheet; a filter that is no filter shows the list and its complaint."""
    at = timezone.now()
    form = FilterForm(request.user, request.GET)
    events = form.events(at)
    if form.errors:
        return event_list(request)
    name = _("Cases %(time)s") % {"time": f"{timezone.localtime(at):%Y%m%d-%H%M}"}
    response = StreamingHttpResponse(export_events(form, events, request.user, at), content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.xlsx")
    response.headers["Cache-Control"] = "private, no-store"
    return response
