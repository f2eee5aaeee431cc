"""Pages of activities: the list, planning one, and one with who joins it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.access import get_asked_branch
from branches.exceptions import StateConflict
from branches.models import Branch
from branches.refusals import add_refusal
from grids.access import get_grid
from grids.models import Grid, load_ancestors
from volunteers import services
from volunteers.activities.access import (
    get_activity,
    get_activity_to_organise,
    may_organise,
    organisers_of,
    sides_of,
    visible_activities,
)
from volunteers.activities.forms import ActivityForm, ReasonForm
from volunteers.activities.showing import load_mine, place_in_queue
from volunteers.activities.workflow import TABLE, ActivityAction, ActivitySide, ActivityState
from volunteers.models import Activity, Participation
from volunteers.workflow import open_moves

PAGE_SIZE = 20
PEOPLE_PAGE_SIZE = 50
SERVICES = {
    ActivityAction.PUBLISH: services.publish_activity,
    ActivityAction.JOIN: services.join_activity,
    ActivityAction.LEAVE: services.leave_activity,
    ActivityAction.CALL_OFF: services.call_off_activity,
}


def _asked_organiser(request: HttpRequest) -> Branch | Grid | None:
    """The branch or grid that the address names; 404 for one that the user may not see."""
    if key := request.GET.get("branch"):
        return get_asked_branch(request.user, key)
    code = request.GET.get("grid")
    return get_grid(request.user, code) if code else None


@require_safe
def activity_list(request: HttpRequest) -> HttpResponse:
    """Activities to come, past ones, or mine: of a branch, of a grid with all below it, or all that I may see."""
    user, at, organiser = request.user, timezone.now(), _asked_organiser(request)
    when = request.GET.get("when")
    activities = visible_activities(user).with_related().with_counts()
    if organiser:
        activities = activities.of(organiser)
    if when == "mine":
        rows = Participation.objects.filter(user=user).exclude(status=Participation.Status.LEFT)
        activities = activities.filter(pk__in=rows.values("activity")).order_by("-starts_at", "-pk")
    else:
        activities = activities.past(at) if when == "past" else activities.upcoming(at)
    page = Paginator(activities, PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = load_mine(page.object_list, user)
    load_ancestors(activity.grid for activity in page.object_list)
    context = {
        "page": page,
        "when": when if when in ("past", "mine") else "",
        "organiser": organiser,
        "branch": organiser if isinstance(organiser, Branch) else None,
        "may_plan": may_organise(user, organiser) if organiser else bool(organisers_of(user)),
        "at": at,
    }
    return render(request, "volunteers/activity_list.html", context)


def activity_plan(request: HttpRequest) -> HttpResponse:
    """Plan an activity of a branch or a grid; it is published on its own page."""
    user, organiser, at = request.user, _asked_organiser(request), timezone.now()
    if organiser is None:
        return render(request, "volunteers/activity_plan.html", {"organisers": organisers_of(user)})
    if not may_organise(user, organiser):
        raise PermissionDenied
    form = ActivityForm(request.POST if request.method == "POST" else None, at=at)
    if request.method == "POST" and form.is_valid():
        try:
            activity = services.plan_activity(
                actor=user, organiser=organiser, plan=form.plan(), key=form.cleaned_data["key"], at=at
            )
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Planned. Look it over; people see it when you publish it."))
            return redirect("activity_detail", activity.pk)
    context = {"form": form, "organiser": organiser}
    return render(request, "volunteers/activity_plan.html", context, status=400 if form.errors else 200)


def activity_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what, where, when, for how many; who signed up is told by itself."""
    activity = get_activity_to_organise(request.user, pk)
    if activity.state not in TABLE[ActivityAction.CHANGE].states:
        return redirect("activity_detail", pk)
    form = ActivityForm(request.POST if request.method == "POST" else None, activity=activity)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_activity(actor=request.user, activity=activity, plan=form.plan())
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Changed."))
            return redirect("activity_detail", pk)
    context = {"form": form, "activity": activity}
    return render(request, "volunteers/activity_change.html", context, status=400 if form.errors else 200)


@require_safe
def activity_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One activity: what it is, whether I have a place, and for who organises it who else has."""
    return _page(request, get_activity(request.user, pk))


def _page(
    request: HttpRequest, activity: Activity, *, problem: str = "", form: ReasonForm | None = None, status: int = 200
) -> HttpResponse:
    user, at, sides = request.user, timezone.now(), sides_of(request.user, activity)
    mine = activity.participations.filter(user=user).first()
    is_in = mine is not None and mine.status != Participation.Status.LEFT
    actions = {move.action.value for move in open_moves(TABLE, ActivityState(activity.state), sides)}
    actions -= {ActivityAction.JOIN.value if is_in or activity.starts_at <= at else ActivityAction.LEAVE.value}
    if not is_in or mine.attended_at or activity.ends_at <= at:
        actions.discard(ActivityAction.LEAVE.value)
    may_organise = ActivitySide.ORGANISER in sides
    load_ancestors([activity.grid])
    context = {
        "activity": activity,
        "actions": actions,
        "mine": mine if is_in else None,
        "before_me": place_in_queue(mine) if is_in else 0,
        "may_organise": may_organise,
        "people": _people(request, activity) if may_organise else None,
        "skills": activity.skills.all(),
        "pictures": activity.pictures.order_by("pk"),
        "steps": activity.steps.order_by("-pk")[:PEOPLE_PAGE_SIZE] if may_organise else (),
        "has_begun": activity.starts_at <= at,
        "is_over": activity.ends_at <= at,
        "problem": problem,
        "form": form or ReasonForm(),
        "at": at,
    }
    return render(request, "volunteers/activity_detail.html", context, status=status)


def _people(request: HttpRequest, activity: Activity):
    """Who signed up, by the page."""
    rows = activity.participations.exclude(status=Participation.Status.LEFT).select_related("user")
    return Paginator(rows.order_by("status", "queued_at", "pk"), PEOPLE_PAGE_SIZE).get_page(request.GET.get("page"))


@require_POST
def activity_act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Publish, sign up, withdraw or call off."""
    activity, form = get_activity(request.user, pk), ReasonForm(request.POST)
    if action not in SERVICES:
        raise Http404
    if not form.is_valid():
        return _page(request, activity, form=form, status=400)
    given = form.cleaned_data if action == ActivityAction.CALL_OFF else {}
    try:
        done = SERVICES[ActivityAction(action)](actor=request.user, activity=activity, **given)
    except PermissionDenied as error:
        return _page(request, activity, problem=str(error), status=403)
    except StateConflict as error:
        return _page(request, get_activity(request.user, pk), problem=str(error), status=409)
    except ValidationError as error:
        add_refusal(form, error)
        return _page(request, activity, form=form, status=400)
    messages.success(request, _done_text(ActivityAction(action), done))
    return redirect("activity_detail", pk)


def _done_text(action: ActivityAction, done: Activity | Participation | None) -> str:
    if action == ActivityAction.JOIN and done.status == Participation.Status.WAITING:
        return _("All places are taken; you are on the waiting list and hear when one is free.")
    texts = {
        ActivityAction.PUBLISH: _("Published: those around see it and can sign up."),
        ActivityAction.JOIN: _("You have a place. You are reminded the day before."),
        ActivityAction.LEAVE: _("You have withdrawn; the place goes to the next."),
        ActivityAction.CALL_OFF: _("Called off; who signed up is told."),
    }
    return texts[action]
