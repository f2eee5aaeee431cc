"""The Content-Security-Policy header, with Django 6's name and shape of the setting, and one's own password first."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from saihan.permissions import CHANGE_FIRST, PasswordIsOwn

GetResponse = Callable[[HttpRequest], HttpResponse]


def content_security_policy(get_response: GetResponse) -> GetResponse:
    policy = "; ".join(f"{name} {' '.join(sources)}" for name, sources in settings.SECURE_CSP.items())

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware


class PasswordChangeFirst:
    """Every page leads to the change of a one-time password until the person has chosen their own."""

    OPEN = frozenset({"password_change", "logout", "healthz"})

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        if request.resolver_match.view_name in self.OPEN or not getattr(request.user, "must_change_password", False):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse({"code": PasswordIsOwn.code, "detail": str(CHANGE_FIRST)}, status=403)
        if request.htmx:
            return HttpResponseClientRedirect(reverse("password_change"))  # not the page inside a fragment
        return redirect("password_change")
