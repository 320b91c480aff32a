"""Tags of the forms to add and change."""

from __future__ import annotations

import json
from typing import Any

from offbeat.contrib.admin.templatetags.base import admin_tag, page_context
from offbeat.template import Library
from offbeat.template.context import Context

__all__ = ["cell_count", "prepopulated_fields_js", "register", "submit_row"]

register = Library()


def prepopulated_fields_js(context: Any) -> Any:
    """The page's context with the fields that are filled while others are typed."""
    fields: list[dict[str, Any]] = []
    if "adminform" in context:
        fields.extend(context["adminform"].prepopulated_fields)
    for formset in context.get("inline_admin_formsets") or ():
        for form in formset:
            if form.original is None:
                fields.extend(form.prepopulated_fields)
    described = [
        {
            "id": f"#{one['field'].auto_id}",
            "name": one["field"].name,
            "dependency_ids": [f"#{other.auto_id}" for other in one["dependencies"]],
            "dependency_list": [other.name for other in one["dependencies"]],
            "maxLength": one["field"].field.max_length or 50,
            "allowUnicode": getattr(one["field"].field, "allow_unicode", False),
        }
        for one in fields
    ]
    context.update({"prepopulated_fields": fields, "prepopulated_fields_json": json.dumps(described)})
    return context


prepopulated_fields_js_tag = admin_tag(
    register, "prepopulated_fields_js", prepopulated_fields_js, "prepopulated_fields_js.html"
)


def submit_row(context: Any) -> Any:
    """The page's context with which buttons are shown."""
    add, change = context["add"], context["change"]
    is_popup, save_as = context["is_popup"], context["save_as"]
    show_save = context.get("show_save", True)
    show_save_and_add_another = context.get("show_save_and_add_another", True)
    show_save_and_continue = context.get("show_save_and_continue", True)
    has_add_permission = context["has_add_permission"]
    has_change_permission = context["has_change_permission"]
    has_view_permission = context["has_view_permission"]
    editable_inlines = context["has_editable_inline_admin_formsets"]
    can_save = (has_change_permission and change) or (has_add_permission and add) or editable_inlines
    can_add_another = has_add_permission and not is_popup and (not save_as or add) and can_save
    can_continue = not is_popup and can_save and has_view_permission and show_save_and_continue
    can_change = has_change_permission or editable_inlines
    new_context = Context(context)
    new_context.update(
        {
            "can_change": can_change,
            "show_delete_link": not is_popup
            and context["has_delete_permission"]
            and change
            and context.get("show_delete", True),
            "show_save_as_new": not is_popup
            and has_change_permission
            and change
            and save_as
            and has_add_permission,
            "show_save_and_add_another": can_add_another and show_save_and_add_another,
            "show_save_and_continue": can_continue,
            "show_save": show_save and can_save,
            "show_close": not (show_save and can_save),
        }
    )
    return new_context


submit_row_tag = admin_tag(register, "submit_row", submit_row, "submit_line.html")


change_form_object_tools_tag = admin_tag(
    register, "change_form_object_tools", page_context, "change_form_object_tools.html"
)


admin_actions_tag = admin_tag(register, "change_form_admin_actions", page_context, "change_form_actions.html")


@register.filter
def cell_count(inline_admin_form: Any) -> int:
    """How many cells a row of a tabular inline has."""
    # The first is the hidden key's.
    count = 1
    for fieldset in inline_admin_form:
        for line in fieldset:
            for one in line:
                hidden = one.field["is_hidden"] if one.is_readonly else one.field.is_hidden
                count += not hidden
    return count + 1 if inline_admin_form.formset.can_delete else count
