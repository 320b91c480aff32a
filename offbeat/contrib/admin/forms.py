"""Forms of the admin's own pages."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from offbeat.core.exceptions import ValidationError
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["AdminAuthenticationForm", "AdminPasswordChangeForm"]


class AdminAuthenticationForm(AuthenticationForm):
    """The login form: lets members of the staff in."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _(
            "Please enter the correct %(username)s and password for a staff account. Note that both fields may be "
            "case-sensitive."
        ),
    }
    required_css_class = "required"

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if not user.is_staff:
            raise ValidationError(
                self.error_messages["invalid_login"],
                code="invalid_login",
                params={"username": self.username_field.verbose_name},
            )


class AdminPasswordChangeForm(PasswordChangeForm):
    """The form to change one's own password."""

    required_css_class = "required"
