"""Views that render a template or redirect."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.http import HttpResponseGone, HttpResponsePermanentRedirect, HttpResponseRedirect
from offbeat.template import engine as _engine  # noqa: F401 - loaded with the views that render, not by a visitor
from offbeat.template.response import TemplateResponse
from offbeat.urls import reverse
from offbeat.utils.log import log_response
from offbeat.views.view import View

__all__ = ["ContextMixin", "RedirectView", "TemplateResponseMixin", "TemplateView", "View"]


class ContextMixin:
    """Gives a template its context: the keyword arguments, the view, and ``extra_context``."""

    extra_context: dict[str, Any] | None = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the context."""
        kwargs.setdefault("view", self)
        if self.extra_context is not None:
            kwargs.update(self.extra_context)
        return kwargs


class TemplateResponseMixin:
    """Renders a template."""

    template_name: str | None = None
    template_engine: str | None = None
    response_class: type[Any] = TemplateResponse
    content_type: str | None = None
    request: Any

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> Any:
        """Return a response with the view's template and the context."""
        response_kwargs.setdefault("content_type", self.content_type)
        return self.response_class(
            request=self.request,
            template=self.get_template_names(),
            context=context,
            using=self.template_engine,
            **response_kwargs,
        )

    def get_template_names(self) -> list[str]:
        """Return the names to try; ImproperlyConfigured without ``template_name``."""
        if self.template_name is None:
            raise ImproperlyConfigured(
                "TemplateResponseMixin requires either a definition of 'template_name' or an implementation of "
                "'get_template_names()'"
            )
        return [self.template_name]


class TemplateView(TemplateResponseMixin, ContextMixin, View):
    """Renders a template with the parameters of the URL in its context."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Render."""
        return self.render_to_response(self.get_context_data(**kwargs))


def _with_query(url: str, query: str) -> str:
    """Return the URL with more parameters after those it has."""
    base, fragment_mark, fragment = url.partition("#")
    joint = "&" if "?" in base else "?"
    return f"{base}{joint}{query}{fragment_mark}{fragment}"


class RedirectView(View):
    """Redirects to a URL or a URL pattern; answers 410 when there is none."""

    permanent = False
    url: Any = None
    pattern_name: str | None = None
    query_string = False
    preserve_request = False

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str | None:
        """Return the target, None for 410."""
        if self.url:
            url = self.url % kwargs
        elif self.pattern_name:
            url = reverse(self.pattern_name, args=args, kwargs=kwargs)
        else:
            return None
        query = self.request.META.get("QUERY_STRING", "")
        return _with_query(url, query) if query and self.query_string else url

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Redirect."""
        url = self.get_redirect_url(*args, **kwargs)
        if not url:
            response = HttpResponseGone()
            log_response("Gone: %s", request.path, response=response, request=request)
            return response
        kind = HttpResponsePermanentRedirect if self.permanent else HttpResponseRedirect
        return kind(url, preserve_request=self.preserve_request)

    def head(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Redirect."""
        return self.get(request, *args, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Redirect."""
        return self.get(request, *args, **kwargs)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Redirect."""
        return self.get(request, *args, **kwargs)

    def delete(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Redirect."""
        return self.get(request, *args, **kwargs)

    def put(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Redirect."""
        return self.get(request, *args, **kwargs)

    def patch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Redirect."""
        return self.get(request, *args, **kwargs)
