"""Cases as they leave the screen: the printed case file, and lists as Excel sheets."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from events.alike import joined
from events.explanations import explain
from events.exporting import export_events
from events.filters import FilterForm
from events.models import Event
from events.occasions import origin_of
from events.reckoning import reckon_all
from events.views import event_list, get_event
from events.wording import place_of
from grids.models import load_ancestors


@require_safe
def event_print(request: HttpRequest, number: str) -> HttpResponse:
    """Everything of one case with its whole history and its photos, for A4."""
    event, at = get_event(request.user, number), timezone.now()
    related = Event.objects.visible_to(request.user)  # who may not see a case learns nothing of it here either
    load_ancestors([event.grid, event.holder, *([event.checker] if event.checker else [])])
    steps = list(event.steps.order_by("ordinal").prefetch_related("attachments"))
    for step in steps:
        step.sentences = explain(step)
    context = {
        "event": event,
        "place": event.grid.full_name if event.is_open else place_of(event),
        "holder": event.holder.full_name if event.is_open else steps[-1].holder_name,
        "steps": steps,
        "joined": joined(event, request.user),
        "order": getattr(event, "hotline_order", None) if event.reporter_id is None else None,
        "merged_into": related.filter(pk=event.merged_into_id).first() if event.merged_into_id else None,
        "origin": origin_of(event, request.user, steps[0]),
        "reckonings": reckon_all(steps, at),
        "at": at,
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
    return export_events(form, events, request.user, at)
