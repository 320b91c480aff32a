"""The pages of the documentation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from offbeat.apps import apps
from offbeat.contrib import admin
from offbeat.contrib.admin.views.decorators import staff_member_required
from offbeat.contrib.admindocs import utils
from offbeat.contrib.admindocs.utils import get_view_name, simplify_regex
from offbeat.contrib.auth import get_permission_codename
from offbeat.core.exceptions import ImproperlyConfigured, PermissionDenied, ViewDoesNotExist
from offbeat.db import models
from offbeat.http import Http404
from offbeat.template import Engine
from offbeat.urls import get_resolver, get_urlconf
from offbeat.utils._os import safe_join
from offbeat.utils.decorators import method_decorator
from offbeat.utils.functional import cached_property
from offbeat.utils.inspect import (
    func_accepts_kwargs,
    func_accepts_var_args,
    get_func_full_args,
    method_has_no_args,
)
from offbeat.utils.translation import gettext as _
from offbeat.views.generic import TemplateView

__all__ = [
    "BaseAdminDocsView",
    "BookmarkletsView",
    "ModelDetailView",
    "ModelIndexView",
    "TemplateDetailView",
    "TemplateFilterIndexView",
    "TemplateTagIndexView",
    "ViewDetailView",
    "ViewIndexView",
    "extract_views_from_urlpatterns",
    "get_readable_field_data_type",
    "get_return_data_type",
    "simplify_regex",
    "user_has_model_view_permission",
]

MODEL_METHODS_EXCLUDE = ("_", "add_", "delete", "save", "set_")


class BaseAdminDocsView(TemplateView):
    """Base of the pages: for the staff, and in need of docutils."""

    @method_decorator(staff_member_required)
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if not utils.docutils_is_available:
            self.template_name = "admin_doc/missing_docutils.html"
            return self.render_to_response(admin.site.each_context(request))
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{**kwargs, **admin.site.each_context(self.request)})


class BookmarkletsView(BaseAdminDocsView):
    """Bookmarks that lead from a page to its documentation."""

    template_name = "admin_doc/bookmarklets.html"


def _described(function: Any, kind: str, name: str) -> dict[str, Any]:
    """A docstring as title, body and metadata in HTML."""
    title, body, metadata = utils.parse_docstring(function.__doc__)
    what = f"{kind}:{name}"
    return {
        "title": title and utils.parse_rst(title, kind, what),
        "body": body and utils.parse_rst(body, kind, what),
        "meta": {key: utils.parse_rst(value, kind, what) for key, value in metadata.items()},
    }


def _from_libraries(kind: str, of_library: Callable[[Any], dict[str, Any]]) -> list[dict[str, Any]]:
    """The tags or filters of the built-in libraries and of those of applications, described."""
    try:
        engine = Engine.get_default()
    except ImproperlyConfigured:
        # With several engines none is the default one.
        return []
    libraries = [("", library) for library in engine.template_builtins]
    libraries += sorted(engine.template_libraries.items())
    return [
        {"name": name, "library": path.rpartition(".")[2], **_described(function, kind, name)}
        for path, library in libraries
        for name, function in sorted(of_library(library).items())
    ]


class TemplateTagIndexView(BaseAdminDocsView):
    """All template tags."""

    template_name = "admin_doc/template_tag_index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tags = _from_libraries("tag", lambda library: library.tags)
        return super().get_context_data(**{**kwargs, "tags": tags})


class TemplateFilterIndexView(BaseAdminDocsView):
    """All template filters."""

    template_name = "admin_doc/template_filter_index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        filters = _from_libraries("filter", lambda library: library.filters)
        return super().get_context_data(**{**kwargs, "filters": filters})


def extract_views_from_urlpatterns(
    urlpatterns: Any, base: str = "", namespace: list[str] | None = None
) -> list[tuple[Any, str, list[str] | None, str | None]]:
    """The views of patterns: (view, pattern, namespaces, name); TypeError for what is no pattern."""
    found: list[tuple[Any, str, list[str] | None, str | None]] = []
    for pattern in urlpatterns:
        if hasattr(pattern, "url_patterns"):
            own = [pattern.namespace] if getattr(pattern, "namespace", None) else []
            found.extend(
                extract_views_from_urlpatterns(
                    pattern.url_patterns, base + str(pattern.pattern), [*(namespace or []), *own]
                )
            )
        elif hasattr(pattern, "callback"):
            found.append((pattern.callback, base + str(pattern.pattern), namespace, pattern.name))
        else:
            raise TypeError(_("%s does not appear to be a urlpattern object") % pattern)
    return found


def _views() -> Iterator[tuple[Any, str, list[str] | None, str | None]]:
    try:
        patterns = get_resolver(get_urlconf()).url_patterns
    except ViewDoesNotExist:
        return
    yield from extract_views_from_urlpatterns(patterns)


class ViewIndexView(BaseAdminDocsView):
    """All views."""

    template_name = "admin_doc/view_index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        views = [
            {
                "full_name": get_view_name(view),
                "url": simplify_regex(pattern),
                "url_name": ":".join([*(namespace or []), name or ""]),
                "namespace": ":".join(namespace or []),
                "name": name,
            }
            for view, pattern, namespace, name in _views()
        ]
        return super().get_context_data(**{**kwargs, "views": views})


class ViewDetailView(BaseAdminDocsView):
    """One view."""

    template_name = "admin_doc/view_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        name = self.kwargs["view"]
        # What no URL leads to is not shown: the name comes from the URL, and nothing is imported for it.
        view = next((one for one, *_rest in _views() if get_view_name(one) == name), None)
        if view is None:
            raise Http404
        title, body, metadata = utils.parse_docstring(getattr(view, "view_class", view).__doc__)
        what = _("view:") + name
        return super().get_context_data(
            **{
                **kwargs,
                "name": name,
                "summary": utils.strip_p_tags(title and utils.parse_rst(title, "view", what)),
                "body": body and utils.parse_rst(body, "view", what),
                "meta": {key: utils.parse_rst(value, "model", what) for key, value in metadata.items()},
            }
        )


def user_has_model_view_permission(user: Any, opts: Any) -> bool:
    """Whether a user may view or change a model's objects."""
    return any(
        user.has_perm(f"{opts.app_label}.{get_permission_codename(action, opts)}")
        for action in ("view", "change")
    )


