"""Signboards: the page of a grid that is for everybody, and what is printed to lead there."""

import io

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from grids.access import get_grid
from grids.boards import boards_of, inline_qr, public_url, qr_code
from grids.forms import SignboardForm, SignboardRunForm
from grids.models import Grid, Level, load_ancestors
from grids.paper import Paper, Sheet, lay_out
from grids.views import leads_on

PUBLIC_SECONDS = 300  # as long may a phone or a proxy keep the page that everybody sees alike
MOST_BOARDS = 400
PNG_SCALE = 20  # pixels a module: 700 in all, sharp on a sign of a hand's width


@require_safe
@login_not_required
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def public_grid(request: HttpRequest, code: str) -> HttpResponse:
    """What the signboard of a grid shows, for whoever scans it; a former code leads to what took its place."""
    grids = Grid.objects.successors(code)
    if not grids:
        return render(request, "grids/_public_missing.html", {"code": code}, status=404)
    if len(grids) > 1:
        load_ancestors(grids)
        return render(request, "grids/_public_successors.html", {"code": code, "grids": grids})
    grid = grids[0]
    if grid.code != code:
        return redirect("public_grid", grid.code)
    return render(request, "grids/public_grid.html", {"board": boards_of([grid], grid)[0]})


@require_safe
@leads_on
def signboard(request: HttpRequest, code: str) -> HttpResponse:
    """The signboard of one grid, to be printed."""
    grid, form = get_grid(request.user, code), SignboardForm(request.GET)
    context = {
        "grid": grid,
        "form": form,
        "paper": form.chosen_paper(),
        "sheets": _sheets(request, [grid], grid, form.chosen_paper()),
    }
    return render(request, "grids/signboard.html", context, status=200 if form.is_valid() else 400)


@require_safe
@leads_on
def signboard_run(request: HttpRequest, code: str) -> HttpResponse:
    """The signboards of a community, its buildings and its units, one on each page."""
    root, form = get_grid(request.user, code), SignboardRunForm(request.GET)
    if root.level < Level.COMMUNITY:
        raise Http404
    grids = Grid.objects.active().within(root).filter(level__in=form.chosen_levels()).order_by("lft")
    grids = list(grids[: MOST_BOARDS + 1])
    context = {
        "grid": root,
        "form": form,
        "paper": form.chosen_paper(),
        "shown_levels": [level.name.lower() for level in form.chosen_levels()],
        "sheets": _sheets(request, grids[:MOST_BOARDS], root, form.chosen_paper()),
        "has_more": len(grids) > MOST_BOARDS,
    }
    return render(request, "grids/signboard_run.html", context, status=200 if form.is_valid() else 400)


@require_safe
@leads_on
def signboard_qr(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """The QR code of a grid alone, to be put on somebody's own design."""
    grid, out = get_grid(request.user, code), io.BytesIO()
    if kind == "png":
        qr_code(public_url(request, grid)).save(out, kind="png", scale=PNG_SCALE)
    else:
        qr_code(public_url(request, grid)).save(out, kind="svg", scale=10, title=grid.name)
    content_type = {"png": "image/png", "svg": "image/svg+xml"}[kind]
    headers = {"Content-Disposition": f'attachment; filename="{grid.code}.{kind}"'}
    return HttpResponse(out.getvalue(), content_type=content_type, headers=headers)


def _sheets(request: HttpRequest, grids: list[Grid], root: Grid, paper: Paper) -> list[Sheet]:
    sheets = []
    for board in boards_of(grids, root):
        url = public_url(request, board.grid)
        sheets.append(lay_out(board, paper, url, inline_qr(url, "board-qr-code")))
    return sheets
