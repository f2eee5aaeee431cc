"""One's own hours, the certificate of them, and the page where anybody checks one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from grids.boards import inline_qr
from grids.masking import mask_name
from grids.public_pages import TOO_MANY, public, source
from grids.readable import grouped
from grids.services import PublicLimit
from volunteers import services
from volunteers.activities.forms import CodeForm
from volunteers.models import Certificate, Participation

PAGE_SIZE = 20
SHOWN = 5


@require_safe
def service_record(request: HttpRequest) -> HttpResponse:
    """What I have served; nobody else's, and nobody is compared."""
    served = Participation.objects.filter(user=request.user).counted(timezone.now())
    rows = served.select_related("activity__grid", "activity__branch").order_by("-activity__starts_at", "-pk")
    context = {
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "hours": served.aggregate(sum=Sum("hours"))["sum"],
        "certificates": request.user.certificates.all()[:SHOWN],
    }
    return render(request, "volunteers/service_record.html", context)


@require_POST
def certificate_issue(request: HttpRequest) -> HttpResponse:
    """Issue a certificate of all my hours, or find the one that says the same."""
    try:
        certificate = services.issue_certificate(actor=request.user)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
        return redirect("service_record")
    return redirect("certificate_print", certificate.pk)


@require_safe
def certificate_print(request: HttpRequest, pk: int) -> HttpResponse:
    """One of my certificates, to be printed, with the code by which anybody checks it."""
    certificate = get_object_or_404(Certificate, pk=pk, user=request.user)
    code = grouped(certificate.code)
    url = request.build_absolute_uri(f"{reverse('public_certificate')}?code={code}")
    context = {
        "certificate": certificate,
        "code": code,
        "url": url,
        "qr": inline_qr(url, "activity-qr"),
        "holds": certificate.holds(),
    }
    return render(request, "volunteers/certificate_print.html", context)


@public
@require_safe
def public_certificate(request: HttpRequest) -> HttpResponse:
    """Whether a certificate is ours: the family name, the hours and the day, and nothing else of the person."""
    form = CodeForm(request.GET if "code" in request.GET else None)
    context, status = {"form": form}, 400 if form.errors else 200
    if form.is_bound and form.is_valid():
        try:
            certificate = services.check_certificate(code=form.cleaned_data["code"], source=source(request))
        except PublicLimit as error:
            context["problem"], status = error.detail, TOO_MANY
        else:
            context |= {"is_checked": True, "certificate": certificate}
            if certificate:
                context |= {"name": mask_name(certificate.name), "holds": certificate.holds()}
            status = 200 if certificate else 404
    return render(request, "volunteers/public_certificate.html", context, status=status)