class ModelIndexView(BaseAdminDocsView):
    """The models that the user may view."""

    template_name = "admin_doc/model_index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        allowed = [
            model._meta for model in apps.get_models() if user_has_model_view_permission(user, model._meta)
        ]
        return super().get_context_data(**{**kwargs, "models": allowed})


class ModelDetailView(BaseAdminDocsView):
    """One model: its fields, relations and methods."""

    template_name = "admin_doc/model_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        app_label, model_name = self.kwargs["app_label"], self.kwargs["model_name"]
        try:
            app_config = apps.get_app_config(app_label)
        except LookupError:
            raise Http404(_("App %(app_label)r not found") % {"app_label": app_label}) from None
        try:
            model = app_config.get_model(model_name)
        except LookupError:
            names = {"model_name": model_name, "app_label": app_label}
            raise Http404(_("Model %(model_name)r not found in app %(app_label)r") % names) from None
        if not user_has_model_view_permission(self.request.user, model._meta):
            raise PermissionDenied
        title, body, _metadata = utils.parse_docstring(model.__doc__)
        what = _("model:") + model_name
        fields = [*_fields(model), *_relations_to_many(model)]
        methods: list[dict[str, Any]] = []
        for entry in _methods(model):
            (methods if "arguments" in entry else fields).append(entry)
        fields.extend(_reverse_relations(model))
        return super().get_context_data(
            **{
                **kwargs,
                "app_label": app_label,
                "model_name": model_name,
                "name": model._meta.label,
                "summary": utils.strip_p_tags(title and utils.parse_rst(title, "model", what)),
                "description": body and utils.parse_rst(body, "model", what),
                "fields": fields,
                "methods": methods,
            }
        )


