"""Actions that every list offers."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.admin.constants import ACTION_CHECKBOX_NAME
from offbeat.contrib.admin.decorators import action
from offbeat.core.exceptions import PermissionDenied
from offbeat.utils.translation import gettext as _
from offbeat.utils.translation import gettext_lazy

__all__ = ["delete_selected"]


@action(  # type: ignore[untyped-decorator]
    permissions=["delete"],
    description=gettext_lazy("Delete selected %(verbose_name_plural)s"),
)
def delete_selected(modeladmin: Any, request: Any, queryset: Any) -> Any:
    """Ask whether to delete the objects with what belongs to them; with the answer, delete them and log it.

    PermissionDenied when something is among them that the user may not delete.
    """
    from offbeat.contrib import messages
    from offbeat.contrib.admin.utils import model_ngettext

    deletable_objects, model_count, perms_needed, protected = modeladmin.get_deleted_objects(
        queryset, request
    )
    if request.POST.get("post") and not protected:
        if perms_needed:
            raise PermissionDenied
        count = len(queryset)
        if count:
            modeladmin.log_deletions(request, queryset)
            modeladmin.delete_queryset(request, queryset)
            message = _("Successfully deleted %(count)d %(items)s.")
            names = {"count": count, "items": model_ngettext(modeladmin.opts, count)}
            modeladmin.message_user(request, message % names, messages.SUCCESS)
        return None
    return _confirmation(
        modeladmin, request, queryset, deletable_objects, model_count, perms_needed, protected
    )


def _confirmation(
    modeladmin: Any,
    request: Any,
    queryset: Any,
    deletable_objects: Any,
    model_count: Any,
    perms_needed: Any,
    protected: Any,
) -> Any:
    from offbeat.contrib.admin.utils import model_ngettext
    from offbeat.template.response import TemplateResponse

    opts = modeladmin.model._meta
    objects_name = model_ngettext(queryset)
    title = _("Delete multiple objects")
    if perms_needed or protected:
        title = _("Cannot delete %(name)s") % {"name": objects_name}
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": title,
        "subtitle": None,
        "objects_name": str(objects_name),
        "deletable_objects": [deletable_objects],
        "model_count": dict(model_count).items(),
        "queryset": queryset,
        "perms_lacking": perms_needed,
        "protected": protected,
        "opts": opts,
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
        "media": modeladmin.media,
        "delete_confirmation_max_display": modeladmin.delete_confirmation_max_display,
    }
    request.current_app = modeladmin.admin_site.name
    templates = modeladmin.delete_selected_confirmation_template or [
        f"admin/{opts.app_label}/{opts.model_name}/delete_selected_confirmation.html",
        f"admin/{opts.app_label}/delete_selected_confirmation.html",
        "admin/delete_selected_confirmation.html",
    ]
    return TemplateResponse(request, templates, context)
