"""Forms of authentication (Django documentation: topics/auth/default, "Built-in forms")."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator
from typing import Any

from offbeat import forms
from offbeat.contrib.auth import password_validation
from offbeat.contrib.auth.core import authenticate, get_user_model
from offbeat.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, identify_hasher
from offbeat.contrib.auth.models import User
from offbeat.contrib.auth.tokens import default_token_generator
from offbeat.core.exceptions import ValidationError
from offbeat.utils.encoding import force_bytes
from offbeat.utils.http import urlsafe_base64_encode
from offbeat.utils.text import capfirst
from offbeat.utils.translation import gettext
from offbeat.utils.translation import gettext_lazy as _

logger = logging.getLogger("offbeat.contrib.auth")

_PASSWORD = _("Password")
_PASSWORD_AGAIN = _("Password confirmation")


def _unicode_ci_compare(one: str, other: str) -> bool:
    """Equal without case, in Unicode's normal form NFKC (UTR #36 §2.11.2)."""
    return unicodedata.normalize("NFKC", one).casefold() == unicodedata.normalize("NFKC", other).casefold()


class ReadOnlyPasswordHashWidget(forms.Widget):
    """Shows that there is a password, not what it is."""

    template_name = "auth/widgets/read_only_password_hash.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        usable = value and not value.startswith(UNUSABLE_PASSWORD_PREFIX)
        summary = []
        if not usable:
            summary.append({"label": gettext("No password set.")})
        else:
            try:
                hasher = identify_hasher(value)
            except ValueError:
                summary.append({"label": gettext("Invalid password format or unknown hashing algorithm.")})
            else:
                for key, text in hasher.safe_summary(value).items():
                    summary.append({"label": gettext(key), "value": text})
        context["summary"] = summary
        context["button_label"] = _("Reset password") if usable else _("Set password")
        return context

    def id_for_label(self, id_: Any) -> Any:
        return None


class ReadOnlyPasswordHashField(forms.Field):
    """A field that shows a password's hash and does not change it."""

    widget = ReadOnlyPasswordHashWidget

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("disabled", True)
        super().__init__(*args, **kwargs)


class UsernameField(forms.CharField):
    """A username in Unicode's normal form NFKC."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        # Normalizing very long text takes long, and it is refused anyway.
        if self.max_length is not None and len(value) > self.max_length:
            return value
        return unicodedata.normalize("NFKC", value)

    def widget_attrs(self, widget: Any) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "autocapitalize": "none", "autocomplete": "username"}


class SetPasswordMixin:
    """Two fields for a new password."""

    error_messages = {"password_mismatch": _("The two password fields didn’t match.")}

    @staticmethod
    def create_password_fields(label1: Any = _PASSWORD, label2: Any = _PASSWORD_AGAIN) -> Any:
        """The fields for the password and its repetition."""
        password1 = forms.CharField(
            label=label1,
            required=True,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=password_validation.password_validators_help_text_html(),
        )
        password2 = forms.CharField(
            label=label2,
            required=True,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            strip=False,
            help_text=_("Enter the same password as before, for verification."),
        )
        return password1, password2

    def validate_passwords(
        self, password1_field_name: str = "password1", password2_field_name: str = "password2"
    ) -> None:
        """An error at the second field unless both are the same."""
        form: Any = self
        password1 = form.cleaned_data.get(password1_field_name)
        password2 = form.cleaned_data.get(password2_field_name)
        if password1 and password2 and password1 != password2:
            error = ValidationError(self.error_messages["password_mismatch"], code="password_mismatch")
            form.add_error(password2_field_name, error)

    def validate_password_for_user(self, user: Any, password_field_name: str = "password2") -> None:
        """An error at the field with what the validators have against the password."""
        form: Any = self
        password = form.cleaned_data.get(password_field_name)
        if password:
            try:
                password_validation.validate_password(password, user)
            except ValidationError as error:
                form.add_error(password_field_name, error)

    def set_password_and_save(
        self, user: Any, password_field_name: str = "password1", commit: bool = True
    ) -> Any:
        """Set the user's password; returns the user."""
        form: Any = self
        user.set_password(form.cleaned_data[password_field_name])
        if commit:
            user.save()
        return user


