"""Pages that belong to no app: login, error pages, and the state of the machinery."""

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import DatabaseError, connection
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import requires_csrf_token

from events.models import AuditAlarm, Event
from events.services import check_late_by
from saihan import throttling
from saihan.celery import app
from saihan.forms import LoginForm

log = logging.getLogger(__name__)


class Login(LoginView):
    """The one door for people; who fails too often waits a while, whatever they type."""

    form_class = LoginForm
    redirect_authenticated_user = True
    extra_context = (
        {"demo_accounts": settings.DEMO_ACCOUNTS, "demo_password": settings.DEMO_PASSWORD}
        if settings.DEMO_ALLOWED
        else {}
    )

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        username = request.POST.get("username", "")
        if not throttling.must_wait(request, username):
            return super().post(request, *args, **kwargs)
        form = self.form_class(request, initial={"username": username})
        problem = _("Too many failed attempts. Wait five minutes, or ask your administrator for a new password.")
        answer = self.render_to_response(self.get_context_data(form=form, problem=problem), status=429)
        answer.headers["Retry-After"] = str(throttling.SECONDS)
        return answer

    def form_valid(self, form: LoginForm) -> HttpResponse:
        throttling.forget_failures(self.request, form.cleaned_data["username"])
        return super().form_valid(form)

    def form_invalid(self, form: LoginForm) -> HttpResponse:
        if form.has_error(NON_FIELD_ERRORS, "invalid_login"):
            throttling.note_failure(self.request, form.cleaned_data.get("username", ""))
        return super().form_invalid(form)


@never_cache
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers. Broker, sweep, check and alarms are only told: pages work all the same."""
    state = {
        "database": "ok" if _database_answers() else "unreachable",
        "broker": "ok" if _broker_answers() else "unreachable",
        "sweep_late_by_seconds": _sweep_late_by(),
        "check_late_by_seconds": _check_late_by(),
        "alarms": _alarms(),
    }
    return JsonResponse(state, status=200 if state["database"] == "ok" else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("the database does not answer")
        return False
    return True


def _broker_answers() -> bool:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except Exception as error:  # each transport has errors of its own
        log.warning("the broker does not answer: %s", type(error).__name__)
        return False
    return True


def _sweep_late_by() -> int | None:
    """Seconds by which the most belated case waits for the clock; more than two minutes mean that no sweep runs."""
    now = timezone.now()
    try:
        earliest = Event.objects.filter(wake_at__lte=now).aggregate(earliest=Min("wake_at"))["earliest"]
    except DatabaseError:
        return None
    return int((now - earliest).total_seconds()) if earliest else 0


def _check_late_by() -> int | None:
    """Seconds by which the daily check of all events is overdue; more than none mean that the worker or beat stands."""
    try:
        return int(check_late_by().total_seconds())
    except DatabaseError:
        return None


def _alarms() -> int | None:
    """How many alarms of the daily check no administrator has acknowledged yet."""
    try:
        return AuditAlarm.objects.open().count()
    except DatabaseError:
        return None


def _answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """The error as JSON to a client of the API, and as a page to a person."""
    if request.path.startswith("/api/"):
        return JsonResponse({"code": code, "detail": detail}, status=status)
    return render(request, f"{status}.html", status=status)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "bad_request", _("The request could not be understood."))


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "permission_denied", _("Your posts do not allow this."))


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "not_found", _("There is nothing here, or it is outside your area."))


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    detail = _("The system has failed. Please try again in a moment.")
    if request.path.startswith("/api/"):
        return JsonResponse({"code": "server_error", "detail": detail}, status=500)
    # Without the request: what the base page asks of it may be what has just failed.
    return HttpResponse(render_to_string("500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Mostly a page left open too long; the form has to be sent again from a fresh one."""
    return render(request, "403_csrf.html", status=403)
