"""What the deletion of objects entails, for the page that asks for confirmation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from offbeat.contrib.admin.constants import EMPTY_VALUE_STRING
from offbeat.contrib.admin.quoting import quote
from offbeat.db import models, router
from offbeat.db.models.deletion import Collector
from offbeat.urls import NoReverseMatch, reverse
from offbeat.utils.html import format_html
from offbeat.utils.text import capfirst

__all__ = ["NestedObjects", "get_deleted_objects"]


class NestedObjects(Collector):
    """Collects what would be deleted as a tree, with what protects itself beside it."""

    def __init__(self, using: str, origin: Any = None, force_collection: bool = True) -> None:
        super().__init__(using, origin, force_collection)
        # {object: objects deleted on its account}; None is the root.
        self.edges: dict[Any, list[Any]] = {}
        self.protected: set[Any] = set()
        self.model_objs: defaultdict[Any, set[Any]] = defaultdict(set)

    def add_edge(self, source: Any, target: Any) -> None:
        """Note that ``target`` is deleted on account of ``source``."""
        self.edges.setdefault(source, []).append(target)

    def collect(  # type: ignore[override]
        self, objs: Any, source: Any = None, source_attr: str | None = None, **kwargs: Any
    ) -> None:
        for obj in objs:
            if source_attr and not source_attr.endswith("+"):
                names = {"class": source._meta.model_name, "app_label": source._meta.app_label}
                self.add_edge(getattr(obj, source_attr % names), obj)
            else:
                self.add_edge(None, obj)
            self.model_objs[obj._meta.model].add(obj)
        try:
            super().collect(objs, source_attr=source_attr, **kwargs)
        except models.ProtectedError as error:
            self.protected.update(error.protected_objects)
        except models.RestrictedError as error:
            self.protected.update(error.restricted_objects)

    def related_objects(self, related_model: Any, related_fields: Any, objs: Any) -> Any:
        queryset = super().related_objects(related_model, related_fields, objs)
        # The row of the parent is part of the object itself.
        names = [field.name for field in related_fields if not field.remote_field.parent_link]
        return queryset.select_related(*names) if names else queryset

    def can_fast_delete(self, *args: Any, **kwargs: Any) -> bool:
        """Never: every object is shown."""
        return False

    def _subtree(self, obj: Any, seen: set[Any], format_callback: Callable[[Any], Any] | None) -> list[Any]:
        if obj in seen:
            return []
        seen.add(obj)
        children = [
            node for child in self.edges.get(obj, ()) for node in self._subtree(child, seen, format_callback)
        ]
        shown = [format_callback(obj) if format_callback else obj]
        return [*shown, children] if children else shown

    def nested(self, format_callback: Callable[[Any], Any] | None = None) -> list[Any]:
        """The tree as nested lists: an object is followed by the list of what is deleted on its account."""
        seen: set[Any] = set()
        return [
            node for root in self.edges.get(None, ()) for node in self._subtree(root, seen, format_callback)
        ]


def _describe(obj: Any, admin_site: Any) -> Any:
    """An object as text, a link where it has a page in the admin."""
    opts = obj._meta
    text = str(obj).strip() or EMPTY_VALUE_STRING
    if admin_site.is_registered(type(obj)):
        name = f"{admin_site.name}:{opts.app_label}_{opts.model_name}_change"
        try:
            url = reverse(name, None, (quote(obj.pk),))
        except NoReverseMatch:
            pass
        else:
            return format_html('{}: <a href="{}">{}</a>', capfirst(opts.verbose_name), url, text)
    return f"{capfirst(opts.verbose_name)}: {text}"


def get_deleted_objects(
    objs: Any, request: Any, admin_site: Any
) -> tuple[list[Any], dict[Any, int], set[Any], list[Any]]:
    """What deleting ``objs`` (a queryset or list of one model) entails.

    Returns the objects as nested lists of texts, ``{name of the model: how many}``, the names of models that the user
    may not delete, and the texts of objects that forbid the deletion.
    """
    try:
        first = objs[0]
    except IndexError:
        return [], {}, set(), []
    collector = NestedObjects(using=router.db_for_write(type(first)), origin=objs)
    collector.collect(objs)
    perms_needed: set[Any] = set()

    def describe(obj: Any) -> Any:
        model = type(obj)
        if admin_site.is_registered(model):
            model_admin = admin_site.get_model_admin(model)
            if not model_admin.has_delete_permission(request, obj):
                perms_needed.add(obj._meta.verbose_name)
        return _describe(obj, admin_site)

    to_delete = collector.nested(describe)
    protected = [describe(obj) for obj in collector.protected]
    model_count = {
        model._meta.verbose_name_plural: len(found) for model, found in collector.model_objs.items()
    }
    return to_delete, model_count, perms_needed, protected
