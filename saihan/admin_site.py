"""Who may enter Django admin, and its choices. Apart from `saihan.admin`, as the site is made before the apps."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator


class AdminSite(admin.AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, and whoever manages a grid by their post: what they find inside is what they may keep."""
        return request.user.is_active and getattr(request.user, "may_administer", False)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        from grids.admin.base import AutocompleteView

        return AutocompleteView.as_view(admin_site=self)(request)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """The house has one login page, with one brake on guessing and one way to change a one-time password."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))

    def password_change(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        return redirect("password_change")
