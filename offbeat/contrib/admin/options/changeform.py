"""ModelAdmin: the pages to add and to change an object."""

from __future__ import annotations

import copy
from typing import Any

from offbeat import forms
from offbeat.contrib import messages
from offbeat.contrib.admin.constants import (
    ACTION_CHECKBOX_NAME,
    IS_POPUP_VAR,
    SOURCE_MODEL_VAR,
    TO_FIELD_VAR,
    ActionLocation,
)
from offbeat.contrib.admin.exceptions import DisallowedModelAdminToField
from offbeat.contrib.admin.options.actions import ActionsMixin
from offbeat.contrib.admin.options.base import get_content_type_for_model
from offbeat.contrib.admin.options.forms import FormsMixin
from offbeat.contrib.admin.options.responses import ResponsesMixin
from offbeat.contrib.admin.utils import flatten_fieldsets, object_text, quote, unquote
from offbeat.core.exceptions import BadRequest, PermissionDenied
from offbeat.db import router, transaction
from offbeat.http import HttpResponseRedirect
from offbeat.template.response import TemplateResponse
from offbeat.urls import reverse
from offbeat.utils.decorators import method_decorator
from offbeat.utils.translation import gettext as _
from offbeat.views.decorators.csrf import csrf_protect

__all__ = ["SAFE_METHODS", "ChangeFormMixin", "csrf_protect_m", "posted_or_asked"]

csrf_protect_m = method_decorator(csrf_protect)

SAVE_BUTTONS = ("_save", "_continue", "_addanother", "_saveasnew")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def posted_or_asked(request: Any, name: str) -> Any:
    """A parameter of the form, or of the URL."""
    return request.POST.get(name, request.GET.get(name))


