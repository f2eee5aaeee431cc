"""Pages for residents: report, receipt, and following one's own case. No account, no app, no script needed."""

import json
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.forms import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from events import services
from events.attachment_views import serve
from events.exceptions import ActionRefused
from events.models import Attachment, Event, ResidentContact
from events.public.forms import FollowForm, ReportForm, ResidentActForm
from events.public.wording import course, levels, photos_of, question, shows_photos, standing, state_name
from events.wording import place_of
from events.workflow import RATED_WITHIN, RESIDENT_SIDES, TABLE, Action, Rating, open_moves
from grids.encryption import Unreadable, decrypt, encrypt
from grids.models import Grid, Level, Organisation, OrganisationKind, load_ancestors
from grids.public_pages import TOO_MANY, public, source
from grids.services import PublicLimit
from grids.tree import community_code

MOST_PLACES = 200
RECEIPT_COOKIE = "saihan_receipt"
RECEIPT_SECONDS = 15 * 60  # long enough to note it down, or to take up the page again after a call


# Reporting


def reporting_grids(code: str) -> list[Grid]:
    """The grid in use of this code, or those that took the place of one that was given up."""
    grids = Grid.objects.successors(code)
    return [grid for grid in grids if grid.level >= Level.STREET and not grid.retired_at]


@public
def public_report(request: HttpRequest, code: str) -> HttpResponse:
    """Report what is wrong in this grid."""
    grids, at = reporting_grids(code), timezone.now()
    if not grids:
        return render(request, "events/_public_missing.html", status=404)
    if len(grids) > 1:
        load_ancestors(grids)
        return render(request, "events/_public_grids.html", {"grids": grids})
    grid = grids[0]
    if grid.code != code:
        return redirect("public_report", grid.code)
    if request.method != "POST":
        return _report_page(request, ReportForm(grid, at))
    form = ReportForm(grid, at, request.POST, request.FILES, source=source(request))
    if not form.is_valid():
        return _report_page(request, form.renewed(), status=TOO_MANY if form.limit else 400, refused=form.limit)
    if not form.is_answered and form.alike:
        return _report_page(request, form)
    try:
        receipt = services.file_resident_report(**form.inputs(), source=form.source, at=at)
    except ValidationError as error:
        for name, problems in error.message_dict.items():
            form.add_error(name if name in form.fields else None, problems)
        return _report_page(request, form.renewed(), status=400)
    except PublicLimit as error:
        return _report_page(request, form.renewed(), status=TOO_MANY, refused=error.detail)
    return _hand_over(request, grid, receipt)


