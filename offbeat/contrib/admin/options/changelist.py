"""ModelAdmin: the list of objects."""

from __future__ import annotations

import re
from typing import Any

from offbeat import forms
from offbeat.contrib import messages
from offbeat.contrib.admin.constants import ACTION_CHECKBOX_NAME, ERROR_FLAG, ActionLocation, ShowFacets
from offbeat.contrib.admin.exceptions import IncorrectLookupParameters
from offbeat.contrib.admin.options.base import LazyClass
from offbeat.contrib.admin.options.changeform import csrf_protect_m
from offbeat.contrib.admin.options.deletion import DeletionMixin
from offbeat.contrib.admin.utils import lookup_spawns_duplicates, model_ngettext
from offbeat.core.exceptions import BadRequest, FieldDoesNotExist, PermissionDenied, ValidationError
from offbeat.db import models, router, transaction
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.http import HttpResponseRedirect
from offbeat.template.response import SimpleTemplateResponse, TemplateResponse
from offbeat.utils.text import smart_split, unescape_string_literal
from offbeat.utils.translation import gettext as _
from offbeat.utils.translation import ngettext

__all__ = ["ChangeListMixin"]


class ChangeListMixin(DeletionMixin):
    """The list of objects: columns, filters, search, editing and actions."""

    list_display: Any = ("__str__",)
    list_display_links: Any = ()
    list_filter: Any = ()
    list_select_related: Any = False
    list_per_page = 100
    list_max_show_all = 200
    list_editable: Any = ()
    search_fields: Any = ()
    search_help_text: Any = None
    date_hierarchy: Any = None
    paginator: Any = LazyClass("offbeat.core.paginator", "Paginator")
    show_facets = ShowFacets.ALLOW
    change_list_template: Any = None

    # Options as hooks

    def get_list_display(self, request: Any) -> Any:
        """The columns."""
        return self.list_display

    def get_list_display_links(self, request: Any, list_display: Any) -> Any:
        """The columns that lead to the form: by default the first one; None for none."""
        if self.list_display_links or self.list_display_links is None or not list_display:
            return self.list_display_links
        return list(list_display)[:1]

    def get_list_filter(self, request: Any) -> Any:
        """The filters."""
        return self.list_filter

    def get_list_select_related(self, request: Any) -> Any:
        """The relations that the query joins."""
        return self.list_select_related

    def get_search_fields(self, request: Any) -> Any:
        """The fields that are searched."""
        return self.search_fields

    def get_paginator(
        self,
        request: Any,
        queryset: Any,
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> Any:
        """The paginator of a list."""
        return self.paginator(queryset, per_page, orphans, allow_empty_first_page)

    def get_changelist(self, request: Any, **kwargs: Any) -> Any:
        """The class of the list: ``ChangeList``."""
        from offbeat.contrib.admin.views.main import ChangeList

        return ChangeList

    def get_changelist_instance(self, request: Any) -> Any:
        """The list of a request.

        IncorrectLookupParameters and DisallowedModelAdminLookup for URLs that filter by what they cannot, or may not.
        """
        list_display = self.get_list_display(request)
        list_display_links = self.get_list_display_links(request, list_display)
        if self._actions_at(request, ActionLocation.CHANGE_LIST):
            list_display = ["action_checkbox", *list_display]
        return self.get_changelist(request)(
            request,
            self.model,
            list_display,
            list_display_links,
            self.get_list_filter(request),
            self.date_hierarchy,
            self.get_search_fields(request),
            self.get_list_select_related(request),
            self.list_per_page,
            self.list_max_show_all,
            self.list_editable,
            self,
            self.get_sortable_by(request),
            self.search_help_text,
        )

    # Search

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The objects that match a search, and whether some may come several times.

        Every word, or text in quotes, has to be found in one of the ``search_fields``.
        """
        search_fields = self.get_search_fields(request)
        if not (search_fields and search_term):
            return queryset, False
        lookups = [_search_lookup(queryset.model._meta, name) for name in search_fields]
        words = models.Q()
        for word in smart_split(search_term):
            if word.startswith(('"', "'")) and word[0] == word[-1]:
                word = unescape_string_literal(word)
            found = models.Q()
            for lookup, field in lookups:
                for value in [word] if field is None else _values(field, word):
                    found |= models.Q((lookup, value))
            # No field can hold the word: nothing matches.
            words &= found or models.Q(pk__in=[])
        # One call: each would join relations to many anew.
        queryset = queryset.filter(words)
        duplicates = any(lookup_spawns_duplicates(self.opts, lookup) for lookup, _field in lookups)
        return queryset, duplicates

    # Editing

    def _get_edited_object_pks(self, request: Any, prefix: str) -> list[str]:
        name = re.compile(rf"{re.escape(prefix)}-\d+-{self.opts.pk.name}$")
        return [value for key, value in request.POST.items() if name.match(key)]

    def _get_list_editable_queryset(self, request: Any, prefix: str) -> Any:
        """The objects of the rows that were sent; all objects where the keys are invalid."""
        keys = self._get_edited_object_pks(request, prefix)
        queryset = self.get_queryset(request)
        try:
            for key in keys:
                self.opts.pk.to_python(key)
        except ValidationError:
            return queryset
        return queryset.filter(pk__in=keys)

    def _get_formset_with_permissions(self, request: Any, queryset: Any, for_save: bool = False) -> Any:
        """The formset of an editable list, in which rows that the user may not change have no fields."""
        formset_class = self.get_changelist_formset(request)
        if for_save:
            formset = formset_class(request.POST, request.FILES, queryset=queryset)
        else:
            formset = formset_class(queryset=queryset)
        for form in formset.forms:
            if not self.has_change_permission(request, form.instance):
                for name in self.list_editable:
                    del form.fields[name]
        return formset

    def _save_formset(self, request: Any, formset: Any) -> None:
        """Save the rows that were changed, and tell the user how many there were."""
        changed = 0
        with transaction.atomic(using=router.db_for_write(self.model)):
            for form in formset.forms:
                if not form.has_changed():
                    continue
                obj = self.save_form(request, form, change=True)
                self.save_model(request, obj, form, change=True)
                self.save_related(request, form, formsets=[], change=True)
                message = self.construct_change_message(request, form, None)
                self.log_change(request, obj, message)
                changed += 1
        if changed:
            text = ngettext(
                "%(count)s %(name)s was changed successfully.",
                "%(count)s %(name)s were changed successfully.",
                changed,
            )
            names = {"count": changed, "name": model_ngettext(self.opts, changed)}
            self.message_user(request, text % names, messages.SUCCESS)

    # The page

    @csrf_protect_m
    def changelist_view(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """The page with the list."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        try:
            cl = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            # The list without filters says so; were it wrong itself, the browser would go in circles.
            if ERROR_FLAG in request.GET:
                return SimpleTemplateResponse("admin/invalid_setup.html", {"title": _("Database error")})
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        actions = self._actions_at(request, ActionLocation.CHANGE_LIST)
        action_failed = False
        if request.method == "POST" and actions:
            response, action_failed = self._posted_list_action(request, cl)
            if response is not None:
                return response
        if action_failed:
            # To the same page, by GET, for the message.
            return HttpResponseRedirect(request.get_full_path())
        response = self._edit_list(request, cl)
        if response is not None:
            return response
        return self._render_list(request, cl, actions, extra_context)

    def _posted_list_action(self, request: Any, cl: Any) -> tuple[Any, bool]:
        """Run the action that was sent; the response, and whether there was an action that could not be run."""
        if "_save" in request.POST:
            return None, False
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not selected:
            if "index" not in request.POST:
                return None, False
            message = _(
                "Items must be selected in order to perform actions on them. No items have been changed."
            )
            self.message_user(request, message, messages.WARNING)
            return None, True
        response = self.response_action(request, queryset=cl.get_queryset(request))
        return response, response is None

    def _edit_list(self, request: Any, cl: Any) -> Any:
        """Save an editable list that was sent; otherwise give the list its formset."""
        cl.formset = None
        if not cl.list_editable:
            return None
        if request.method == "POST" and "_save" in request.POST:
            if not self.has_change_permission(request):
                raise PermissionDenied
            prefix = self.get_changelist_formset(request).get_default_prefix()
            queryset = self._get_list_editable_queryset(request, prefix)
            cl.formset = self._get_formset_with_permissions(request, queryset, for_save=True)
            # A list edits what it shows: more forms than that were forged.
            if cl.formset.total_form_count() > cl.formset.initial_form_count():
                raise BadRequest
            if forms.all_valid([cl.formset]):
                self._save_formset(request, cl.formset)
                return HttpResponseRedirect(request.get_full_path())
        elif self.has_change_permission(request):
            cl.formset = self._get_formset_with_permissions(request, cl.result_list)
        return None

    def _render_list(
        self, request: Any, cl: Any, actions: dict[str, Any], extra_context: dict[str, Any] | None
    ) -> Any:
        media = self.media  # type: ignore[attr-defined]
        if cl.formset:
            media += cl.formset.media
        action_form = None
        if actions:
            action_form = self._make_action_form(request, None, ActionLocation.CHANGE_LIST)
            media += action_form.media
        selection_note_all = ngettext(
            "%(total_count)s selected", "All %(total_count)s selected", cl.result_count
        )
        names = {"cnt": len(cl.result_list), "total_count": cl.result_count}
        context = {
            **self.admin_site.each_context(request),
            "module_name": str(self.opts.verbose_name_plural),
            "selection_note": _("0 of %(cnt)s selected") % names,
            "selection_note_all": selection_note_all % names,
            "title": cl.title,
            "subtitle": None,
            "is_popup": cl.is_popup,
            "to_field": cl.to_field,
            "cl": cl,
            "media": media,
            "has_add_permission": self.has_add_permission(request),
            "opts": cl.opts,
            "action_form": action_form,
            "actions_on_top": self.actions_on_top,
            "actions_on_bottom": self.actions_on_bottom,
            "actions_selection_counter": self.actions_selection_counter,
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        opts = self.opts
        templates = self.change_list_template or [
            f"admin/{opts.app_label}/{opts.model_name}/change_list.html",
            f"admin/{opts.app_label}/change_list.html",
            "admin/change_list.html",
        ]
        return TemplateResponse(request, templates, context)


_SEARCH_PREFIXES = {"^": "istartswith", "=": "iexact", "@": "search"}


def _search_lookup(opts: Any, name: str) -> tuple[str, Any]:
    """The lookup of a search field, and the field whose kind of value it wants (None: any text will do).

    Prefixes name the comparison, as a lookup at the end does; otherwise text that contains the word is found.
    """
    if name[:1] in _SEARCH_PREFIXES:
        return f"{name[1:]}{LOOKUP_SEP}{_SEARCH_PREFIXES[name[0]]}", None
    field: Any = None
    for part in name.split(LOOKUP_SEP):
        try:
            field = opts.pk if part == "pk" else opts.get_field(part)
        except FieldDoesNotExist:
            if field is not None and (field.get_transform(part) or field.get_lookup(part)):
                # A comparison by value needs a value of the field's kind.
                return name, field if part == "exact" else None
        else:
            if hasattr(field, "path_infos"):
                opts = field.path_infos[-1].to_opts
    return f"{name}{LOOKUP_SEP}icontains", None


def _values(field: Any, word: str) -> list[Any]:
    """The value of a field that a word stands for, none when it cannot be one."""
    while field.remote_field:
        field = field.target_field
    if isinstance(field, models.BooleanField):
        # Other words would count as true.
        values = {"true": True, "1": True, "false": False, "0": False, "none": None}
        return [values[word.lower()]] if word.lower() in values else []
    formfield = field.formfield()
    try:
        value = (formfield or field).to_python(word)
        # A choice is text to its form field.
        field.get_prep_value(value)
    except (ValidationError, ValueError, TypeError):
        return []
    return [value]
