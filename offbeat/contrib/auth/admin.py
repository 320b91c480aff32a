"""How users and groups are administered (Django documentation: topics/auth/default, "Managing users in the admin")."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.contrib import admin, messages
from offbeat.contrib.admin.options import IS_POPUP_VAR
from offbeat.contrib.admin.options.base import LazyClass
from offbeat.contrib.admin.options.changeform import SAFE_METHODS, csrf_protect_m
from offbeat.contrib.admin.utils import unquote
from offbeat.contrib.auth import update_session_auth_hash
from offbeat.contrib.auth.models import Group, User
from offbeat.core.exceptions import PermissionDenied
from offbeat.db import router, transaction
from offbeat.http import Http404, HttpResponseRedirect
from offbeat.template.response import TemplateResponse
from offbeat.urls import path, reverse
from offbeat.utils.decorators import method_decorator
from offbeat.utils.html import escape
from offbeat.utils.translation import gettext
from offbeat.utils.translation import gettext_lazy as _
from offbeat.views.decorators.debug import sensitive_post_parameters

__all__ = ["GroupAdmin", "UserAdmin"]

_sensitive = method_decorator(sensitive_post_parameters())


@admin.register(Group)
class GroupAdmin(admin.ModelAdmin):
    """Groups."""

    search_fields = ("name",)
    ordering = ("name",)
    filter_horizontal = ("permissions",)

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        if db_field.name == "permissions":
            queryset = kwargs.get("queryset", db_field.remote_field.model.objects)
            # Their names say the content type.
            kwargs["queryset"] = queryset.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request=request, **kwargs)


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """Users: first added with a name and password, then edited."""

    add_form_template = "admin/auth/user/add_form.html"
    change_user_password_template: Any = None
    fieldsets: Any = (
        (None, {"fields": ("username", "password")}),
        (_("Personal info"), {"fields": ("first_name", "last_name", "email")}),
        (
            _("Permissions"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Important dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets: Any = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),
    )
    form: Any = LazyClass("offbeat.contrib.auth.forms", "UserChangeForm")
    add_form: Any = LazyClass("offbeat.contrib.auth.forms", "AdminUserCreationForm")
    change_password_form: Any = LazyClass("offbeat.contrib.auth.forms", "AdminPasswordChangeForm")
    list_display: Any = ("username", "email", "first_name", "last_name", "is_staff")
    list_filter: Any = ("is_staff", "is_superuser", "is_active", "groups")
    search_fields: Any = ("username", "first_name", "last_name", "email")
    ordering: Any = ("username",)
    filter_horizontal: Any = ("groups", "user_permissions")

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs = {"form": self.add_form, **kwargs}
        return super().get_form(request, obj, change=change, **kwargs)

    def get_urls(self) -> list[Any]:
        return [
            path(
                "<id>/password/",
                self._page(self.user_change_password),
                name=f"{self.opts.app_label}_{self.opts.model_name}_password_change",
            ),
            *super().get_urls(),
        ]

    def lookup_allowed(self, lookup: str, value: Any, request: Any) -> bool:
        # The hash could be guessed character by character.
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    @_sensitive
    @csrf_protect_m
    def add_view(self, request: Any, form_url: str = "", extra_context: Any = None) -> Any:
        if request.method in SAFE_METHODS:
            return self._add_view(request, form_url, extra_context)
        with transaction.atomic(using=router.db_for_write(self.model)):
            return self._add_view(request, form_url, extra_context)

    def _add_view(self, request: Any, form_url: str = "", extra_context: Any = None) -> Any:
        # Who may add users but not change them could make one with all rights.
        if not self.has_change_permission(request):
            if self.has_add_permission(request) and settings.DEBUG:
                raise Http404(
                    'Your user does not have the "Change user" permission. In order to add users, Django requires that '
                    'your user account have both the "Add user" and "Change user" permissions set.'
                )
            raise PermissionDenied
        username_field = self.opts.get_field(self.model.USERNAME_FIELD)
        context = {
            **(extra_context or {}),
            "auto_populated_fields": (),
            "username_help_text": username_field.help_text,
        }
        return super().add_view(request, form_url, context)

    @_sensitive
    def user_change_password(self, request: Any, id: str, form_url: str = "") -> Any:
        """The page to set another user's password, or to switch it off."""
        user = self.get_object(request, unquote(id))
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if user is None:
            names = {"name": self.opts.verbose_name, "key": escape(id)}
            raise Http404(_("%(name)s object with primary key %(key)r does not exist.") % names)
        if request.method == "POST":
            form = self.change_password_form(user, request.POST)
            if form.is_valid():
                return self._set_password(request, user, form)
        else:
            form = self.change_password_form(user)
        return self._render_password_form(request, user, form, form_url)

    def _set_password(self, request: Any, user: Any, form: Any) -> Any:
        # Without a choice, as for users without a password, one is set.
        disable = "set_usable_password" in form.cleaned_data and not form.cleaned_data["set_usable_password"]
        form.save()
        self.log_change(request, user, self.construct_change_message(request, form, None))
        if disable:
            message = gettext("Password-based authentication was disabled.")
        else:
            message = gettext("Password changed successfully.")
        messages.success(request, message)
        update_session_auth_hash(request, form.user)
        return HttpResponseRedirect(
            reverse(
                f"{self.admin_site.name}:{user._meta.app_label}_{user._meta.model_name}_change",
                args=(user.pk,),
            )
        )

    def _render_password_form(self, request: Any, user: Any, form: Any, form_url: str) -> Any:
        from offbeat.contrib.admin.helpers import AdminForm

        names = [name for name in form.fields if name != "usable_password"]
        title = gettext("Change password: %s") if user.has_usable_password() else gettext("Set password: %s")
        context = {
            "title": title % escape(user.get_username()),
            "adminForm": AdminForm(form, [(None, {"fields": names})], {}),
            "form_url": form_url,
            "form": form,
            "is_popup": IS_POPUP_VAR in request.POST or IS_POPUP_VAR in request.GET,
            "is_popup_var": IS_POPUP_VAR,
            "add": True,
            "change": False,
            "has_delete_permission": False,
            "has_change_permission": True,
            "has_absolute_url": False,
            "opts": self.opts,
            "original": user,
            "save_as": False,
            "show_save": True,
            **self.admin_site.each_context(request),
        }
        request.current_app = self.admin_site.name
        template = self.change_user_password_template or "admin/auth/user/change_password.html"
        return TemplateResponse(request, template, context)

    def response_add(self, request: Any, obj: Any, post_url_continue: Any = None) -> Any:
        # What is not asked for at first comes on the next page, unless another user is to be added.
        if "_addanother" not in request.POST and IS_POPUP_VAR not in request.POST:
            request.POST = request.POST.copy()
            request.POST["_continue"] = 1
        return super().response_add(request, obj, post_url_continue)