def _fields(model: Any) -> Iterator[dict[str, Any]]:
    for field in model._meta.fields:
        data_type: Any = get_readable_field_data_type(field)
        verbose = field.verbose_name
        if isinstance(field, models.ForeignKey):
            related = field.remote_field.model
            data_type = related.__name__
            text = _("the related `%(app_label)s.%(data_type)s` object")
            names = {"app_label": related._meta.app_label, "data_type": data_type}
            verbose = utils.parse_rst(text % names, "model", _("model:") + data_type)
        yield {
            "name": field.name,
            "data_type": data_type,
            "verbose": verbose or "",
            "help_text": field.help_text,
        }


def _to_many(name: str, related: Any, data_type: str) -> Iterator[dict[str, Any]]:
    """The two things that a relation to many is used for."""
    text = _("related `%(app_label)s.%(object_name)s` objects") % {
        "app_label": related._meta.app_label,
        "object_name": related.__name__,
    }
    what = _("model:") + related.__name__
    yield {
        "name": f"{name}.all",
        "data_type": "List",
        "verbose": utils.parse_rst(_("all %s") % text, "model", what),
    }
    yield {
        "name": f"{name}.count",
        "data_type": "Integer",
        "verbose": utils.parse_rst(_("number of %s") % text, "model", what),
    }


def _relations_to_many(model: Any) -> Iterator[dict[str, Any]]:
    for field in model._meta.many_to_many:
        yield from _to_many(field.name, field.remote_field.model, "List")


def _reverse_relations(model: Any) -> Iterator[dict[str, Any]]:
    for relation in model._meta.related_objects:
        yield from _to_many(relation.get_accessor_name(), relation.related_model, "List")


def _methods(model: Any) -> Iterator[dict[str, Any]]:
    """Properties and methods of the model's own; those that take arguments with them."""
    for name, function in model.__dict__.items():
        documented = inspect.isfunction(function) or isinstance(function, (cached_property, property))
        if not documented or name.startswith(MODEL_METHODS_EXCLUDE):
            continue
        doc = function.__doc__
        entry = {
            "name": name,
            "data_type": get_return_data_type(name),
            "verbose": doc and utils.parse_rst(inspect.cleandoc(doc), "model", _("model:") + model.__name__),
        }
        if inspect.isfunction(function) and not _takes_nothing(function):
            arguments = get_func_full_args(function)
            entry["arguments"] = ", ".join(
                "=".join([argument[0], *(repr(default) for default in argument[1:])])
                for argument in arguments
            )
        yield entry


def _takes_nothing(function: Any) -> bool:
    return (
        method_has_no_args(function)
        and not func_accepts_kwargs(function)
        and not func_accepts_var_args(function)
    )


def _template_folders() -> list[Any]:
    """The folders in which templates are looked for, in that order."""
    try:
        loaders = list(Engine.get_default().template_loaders)
    except ImproperlyConfigured:
        return []
    folders: list[Any] = []
    while loaders:
        loader = loaders.pop(0)
        # The cache stands before the loaders that it asks.
        if behind := getattr(loader, "loaders", None):
            loaders[:0] = behind
        elif hasattr(loader, "get_dirs"):
            folders.extend(loader.get_dirs())
    return folders


class TemplateDetailView(BaseAdminDocsView):
    """Where a template is found, and what is in it."""

    template_name = "admin_doc/template_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        template = self.kwargs["template"]
        found = []
        for order, folder in enumerate(_template_folders()):
            # Names that lead out of the folder are refused (SuspiciousFileOperation).
            file = Path(safe_join(folder, template))
            exists = file.is_file()
            contents = file.read_text(encoding="utf-8") if exists else ""
            found.append({"file": file, "exists": exists, "contents": contents, "order": order})
        return super().get_context_data(**{**kwargs, "name": template, "templates": found})


def get_return_data_type(func_name: str) -> str:
    """What a method's name says that it returns."""
    if func_name.startswith("get_"):
        if func_name.endswith("_list"):
            return "List"
        if func_name.endswith("_count"):
            return "Integer"
    return ""


def get_readable_field_data_type(field: Any) -> Any:
    """A field's kind as people read it, such as "String (up to 50)"."""
    return field.description % field.__dict__
