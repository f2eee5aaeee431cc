"""An item of a work list, and what one grid does of it."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches import services
from branches.exceptions import StateConflict
from branches.models import Branch, Claim, WorkItem
from branches.refusals import add_refusal
from branches.worklists.access import claimable_grids, get_claim, get_item, may_issue, sides_of, standing_of
from branches.worklists.forms import AssignForm, ClaimForm, ReportForm, ResponsibleForm, WordForm, mark
from branches.worklists.listing import load_history, mark_visible, with_all
from branches.worklists.workflow import TABLE, ClaimAction, open_moves
from grids.models import Grid, Level, Post, User

PAGE_SIZE = 50
PEOPLE = 100


def work_item(request: HttpRequest, pk: int, ordinal: int) -> HttpResponse:
    """An item: what counts as done, who has it; claim it for one's own grid."""
    item = get_item(request.user, pk, ordinal)
    grids = claimable_grids(request.user, item)
    if request.method != "POST":
        return _item_page(request, item, ClaimForm(grids), grids)
    form = ClaimForm(grids, request.POST)
    if not form.is_valid():
        return _item_page(request, item, form, grids, status=400)
    try:
        claim = services.claim_item(actor=request.user, item=item, grid=form.cleaned_data["grid"])
    except ValidationError as error:
        form.add_error(None, error.messages)
        return _item_page(request, item, form, grids, status=400)
    messages.success(request, _("Claimed for %(grid)s.") % {"grid": claim.grid.name})
    return redirect("claim_detail", claim.pk)


