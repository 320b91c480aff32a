"""Admin sites (Django documentation: ref/contrib/admin, "AdminSite objects")."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Any
from weakref import WeakSet

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.contrib.admin.constants import EMPTY_VALUE_STRING
from offbeat.contrib.admin.exceptions import AlreadyRegistered, NotRegistered
from offbeat.contrib.auth.core import REDIRECT_FIELD_NAME
from offbeat.contrib.auth.decorators import login_not_required
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.http import Http404, HttpResponsePermanentRedirect, HttpResponseRedirect
from offbeat.urls import NoReverseMatch, Resolver404, resolve, reverse, reverse_lazy
from offbeat.utils.decorators import method_decorator
from offbeat.utils.functional import LazyObject, empty
from offbeat.utils.module_loading import import_string
from offbeat.utils.text import capfirst
from offbeat.utils.translation import gettext
from offbeat.utils.translation import gettext_lazy as _
from offbeat.views.decorators.cache import never_cache
from offbeat.views.decorators.common import no_append_slash
from offbeat.views.decorators.csrf import csrf_protect

__all__ = ["AdminSite", "AlreadyRegistered", "DefaultAdminSite", "NotRegistered", "all_sites", "site"]

all_sites: WeakSet[AdminSite] = WeakSet()


def _object_page(request: Any, content_type_id: Any, object_id: Any) -> Any:
    from offbeat.contrib.contenttypes.views import shortcut

    return shortcut(request, content_type_id, object_id)


class AdminSite:
    """The models that it administers, and the pages around their lists and forms.

    ``name``: the namespace of its URLs.
    """

    site_title: Any = _("Django site admin")
    site_header: Any = _("Django administration")
    index_title: Any = _("Site administration")
    site_url: Any = "/"
    enable_nav_sidebar = True
    empty_value_display: Any = EMPTY_VALUE_STRING

    login_form: Any = None
    password_change_form: Any = None
    index_template: Any = None
    app_index_template: Any = None
    login_template: Any = None
    logout_template: Any = None
    password_change_template: Any = None
    password_change_done_template: Any = None

    final_catch_all_view = True

    def __init__(self, name: str = "admin") -> None:
        from offbeat.contrib.admin.actions import delete_selected

        self._registry: dict[Any, Any] = {}
        self.name = name
        # The global actions, and those of them that are enabled for every model.
        self._global_actions: dict[str, Callable[..., Any]] = {"delete_selected": delete_selected}
        self._actions = dict(self._global_actions)
        all_sites.add(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"

    # The registry

    def check(self, app_configs: Iterable[Any] | None) -> list[Any]:
        """Check the ModelAdmins of the applications' models, of all when None."""
        wanted = set(apps.get_app_configs() if app_configs is None else app_configs)
        errors: list[Any] = []
        for model, model_admin in self._registry.items():
            if model._meta.app_config in wanted:
                errors.extend(model_admin.check())
        return errors

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Administer models with a ModelAdmin class, whose attributes ``options`` replace.

        ImproperlyConfigured for abstract models and composite keys, AlreadyRegistered for known models; models that are
        swapped out are left out.
        """
        for model in _models(model_or_iterable):
            self._check_can_register(model)
            if model._meta.swapped:
                continue
            if admin_class is None:
                from offbeat.contrib.admin.options import ModelAdmin

                admin_class = ModelAdmin
            made = admin_class
            if options:
                made = type(f"{model.__name__}Admin", (admin_class,), {**options, "__module__": __name__})
            self._registry[model] = made(model, self)

    def _check_can_register(self, model: Any) -> None:
        if model._meta.abstract:
            raise ImproperlyConfigured(
                f"The model {model.__name__} is abstract, so it cannot be registered with admin."
            )
        if model._meta.is_composite_pk:
            raise ImproperlyConfigured(
                f"The model {model.__name__} has a composite primary key, so it cannot be registered with admin."
            )
        if self.is_registered(model):
            shown = str(self.get_model_admin(model))
            message = f"The model {model.__name__} is already registered "
            if shown.endswith(".ModelAdmin"):
                raise AlreadyRegistered(message + f"in app {shown.removesuffix('.ModelAdmin')!r}.")
            raise AlreadyRegistered(message + f"with {shown!r}.")

    def unregister(self, model_or_iterable: Any) -> None:
        """Administer models no longer; NotRegistered for others."""
        for model in _models(model_or_iterable):
            if not self.is_registered(model):
                raise NotRegistered(f"The model {model.__name__} is not registered")
            del self._registry[model]

    def is_registered(self, model: Any) -> bool:
        """Whether a model is administered here."""
        return model in self._registry

    def get_model_admin(self, model: Any) -> Any:
        """The ModelAdmin of a model; NotRegistered for others."""
        try:
            return self._registry[model]
        except KeyError:
            raise NotRegistered(f"The model {model.__name__} is not registered.") from None

    # Actions for all models

    def add_action(self, action: Callable[..., Any], name: str | None = None) -> None:
        """Offer an action for every model."""
        name = name or action.__name__
        self._actions[name] = self._global_actions[name] = action

    def disable_action(self, name: str) -> None:
        """Offer a global action only where a ModelAdmin names it; KeyError when there is none."""
        del self._actions[name]

    def get_action(self, name: str) -> Callable[..., Any]:
        """A global action, disabled or not; KeyError when there is none."""
        return self._global_actions[name]

    @property
    def actions(self) -> Iterable[tuple[str, Callable[..., Any]]]:
        """The names and functions of the enabled global actions."""
        return self._actions.items()

    # Access

    def has_permission(self, request: Any) -> bool:
        """Whether the user may see at least the index."""
        return bool(request.user.is_active and request.user.is_staff)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """A view for those who may see the site; others are sent to the login page.

        It is never cached unless ``cacheable``, and protected against forged requests.
        """

        def inner(request: Any, *args: Any, **kwargs: Any) -> Any:
            if self.has_permission(request):
                return view(request, *args, **kwargs)
            # Whoever just logged out should not be asked to log in to log out.
            if request.path == reverse("admin:logout", current_app=self.name):
                return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
            from offbeat.contrib.auth.views import redirect_to_login

            return redirect_to_login(request.get_full_path(), reverse("admin:login", current_app=self.name))

        guarded: Any = inner if cacheable else never_cache(inner)
        if not getattr(view, "csrf_exempt", False):
            guarded = csrf_protect(guarded)
        return update_wrapper(guarded, view)

    # URLs

    def get_urls(self) -> list[Any]:
        """The site's URL patterns."""
        from offbeat.urls import include, path, re_path

        urlpatterns = [
            path("", self._page(self.index), name="index"),
            path("login/", self.login, name="login"),
            path("logout/", self._page(self.logout), name="logout"),
            path(
                "password_change/", self._page(self.password_change, cacheable=True), name="password_change"
            ),
            path(
                "password_change/done/",
                self._page(self.password_change_done, cacheable=True),
                name="password_change_done",
            ),
            path("autocomplete/", self._page(self.autocomplete_view), name="autocomplete"),
            path("jsi18n/", self._page(self.i18n_javascript, cacheable=True), name="jsi18n"),
            path("r/<path:content_type_id>/<path:object_id>/", self._page(_object_page), name="view_on_site"),
        ]
        app_labels: list[str] = []
        for model, model_admin in self._registry.items():
            opts = model._meta
            urlpatterns.append(path(f"{opts.app_label}/{opts.model_name}/", include(model_admin.urls)))
            if opts.app_label not in app_labels:
                app_labels.append(opts.app_label)
        # With labels in the pattern, an unknown application reaches what else is below the same prefix.
        if app_labels:
            labels = "|".join(app_labels)
            urlpatterns.append(
                re_path(f"^(?P<app_label>{labels})/$", self._page(self.app_index), name="app_list")
            )
        if self.final_catch_all_view:
            urlpatterns.append(re_path(r"(?P<url>.*)$", self._page(self.catch_all_view)))
        return urlpatterns

    def _page(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """A page of the site: the view is guarded when it is called, so that ``admin_view`` can be replaced."""

        def page(request: Any, *args: Any, **kwargs: Any) -> Any:
            return self.admin_view(view, cacheable)(request, *args, **kwargs)

        wrapper: Any = page
        wrapper.admin_site = self
        # Where LoginRequiredMiddleware sends those who are not logged in.
        wrapper.login_url = reverse_lazy("admin:login", current_app=self.name)
        return update_wrapper(wrapper, view)

    @property
    def urls(self) -> tuple[list[Any], str, str]:
        """What ``path()`` takes: patterns, application namespace, instance namespace."""
        return self.get_urls(), "admin", self.name

    # What all pages show

    def each_context(self, request: Any) -> dict[str, Any]:
        """The context of every page of the site."""
        script_name = request.META["SCRIPT_NAME"]
        site_url = script_name if self.site_url == "/" and script_name else self.site_url
        return {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_url": site_url,
            "has_permission": self.has_permission(request),
            "available_apps": self.get_app_list(request),
            "is_popup": False,
            "is_nav_sidebar_enabled": self.enable_nav_sidebar,
            "log_entries": self.get_log_entries(request),
        }

    def get_log_entries(self, request: Any) -> Any:
        """The log that the index shows."""
        from offbeat.contrib.admin.models import LogEntry

        return LogEntry.objects.select_related("content_type", "user")

    def _model_entry(self, request: Any, model: Any, model_admin: Any) -> dict[str, Any] | None:
        perms = model_admin.get_model_perms(request)
        if not any(perms.values()):
            return None
        opts = model._meta
        prefix = f"admin:{opts.app_label}_{opts.model_name}"
        entry = {
            "model": model,
            "name": capfirst(opts.verbose_name_plural),
            "object_name": opts.object_name,
            "perms": perms,
            "admin_url": None,
            "add_url": None,
        }
        if perms.get("change") or perms.get("view"):
            entry["view_only"] = not perms.get("change")
            entry["admin_url"] = self._reverse_or_none(f"{prefix}_changelist")
        if perms.get("add"):
            entry["add_url"] = self._reverse_or_none(f"{prefix}_add")
        return entry

    def _reverse_or_none(self, name: str, **kwargs: Any) -> str | None:
        try:
            return reverse(name, current_app=self.name, **kwargs)
        except NoReverseMatch:
            return None

    def _build_app_dict(self, request: Any, label: str | None = None) -> dict[str, Any]:
        """The applications (or the one of a label) with the models that the user may see."""
        app_dict: dict[str, Any] = {}
        for model, model_admin in self._registry.items():
            app_label = model._meta.app_label
            if (label and app_label != label) or not model_admin.has_module_permission(request):
                continue
            entry = self._model_entry(request, model, model_admin)
            if entry is None:
                continue
            app = app_dict.get(app_label)
            if app is None:
                app = app_dict[app_label] = {
                    "name": apps.get_app_config(app_label).verbose_name,
                    "app_label": app_label,
                    "app_url": self._reverse_or_none("admin:app_list", kwargs={"app_label": app_label}),
                    "has_module_perms": True,
                    "models": [],
                }
            app["models"].append(entry)
        return app_dict

    def get_app_list(self, request: Any, app_label: str | None = None) -> list[dict[str, Any]]:
        """The applications (or one), and in them the models, that the user may see, by name."""
        app_list = sorted(
            self._build_app_dict(request, app_label).values(), key=lambda app: app["name"].lower()
        )
        for app in app_list:
            app["models"].sort(key=lambda entry: entry["name"])
        return app_list

    # Pages

    def _respond(self, request: Any, template: Any, context: dict[str, Any]) -> Any:
        from offbeat.template.response import TemplateResponse

        request.current_app = self.name
        return TemplateResponse(request, template, context)

    def index(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """The page with all applications."""
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "subtitle": None,
            "app_list": self.get_app_list(request),
            **(extra_context or {}),
        }
        return self._respond(request, self.index_template or "admin/index.html", context)

    def app_index(self, request: Any, app_label: str, extra_context: dict[str, Any] | None = None) -> Any:
        """The page of one application; Http404 when the user may see nothing of it."""
        app_list = self.get_app_list(request, app_label)
        if not app_list:
            raise Http404("The requested admin page does not exist.")
        context = {
            **self.each_context(request),
            "title": gettext("%(app)s administration") % {"app": app_list[0]["name"]},
            "subtitle": None,
            "app_list": app_list,
            "app_label": app_label,
            **(extra_context or {}),
        }
        template = self.app_index_template or [f"admin/{app_label}/app_index.html", "admin/app_index.html"]
        return self._respond(request, template, context)

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """The login page; who may see the site already is sent to its index."""
        from offbeat.contrib.admin.forms import AdminAuthenticationForm
        from offbeat.contrib.auth.views import LoginView, RedirectURLMixin

        index_path = reverse("admin:index", current_app=self.name)
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(RedirectURLMixin().get_redirect_url(request) or index_path)
        context = {
            **self.each_context(request),
            "title": gettext("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
        }
        if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
            context[REDIRECT_FIELD_NAME] = index_path
        request.current_app = self.name
        view = LoginView.as_view(
            extra_context={**context, **(extra_context or {})},
            authentication_form=self.login_form or AdminAuthenticationForm,
            template_name=self.login_template or "admin/login.html",
        )
        return view(request)

    def logout(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """Log out, by POST."""
        from offbeat.contrib.auth.views import LogoutView

        context = {
            **self.each_context(request),
            "title": gettext("Logged out"),
            "subtitle": None,
            # The user is gone when the page is rendered.
            "has_permission": False,
            **(extra_context or {}),
        }
        request.current_app = self.name
        options = {"template_name": self.logout_template} if self.logout_template else {}
        return LogoutView.as_view(extra_context=context, **options)(request)

    def password_change(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """The page where users change their own password."""
        from offbeat.contrib.admin.forms import AdminPasswordChangeForm
        from offbeat.contrib.auth.views import PasswordChangeView

        options = {"template_name": self.password_change_template} if self.password_change_template else {}
        request.current_app = self.name
        view = PasswordChangeView.as_view(
            form_class=self.password_change_form or AdminPasswordChangeForm,
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
            **options,
        )
        return view(request)

    def password_change_done(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """The page after it."""
        from offbeat.contrib.auth.views import PasswordChangeDoneView

        template = self.password_change_done_template
        options = {"template_name": template} if template else {}
        request.current_app = self.name
        context = {**self.each_context(request), **(extra_context or {})}
        return PasswordChangeDoneView.as_view(extra_context=context, **options)(request)

    def i18n_javascript(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """The translations of the admin's scripts."""
        from offbeat.views.i18n import JavaScriptCatalog

        return JavaScriptCatalog.as_view(packages=["offbeat.contrib.admin"])(request)

    def autocomplete_view(self, request: Any) -> Any:
        """The objects that match a search, as JSON."""
        from offbeat.contrib.admin.views.autocomplete import AutocompleteJsonView

        return AutocompleteJsonView.as_view(admin_site=self)(request)

    @no_append_slash
    def catch_all_view(self, request: Any, url: str) -> Any:
        """Unknown URLs: with APPEND_SLASH a redirect to one of the site that ends in a slash, otherwise Http404."""
        if settings.APPEND_SLASH and not url.endswith("/"):
            urlconf = getattr(request, "urlconf", None)
            try:
                match = resolve(f"{request.path_info}/", urlconf)
            except Resolver404:
                pass
            else:
                if getattr(match.func, "should_append_slash", True):
                    return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
        raise Http404


def _models(model_or_iterable: Any) -> Iterable[Any]:
    return (model_or_iterable,) if isinstance(model_or_iterable, type) else model_or_iterable


class DefaultAdminSite(LazyObject):
    """The site of the AdminConfig's ``default_site``, made when it is first needed."""

    def _setup(self) -> None:
        self._wrapped = import_string(apps.get_app_config("admin").default_site)()  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return "<DefaultAdminSite>" if self._wrapped is empty else repr(self._wrapped)


site: Any = DefaultAdminSite()
