"""What if: ask it of the cases of a grid, and read what came of it."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from branches.refusals import add_refusal
from events import services
from events.models import ServiceLevel, WhatIf
from events.what_if.forms import WhatIfForm
from events.what_if.outcome import NOW, WAS, Outcome
from events.what_if.question import of_json
from events.what_if.words import (
    ASSUMPTIONS,
    Levels,
    changes,
    condition,
    findings,
    levels_in_force,
    names_of,
    rates,
)
from events.workflow import Loop
from grids.access import get_overseen_grid, may_oversee, overseen_posts
from grids.models import Grid
from grids.sheets import progress

RECENT = 10
CHILDREN = 60  # offered beside the grid: more than a street has communities
PHASES = {"reading": gettext_lazy("Reading the steps"), "replaying": gettext_lazy("Running them again")}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def what_if(request: HttpRequest) -> HttpResponse:
    """Say what would have been otherwise; what I have asked lately."""
    grid = get_overseen_grid(request.user, (request.POST or request.GET).get("grid", ""))
    levels = levels_in_force(ServiceLevel.objects.all())
    form = WhatIfForm(request.user, levels, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        period = {name: form.cleaned_data[name] for name in ("since", "until")}
        try:
            asked = services.ask_what_if(actor=request.user, grid=grid, scenario=form.scenario(), **period)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            return redirect("what_if_detail", asked.pk)
    context = {
        "form": form,
        "period": [form["since"], form["until"]],
        "staffing": [form["staffed"], form["vacant"]],
        "grid": grid,
        "grids": _offered(request, grid),
        "recent": [
            (one, _said(one, levels)) for one in services.asked_what_ifs(request.user).defer("outcome")[:RECENT]
        ],
        "days_kept": services.what_if.KEPT.days,
    }
    return render(request, "events/what_if.html", context, status=400 if form.errors else 200)


def _said(asked: WhatIf, levels: Levels) -> str:
    """What was asked, beside the limits in force."""
    scenario = of_json(asked.scenario)
    return condition(list(changes(scenario, levels, names_of(scenario))))


def _offered(request: HttpRequest, grid: Grid) -> list[Grid]:
    """The grids to choose from: my own, this one, and what lies directly below it."""
    own = [post.grid for post in overseen_posts(request.user)]
    below = Grid.objects.active().filter(parent=grid).order_by("lft")[:CHILDREN]
    return list({one.pk: one for one in [*own, grid, *below]}.values())


@never_cache
@require_safe
def what_if_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer, or how far it is; for who asked alone, while they answer for the grid."""
    asked = get_object_or_404(services.asked_what_ifs(request.user), pk=pk)
    if not may_oversee(request.user, asked.grid):
        raise Http404
    levels = levels_in_force(ServiceLevel.objects.all())
    now = progress.read(services.what_if.progress_key(pk)) if asked.is_waiting else None
    context = {
        "asked": asked,
        "condition": _said(asked, levels),
        "progress": now,
        "phase": PHASES.get(now.phase) if now else None,
        "assumptions": ASSUMPTIONS,
    }
    if asked.outcome is not None:
        context |= _told(Outcome.of_json(asked.outcome))
    return render(request, "events/what_if_detail.html", context)


def _told(outcome: Outcome) -> dict:
    was, now = rates(outcome)
    figures = [(Loop(loop), figures) for loop, figures in outcome.loops.items()]
    most = max((max(each) for _loop, one in figures for each in (one.entered, one.overdue, one.climbed)), default=0)
    return {
        "outcome": outcome,
        "findings": findings(outcome),
        "loops": [(loop, _rows(one), one) for loop, one in figures],
        "most": most or 1,
        "rates": (was, now),
        "holders": outcome.holders,
    }


def _rows(figures) -> list[tuple[str, int, int, int]]:
    """Each figure of a loop: what it is, as recorded, in the scenario, and the difference."""
    pairs = ((_("entered"), figures.entered), (_("overdue there"), figures.overdue),
             (_("climbed by the clock"), figures.climbed))  # fmt: skip
    return [(title, pair[WAS], pair[NOW], pair[NOW] - pair[WAS]) for title, pair in pairs]
