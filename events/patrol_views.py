"""Filing what a patrol finds, on the phone."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from branches.exceptions import StateConflict
from branches.refusals import add_refusal
from events import services
from events.models import Category, PoliceWork
from events.patrol_forms import FindingForm
from events.suggestions import by_major, familiar_categories
from grids.models import User
from volunteers.models import Patrol
from volunteers.patrols.access import get_patrol, sides_of
from volunteers.patrols.workflow import TABLE, PatrolAction
from volunteers.services import note_finding


def finding_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Note what was found in one of the buildings, and file the case of it in the same moment."""
    user, patrol = request.user, get_patrol(request.user, pk)
    if not sides_of(user, patrol) & TABLE[PatrolAction.FIND].sides:
        raise PermissionDenied
    if request.method != "POST":
        if patrol.state not in TABLE[PatrolAction.FIND].states:
            return redirect("patrol_detail", pk)
        return _page(request, patrol, FindingForm(patrol, user))
    form = FindingForm(patrol, user, request.POST, request.FILES)
    if form.is_valid():
        try:
            sentence = _note(user, patrol, form)
        except StateConflict as error:
            form.add_error(None, error)
            return _page(request, patrol, form, status=409)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, sentence)
            return redirect("patrol_detail", pk)
    return _page(request, patrol, form, status=400)


def _note(user: User, patrol: Patrol, form: FindingForm) -> str:
    """Do it, and say what was done."""
    if form.files_case:
        event = services.file_finding(actor=user, patrol=patrol, **form.inputs())
        return _("Filed as no. %(number)s.") % {"number": event.number}
    note_finding(actor=user, patrol=patrol, **form.inputs())
    return _("Noted; who goes with you and holds a post files the case.")


def _page(request: HttpRequest, patrol: Patrol, form: FindingForm, status: int = 200) -> HttpResponse:
    categories = list(Category.objects.filter(is_active=True, is_confidential=False)) if form.files_case else []
    likely = _likely(request.user, categories) if categories else []
    chosen = str(form["category"].value() or "") if categories else ""
    context = {
        "patrol": patrol,
        "form": form,
        "buildings": list(form.fields["grid"].queryset),
        "likely": likely,
        "majors": by_major(categories),
        "chosen": next((one for one in categories if str(one.pk) == chosen), None),
    }
    return render(request, "events/finding_file.html", context, status=status)


def _likely(user: User, categories: list[Category]) -> list[Category]:
    """What patrols look for first, then what this person files most."""
    safety = [one for one in categories if one.police_work == PoliceWork.SAFETY]
    return list(dict.fromkeys([*safety, *familiar_categories(user, categories)]))
