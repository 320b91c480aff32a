"""ModelAdmin: the log, messages to the user, and where the browser goes after a change."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode
from urllib.parse import quote as urlquote

from offbeat import forms
from offbeat.apps import apps
from offbeat.contrib import messages
from offbeat.contrib.admin.constants import IS_POPUP_VAR, SOURCE_MODEL_VAR, TO_FIELD_VAR
from offbeat.contrib.admin.exceptions import NotRegistered
from offbeat.contrib.admin.options.base import BaseModelAdmin
from offbeat.contrib.admin.utils import object_text, quote
from offbeat.http import HttpResponseRedirect
from offbeat.template.response import TemplateResponse
from offbeat.urls import reverse
from offbeat.utils.html import format_html
from offbeat.utils.safestring import SafeString
from offbeat.utils.translation import gettext as _

__all__ = ["ResponsesMixin"]


class ResponsesMixin(BaseModelAdmin):
    """What happens after a change."""

    popup_response_template: Any = None
    preserve_filters = True
    save_as_continue = True

    # The log

    def log_addition(self, request: Any, obj: Any, message: Any) -> Any:
        """Log that an object was added."""
        from offbeat.contrib.admin.models import ADDITION, LogEntry

        return LogEntry.objects.log_actions(
            user_id=request.user.pk,
            queryset=[obj],
            action_flag=ADDITION,
            change_message=message,
            single_object=True,
        )

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        """Log that an object was changed."""
        from offbeat.contrib.admin.models import CHANGE, LogEntry

        return LogEntry.objects.log_actions(
            user_id=request.user.pk,
            queryset=[obj],
            action_flag=CHANGE,
            change_message=message,
            single_object=True,
        )

    def log_deletions(self, request: Any, queryset: Any) -> Any:
        """Log that objects are deleted; called before they are."""
        from offbeat.contrib.admin.models import DELETION, LogEntry

        return LogEntry.objects.log_actions(user_id=request.user.pk, queryset=queryset, action_flag=DELETION)

    # Messages

    def message_user(
        self,
        request: Any,
        message: Any,
        level: Any = messages.INFO,
        extra_tags: str = "",
        fail_silently: bool = False,
    ) -> None:
        """Show the user a message; ``level`` may be a name such as ``"warning"`` (ValueError for others)."""
        if not isinstance(level, int):
            try:
                level = getattr(messages.constants, level.upper())
            except AttributeError:
                levels = messages.constants.DEFAULT_TAGS.values()
                levels_repr = ", ".join(f"`{one}`" for one in levels)
                raise ValueError(
                    f"Bad message level string: `{level}`. Possible values are: {levels_repr}"
                ) from None
        messages.add_message(request, level, message, extra_tags=extra_tags, fail_silently=fail_silently)

    def _page_url(self, page: str, *args: Any) -> str:
        opts = self.opts
        return reverse(
            f"admin:{opts.app_label}_{opts.model_name}_{page}", args=args, current_app=self.admin_site.name
        )

    def _linked(self, request: Any, obj: Any) -> Any:
        """An object as a link to its form, as text for those who may not change it."""
        if self.has_change_permission(request, obj):
            return format_html('<a href="{}">{}</a>', urlquote(self._change_url(obj)), object_text(obj))
        return object_text(obj)

    def _change_url(self, obj: Any) -> str:
        return reverse(
            f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change",
            args=(quote(obj.pk),),
            current_app=self.admin_site.name,
        )

    # Filters of the list that the user came from

    def get_preserved_filters(self, request: Any) -> str:
        """The list's filters as a parameter for the forms' URLs, '' without any."""
        match = request.resolver_match
        if not (self.preserve_filters and match):
            return ""
        opts = self.opts
        page = f"{match.app_name}:{match.url_name}"
        if page == f"admin:{opts.app_label}_{opts.model_name}_changelist":
            filters = request.GET.urlencode()
        else:
            filters = request.GET.get("_changelist_filters")
        return urlencode({"_changelist_filters": filters}) if filters else ""

    def _get_preserved_qsl(self, request: Any, preserved_filters: str) -> list[tuple[str, str]]:
        query_string = request.META.get("QUERY_STRING", "")
        return parse_qsl(query_string.replace(preserved_filters, ""))

    def _with_filters(self, request: Any, url: str) -> str:
        preserved_filters = self.get_preserved_filters(request)
        context = {
            "preserved_filters": preserved_filters,
            "preserved_qsl": self._get_preserved_qsl(request, preserved_filters),
            "opts": self.opts,
        }
        from offbeat.contrib.admin.templatetags.admin_urls import add_preserved_filters

        return add_preserved_filters(context, url)

    # Windows

    def _popup_response(self, request: Any, data: dict[str, Any]) -> Any:
        opts = self.opts
        templates = self.popup_response_template or [
            f"admin/{opts.app_label}/{opts.model_name}/popup_response.html",
            f"admin/{opts.app_label}/popup_response.html",
            "admin/popup_response.html",
        ]
        return TemplateResponse(request, templates, {"popup_response_data": json.dumps(data)})

    def _value_for_popup(self, request: Any, obj: Any) -> Any:
        """The value by which the form that opened the window refers to an object."""
        to_field = request.POST.get(TO_FIELD_VAR)
        if not to_field:
            return obj._meta.pk.attname
        return obj._meta.get_field(to_field).attname

    def _optgroup(self, request: Any, obj: Any, value: str) -> dict[str, str]:
        """The group that an added object belongs to in the form that opened the window, if that form groups them."""
        source = request.POST.get(SOURCE_MODEL_VAR)
        if not source:
            return {}
        try:
            source_model = apps.get_model(source)
        except (LookupError, ValueError):
            message = _('The app "%s" could not be found.') % source
            self.message_user(request, message, messages.ERROR)
            return {}
        try:
            source_admin = self.admin_site.get_model_admin(source_model)
        except NotRegistered:
            return {}
        for field in source_admin.get_form(request)().fields.values():
            if group := self._group_of(obj, value, field):
                return {"optgroup": str(group)}
        return {}

    def _group_of(self, obj: Any, value: str, field: Any) -> Any:
        """The group that a field's choices have an object in, None where there is none."""
        by_value = isinstance(field, forms.ModelChoiceField)
        if by_value and (
            field.iterator is forms.models.ModelChoiceIterator or field.queryset.model is not self.model
        ):
            return None
        wanted = value if by_value else str(obj)
        for label, options in getattr(field, "choices", ()):
            # Other choices may have any values: there the text says which one is meant.
            if isinstance(options, (list, tuple)) and any(
                str(key if by_value else text) == wanted for key, text in options
            ):
                return label
        return None

    # Responses

    def response_add(self, request: Any, obj: Any, post_url_continue: Any = None) -> Any:
        """Where to go after an object was added.

        ``post_url_continue``: the page to go on editing, in which ``%s`` is the key; the object's form by default.
        """
        opts = obj._meta
        if IS_POPUP_VAR in request.POST:
            value = str(getattr(obj, self._value_for_popup(request, obj)))
            return self._popup_response(
                request, {"value": value, "obj": str(obj), **self._optgroup(request, obj, value)}
            )
        names = {"name": opts.verbose_name, "obj": self._linked(request, obj)}
        stay = "_continue" in request.POST or (
            "_saveasnew" in request.POST
            and self.save_as_continue
            and self.has_change_permission(request, obj)
        )
        if stay:
            message = _("The {name} “{obj}” was added successfully.")
            if self.has_change_permission(request, obj):
                message += " " + _("You may edit it again below.")
            self._success(request, message, names)
            url = self._change_url(obj) if post_url_continue is None else post_url_continue
            return HttpResponseRedirect(self._with_filters(request, url))
        if "_addanother" in request.POST:
            message = _("The {name} “{obj}” was added successfully. You may add another {name} below.")
            self._success(request, message, names)
            return HttpResponseRedirect(self._with_filters(request, request.path))
        self._success(request, _("The {name} “{obj}” was added successfully."), names)
        return self.response_post_save_add(request, obj)

    def response_change(self, request: Any, obj: Any) -> Any:
        """Where to go after an object was changed."""
        opts = self.opts
        if IS_POPUP_VAR in request.POST:
            attr = self._value_for_popup(request, obj)
            # What the form that opened the window knows the object by.
            value = request.resolver_match.kwargs["object_id"]
            return self._popup_response(
                request,
                {
                    "action": "change",
                    "value": str(value),
                    "obj": str(obj),
                    "new_value": str(getattr(obj, attr)),
                },
            )
        names = {"name": opts.verbose_name, "obj": self._linked(request, obj)}
        if "_continue" in request.POST:
            message = _("The {name} “{obj}” was changed successfully. You may edit it again below.")
            self._success(request, message, names)
            return HttpResponseRedirect(self._with_filters(request, request.path))
        if "_addanother" in request.POST:
            message = _("The {name} “{obj}” was changed successfully. You may add another {name} below.")
            self._success(request, message, names)
            return HttpResponseRedirect(self._with_filters(request, self._page_url("add")))
        self._success(request, _("The {name} “{obj}” was changed successfully."), names)
        return self.response_post_save_change(request, obj)

    def _success(self, request: Any, message: str, names: dict[str, Any]) -> None:
        self.message_user(request, format_html(SafeString(message), **names), messages.SUCCESS)

    def _response_post_save(self, request: Any, obj: Any) -> Any:
        if self.has_view_or_change_permission(request):
            return HttpResponseRedirect(self._with_filters(request, self._page_url("changelist")))
        return HttpResponseRedirect(reverse("admin:index", current_app=self.admin_site.name))

    def response_post_save_add(self, request: Any, obj: Any) -> Any:
        """Where to go after "Save" on the form to add: the list, or the index."""
        return self._response_post_save(request, obj)

    def response_post_save_change(self, request: Any, obj: Any) -> Any:
        """Where to go after "Save" on the form to change: the list, or the index."""
        return self._response_post_save(request, obj)

    def response_delete(self, request: Any, obj_display: str, obj_id: Any) -> Any:
        """Where to go after an object was deleted."""
        if IS_POPUP_VAR in request.POST:
            return self._popup_response(request, {"action": "delete", "value": str(obj_id)})
        self.message_user(
            request,
            _("The %(name)s “%(obj)s” was deleted successfully.")
            % {"name": self.opts.verbose_name, "obj": obj_display},
            messages.SUCCESS,
        )
        if self.has_change_permission(request, None):
            return HttpResponseRedirect(self._with_filters(request, self._page_url("changelist")))
        return HttpResponseRedirect(reverse("admin:index", current_app=self.admin_site.name))
