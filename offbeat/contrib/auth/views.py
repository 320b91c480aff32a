"""Views of authentication (Django documentation: topics/auth/default, "Authentication views")."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from offbeat.conf import settings
from offbeat.contrib.auth.core import (
    REDIRECT_FIELD_NAME,
    get_user_model,
    login,
    logout,
    update_session_auth_hash,
)
from offbeat.contrib.auth.decorators import login_not_required, login_required
from offbeat.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordForm,
)
from offbeat.contrib.auth.tokens import default_token_generator
from offbeat.core.exceptions import ImproperlyConfigured, ValidationError
from offbeat.http import HttpResponseRedirect, QueryDict
from offbeat.shortcuts import resolve_url
from offbeat.urls import reverse_lazy
from offbeat.utils.decorators import method_decorator
from offbeat.utils.http import url_has_allowed_host_and_scheme, urlsafe_base64_decode
from offbeat.utils.translation import gettext_lazy as _
from offbeat.views.decorators.cache import never_cache
from offbeat.views.decorators.csrf import csrf_protect
from offbeat.views.decorators.debug import sensitive_post_parameters
from offbeat.views.generic.base import TemplateView
from offbeat.views.generic.edit import FormView

INTERNAL_RESET_SESSION_TOKEN = "_password_reset_token"


class RedirectURLMixin:
    """Where to go afterwards: the ``next`` parameter, if it is safe."""

    next_page: Any = None
    redirect_field_name = REDIRECT_FIELD_NAME
    success_url_allowed_hosts: set[str] = set()
    request: Any

    def get_success_url(self) -> str:
        """The URL of the redirect."""
        return self.get_redirect_url() or self.get_default_redirect_url()

    def get_redirect_url(self, request: Any = None) -> str:
        """The parameter's value, '' when it leads elsewhere."""
        request = request or self.request
        redirect_to = request.POST.get(self.redirect_field_name, request.GET.get(self.redirect_field_name))
        safe = url_has_allowed_host_and_scheme(
            url=redirect_to,
            allowed_hosts=self.get_success_url_allowed_hosts(request),
            require_https=request.is_secure(),
        )
        return redirect_to if safe else ""

    def get_success_url_allowed_hosts(self, request: Any = None) -> set[str]:
        """This host and ``success_url_allowed_hosts``."""
        return {(request or self.request).get_host(), *self.success_url_allowed_hosts}

    def get_default_redirect_url(self) -> str:
        """``next_page``; ImproperlyConfigured without one."""
        if self.next_page:
            return resolve_url(self.next_page)
        raise ImproperlyConfigured("No URL to redirect to. Provide a next_page.")


