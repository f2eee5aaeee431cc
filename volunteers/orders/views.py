"""Pages of orders for people with an account: the demand list, writing an order down, one order with its steps."""

from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from branches import references
from branches.cases import load_cases
from branches.exceptions import StateConflict
from branches.refusals import add_refusal
from grids import exporting
from grids.access import find_grid
from grids.models import Grid, load_ancestors
from grids.readable import grouped
from volunteers import services
from volunteers.forms import RevealForm
from volunteers.models import ServiceKind, ServiceOrder
from volunteers.orders.access import (
    get_order,
    has_no_account,
    may_see_contact,
    order_to_file,
    own_orders,
    sides_of,
    visible_orders,
)
from volunteers.orders.candidates import area_of, candidates_for
from volunteers.orders.forms import (
    OrderDispatchForm,
    OrderFilterForm,
    OrderForm,
    OrderRateForm,
    OrderStepForm,
)
from volunteers.orders.listings import ORDERS, load_orders, narrowed
from volunteers.orders.workflow import TABLE, OrderAction, OrderRating, OrderState
from volunteers.workflow import open_moves

PAGE_SIZE, CANDIDATES = 20, 30
CONFLICT = 409


class OrderDoing(NamedTuple):
    """How a page takes a step: its service, what the words are for, its button, and what is said when it is done."""

    take: Callable
    label: str | Promise
    button: str | Promise
    sign: str
    said: str | Promise


_WORD = gettext_lazy("A word about it")
_WHY = gettext_lazy("Why")
DOINGS: dict[str, OrderDoing] = {
    OrderAction.ACCEPT: OrderDoing(
        services.accept_order, _WORD, gettext_lazy("I do it"), "check", gettext_lazy("You have accepted the order.")
    ),
    OrderAction.FINISH: OrderDoing(
        services.finish_order, gettext_lazy("What was done"), gettext_lazy("It is done"), "circle-check",
        gettext_lazy("Thank you. The resident may rate it now."),
    ),
    OrderAction.RATE: OrderDoing(
        services.rate_order, gettext_lazy("What the resident says of it"), gettext_lazy("Write down the rating"),
        "mood-happy", gettext_lazy("The rating is written down."),
    ),
    OrderAction.DECLINE: OrderDoing(
        services.decline_order, _WHY, gettext_lazy("I cannot do it"), "x",
        gettext_lazy("The desk looks for somebody else."),
    ),
    OrderAction.RECALL: OrderDoing(
        services.recall_order, _WHY, gettext_lazy("Take it back"), "arrow-back-up",
        gettext_lazy("The order is with the desk again."),
    ),
    OrderAction.CLIMB: OrderDoing(
        services.climb_order, _WHY, gettext_lazy("Pass it to the level above"), "arrow-up",
        gettext_lazy("The level above looks for somebody."),
    ),
    OrderAction.REOPEN: OrderDoing(
        services.reopen_order, _WHY, gettext_lazy("Take it up again"), "refresh",
        gettext_lazy("The order is open again."),
    ),
    OrderAction.WITHDRAW: OrderDoing(
        services.withdraw_order, _WHY, gettext_lazy("It is not needed any more"), "trash",
        gettext_lazy("The order is withdrawn."),
    ),
    OrderAction.REFUSE: OrderDoing(
        services.refuse_order, gettext_lazy("Why; the resident reads it"), gettext_lazy("It cannot be served"), "ban",
        gettext_lazy("The resident reads the reason."),
    ),
}  # fmt: skip

# What the page is opened for, so it stands on top.
FIRST = frozenset({OrderAction.ACCEPT, OrderAction.FINISH, OrderAction.RATE})


