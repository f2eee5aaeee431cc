"""Who may use the API at all. Apart from `saihan.api`, because REST framework imports this with its own views."""

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

CHANGE_FIRST = _("Change your one-time password first: log in on the website, which leads you there.")


class PasswordIsOwn(BasePermission):
    """Nobody works with a password that somebody else has seen; sessions are stopped by a middleware already."""

    code = "password_change_required"
    message = CHANGE_FIRST

    def has_permission(self, request: Request, view) -> bool:
        return not getattr(request.user, "must_change_password", False)
