"""The objects that a field with autocompletion finds, as JSON."""

from __future__ import annotations

from typing import Any

from offbeat.apps import apps
from offbeat.contrib.admin.exceptions import NotRegistered
from offbeat.core.exceptions import FieldDoesNotExist, PermissionDenied
from offbeat.http import Http404, JsonResponse
from offbeat.views.generic.list import BaseListView

__all__ = ["AutocompleteJsonView"]


class AutocompleteJsonView(BaseListView):
    """Answers the searches of ``AutocompleteSelect``."""

    paginate_by = 20
    admin_site: Any = None

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """A page of the results: ``{"results": [{"id": "123", "text": "foo"}], "pagination": {"more": true}}``.

        PermissionDenied when the user may not view the objects or the request does not name a field,
        Http404 when the model cannot be searched.
        """
        self.term, self.model_admin, self.source_field, to_field_name = self.process_request(request)
        if not self.has_perm(request):
            raise PermissionDenied
        self.object_list = self.get_queryset()
        context = self.get_context_data()
        return JsonResponse(
            {
                "results": [self.serialize_result(obj, to_field_name) for obj in context["object_list"]],
                "pagination": {"more": context["page_obj"].has_next()},
            }
        )

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """A result: what the form sends for it, and its text."""
        return {"id": str(getattr(obj, to_field_name)), "text": str(obj)}

    def get_paginator(self, *args: Any, **kwargs: Any) -> Any:
        return self.model_admin.get_paginator(self.request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """What the ModelAdmin's search finds among what the field allows."""
        queryset = self.model_admin.get_queryset(self.request)
        queryset = queryset.complex_filter(self.source_field.get_limit_choices_to())
        queryset, duplicates = self.model_admin.get_search_results(self.request, queryset, self.term)
        if duplicates:
            queryset = queryset.distinct()
        # Otherwise an object might be on two pages, and another on none.
        return queryset if queryset.ordered else queryset.order_by("pk")

    def process_request(self, request: Any) -> tuple[str, Any, Any, str]:
        """What is searched for: the term, the ModelAdmin, the field, and the name of the field that is its value."""
        term = request.GET.get("term", "")
        try:
            source_model = apps.get_model(request.GET["app_label"], request.GET["model_name"])
            source_field = source_model._meta.get_field(request.GET["field_name"])
            remote_model = source_field.remote_field.model
        except (KeyError, LookupError, FieldDoesNotExist, AttributeError, ValueError) as error:
            raise PermissionDenied from error
        try:
            model_admin = self.admin_site.get_model_admin(remote_model)
        except NotRegistered as error:
            raise PermissionDenied from error
        if not model_admin.get_search_fields(request):
            raise Http404(
                f"{type(model_admin).__qualname__} must have search_fields for the autocomplete_view."
            )
        remote_field = source_field.remote_field
        to_field_name = getattr(remote_field, "field_name", None) or remote_model._meta.pk.attname
        to_field_name = remote_model._meta.get_field(to_field_name).attname
        # Otherwise a field could be made to show the values of any column that something refers to.
        if not model_admin.to_field_allowed(request, to_field_name):
            raise PermissionDenied
        return term, model_admin, source_field, to_field_name

    def has_perm(self, request: Any, obj: Any = None) -> bool:
        """Whether the user may view the objects."""
        return self.model_admin.has_view_permission(request, obj=obj)  # type: ignore[no-any-return]