class SetUnusablePasswordMixin:
    """A choice whether the user logs in by password at all."""

    usable_password_help_text = _(
        "Whether the user will be able to authenticate using a password or not. If disabled, they may still be able to "
        "authenticate using other backends, such as Single Sign-On or LDAP."
    )

    @staticmethod
    def create_usable_password_field(help_text: Any = usable_password_help_text) -> Any:
        """The field of the choice."""
        return forms.ChoiceField(
            label=_("Password-based authentication"),
            required=False,
            initial="true",
            choices={"true": _("Enabled"), "false": _("Disabled")},
            widget=forms.RadioSelect(attrs={"class": "radiolist inline"}),
            help_text=help_text,
        )

    def validate_passwords(
        self,
        password1_field_name: str = "password1",
        password2_field_name: str = "password2",
        usable_password_field_name: str = "usable_password",
    ) -> None:
        """As SetPasswordMixin, when a password is wanted."""
        form: Any = self
        usable = form.cleaned_data.pop(usable_password_field_name, None) != "false"
        form.cleaned_data["set_usable_password"] = usable
        if not usable:
            return
        for name in (password1_field_name, password2_field_name):
            if not form.cleaned_data.get(name) and name not in form.errors:
                error = ValidationError(form.fields[name].error_messages["required"], code="required")
                form.add_error(name, error)
        super().validate_passwords(password1_field_name, password2_field_name)  # type: ignore[misc]

    def validate_password_for_user(self, user: Any, password_field_name: str = "password2") -> None:
        """As SetPasswordMixin, when a password is wanted."""
        if self.cleaned_data["set_usable_password"]:  # type: ignore[attr-defined]
            super().validate_password_for_user(user, password_field_name)  # type: ignore[misc]

    def set_password_and_save(
        self, user: Any, password_field_name: str = "password1", commit: bool = True
    ) -> Any:
        """Set the password, or an unusable one; returns the user."""
        if self.cleaned_data["set_usable_password"]:  # type: ignore[attr-defined]
            return super().set_password_and_save(user, password_field_name, commit=commit)  # type: ignore[misc]
        user.set_unusable_password()
        if commit:
            user.save()
        return user


