"""Helpers that span several layers (Django documentation: topics/http/shortcuts)."""

from __future__ import annotations

from typing import Any

from offbeat.concurrency import async_function
from offbeat.http import Http404, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from offbeat.template import engine as _engine  # noqa: F401 - loaded with the views that render, not by a visitor
from offbeat.template import loader
from offbeat.urls import NoReverseMatch, reverse
from offbeat.utils.functional import Promise
from offbeat.utils.http import MAX_URL_REDIRECT_LENGTH

__all__ = [
    "aget_list_or_404",
    "aget_object_or_404",
    "get_list_or_404",
    "get_object_or_404",
    "redirect",
    "render",
    "resolve_url",
]


def render(
    request: Any,
    template_name: Any,
    context: dict[str, Any] | None = None,
    content_type: str | None = None,
    status: int | None = None,
    using: str | None = None,
) -> HttpResponse:
    """Return a response with a rendered template."""
    content = loader.render_to_string(template_name, context, request, using=using)
    return HttpResponse(content, content_type, status)


def redirect(
    to: Any,
    *args: Any,
    permanent: bool = False,
    preserve_request: bool = False,
    max_length: int | None = MAX_URL_REDIRECT_LENGTH,
    **kwargs: Any,
) -> HttpResponseRedirect | HttpResponsePermanentRedirect:
    """Return a redirect to a model's URL, a view's name with arguments, or a URL."""
    kind: type[Any] = HttpResponsePermanentRedirect if permanent else HttpResponseRedirect
    target = resolve_url(to, *args, **kwargs)
    return kind(target, preserve_request=preserve_request, max_length=max_length)  # type: ignore[no-any-return]


def _get_queryset(klass: Any) -> Any:
    """Return the queryset of a model or manager, or ``klass`` itself."""
    return klass._default_manager.all() if hasattr(klass, "_default_manager") else klass


def _require(queryset: Any, method: str, klass: Any, shortcut: str) -> Any:
    if hasattr(queryset, method):
        return queryset
    name = klass.__name__ if isinstance(klass, type) else klass.__class__.__name__
    raise ValueError(f"First argument to {shortcut}() must be a Model, Manager, or QuerySet, not '{name}'.")


def _object_or_404(shortcut: str, klass: Any, args: Any, kwargs: Any) -> Any:
    queryset = _require(_get_queryset(klass), "get", klass, shortcut)
    try:
        return queryset.get(*args, **kwargs)
    except queryset.model.DoesNotExist:
        raise Http404(f"No {queryset.model._meta.object_name} matches the given query.") from None


def _list_or_404(shortcut: str, klass: Any, args: Any, kwargs: Any) -> list[Any]:
    queryset = _require(_get_queryset(klass), "filter", klass, shortcut)
    objects = list(queryset.filter(*args, **kwargs))
    if not objects:
        raise Http404(f"No {queryset.model._meta.object_name} matches the given query.")
    return objects


def get_object_or_404(klass: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the object that matches; Http404 when there is none, MultipleObjectsReturned for several."""
    return _object_or_404("get_object_or_404", klass, args, kwargs)


def get_list_or_404(klass: Any, *args: Any, **kwargs: Any) -> list[Any]:
    """Return the objects that match as a list; Http404 when there is none."""
    return _list_or_404("get_list_or_404", klass, args, kwargs)


aget_object_or_404 = async_function(get_object_or_404)
aget_list_or_404 = async_function(get_list_or_404)


def resolve_url(to: Any, *args: Any, **kwargs: Any) -> str:
    """Return the URL for a model (``get_absolute_url()``), a view with arguments, or a URL; NoReverseMatch."""
    if hasattr(to, "get_absolute_url"):
        return to.get_absolute_url()  # type: ignore[no-any-return]
    if isinstance(to, Promise):
        # A lazy text is not a name to look up as it is.
        to = str(to)
    # A relative URL is none to reverse.
    if isinstance(to, str) and to.startswith(("./", "../")):
        return to
    try:
        return reverse(to, args=args, kwargs=kwargs)
    except NoReverseMatch:
        # A callable cannot be a URL, and text without a slash or a dot does not look like one.
        if callable(to) or ("/" not in to and "." not in to):
            raise
    return to  # type: ignore[no-any-return]
