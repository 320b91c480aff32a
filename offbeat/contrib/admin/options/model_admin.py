"""ModelAdmin: how a model is administered (Django documentation: ref/contrib/admin, "ModelAdmin objects")."""

from __future__ import annotations

import warnings
from typing import Any

from offbeat.contrib.admin import assets
from offbeat.contrib.admin.options.base import LazyClass
from offbeat.contrib.admin.options.changelist import ChangeListMixin
from offbeat.core.exceptions import ValidationError
from offbeat.http import HttpResponseRedirect
from offbeat.urls import path, reverse
from offbeat.utils.deprecation import RemovedInDjango70Warning

__all__ = ["ModelAdmin"]

_ALL_RELATIONS = (
    "True as the value of list_select_related is deprecated. Name the relations in a list or tuple."
)


class ModelAdmin(ChangeListMixin):
    """Options and hooks of the pages of one model."""

    checks_class: Any = LazyClass("offbeat.contrib.admin.checks", "ModelAdminChecks")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("list_select_related") is True:
            warnings.warn(_ALL_RELATIONS, RemovedInDjango70Warning, stacklevel=2)

    def __init__(self, model: Any, admin_site: Any) -> None:
        self.model = model
        self.opts = model._meta
        self.admin_site = admin_site
        super().__init__()

    def __str__(self) -> str:
        return f"{self.opts.app_label}.{type(self).__name__}"

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__}: model={self.model.__qualname__} site={self.admin_site!r}>"

    @property
    def media(self) -> Any:
        """The scripts of the pages."""
        return assets.script_media(assets.MODEL_ADMIN)

    def get_urls(self) -> list[Any]:
        """The URL patterns of the model's pages."""
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        page = self._page
        return [
            path("", page(self.changelist_view), name=f"{prefix}_changelist"),
            path("add/", page(self.add_view), name=f"{prefix}_add"),
            path("<path:object_id>/history/", page(self.history_view), name=f"{prefix}_history"),
            path("<path:object_id>/delete/", page(self.delete_view), name=f"{prefix}_delete"),
            path("<path:object_id>/change/", page(self.change_view), name=f"{prefix}_change"),
            # What the URLs of forms once were.
            path("<path:object_id>/", page(self._to_change_view)),
        ]

    def _page(self, view: Any) -> Any:
        wrapper = self.admin_site._page(view)
        wrapper.model_admin = self
        return wrapper

    def _to_change_view(self, request: Any, object_id: str) -> Any:
        url = reverse(
            f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change", args=(object_id,)
        )
        if query := request.META.get("QUERY_STRING"):
            url = f"{url}?{query}"
        return HttpResponseRedirect(url)

    @property
    def urls(self) -> list[Any]:
        """The URL patterns of the model's pages."""
        return self.get_urls()

    def get_model_perms(self, request: Any) -> dict[str, bool]:
        """What the user may do with the model in general."""
        return {
            "add": self.has_add_permission(request),
            "change": self.has_change_permission(request),
            "delete": self.has_delete_permission(request),
            "view": self.has_view_permission(request),
        }

    def get_object(self, request: Any, object_id: str, from_field: str | None = None) -> Any:
        """The object with a key (or value of ``from_field``) that can be seen here, None without one."""
        queryset = self.get_queryset(request)
        model = queryset.model
        field = model._meta.pk if from_field is None else model._meta.get_field(from_field)
        try:
            return queryset.get(**{field.name: field.to_python(object_id)})
        except (model.DoesNotExist, ValidationError, ValueError):
            return None
