"""Pages of what can be ordered: the project list, which is the catalogue, and the resource list of who offered what."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.references import matching
from branches.refusals import add_refusal
from grids import exporting
from grids.access import find_grid, within
from grids.models import Grid, User
from volunteers import services
from volunteers.models import MemberEnrolment, Offer, Service, ServiceKind
from volunteers.orders.access import desk_posts, may_keep_services, offering_ranges, visible_services
from volunteers.orders.forms import OrderFilterForm, ServiceForm
from volunteers.orders.listings import OFFERS, SERVICES, load_offers, load_services, with_figures

PAGE_SIZE = 20


def services_around(user: User) -> Grid | None:
    """Where the user looks first: the highest grid of their posts, or the community that they reported to."""
    if posts := sorted(user.active_posts, key=lambda post: (post.grid.level, post.grid.lft)):
        return posts[0].grid
    enrolment = MemberEnrolment.objects.current().filter(user=user).select_related("grid").first()
    return enrolment.grid if enrolment else None


def seen_offers(user: User, on: date) -> QuerySet[Offer]:
    """The open offers to the communities where the user works."""
    return Offer.objects.open_on(on).filter(within(offering_ranges(user)))


@require_safe
def service_list(request: HttpRequest) -> HttpResponse:
    """The project list (项目清单): the services of the catalogue, each with its orders and offers."""
    user, at, form = request.user, timezone.now(), OrderFilterForm(request.GET)
    kind, search = form.given("kind"), form.given("search")
    grid = find_grid(user, form.given("grid")) if form.given("grid") else services_around(user)
    found = visible_services(user).in_use()
    found = found.serving(grid) if grid else found
    found = found.filter(kind=kind) if kind else found
    found = with_figures(matching(found, search, "name", "skill__name", "organisation__name").with_providers())
    found = found.order_by("skill__ordinal", "position", "name", "pk")
    offers = seen_offers(user, timezone.localdate(at))
    if exporting.is_wanted(request):
        return exporting.respond(
            name=_("Project list"), columns=SERVICES, user=user, at=at, count=found.count(),
            rows=exporting.in_chunks(found, lambda chunk: load_services(chunk, offers)),
            filters=exporting.stated((_("Grid"), grid and grid.name), (_("Search"), search)),
        )  # fmt: skip
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = load_services(page.object_list, offers)
    context = {
        "page": page, "grid": grid, "kind": kind, "kinds": ServiceKind.choices, "search": search,
        "may_keep": bool(desk_posts(user)) or user.is_superuser,
    }  # fmt: skip
    return render(request, "volunteers/service_list.html", context)


@require_safe
def resource_list(request: HttpRequest) -> HttpResponse:
    """The resource list (资源清单): what members and organisations offered, and have in hand."""
    user, at, form = request.user, timezone.now(), OrderFilterForm(request.GET)
    if not offering_ranges(user):
        raise PermissionDenied
    kind, search = form.given("kind"), form.given("search")
    grid = find_grid(user, form.given("grid")) if form.given("grid") else None
    offers = seen_offers(user, timezone.localdate(at)).with_givers().order_by("skill__ordinal", "position", "pk")
    offers = offers.within(grid) if grid else offers
    offers = offers.filter(skill__kind=kind) if kind else offers
    names = ("skill__name", "member_enrolment__user__name", "organisation_enrolment__organisation__name")
    offers = matching(offers, search, *names)
    if exporting.is_wanted(request):
        return exporting.respond(
            name=_("Resource list"), columns=OFFERS, user=user, at=at, count=offers.count(),
            rows=exporting.in_chunks(offers, load_offers),
            filters=exporting.stated((_("Grid"), grid and grid.name), (_("Search"), search)),
        )  # fmt: skip
    page = Paginator(offers, PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = load_offers(page.object_list)
    context = {"page": page, "grid": grid, "kind": kind, "kinds": ServiceKind.choices, "search": search}
    return render(request, "volunteers/resource_list.html", context)


def service_new(request: HttpRequest) -> HttpResponse:
    """Write a new service into the catalogue."""
    if not desk_posts(request.user) and not request.user.is_superuser:
        raise PermissionDenied
    return _service_page(request, Service(), "service_new")


def service_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a service of the catalogue."""
    return _service_page(request, _to_keep(request.user, pk), "service_edit")


def _to_keep(user: User, pk: int) -> Service:
    """The service, for who acts for its grid; 404 for what is not there, PermissionDenied for who only looks on."""
    service = get_object_or_404(visible_services(user).in_use().with_providers(), pk=pk)
    if not may_keep_services(user, service.grid):
        raise PermissionDenied
    return service


def _service_page(request: HttpRequest, service: Service, page: str) -> HttpResponse:
    form = ServiceForm(request.user, request.POST if request.method == "POST" else None, service=service)
    status = 200
    if form.is_bound:
        status = 400
        if form.is_valid():
            try:
                services.save_service(actor=request.user, service=form.changed())
            except ValidationError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("It stands in the catalogue."))
                return redirect("service_list")
    return render(request, f"volunteers/{page}.html", {"form": form, "service": service}, status=status)


@require_POST
def service_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a service out of the catalogue."""
    services.withdraw_service(actor=request.user, service=_to_keep(request.user, pk))
    messages.success(request, _("It cannot be ordered any more; what was ordered goes on."))
    return redirect("service_list")