class ChangeFormMixin(ActionsMixin, FormsMixin, ResponsesMixin):
    """The pages to add and to change an object."""

    save_as = False
    save_on_top = False
    add_form_template: Any = None
    change_form_template: Any = None

    def add_view(self, request: Any, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        """The page to add an object."""
        return self.changeform_view(request, None, form_url, extra_context)

    def change_view(
        self,
        request: Any,
        object_id: Any,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The page to view or change an object."""
        return self.changeform_view(request, object_id, form_url, extra_context)

    @csrf_protect_m
    def changeform_view(
        self,
        request: Any,
        object_id: Any = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The page to add an object (without ``object_id``), to view or to change it; a change is one transaction."""
        if request.method in SAFE_METHODS:
            return self._changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic(using=router.db_for_write(self.model)):
            return self._changeform_view(request, object_id, form_url, extra_context)

    def _check_to_field(self, request: Any) -> Any:
        to_field = posted_or_asked(request, TO_FIELD_VAR)
        if to_field and not self.to_field_allowed(request, to_field):
            raise DisallowedModelAdminToField(f"The field {to_field} cannot be referenced.")
        return to_field

    def _get_obj_does_not_exist_redirect(self, request: Any, opts: Any, object_id: Any) -> Any:
        message = _("%(name)s with ID “%(key)s” doesn’t exist. Perhaps it was deleted?")
        self.message_user(
            request, message % {"name": opts.verbose_name, "key": unquote(object_id)}, messages.WARNING
        )
        return HttpResponseRedirect(reverse("admin:index", current_app=self.admin_site.name))

    def _object_to_change(self, request: Any, object_id: Any, to_field: Any) -> Any:
        """The object of the page, None when there is none; PermissionDenied when the user may not see or change it."""
        obj = self.get_object(request, unquote(object_id), to_field)  # type: ignore[attr-defined]
        if request.method == "POST" and not self._is_action(request):
            allowed = self.has_change_permission(request, obj)
        else:
            allowed = self.has_view_or_change_permission(request, obj)
        if not allowed:
            raise PermissionDenied
        return obj

    def _is_action(self, request: Any) -> bool:
        """Whether an action is to be run rather than the form saved, which is sent with it."""
        data = request.POST
        if request.method != "POST" or any(button in data for button in SAVE_BUTTONS):
            return False
        name = f"{ActionLocation.CHANGE_FORM.value}-action"
        return name in data and bool(data[name] or "index" in data)

    def _changeform_view(
        self, request: Any, object_id: Any, form_url: str, extra_context: dict[str, Any] | None
    ) -> Any:
        to_field = self._check_to_field(request)
        if request.method == "POST" and "_saveasnew" in request.POST:
            object_id = None
        add = object_id is None
        obj = None
        if add:
            if not self.has_add_permission(request):
                raise PermissionDenied
        else:
            obj = self._object_to_change(request, object_id, to_field)
            if obj is None:
                return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            if self._is_action(request):
                return self._run_form_action(request, obj)
        form_class = self.get_form(request, obj, change=not add)
        if request.method == "POST":
            form, formsets, inlines, response = self._save_posted(request, form_class, obj, add)
            if response is not None:
                return response
        elif add:
            form = form_class(initial=self.get_changeform_initial_data(request))
            formsets, inlines = self._create_formsets(request, form.instance, change=False)
        else:
            form = form_class(instance=obj)
            formsets, inlines = self._create_formsets(request, obj, change=True)
        context = self._form_context(request, form, formsets, inlines, obj, object_id, to_field)
        # A copy that was refused is shown as the form it came from, without what would save the original.
        if add and request.method == "POST" and "_saveasnew" in request.POST:
            context["show_save"] = False
            context["show_save_and_continue"] = False
            add = False
        context.update(extra_context or {})
        return self.render_change_form(request, context, add=add, change=not add, obj=obj, form_url=form_url)

    def _run_form_action(self, request: Any, obj: Any) -> Any:
        if request.POST.getlist(ACTION_CHECKBOX_NAME) != [str(obj.pk)]:
            raise BadRequest
        queryset = self.get_queryset(request)
        response = self.response_action(request, queryset, action_location=ActionLocation.CHANGE_FORM)
        if response is not None:
            return response
        return HttpResponseRedirect(self._with_filters(request, self._page_url("change", quote(obj.pk))))

    def _save_posted(
        self, request: Any, form_class: Any, obj: Any, add: bool
    ) -> tuple[Any, list[Any], list[Any], Any]:
        """Validate what was sent; save it when it is valid, and return the response last."""
        stored = copy.copy(obj)
        form = form_class(request.POST, request.FILES, instance=obj)
        valid = form.is_valid()
        new_object = self.save_form(request, form, change=not add) if valid else form.instance
        formsets, inlines = self._create_formsets(request, new_object, change=not add, stored=stored)
        if not (forms.all_valid(formsets) and valid):
            return form, formsets, inlines, None
        self.save_model(request, new_object, form, not add)
        self.save_related(request, form, formsets, not add)
        message = self.construct_change_message(request, form, formsets, add)
        if add:
            self.log_addition(request, new_object, message)
            response = self.response_add(request, new_object)
        else:
            self.log_change(request, new_object, message)
            response = self.response_change(request, new_object)
        return form, formsets, inlines, response

    def _form_context(
        self,
        request: Any,
        form: Any,
        formsets: list[Any],
        inlines: list[Any],
        obj: Any,
        object_id: Any,
        to_field: Any,
    ) -> dict[str, Any]:
        from offbeat.contrib.admin.helpers import AdminErrorList, AdminForm

        add = object_id is None
        fieldsets = self.get_fieldsets(request, obj)
        can_change = add or self.has_change_permission(request, obj)
        admin_form = AdminForm(
            form,
            list(fieldsets),
            # Nothing is filled in while nothing can be typed.
            self.get_prepopulated_fields(request, obj) if can_change else {},
            self.get_readonly_fields(request, obj) if can_change else flatten_fieldsets(fieldsets),
            model_admin=self,
        )
        inline_formsets = self.get_inline_formsets(request, formsets, inlines, obj)
        media = self.media + admin_form.media  # type: ignore[attr-defined]
        for inline_formset in inline_formsets:
            media += inline_formset.media
        if add:
            title = _("Add %s")
        else:
            title = _("Change %s") if can_change else _("View %s")
        context = {
            **self.admin_site.each_context(request),
            "title": title % self.opts.verbose_name,
            "subtitle": object_text(obj) if obj else None,
            "adminform": admin_form,
            "object_id": object_id,
            "original": obj,
            "is_popup": IS_POPUP_VAR in request.POST or IS_POPUP_VAR in request.GET,
            "source_model": posted_or_asked(request, SOURCE_MODEL_VAR),
            "to_field": to_field,
            "media": media,
            "inline_admin_formsets": inline_formsets,
            "errors": AdminErrorList(form, formsets),
            "preserved_filters": self.get_preserved_filters(request),
            "action_form": None,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        if not add and self._actions_at(request, ActionLocation.CHANGE_FORM):
            context["action_form"] = self._make_action_form(request, None, ActionLocation.CHANGE_FORM)
        return context

    def get_inline_formsets(
        self, request: Any, formsets: list[Any], inline_instances: list[Any], obj: Any = None
    ) -> list[Any]:
        """The formsets as the page shows them."""
        from offbeat.contrib.admin.helpers import InlineAdminFormSet

        # Who may only view the object may not change what belongs to it either.
        editable = self.has_change_permission(request, obj) if obj else True
        shown = []
        for inline, formset in zip(inline_instances, formsets, strict=True):
            if editable:
                permissions = {
                    "has_add_permission": inline.has_add_permission(request, obj),
                    "has_change_permission": inline.has_change_permission(request, obj),
                    "has_delete_permission": inline.has_delete_permission(request, obj),
                }
            else:
                permissions = dict.fromkeys(
                    ("has_add_permission", "has_change_permission", "has_delete_permission"), False
                )
                formset.extra = formset.max_num = 0
            shown.append(
                InlineAdminFormSet(
                    inline,
                    formset,
                    list(inline.get_fieldsets(request, obj)),
                    dict(inline.get_prepopulated_fields(request, obj)),
                    list(inline.get_readonly_fields(request, obj)),
                    model_admin=self,
                    has_view_permission=inline.has_view_permission(request, obj),
                    **permissions,
                )
            )
        return shown

    def render_change_form(
        self,
        request: Any,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        """The response with a form."""
        opts = self.opts
        preserved_filters = self.get_preserved_filters(request)
        preserved_qsl = self._get_preserved_qsl(request, preserved_filters)
        from offbeat.contrib.admin.templatetags.admin_urls import add_preserved_filters

        form_url = add_preserved_filters(
            {"preserved_filters": preserved_filters, "preserved_qsl": preserved_qsl, "opts": opts}, form_url
        )
        view_on_site_url = self.get_view_on_site_url(obj)
        inline_formsets = context["inline_admin_formsets"]
        context.update(
            {
                "add": add,
                "change": change,
                "has_view_permission": self.has_view_permission(request, obj),
                "has_add_permission": self.has_add_permission(request),
                "has_change_permission": self.has_change_permission(request, obj),
                "has_delete_permission": self.has_delete_permission(request, obj),
                "has_editable_inline_admin_formsets": any(
                    inline.has_add_permission or inline.has_change_permission or inline.has_delete_permission
                    for inline in inline_formsets
                ),
                "has_file_field": context["adminform"].form.is_multipart()
                or any(inline.formset.is_multipart() for inline in inline_formsets),
                "has_absolute_url": view_on_site_url is not None,
                "absolute_url": view_on_site_url,
                "form_url": form_url,
                "opts": opts,
                "content_type_id": get_content_type_for_model(self.model).pk,
                "save_as": self.save_as,
                "save_on_top": self.save_on_top,
                "to_field_var": TO_FIELD_VAR,
                "is_popup_var": IS_POPUP_VAR,
                "source_model_var": SOURCE_MODEL_VAR,
                "app_label": opts.app_label,
            }
        )
        template = self.add_form_template if add and self.add_form_template else self.change_form_template
        request.current_app = self.admin_site.name
        templates = template or [
            f"admin/{opts.app_label}/{opts.model_name}/change_form.html",
            f"admin/{opts.app_label}/change_form.html",
            "admin/change_form.html",
        ]
        return TemplateResponse(request, templates, context)
