"""ModelAdmin: the pages to delete an object and to read its history."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.admin.constants import IS_POPUP_VAR, PAGE_VAR, TO_FIELD_VAR
from offbeat.contrib.admin.options.base import get_content_type_for_model
from offbeat.contrib.admin.options.changeform import (
    SAFE_METHODS,
    ChangeFormMixin,
    csrf_protect_m,
)
from offbeat.contrib.admin.utils import get_deleted_objects, object_text, unquote
from offbeat.core.exceptions import PermissionDenied
from offbeat.db import router, transaction
from offbeat.template.response import TemplateResponse
from offbeat.utils.text import capfirst
from offbeat.utils.translation import gettext as _

__all__ = ["DeletionMixin"]


class DeletionMixin(ChangeFormMixin):
    """Deleting and the history."""

    delete_confirmation_template: Any = None
    delete_selected_confirmation_template: Any = None
    object_history_template: Any = None

    def delete_model(self, request: Any, obj: Any) -> None:
        """Delete an object."""
        obj.delete()

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        """Delete the objects that were selected in a list."""
        queryset.delete()

    def get_deleted_objects(self, objs: Any, request: Any) -> Any:
        """What the deletion of objects entails: see ``utils.get_deleted_objects``."""
        return get_deleted_objects(objs, request, self.admin_site)

    @csrf_protect_m
    def delete_view(self, request: Any, object_id: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """The page that asks whether to delete an object; by POST it is deleted, in one transaction."""
        if request.method in SAFE_METHODS:
            return self._delete_view(request, object_id, extra_context)
        with transaction.atomic(using=router.db_for_write(self.model)):
            return self._delete_view(request, object_id, extra_context)

    def _delete_view(self, request: Any, object_id: Any, extra_context: dict[str, Any] | None) -> Any:
        to_field = self._check_to_field(request)
        obj = self.get_object(request, unquote(object_id), to_field)  # type: ignore[attr-defined]
        if not self.has_delete_permission(request, obj):
            raise PermissionDenied
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        deleted_objects, model_count, perms_needed, protected = self.get_deleted_objects([obj], request)
        # An empty form answers no question.
        if request.POST and not protected:
            if perms_needed:
                raise PermissionDenied
            obj_display = object_text(obj)
            obj_id = obj.serializable_value(to_field or self.opts.pk.attname)
            self.log_deletions(request, [obj])
            self.delete_model(request, obj)
            return self.response_delete(request, obj_display, obj_id)
        object_name = str(self.opts.verbose_name)
        title = _("Delete")
        if perms_needed or protected:
            title = _("Cannot delete %(name)s") % {"name": object_name}
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": None,
            "object_name": object_name,
            "object": obj,
            "escaped_object": object_text(obj),
            "deleted_objects": deleted_objects,
            "model_count": dict(model_count).items(),
            "perms_lacking": perms_needed,
            "protected": protected,
            "opts": self.opts,
            "app_label": self.opts.app_label,
            "preserved_filters": self.get_preserved_filters(request),
            "is_popup": IS_POPUP_VAR in request.POST or IS_POPUP_VAR in request.GET,
            "to_field": to_field,
            "delete_confirmation_max_display": self.delete_confirmation_max_display,
            **(extra_context or {}),
        }
        return self.render_delete_form(request, context)

    def render_delete_form(self, request: Any, context: dict[str, Any]) -> Any:
        """The response that asks whether to delete."""
        opts = self.opts
        request.current_app = self.admin_site.name
        context.update(
            to_field_var=TO_FIELD_VAR,
            is_popup_var=IS_POPUP_VAR,
            media=self.media,  # type: ignore[attr-defined]
        )
        templates = self.delete_confirmation_template or [
            f"admin/{opts.app_label}/{opts.model_name}/delete_confirmation.html",
            f"admin/{opts.app_label}/delete_confirmation.html",
            "admin/delete_confirmation.html",
        ]
        return TemplateResponse(request, templates, context)

    def history_view(self, request: Any, object_id: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """The log of an object, by pages."""
        from offbeat.contrib.admin.models import LogEntry

        obj = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        entries = (
            LogEntry.objects.filter(
                object_id=unquote(object_id), content_type=get_content_type_for_model(self.model)
            )
            .select_related("user", "content_type")
            .order_by("action_time")
        )
        paginator = self.get_paginator(request, entries, 100)  # type: ignore[attr-defined]
        page = paginator.get_page(request.GET.get(PAGE_VAR, 1))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change history: %s") % object_text(obj),
            "subtitle": None,
            "action_list": page,
            "page_range": paginator.get_elided_page_range(page.number),
            "page_var": PAGE_VAR,
            "pagination_required": paginator.count > 100,
            "module_name": str(capfirst(self.opts.verbose_name_plural)),
            "object": obj,
            "opts": self.opts,
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        opts = self.opts
        templates = self.object_history_template or [
            f"admin/{opts.app_label}/{opts.model_name}/object_history.html",
            f"admin/{opts.app_label}/object_history.html",
            "admin/object_history.html",
        ]
        return TemplateResponse(request, templates, context)
