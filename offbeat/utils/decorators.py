"""Decorators of views: from function to method, from middleware to decorator, marks for middleware."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper, wraps
from typing import Any

from offbeat.concurrency import spawn
from offbeat.concurrency.marks import iscoroutinefunction, markcoroutinefunction

__all__ = [
    "async_only_middleware",
    "classonlymethod",
    "decorator_from_middleware",
    "decorator_from_middleware_with_args",
    "make_middleware_decorator",
    "method_decorator",
    "sync_and_async_middleware",
    "sync_only_middleware",
]


class classonlymethod(classmethod):  # type: ignore[type-arg]
    """A class method that cannot be called on an instance."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is not None:
            raise AttributeError("This method is available only on the class, not on instances.")
        return super().__get__(instance, cls)


def _decorate_method(decorators: Any, method: Any) -> Any:
    """Return a method that passes itself, bound, through function decorators at each call."""
    # Not of a set, whose order is anybody's guess: TypeError.
    decorators = decorators[::-1] if hasattr(decorators, "__iter__") else (decorators,)

    def bind(self: Any) -> Any:
        # A partial takes the attributes that some decorators set, which a bound method does not.
        bound: Any = wraps(method)(partial(method.__get__(self, type(self))))
        if iscoroutinefunction(method):
            markcoroutinefunction(bound)
        for decorator in decorators:
            bound = decorator(bound)
        return bound

    if iscoroutinefunction(method):

        async def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
            return await bind(self)(*args, **kwargs)
    else:

        def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
            return bind(self)(*args, **kwargs)

    # What the decorators add to a function (csrf_exempt, for one) must be seen on the method.
    for decorator in decorators:
        _copy_added_attributes(decorator, wrapper)
    update_wrapper(wrapper, method)
    return wrapper


def _copy_added_attributes(decorator: Any, target: Any) -> None:
    @decorator  # type: ignore[untyped-decorator]
    def probe(*args: Any, **kwargs: Any) -> None:
        """Takes the attributes."""

    target.__dict__.update(getattr(probe, "__dict__", {}))
    target.__dict__.pop("__wrapped__", None)


def method_decorator(decorator: Any, name: str = "") -> Callable[[Any], Any]:
    """Turn a function decorator, or several, into one for a method, or for method ``name`` of a class.

    ValueError and TypeError when a class is decorated without naming one of its methods.
    """

    def decorate(obj: Any) -> Any:
        if not isinstance(obj, type):
            return _decorate_method(decorator, obj)
        if not (name and hasattr(obj, name)):
            raise ValueError(
                "The keyword argument `name` must be the name of a method of the decorated class: "
                f"{obj}. Got '{name}' instead."
            )
        method = getattr(obj, name)
        if not callable(method):
            raise TypeError(f"Cannot decorate '{name}' as it isn't a callable attribute of {obj} ({method}).")
        setattr(obj, name, _decorate_method(decorator, method))
        return obj

    if not hasattr(decorator, "__iter__"):
        update_wrapper(decorate, decorator)
    shown = decorator if hasattr(decorator, "__name__") else decorator.__class__
    decorate.__name__ = f"method_decorator({shown.__name__})"
    return decorate


def decorator_from_middleware_with_args(middleware_class: Any) -> Callable[..., Any]:
    """Return a decorator factory whose arguments go to the middleware."""
    return make_middleware_decorator(middleware_class)


def decorator_from_middleware(middleware_class: Any) -> Callable[..., Any]:
    """Return a view decorator that applies the hooks of a middleware to one view."""
    return make_middleware_decorator(middleware_class)()  # type: ignore[no-any-return]


def make_middleware_decorator(middleware_class: Any) -> Callable[..., Any]:
    """Return a decorator factory over a middleware's hooks, for sync and async views alike."""

    def make_decorator(*margs: Any, **mkwargs: Any) -> Callable[[Any], Any]:
        def decorator(view_func: Any) -> Any:
            middleware = middleware_class(view_func, *margs, **mkwargs)

            def before(request: Any, args: Any, kwargs: Any) -> Any:
                response = None
                if hasattr(middleware, "process_request"):
                    response = middleware.process_request(request)
                if response is None and hasattr(middleware, "process_view"):
                    response = middleware.process_view(request, view_func, args, kwargs)
                return response

            def failed(request: Any, error: Exception) -> Any:
                if hasattr(middleware, "process_exception"):
                    return middleware.process_exception(request, error)
                return None

            def after(request: Any, response: Any) -> Any:
                process_response = getattr(middleware, "process_response", None)
                if hasattr(response, "render") and callable(response.render):
                    if hasattr(middleware, "process_template_response"):
                        response = middleware.process_template_response(request, response)
                    if process_response is not None:
                        response.add_post_render_callback(lambda done: process_response(request, done))
                elif process_response is not None:
                    return process_response(request, response)
                return response

            if iscoroutinefunction(view_func):

                async def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
                    response = await spawn(before, request, args, kwargs)
                    if response is not None:
                        return response
                    try:
                        response = await view_func(request, *args, **kwargs)
                    except Exception as error:
                        response = await spawn(failed, request, error)
                        if response is None:
                            raise
                        return response
                    return await spawn(after, request, response)
            else:

                def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
                    response = before(request, args, kwargs)
                    if response is not None:
                        return response
                    try:
                        response = view_func(request, *args, **kwargs)
                    except Exception as error:
                        response = failed(request, error)
                        if response is None:
                            raise
                        return response
                    return after(request, response)

            return wraps(view_func)(wrapper)

        return decorator

    return make_decorator


def sync_and_async_middleware(func: Any) -> Any:
    """Mark a middleware factory as able to be sync and async."""
    func.sync_capable = True
    func.async_capable = True
    return func


def sync_only_middleware(func: Any) -> Any:
    """Mark a middleware factory as sync; this is the default."""
    func.sync_capable = True
    func.async_capable = False
    return func


def async_only_middleware(func: Any) -> Any:
    """Mark a middleware factory as async."""
    func.sync_capable = False
    func.async_capable = True
    return func
