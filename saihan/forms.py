"""Logging in, and choosing an own password."""

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grids.models import User
from grids.services import change_password


class LoginForm(AuthenticationForm):
    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if user.is_password_stale(timezone.now()):
            raise ValidationError(
                _("This one-time password has expired. Ask your administrator for a new one."), "password_stale"
            )


class OwnPasswordForm(PasswordChangeForm):
    def clean(self):
        given = super().clean()
        if given.get("new_password1") and given.get("new_password1") == given.get("old_password"):
            self.add_error("new_password1", _("The new password is the old one. Choose another."))
        return given

    def save(self, commit: bool = True) -> User:
        self.user = change_password(user=self.user, password=self.cleaned_data["new_password1"])
        return self.user