class BaseUserCreationForm(SetPasswordMixin, forms.ModelForm):  # type: ignore[type-arg,unused-ignore]
    """Creates a user from a name and a password."""

    password1, password2 = SetPasswordMixin.create_password_fields()

    class Meta:
        model = User
        fields = ("username",)
        field_classes = {"username": UsernameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model: Any = self._meta.model
        name = model.USERNAME_FIELD
        if name in self.fields:
            self.fields[name].widget.attrs["autofocus"] = True

    def clean(self) -> Any:
        self.validate_passwords()
        return super().clean()

    def _post_clean(self) -> None:
        super()._post_clean()
        # The instance has its data only now, and validators look at it.
        self.validate_password_for_user(self.instance)

    def save(self, commit: bool = True) -> Any:
        user = super().save(commit=False)
        user = self.set_password_and_save(user, commit=commit)
        if commit and hasattr(self, "save_m2m"):
            self.save_m2m()
        return user


class UserCreationForm(BaseUserCreationForm):
    """As BaseUserCreationForm; names that differ in case only are the same."""

    def clean_username(self) -> Any:
        """The name, unless it is taken."""
        username = self.cleaned_data.get("username")
        model: Any = self._meta.model
        if username and model.objects.filter(username__iexact=username).exists():
            self._update_errors(
                ValidationError({"username": self.instance.unique_error_message(model, ["username"])})
            )
            return None
        return username


class UserChangeForm(forms.ModelForm):  # type: ignore[type-arg,unused-ignore]
    """Changes a user, all but the password."""

    password = ReadOnlyPasswordHashField(
        label=_("Password"),
        help_text=_("Raw passwords are not stored, so there is no way to see the user’s password."),
    )

    class Meta:
        model = User
        fields = "__all__"
        field_classes = {"username": UsernameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        permissions = self.fields.get("user_permissions")
        if permissions:
            permissions.queryset = permissions.queryset.select_related("content_type")


class AuthenticationForm(forms.Form):
    """Logs in by name and password; ``request`` comes first."""

    username = UsernameField(widget=forms.TextInput(attrs={"autofocus": True}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": _(
            "Please enter a correct %(username)s and password. Note that both fields may be case-sensitive."
        ),
        "inactive": _("This account is inactive."),
    }

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.user_cache: Any = None
        super().__init__(*args, **kwargs)
        user_model = get_user_model()
        self.username_field: Any = user_model._meta.get_field(user_model.USERNAME_FIELD)
        limit = self.username_field.max_length or 254
        self.fields["username"].max_length = limit
        self.fields["username"].widget.attrs["maxlength"] = limit
        if self.fields["username"].label is None:
            self.fields["username"].label = capfirst(self.username_field.verbose_name)

    def clean(self) -> Any:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username is not None and password:
            self.user_cache = authenticate(self.request, username=username, password=password)
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data

    def confirm_login_allowed(self, user: Any) -> None:
        """Hook: ValidationError when this user may not log in, by default an inactive one."""
        if not user.is_active:
            raise ValidationError(self.error_messages["inactive"], code="inactive")

    def get_user(self) -> Any:
        """The user, once the form is valid."""
        return self.user_cache

    def get_invalid_login_error(self) -> ValidationError:
        """The error for wrong credentials."""
        return ValidationError(
            self.error_messages["invalid_login"],
            code="invalid_login",
            params={"username": self.username_field.verbose_name},
        )


class PasswordResetForm(forms.Form):
    """Sends a link for resetting the password."""

    email = forms.EmailField(
        label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        """Send one mail; a failure is logged, for an error would tell that the address exists."""
        from offbeat.core.mail import EmailMultiAlternatives
        from offbeat.template import loader

        subject = "".join(loader.render_to_string(subject_template_name, context).splitlines())
        message = EmailMultiAlternatives(
            subject, loader.render_to_string(email_template_name, context), from_email, [to_email]
        )
        if html_email_template_name is not None:
            message.attach_alternative(
                loader.render_to_string(html_email_template_name, context), "text/html"
            )
        try:
            message.send()
        except Exception:
            logger.exception("Failed to send password reset email to %s", context["user"].pk)

    def get_users(self, email: str) -> Iterator[Any]:
        """Active users with this address and a usable password."""
        user_model = get_user_model()
        field = user_model.get_email_field_name()
        found = user_model._default_manager.filter(**{f"{field}__iexact": email, "is_active": True})
        return (
            user
            for user in found
            if user.has_usable_password() and _unicode_ci_compare(email, getattr(user, field))
        )

    def save(
        self,
        domain_override: str | None = None,
        subject_template_name: str = "registration/password_reset_subject.txt",
        email_template_name: str = "registration/password_reset_email.html",
        use_https: bool = False,
        token_generator: Any = default_token_generator,
        from_email: str | None = None,
        request: Any = None,
        html_email_template_name: str | None = None,
        extra_email_context: dict[str, Any] | None = None,
    ) -> None:
        """Send a link to every user with the address."""
        email = self.cleaned_data["email"]
        site_name = domain = domain_override or request.get_host()
        field = get_user_model().get_email_field_name()
        for user in self.get_users(email):
            address = getattr(user, field)
            context = {
                "email": address,
                "domain": domain,
                "site_name": site_name,
                "uid": urlsafe_base64_encode(force_bytes(user._meta.pk.value_to_string(user))),
                "user": user,
                "token": token_generator.make_token(user),
                "protocol": "https" if use_https else "http",
                **(extra_email_context or {}),
            }
            self.send_mail(
                subject_template_name,
                email_template_name,
                context,
                from_email,
                address,
                html_email_template_name,
            )


class SetPasswordForm(SetPasswordMixin, forms.Form):
    """A new password, without the old one."""

    new_password1, new_password2 = SetPasswordMixin.create_password_fields(
        label1=_("New password"), label2=_("New password confirmation")
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean(self) -> Any:
        self.validate_passwords("new_password1", "new_password2")
        self.validate_password_for_user(self.user, "new_password2")
        return super().clean()

    def save(self, commit: bool = True) -> Any:
        """Set the password; returns the user."""
        return self.set_password_and_save(self.user, "new_password1", commit=commit)


class PasswordChangeForm(SetPasswordForm):
    """A new password, with the old one."""

    error_messages = {
        **SetPasswordForm.error_messages,
        "password_incorrect": _("Your old password was entered incorrectly. Please enter it again."),
    }
    old_password = forms.CharField(
        label=_("Old password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    field_order = ["old_password", "new_password1", "new_password2"]

    def clean_old_password(self) -> Any:
        """The old password; ValidationError for a wrong one."""
        old_password = self.cleaned_data["old_password"]
        if not self.user.check_password(old_password):
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old_password


class AdminPasswordChangeForm(SetUnusablePasswordMixin, SetPasswordMixin, forms.Form):
    """A new password for somebody else, or none at all."""

    required_css_class = "required"
    usable_password_help_text = SetUnusablePasswordMixin.usable_password_help_text
    password1, password2 = SetPasswordMixin.create_password_fields()

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["password1"].widget.attrs["autofocus"] = True
        if self.user.has_usable_password():
            self.fields["password1"].required = False
            self.fields["password2"].required = False
            self.fields["usable_password"] = self.create_usable_password_field(self.usable_password_help_text)

    def clean(self) -> Any:
        self.validate_passwords()
        self.validate_password_for_user(self.user)
        return super().clean()

    def save(self, commit: bool = True) -> Any:
        """Set the password; returns the user."""
        return self.set_password_and_save(self.user, commit=commit)

    @property
    def changed_data(self) -> list[str]:
        """``["password"]`` when a new one was given."""
        data = super().changed_data
        if "set_usable_password" in data or ("password1" in data and "password2" in data):
            return ["password"]
        return []


class AdminUserCreationForm(SetUnusablePasswordMixin, UserCreationForm):
    """As UserCreationForm, with the choice of no password."""

    usable_password = SetUnusablePasswordMixin.create_usable_password_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].required = False
        self.fields["password2"].required = False