def _item_page(
    request: HttpRequest,
    item: WorkItem,
    form: ClaimForm,
    grids: list[Grid],
    assigning: AssignForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user, at = request.user, timezone.now()
    inside = _asked_grid(request, item)
    claims = with_all(item.claims.active()).order_by("position")
    claims = claims.within(inside) if inside else claims
    page = Paginator(claims, PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = mark_visible(page.object_list, user)
    may_assign = may_issue(user, item.work_list.grid) and item.work_list.is_under_way
    assigning = assigning or (AssignForm(_assignable(item)) if may_assign else None)
    context = {
        "item": item,
        "work_list": item.work_list,
        "is_past_due": item.is_past_due(at),
        "page": page,
        "inside": inside,
        "form": form,
        "grids": grids,
        "assigning": assigning,
        "at": at,
    }
    return render(request, "branches/work_item.html", context, status=status)


def _asked_grid(request: HttpRequest, item: WorkItem) -> Grid | None:
    """The grid of the list whose claims alone are wanted."""
    code = request.GET.get("grid", "")
    inside = Grid.objects.within(item.work_list.grid)
    return inside.filter(code=code).first() if code.isascii() and code.isdigit() else None


def _assignable(item: WorkItem) -> list[Grid]:
    """The grids directly below the issuing one that have not got the item and may be given it."""
    below = Grid.objects.active().filter(parent=item.work_list.grid, level__in=item.levels)
    return list(below.exclude(pk__in=item.claims.active().values("grid")).order_by("lft"))


@require_POST
def work_item_assign(request: HttpRequest, pk: int, ordinal: int) -> HttpResponse:
    """Give an item to grids that have not claimed it."""
    item = get_item(request.user, pk, ordinal)
    if not may_issue(request.user, item.work_list.grid):
        raise PermissionDenied
    form = AssignForm(_assignable(item), request.POST)
    if form.is_valid():
        try:
            claims = services.assign_item(actor=request.user, item=item, grids=form.cleaned_data["grids"])
        except ValidationError as error:
            form.add_error("grids", error.messages)
        else:
            names = "、".join(claim.grid.name for claim in claims)
            messages.success(request, _("Assigned: %(grids)s.") % {"grids": names})
            return redirect("work_item", pk, ordinal)
    grids = claimable_grids(request.user, item)
    return _item_page(request, item, ClaimForm(grids), grids, form, status=400)


@require_safe
def claim_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What one grid does of an item: report it, decide on it, hand it down."""
    return _claim_page(request, get_claim(request.user, pk))


def _claim_page(
    request: HttpRequest,
    claim: Claim,
    sent: dict[str, Form] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """`sent` holds the form that was sent, by its action; the others are drawn anew."""
    user, at = request.user, timezone.now()
    sides = sides_of(user, claim)
    moves = {str(move.action) for move in open_moves(standing_of(claim, user), sides)}
    forms = {action: _form(action, claim, user) for action in moves} | (sent or {})
    report = forms.get(ClaimAction.REPORT)
    context = {
        "claim": claim,
        "item": claim.item,
        "work_list": claim.item.work_list,
        "steps": load_history(claim, user),
        "parts": mark_visible(with_all(claim.parts.active()).order_by("position"), user),
        "sides": sides,
        "forms": forms if moves else {},
        "moves": moves,
        "chosen": [(mark(one), one) for one in report.chosen] if report else [],
        "offers": [(mark(one), one) for one in report.offers()] if report else [],
        "problem": problem,
        "at": at,
    }
    return render(request, "branches/claim_detail.html", context, status=status)


def _form(action: str, claim: Claim, user: User, data=None) -> Form:
    """The form of an action; with `data`, as it was sent."""
    match action:
        case ClaimAction.REPORT:
            return ReportForm(user, claim.grid, data)
        case ClaimAction.SPLIT:
            return AssignForm(_communities(claim), data)
        case ClaimAction.NAME:
            return ResponsibleForm(_people(claim), data, initial=claim.responsible)
        case _decision:
            return WordForm(data, initial={"round": claim.round})


def _communities(claim: Claim) -> list[Grid]:
    """Those below a street that are no part of its claim yet; a community hands nothing further down."""
    if claim.grid.level != Level.STREET:
        return []
    below = Grid.objects.active().filter(parent=claim.grid)
    return list(below.exclude(pk__in=claim.parts.active().values("grid")).order_by("lft"))


def _people(claim: Claim) -> list[User]:
    """Who may be asked to answer for it: those posted on the grid or directly below it, and who leads its branch."""
    near = Q(grid=claim.grid_id) | Q(grid__parent=claim.grid_id, grid__retired_at=None)
    posts = Post.objects.working().filter(near).values("user")
    leaders = Branch.objects.active().filter(grid=claim.grid).values_list("secretary", "deputy")
    keys = {key for pair in leaders for key in pair if key}
    found = User.objects.filter(is_active=True, pk__in=posts) | User.objects.filter(is_active=True, pk__in=keys)
    people = list(found.distinct().order_by("name", "pk")[:PEOPLE])
    if claim.responsible and claim.responsible not in people:
        people.append(claim.responsible)
    return people


@require_POST
def claim_act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Take one step with a claim; `search` beside the report only lists other evidence and keeps what was typed."""
    if action not in TABLE:
        raise Http404
    user, claim = request.user, get_claim(request.user, pk)
    form = _form(action, claim, user, request.POST)
    if action == ClaimAction.REPORT and "search" in request.POST:
        return _claim_page(request, claim, {action: form})
    if not form.is_valid():
        return _claim_page(request, claim, {action: form}, status=400)
    try:
        DO[action](claim, user, form)
    except ValidationError as error:
        return _refused(request, pk, action, form, error)
    except PermissionDenied as error:
        return _claim_page(request, get_claim(user, pk), {action: form}, problem=str(error), status=403)
    messages.success(request, _("Done: %(action)s.") % {"action": TABLE[action].action.label})
    return redirect("claim_detail", pk)


def _refused(request: HttpRequest, pk: int, action: str, form: Form, error: ValidationError) -> HttpResponse:
    """The page as it stands now, with what was typed; 409 where the step is not open any more."""
    claim = get_claim(request.user, pk)
    if isinstance(error, StateConflict):
        return _claim_page(request, claim, {action: form}, problem=str(error), status=409)
    add_refusal(form, error)
    return _claim_page(request, claim, {action: form}, status=400)


def _report(claim: Claim, user: User, form: ReportForm) -> None:
    services.report_claim(actor=user, claim=claim, text=form.cleaned_data["text"], evidence=form.pairs())


def _accept(claim: Claim, user: User, form: WordForm) -> None:
    services.accept_claim(actor=user, claim=claim, **form.cleaned_data)


def _send_back(claim: Claim, user: User, form: WordForm) -> None:
    services.send_back_claim(actor=user, claim=claim, **form.cleaned_data)


def _withdraw(claim: Claim, user: User, form: WordForm) -> None:
    services.withdraw_claim(actor=user, claim=claim, text=form.cleaned_data["text"])


def _split(claim: Claim, user: User, form: AssignForm) -> None:
    services.split_claim(actor=user, claim=claim, grids=form.cleaned_data["grids"])


def _name(claim: Claim, user: User, form: ResponsibleForm) -> None:
    services.name_responsible(actor=user, claim=claim, responsible=form.cleaned_data["responsible"])


DO: dict[str, Callable[[Claim, User, Form], None]] = {
    ClaimAction.REPORT: _report,
    ClaimAction.ACCEPT: _accept,
    ClaimAction.SEND_BACK: _send_back,
    ClaimAction.WITHDRAW: _withdraw,
    ClaimAction.SPLIT: _split,
    ClaimAction.NAME: _name,
}