def _hand_over(request: HttpRequest, grid: Grid, receipt: services.Receipt) -> HttpResponse:
    """To the receipt, and into the case; number and code travel encrypted, and nothing of them is kept here."""
    response = redirect("public_receipt", grid.code)
    is_joined = receipt.event.merged_into_id is not None
    slip = json.dumps({"number": receipt.event.number, "code": receipt.code, "is_joined": is_joined})
    response.set_signed_cookie(
        RECEIPT_COOKIE,
        encrypt(slip),
        salt=RECEIPT_COOKIE,
        max_age=RECEIPT_SECONDS,
        path=reverse("public_receipt", args=[grid.code]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    _open(response, receipt.event.number, receipt.event.contact)
    return response


def _report_page(request: HttpRequest, form: ReportForm, status: int = 200, refused: str = "") -> HttpResponse:
    offered = list(form.fields["category"].queryset)
    context = {
        "form": form,
        "alike": form.alike,
        "grid": form.grid,
        "places": _places(form.grid),
        "choices": [category for category in offered if not category.is_confidential],
        "clues": [category for category in offered if category.is_confidential],
        "refused": refused,
        "office": _office(form.grid),
        "kept_days": settings.CONTACT_KEPT_DAYS,
        "hidden_errors": form.hidden_errors(),
    }
    return render(request, "events/public_report.html", context, status=status)


def _places(grid: Grid) -> list[Grid]:
    """What lies below: from a community on down to the units, unless they are too many to choose from."""
    below = Grid.objects.active().within(grid).exclude(pk=grid.pk).order_by("lft")
    if grid.level >= Level.COMMUNITY and len(found := list(below[: MOST_PLACES + 1])) <= MOST_PLACES:
        return found
    return list(below.filter(level=grid.level + 1))


def _office(grid: Grid) -> Organisation | None:
    """Whom to call instead: the office of the community, or of the street, that has a public phone."""
    codes = [code for code in (community_code(grid.code), grid.code[:9]) if code]
    offices = Organisation.objects.active().filter(grid__code__in=codes, kind=OrganisationKind.GOVERNMENT_OFFICE)
    return offices.exclude(phone="").order_by("-grid__level", "pk").first()


@public
@require_safe
def public_receipt(request: HttpRequest, code: str) -> HttpResponse:
    """The number and the code of a report that was just filed; afterwards the way to ask for it."""
    sealed = request.get_signed_cookie(RECEIPT_COOKIE, "", salt=RECEIPT_COOKIE, max_age=RECEIPT_SECONDS)
    try:
        slip = json.loads(decrypt(sealed))
    except (Unreadable, ValueError):
        slip = None
    if not isinstance(slip, dict):
        return redirect("public_follow")
    grid = Grid.objects.filter(code=code).first()
    return render(
        request, "events/public_receipt.html", {**slip, "grid": grid, "kept_days": settings.CONTACT_KEPT_DAYS}
    )


# Following


def _cookie(number: str) -> str:
    return f"saihan_case_{number}"


def _open(response: HttpResponse, number: str, contact: ResidentContact) -> None:
    """Let this browser see this one case for some days."""
    response.set_signed_cookie(
        _cookie(number),
        str(contact.pk),
        salt=_cookie(number),
        max_age=timedelta(days=settings.CASE_COOKIE_DAYS),
        path=reverse("public_event", args=[number]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def get_contact(request: HttpRequest, number: str) -> ResidentContact | None:
    """The contact of this case when this browser has opened it with the code and it is not erased."""
    name = _cookie(number)
    pk = request.get_signed_cookie(name, None, salt=name, max_age=timedelta(days=settings.CASE_COOKIE_DAYS))
    if not pk:
        return None
    return ResidentContact.objects.filter(pk=pk, event__number=number, erased_at=None).first()


@public
def public_follow(request: HttpRequest) -> HttpResponse:
    """The way to one's own case: its number and its code."""
    form = FollowForm(
        request.POST if request.method == "POST" else None, initial={"number": request.GET.get("number", "")}
    )
    if not form.is_valid():
        return _follow_page(request, form, status=400 if form.is_bound else 200)
    try:
        contact = services.open_case(**form.cleaned_data, source=source(request))
    except PublicLimit as error:
        form.add_error(None, error.detail)
        return _follow_page(request, form, status=TOO_MANY)
    if contact is None:
        form.add_error(None, _("Number and code do not belong together. Both stand on the receipt of your report."))
        return _follow_page(request, form, status=400)
    number = contact.event.number
    response = redirect("public_event", number)
    _open(response, number, contact)
    return response


def _follow_page(request: HttpRequest, form: FollowForm, status: int) -> HttpResponse:
    return render(
        request, "events/public_follow.html", {"form": form, "kept_days": settings.CONTACT_KEPT_DAYS}, status=status
    )


@public
@require_safe
def public_event(request: HttpRequest, number: str) -> HttpResponse:
    """One's own case: where it stands, what was done, and what one can say about it."""
    contact = get_contact(request, number)
    if contact is None:
        return redirect(f"{reverse('public_follow')}?number={number}")
    return _event_page(request, contact)


@public
@require_POST
def public_act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Add a word, answer a question or rate the result."""
    contact, at = get_contact(request, number), timezone.now()
    if contact is None:
        return redirect(f"{reverse('public_follow')}?number={number}")
    move = TABLE.get(action)
    if move is None or not move.sides & RESIDENT_SIDES:
        raise Http404
    form = ResidentActForm(contact, at, request.POST, request.FILES, action=action, source=source(request))
    if not form.is_valid():
        return _event_page(request, contact, action, form, problem=form.limit, status=TOO_MANY if form.limit else 400)
    try:
        services.act_as_resident(contact=contact, action=action, **form.inputs(), at=at)
    except ValidationError as error:
        form.add_error(None, error)
        return _event_page(request, contact, action, form, status=400)
    except PublicLimit as error:
        return _event_page(request, contact, action, form, problem=error.detail, status=TOO_MANY)
    except ActionRefused as error:
        return _event_page(request, contact, action, form, problem=error.detail, status=409)
    return redirect(f"{reverse('public_event', args=[number])}?sent={action}")


def _event_page(
    request: HttpRequest,
    contact: ResidentContact,
    action: str = "",
    form: ResidentActForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    event, at = Event.objects.with_related().get(pk=contact.event_id), timezone.now()
    goes_on = event.goes_on_in()
    steps = list(event.steps.order_by("ordinal"))
    told = [step for step in steps if "attachments" in step.details and shows_photos(step, event)]
    prefetch_related_objects(told, "attachments")
    open_actions = {move.action for move in open_moves(event.case(at), RESIDENT_SIDES)}
    rated = form if form and action == Action.RATE else ResidentActForm(contact, at)
    context = {
        "event": event,
        "place": event.grid.full_name if event.is_open else place_of(event),
        "state": state_name(event),
        "standing": standing(event, steps),
        "goes_on": state_name(goes_on) if goes_on != event else "",
        "goes_on_status": goes_on.status,
        "question": question(event, steps),
        "lines": course(event, steps),
        "reported_photos": photos_of(steps[0], event),
        "inputs": _photo_inputs(contact, at, action, form, open_actions),
        "levels": levels(event, steps),
        "sent": request.GET.get("sent", "") if not action else "",
        "action": action,
        "form": form,
        "problem": problem,
        "may_answer": Action.ANSWER in open_actions,
        "may_comment": Action.COMMENT in open_actions,
        "may_rate": Action.RATE in open_actions,
        "may_report_again": goes_on != event and goes_on.is_open and not event.is_confidential,
        "ratings": Rating.choices,
        "questions": rated.questions(),
        "rated_until": event.closed_at and event.closed_at + RATED_WITHIN,
        "at": at,
    }
    return render(request, "events/public_event.html", context, status=status)


def _photo_inputs(
    contact: ResidentContact, at: datetime, action: str, form: ResidentActForm | None, open_actions: set[Action]
) -> dict[str, BoundField]:
    """Where photos are chosen for each action; what came with one that has become pointless waits for a word."""
    kept_for = action if action in open_actions else Action.COMMENT
    fresh = ResidentActForm(contact, at)["attachments"]
    inputs = dict.fromkeys((Action.ANSWER, Action.RATE, Action.COMMENT), fresh)
    return inputs | ({kept_for: form["attachments"]} if form else {})


@public
@require_safe
def public_photo(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """A photo of one's own case in full."""
    return serve(request, get_photo(request, number, key))


@public
@require_safe
def public_photo_thumbnail(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """The small picture of it."""
    return serve(request, get_photo(request, number, key), small=True)


def get_photo(request: HttpRequest, number: str, key: str) -> Attachment:
    """The photo of this key for who has opened the case on this browser; 404 for everybody and everything else."""
    contact = get_contact(request, number)
    photos = Attachment.objects.filter(event__contact=contact, kind=Attachment.Kind.IMAGE)
    photo = get_object_or_404(photos.select_related("event", "step"), key=key) if contact else None
    if photo is None or not shows_photos(photo.step, photo.event):
        raise Http404
    return photo


@public
@require_POST
def public_leave(request: HttpRequest, number: str) -> HttpResponse:
    """Close the case on this phone, which may be somebody else's."""
    response = redirect("public_follow")
    response.delete_cookie(_cookie(number), path=reverse("public_event", args=[number]), samesite="Lax")
    return response
