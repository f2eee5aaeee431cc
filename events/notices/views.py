"""How a person wants to be told: the page of their choice, its test, and another try of what was given up."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from events import services
from events.models import Channel, Event, Notice
from events.notices.forms import NoticeForm
from events.notices.messaging import channels, in_words, mail_is_set_up
from events.services.notice_choices import given_up

ROWS = 20


@require_safe
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """To the page that a notice of mine tells of; with it, all that was told of this page is read."""
    found = get_object_or_404(Notice.objects.filter(event=None), pk=pk, recipient=request.user)
    services.read_notices(user=request.user, page=found.page)
    return redirect(found.page)


def notice_settings(request: HttpRequest) -> HttpResponse:
    """What a person chooses about notices beside the inbox, and what did not reach them."""
    preference = services.preference_of(request.user)
    form = NoticeForm(preference, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.save_preference(user=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your choice is stored."))
            return redirect("notice_settings")
    at = timezone.now()
    failed = list(given_up(request.user, at)[: ROWS + 1])
    shown = Event.objects.filter(pk__in=[delivery.event_id for delivery in failed]).visible_to(request.user)
    visible = set(shown.values_list("pk", flat=True))
    for delivery in failed:
        delivery.is_visible = delivery.event_id is None or delivery.event_id in visible
        delivery.problem = in_words(delivery.last_error)
    context = {
        "form": form,
        "preference": preference,
        "mail_is_set_up": mail_is_set_up(),
        "may_test": bool(channels(preference)),
        "failed": failed[:ROWS],
        "has_more": len(failed) > ROWS,
        "at": at,
    }
    return render(request, "events/notice_settings.html", context, status=400 if form.errors else 200)


def notice_test(request: HttpRequest) -> HttpResponse:
    """Send a test on each chosen way and say what came of it."""
    if request.method == "POST":
        try:
            results = services.send_test(user=request.user)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            results = {}
        for channel, problem in results.items():
            way = {"way": Channel(channel).label, "error": in_words(problem)}
            if problem:
                messages.error(request, _("The test by %(way)s failed: %(error)s. Check what you entered.") % way)
            else:
                messages.success(request, _("The test by %(way)s was sent. Look whether it arrived.") % way)
    return redirect("notice_settings")


def notice_retry(request: HttpRequest) -> HttpResponse:
    """Begin anew with what was given up."""
    if request.method == "POST":
        count = services.try_again(user=request.user)
        said = ngettext("%(count)d notice is sent again.", "%(count)d notices are sent again.", count)
        messages.success(request, said % {"count": count})
    return redirect("notice_settings")
