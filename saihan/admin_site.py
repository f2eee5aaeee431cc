"""Who may enter Django admin, and its choices. Apart from `saihan.admin`, as the site is made before the apps."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse


class AdminSite(admin.AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, and whoever manages a grid by their post: what they find inside is what they may keep."""
        return request.user.is_active and getattr(request.user, "may_administer", False)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        from grids.admin.base import AutocompleteView

        return AutocompleteView.as_view(admin_site=self)(request)
