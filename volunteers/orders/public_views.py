"""Pages for residents: what can be ordered here, ordering, and following one's own order. No account, no script."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.deliberation.public_views import of_grid
from branches.exceptions import StateConflict
from branches.refusals import add_refusal
from grids.models import Grid, load_ancestors
from grids.public_pages import TOO_MANY, public, source
from grids.readable import grouped, plain_code
from grids.services import PublicLimit
from volunteers import services
from volunteers.models import Service, ServiceKind, ServiceOrder
from volunteers.orders.public_forms import MOST_PLACES, OrderCodeForm, PublicOrderActForm, PublicOrderForm
from volunteers.orders.wording import course, standing
from volunteers.orders.workflow import TABLE, OrderAction, OrderRating, OrderSide, OrderState
from volunteers.workflow import open_moves

PAGE_SIZE = 30
CONFLICT = 409
ACTS = (OrderAction.RATE, OrderAction.WITHDRAW)


@of_grid
@require_safe
def public_services(request: HttpRequest, grid: Grid) -> HttpResponse:
    """What can be ordered here: of whom, where, when and at what price."""
    kind = request.GET.get("kind", "")
    found = (
        Service.objects.in_use().serving(grid).with_providers().order_by("skill__ordinal", "-position", "name", "pk")
    )
    found = found.filter(kind=kind) if kind in ServiceKind.values else found
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"grid": grid, "page": page, "kind": kind, "kinds": ServiceKind.choices}
    return render(request, "volunteers/public_services.html", context)


@of_grid
def public_order(request: HttpRequest, grid: Grid) -> HttpResponse:
    """Order a service, or say what is needed; the code that opens the order is shown once it has arrived."""
    at = timezone.now()
    if request.method != "POST":
        return _order_page(request, PublicOrderForm(grid, at, service=request.GET.get("service", "")))
    form = PublicOrderForm(grid, at, request.POST)
    if not form.is_valid():
        return _order_page(request, form.renewed(), status=400)
    try:
        receipt = services.place_as_resident(**form.inputs(), source=source(request), at=at)
    except ValidationError as error:
        for name, problems in error.message_dict.items():
            form.add_error("place" if name == "grid" else name if name in form.fields else None, problems)
        return _order_page(request, form.renewed(), status=400)
    except PublicLimit as error:
        return _order_page(request, form.renewed(), refused=error.detail, status=TOO_MANY)
    load_ancestors([receipt.order.grid])
    shown = {"grid": grid, "order": receipt.order, "code": grouped(receipt.code, 5)}
    return render(request, "volunteers/_public_order_receipt.html", shown | {"kept_days": settings.CONTACT_KEPT_DAYS})


def _order_page(request: HttpRequest, form: PublicOrderForm, refused: str = "", status: int = 200) -> HttpResponse:
    context = {
        "grid": form.grid,
        "form": form,
        "service": form.chosen,
        "services": form.fields["service"].queryset.order_by("skill__ordinal", "name", "pk")[:MOST_PLACES],
        "places": form.fields["place"].queryset[:MOST_PLACES],
        "hidden_errors": form.hidden_errors(),
        "refused": refused,
        "kept_days": settings.CONTACT_KEPT_DAYS,
    }
    return render(request, "volunteers/public_order.html", context, status=status)


@public
def public_order_follow(request: HttpRequest) -> HttpResponse:
    """One's own order, by its code: where it stands, and what one can say of it."""
    form = OrderCodeForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _follow_page(request, form, status=400 if form.is_bound else 200)
    order, refusal = _opened(request, form)
    return refusal or _own_page(request, order, form.cleaned_data["code"])


def _opened(request: HttpRequest, form: OrderCodeForm) -> tuple[ServiceOrder | None, HttpResponse | None]:
    """The order of the code that was typed, or the page that says why there is none."""
    try:
        order = services.find_order(code=form.cleaned_data["code"], source=source(request))
    except PublicLimit as error:
        form.add_error("code", error.detail)
        return None, _follow_page(request, form, status=TOO_MANY)
    if order is None:
        form.add_error("code", _("No order has this code. It stands on the page after ordering."))
        return None, _follow_page(request, form, status=400)
    return order, None


def _follow_page(request: HttpRequest, form: OrderCodeForm, status: int) -> HttpResponse:
    context = {"form": form, "order": None, "kept_days": settings.CONTACT_KEPT_DAYS}
    return render(request, "volunteers/public_order_follow.html", context, status=status)


def _own_page(
    request: HttpRequest,
    order: ServiceOrder,
    code: str,
    form: PublicOrderActForm | None = None,
    problem: str = "",
    sent: str = "",
    status: int = 200,
) -> HttpResponse:
    at = timezone.now()
    moves = {move.action for move in open_moves(TABLE, OrderState(order.state), {OrderSide.RESIDENT})}
    load_ancestors([order.grid])
    context = {
        "order": order,
        "code": plain_code(code),
        "form": form,
        "problem": problem,
        "sent": sent,
        "standing": standing(order),
        "lines": reversed(course(order.steps.order_by("pk"))),
        "case": _case_of(order),
        "may_rate": OrderAction.RATE in moves and bool(order.rated_until) and at <= order.rated_until,
        "may_withdraw": OrderAction.WITHDRAW in moves,
        "ratings": OrderRating.choices,
        "at": at,
    }
    return render(request, "volunteers/public_order_follow.html", context, status=status)


def _case_of(order: ServiceOrder):
    """The case that the order became, which stands on the floor above; its state alone is told."""
    if order.state != OrderState.TURNED:
        return None
    cases = [occasion.event for occasion in order.occasions.select_related("event")]
    return cases[-1] if cases else None


@public
@require_POST
def public_order_act(request: HttpRequest, action: str) -> HttpResponse:
    """Rate one's own order, or say that it is not needed any more; the code goes along."""
    if action not in ACTS:
        raise Http404
    form = PublicOrderActForm(request.POST)
    if "code" in form.errors:
        return _follow_page(request, form, status=400)
    order, refusal = _opened(request, form)
    if refusal:
        return refusal
    code, pk = form.cleaned_data["code"], order.pk
    if not form.is_valid():
        return _own_page(request, order, code, form, status=400)
    try:
        _act(order, action, form)
    except StateConflict as error:
        return _own_page(request, _now(pk), code, form, problem=str(error), status=CONFLICT)
    except ValidationError as error:
        add_refusal(form, error)
        return _own_page(request, order, code, form, status=400)
    return _own_page(request, _now(pk), code, sent=action)


def _act(order: ServiceOrder, action: str, form: PublicOrderActForm) -> None:
    given = {"order": order, "actor": None, "text": form.cleaned_data["text"]}
    if action == OrderAction.RATE:
        services.rate_order(rating=form.cleaned_data["rating"], **given)
    else:
        services.withdraw_order(**given)


def _now(pk: int) -> ServiceOrder:
    return ServiceOrder.objects.with_related().get(pk=pk)