@method_decorator(
    [sensitive_post_parameters(), csrf_protect, never_cache, login_not_required], name="dispatch"
)
class LoginView(RedirectURLMixin, FormView):
    """Shows the login form and logs the user in."""

    form_class = AuthenticationForm
    authentication_form: Any = None
    template_name = "registration/login.html"
    redirect_authenticated_user = False
    extra_context: Any = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if self.redirect_authenticated_user and self.request.user.is_authenticated:
            redirect_to = self.get_success_url()
            if redirect_to == self.request.path:
                raise ValueError(
                    "Redirection loop for authenticated user detected. Check that your LOGIN_REDIRECT_URL doesn't point to "
                    "a login page."
                )
            return HttpResponseRedirect(redirect_to)
        return super().dispatch(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        return resolve_url(self.next_page or settings.LOGIN_REDIRECT_URL)

    def get_form_class(self) -> Any:
        return self.authentication_form or self.form_class

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> Any:
        login(self.request, form.get_user())
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        site = _current_site(self.request)
        return {
            **context,
            self.redirect_field_name: self.get_redirect_url(),
            "site": site,
            "site_name": site.name,
            **(self.extra_context or {}),
        }


class _RequestSite:
    """A site named after the host of the request."""

    def __init__(self, request: Any) -> None:
        self.domain = self.name = request.get_host()


def _current_site(request: Any) -> Any:
    return _RequestSite(request)


@method_decorator([csrf_protect, never_cache], name="dispatch")
class LogoutView(RedirectURLMixin, TemplateView):
    """Logs the user out, by POST."""

    http_method_names = ["post", "options"]
    template_name = "registration/logged_out.html"
    extra_context: Any = None

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Log out, then redirect or say so."""
        logout(request)
        redirect_to = self.get_success_url()
        if redirect_to != request.get_full_path():
            return HttpResponseRedirect(redirect_to)
        return super().get(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        if self.next_page:
            return resolve_url(self.next_page)
        if settings.LOGOUT_REDIRECT_URL:
            return resolve_url(settings.LOGOUT_REDIRECT_URL)
        return str(self.request.path)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        site = _current_site(self.request)
        return {
            **context,
            "site": site,
            "site_name": site.name,
            "title": _("Logged out"),
            "subtitle": None,
            **(self.extra_context or {}),
        }


def logout_then_login(request: Any, login_url: Any = None) -> Any:
    """Log out, then go to the login page."""
    login_url = resolve_url(login_url or settings.LOGIN_URL)
    return LogoutView.as_view(next_page=login_url)(request)


def redirect_to_login(
    next: Any, login_url: Any = None, redirect_field_name: Any = REDIRECT_FIELD_NAME
) -> Any:
    """A redirect to the login page that comes back to ``next``."""
    parts = list(urlsplit(resolve_url(login_url or settings.LOGIN_URL)))
    if redirect_field_name:
        query = QueryDict(parts[3], mutable=True)
        query[redirect_field_name] = next
        parts[3] = query.urlencode(safe="/")
    return HttpResponseRedirect(urlunsplit(parts))


class PasswordContextMixin:
    """Adds the ``title``."""

    extra_context: Any = None
    title: Any

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The context with ``title`` and ``subtitle``."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**context, "title": self.title, "subtitle": None, **(self.extra_context or {})}


class PasswordResetView(PasswordContextMixin, FormView):
    """Asks for the address and sends the link."""

    email_template_name = "registration/password_reset_email.html"
    extra_email_context: Any = None
    form_class = PasswordResetForm
    from_email: Any = None
    html_email_template_name: Any = None
    subject_template_name = "registration/password_reset_subject.txt"
    success_url: Any = reverse_lazy("password_reset_done")
    template_name = "registration/password_reset_form.html"
    title = _("Password reset")
    token_generator = default_token_generator

    @method_decorator(login_not_required)
    @method_decorator(csrf_protect)
    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(*args, **kwargs)

    def form_valid(self, form: Any) -> Any:
        form.save(
            use_https=self.request.is_secure(),
            token_generator=self.token_generator,
            from_email=self.from_email,
            email_template_name=self.email_template_name,
            subject_template_name=self.subject_template_name,
            request=self.request,
            html_email_template_name=self.html_email_template_name,
            extra_email_context=self.extra_email_context,
        )
        return super().form_valid(form)


@method_decorator(login_not_required, name="dispatch")
class PasswordResetDoneView(PasswordContextMixin, TemplateView):
    """Says that a mail is on its way."""

    template_name = "registration/password_reset_done.html"
    title = _("Password reset sent")


@method_decorator([sensitive_post_parameters(), never_cache, login_not_required], name="dispatch")
class PasswordResetConfirmView(PasswordContextMixin, FormView):
    """Where the link leads: asks for the new password.

    The token moves into the session first, so that it does not leak by the ``Referer`` header.
    """

    form_class = SetPasswordForm
    post_reset_login = False
    post_reset_login_backend: Any = None
    reset_url_token = "set-password"
    success_url: Any = reverse_lazy("password_reset_complete")
    template_name = "registration/password_reset_confirm.html"
    title = _("Enter new password")
    token_generator = default_token_generator

    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        if "uidb64" not in kwargs or "token" not in kwargs:
            raise ImproperlyConfigured("The URL path must contain 'uidb64' and 'token' parameters.")
        self.validlink = False
        self.user = self.get_user(kwargs["uidb64"])
        if self.user is not None:
            token = kwargs["token"]
            if token == self.reset_url_token:
                session_token = self.request.session.get(INTERNAL_RESET_SESSION_TOKEN)
                if self.token_generator.check_token(self.user, session_token):
                    self.validlink = True
                    return super().dispatch(*args, **kwargs)
            elif self.token_generator.check_token(self.user, token):
                self.request.session[INTERNAL_RESET_SESSION_TOKEN] = token
                return HttpResponseRedirect(self.request.path.replace(token, self.reset_url_token))
        return self.render_to_response(self.get_context_data())

    def get_user(self, uidb64: str) -> Any:
        """The user of the link, or None."""
        user_model = get_user_model()
        try:
            pk = user_model._meta.pk.to_python(urlsafe_base64_decode(uidb64).decode())
            return user_model._default_manager.get(pk=pk)
        except (TypeError, ValueError, OverflowError, user_model.DoesNotExist, ValidationError):
            return None

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.user}

    def form_valid(self, form: Any) -> Any:
        user = form.save()
        del self.request.session[INTERNAL_RESET_SESSION_TOKEN]
        if self.post_reset_login:
            login(self.request, user, self.post_reset_login_backend)
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if self.validlink:
            return {**context, "validlink": True}
        return {**context, "form": None, "title": _("Password reset unsuccessful"), "validlink": False}


@method_decorator(login_not_required, name="dispatch")
class PasswordResetCompleteView(PasswordContextMixin, TemplateView):
    """Says that the password is reset."""

    template_name = "registration/password_reset_complete.html"
    title = _("Password reset complete")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "login_url": resolve_url(settings.LOGIN_URL)}


@method_decorator([sensitive_post_parameters(), csrf_protect, login_required], name="dispatch")
class PasswordChangeView(PasswordContextMixin, FormView):
    """Changes the password of who is logged in."""

    form_class = PasswordChangeForm
    success_url: Any = reverse_lazy("password_change_done")
    template_name = "registration/password_change_form.html"
    title = _("Password change")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: Any) -> Any:
        form.save()
        # Other sessions of the user end; this one stays.
        update_session_auth_hash(self.request, form.user)
        return super().form_valid(form)


@method_decorator(login_required, name="dispatch")
class PasswordChangeDoneView(PasswordContextMixin, TemplateView):
    """Says that the password is changed."""

    template_name = "registration/password_change_done.html"
    title = _("Password change successful")