@require_safe
def order_list(request: HttpRequest) -> HttpResponse:
    """The demand list (需求清单): what was ordered, and where each order stands."""
    user, at, form = request.user, timezone.now(), OrderFilterForm(request.GET)
    state, kind, search = (form.given(name) for name in ("state", "kind", "search"))
    grid = find_grid(user, form.given("grid")) if form.given("grid") else None
    orders = narrowed(visible_orders(user), state, kind, search, own_orders(user))
    orders = (orders.within(grid) if grid else orders).with_related().order_by("-pk")
    if exporting.is_wanted(request):
        return exporting.respond(
            name=_("Demand list"), columns=ORDERS, rows=exporting.in_chunks(orders, load_orders), user=user, at=at,
            filters=exporting.stated((_("Grid"), grid and grid.full_name), (_("state"), state), (_("Search"), search)),
            count=orders.count(),
        )  # fmt: skip
    page = Paginator(orders, PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = load_orders(page.object_list)
    context = {
        "page": page,
        "form": form,
        "grid": grid,
        "state": state,
        "states": [("open", _("open")), ("mine", _("mine")), *OrderState.choices],
        "kind": kind,
        "kinds": ServiceKind.choices,
        "search": search,
        "at": at,
    }
    return render(request, "volunteers/order_list.html", context)


@never_cache
def order_new(request: HttpRequest) -> HttpResponse:
    """Write down what a resident orders; shows the code with which they can follow it."""
    given = {name: request.GET.get(name, "") for name in ("grid", "service", "source")}
    form = OrderForm(request.user, request.POST if request.method == "POST" else None, **given)
    if given["source"] and not form.origin:
        raise Http404
    if not form.is_valid():
        return _new_page(request, form, status=400 if form.is_bound else 200)
    try:
        receipt = services.place_order(actor=request.user, **form.inputs())
    except ValidationError as error:
        add_refusal(form, error)
        return _new_page(request, form, status=400)
    shown = {"order": receipt.order, "code": grouped(receipt.code, 5), "form": None}
    return render(request, "volunteers/order_new.html", shown)


def _new_page(request: HttpRequest, form: OrderForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "preset": form.preset}
    return render(request, "volunteers/order_new.html", context, status=status)


@never_cache
@require_safe
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One order: what is wanted, where it stands, what can be done with it, and its history."""
    return _order_page(request, get_order(request.user, pk))


def _order_page(
    request: HttpRequest,
    order: ServiceOrder,
    action: str = "",
    form: OrderStepForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    user, at = request.user, timezone.now()
    sides = sides_of(user, order)
    moves = {move.action for move in open_moves(TABLE, OrderState(order.state), sides)}
    if order.rating or (order.rated_until and at > order.rated_until):
        moves -= {OrderAction.RATE}
    load_ancestors([order.grid])
    load_cases([order], user)
    if order.is_filed:
        moves -= {OrderAction.REOPEN}
    contact = order.contact if may_see_contact(user, order) else None
    context = {
        "order": order,
        "problem": problem,
        "first": [_step(name, action, form) for name in FIRST if name in moves],
        "steps": [_step(name, action, form) for name in DOINGS if name in moves - FIRST],
        "may_dispatch": OrderAction.DISPATCH in moves,
        "may_file": not order.case and order_to_file(user, order.pk) is not None,
        "contact": contact,
        "reveals": order.reveals.all() if contact else [],
        "asks_by_phone": has_no_account(order),
        "source": references.found(user, order.source_kind, order.source_key) if order.source_kind else None,
        "history": order.steps.order_by("-pk"),
        "at": at,
    }
    return render(request, "volunteers/order_detail.html", context, status=status)


def _step(name: str, action: str, form: OrderStepForm | None) -> dict:
    """A step as the page draws it; the one that was refused with what was typed."""
    doing = DOINGS[name]
    shown = form if form and name == action else _form_of(name)
    return {"action": name, "doing": doing, "form": shown, "is_sent": shown is form}


def _form_of(action: str, data=None) -> OrderStepForm:
    kind = OrderRateForm if action == OrderAction.RATE else OrderStepForm
    return kind(data, action=action, label=DOINGS[action].label)


@require_POST
def order_act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Take one step with an order."""
    order = get_order(request.user, pk)
    if action not in DOINGS:
        raise Http404
    form = _form_of(action, request.POST)
    if not form.is_valid():
        return _order_page(request, order, action, form, status=400)
    try:
        DOINGS[action].take(order=order, actor=request.user, **form.inputs())
    except (PermissionDenied, StateConflict) as error:
        status = 403 if isinstance(error, PermissionDenied) else CONFLICT
        return _order_page(request, get_order(request.user, pk), action, form, problem=str(error), status=status)
    except ValidationError as error:
        add_refusal(form, error)
        return _order_page(request, order, action, form, status=400)
    messages.success(request, _said(action, form))
    still_there = visible_orders(request.user).filter(pk=pk).exists()
    return redirect("order_detail", pk) if still_there else redirect("order_list")


def _said(action: str, form: OrderStepForm) -> str | Promise:
    if form.cleaned_data.get("rating") == OrderRating.UNSATISFIED:
        return _("The rating is written down; the order is open again.")
    return DOINGS[action].said


@never_cache
def order_dispatch(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask one of those who offered: the best suited first, with what speaks for each; a person chooses."""
    order, at = get_order(request.user, pk), timezone.now()
    moves = {move.action for move in open_moves(TABLE, OrderState(order.state), sides_of(request.user, order))}
    if OrderAction.DISPATCH not in moves:
        raise PermissionDenied
    words = request.GET.get("search", "")[:64]
    found = candidates_for(order, at, words)
    if request.method != "POST":
        return _dispatch_page(request, order, found, OrderDispatchForm(found))
    form = OrderDispatchForm(candidates_for(order, at) if words else found, request.POST)
    if not form.is_valid():
        return _dispatch_page(request, order, found, form, status=400)
    try:
        services.dispatch_order(order=order, actor=request.user, **form.inputs())
    except StateConflict as error:
        return _order_page(request, get_order(request.user, pk), problem=str(error), status=CONFLICT)
    except ValidationError as error:
        add_refusal(form, error)
        return _dispatch_page(request, order, found, form, status=400)
    messages.success(request, _("They are told, and answer within the time that the order shows."))
    return redirect("order_detail", pk)


def _dispatch_page(
    request: HttpRequest, order: ServiceOrder, found: list, form: OrderDispatchForm, status: int = 200
) -> HttpResponse:
    load_ancestors([order.grid])
    context = {
        "order": order,
        "form": form,
        "candidates": found[:CANDIDATES],
        "more": max(len(found) - CANDIDATES, 0),
        "search": request.GET.get("search", "")[:64],
        "area": _full_name(area_of(order)),
    }
    return render(request, "volunteers/order_dispatch.html", context, status=status)


def _full_name(grid: Grid) -> str:
    load_ancestors([grid])
    return grid.full_name


@never_cache
def order_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, phone and door of who ordered; shown once, after the reason is written down."""
    order, person = get_order(request.user, pk), None
    if not may_see_contact(request.user, order):
        raise PermissionDenied
    form = RevealForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            person = services.reveal_order_contact(order=order, actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
    context = {"order": order, "form": form, "person": person}
    return render(request, "volunteers/order_contact.html", context, status=400 if form.errors else 200)
