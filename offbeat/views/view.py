"""The base of class-based views, apart from the generic ones so that it comes without forms and models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.concurrency.marks import iscoroutinefunction, markcoroutinefunction
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.http import HttpResponse, HttpResponseNotAllowed
from offbeat.utils.decorators import classonlymethod
from offbeat.utils.functional import classproperty
from offbeat.utils.log import log_response

__all__ = ["View"]


async def _ready(response: Any) -> Any:
    return response


class View:
    """The base of class-based views: one method per HTTP method, all of them sync or all async."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options", "trace"]
    request: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __init__(self, **kwargs: Any) -> None:
        for key, value in kwargs.items():
            setattr(self, key, value)

    @classproperty
    def view_is_async(cls) -> bool:
        """Whether the methods are async; ImproperlyConfigured for a mixture."""
        colours = {
            iscoroutinefunction(getattr(cls, method))
            for method in cls.http_method_names
            if method != "options" and hasattr(cls, method)
        }
        if len(colours) > 1:
            raise ImproperlyConfigured(
                f"{cls.__qualname__} HTTP handlers must either be all sync or all async."  # type: ignore[attr-defined]
            )
        return True in colours

    @classonlymethod
    def as_view(cls: Any, /, **initkwargs: Any) -> Callable[..., Any]:
        """Return the view function; TypeError for arguments that are no attributes of the class."""
        for key in initkwargs:
            if key in cls.http_method_names:
                raise TypeError(
                    f"The method name {key} is not accepted as a keyword argument to {cls.__name__}()."
                )
            if not hasattr(cls, key):
                raise TypeError(
                    f"{cls.__name__}() received an invalid keyword {key!r}. as_view only accepts arguments that "
                    "are already attributes of the class."
                )

        def view(request: Any, *args: Any, **kwargs: Any) -> Any:
            self = cls(**initkwargs)
            self.setup(request, *args, **kwargs)
            if not hasattr(self, "request"):
                raise AttributeError(
                    f"{cls.__name__} instance has no 'request' attribute. Did you override setup() and forget to "
                    "call super()?"
                )
            return self.dispatch(request, *args, **kwargs)

        face: Any = view
        face.view_class = cls
        face.view_initkwargs = initkwargs
        face.__doc__ = cls.__doc__
        face.__module__ = cls.__module__
        face.__annotations__ = cls.dispatch.__annotations__
        # What decorators on dispatch() have left there, such as csrf_exempt.
        face.__dict__.update(cls.dispatch.__dict__)
        if cls.view_is_async:
            markcoroutinefunction(face)
        return view

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Keep what the methods need; without a head() of its own the view answers HEAD with get()."""
        if hasattr(self, "get") and not hasattr(self, "head"):
            self.head = self.get
        self.request = request
        self.args = args
        self.kwargs = kwargs

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the method for the request's HTTP method."""
        method = request.method.lower()
        handler = self.http_method_not_allowed
        if method in self.http_method_names:
            handler = getattr(self, method, handler)
        return handler(request, *args, **kwargs)

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return 405 with the allowed methods."""
        response = HttpResponseNotAllowed(self._allowed_methods())
        log_response(
            "Method Not Allowed (%s): %s", request.method, request.path, response=response, request=request
        )
        return _ready(response) if self.view_is_async else response

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the allowed methods."""
        response = HttpResponse()
        response.headers["Allow"] = ", ".join(self._allowed_methods())
        response.headers["Content-Length"] = "0"
        return _ready(response) if self.view_is_async else response

    def _allowed_methods(self) -> list[str]:
        return [method.upper() for method in self.http_method_names if hasattr(self, method)]
