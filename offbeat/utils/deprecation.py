"""Warnings for what will be removed, and the base class of hook-style middleware."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any

from offbeat.concurrency import wait
from offbeat.concurrency.marks import iscoroutinefunction, markcoroutinefunction


class RemovedInDjango70Warning(DeprecationWarning):
    """Works in the API level of 6.1 and goes in 7.0."""


class RemovedInDjango2028Warning(PendingDeprecationWarning):
    """Works in the API level of 6.1 and goes in the release after the next."""


RemovedInNextVersionWarning = RemovedInDjango70Warning
RemovedAfterNextVersionWarning = RemovedInDjango2028Warning


def deprecate_posargs(
    deprecation_warning: type[Warning], remappable_names: list[str] | tuple[str, ...], /
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: keyword-only parameters that were once positional are still accepted so, with a warning.

    ``remappable_names``: the keyword-only parameters, in their former positional order.
    """

    def decorator(func: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(func)
        names = list(signature.parameters)
        positional = [
            p for p in signature.parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        shown = func.__qualname__.removesuffix(".__init__")
        if not names:
            raise TypeError("@deprecate_posargs() needs a function with parameters.")

        def remap(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
            extra = args[len(positional) :]
            if len(extra) > len(remappable_names):
                raise TypeError(
                    f"{func.__qualname__}() takes at most {len(positional) + len(remappable_names)} positional "
                    f"argument(s) (including {len(remappable_names)} deprecated) but {len(args)} were given."
                )
            moved = dict(zip(remappable_names, extra, strict=False))
            if both := [name for name in moved if name in kwargs]:
                raise TypeError(
                    f"{func.__qualname__}() got both deprecated positional and keyword argument values for "
                    + ", ".join(repr(name) for name in both)
                )
            listed = ", ".join(repr(name) for name in moved)
            warnings.warn(
                f"Passing positional argument(s) {listed} to {shown}() is deprecated. Use keyword arguments instead.",
                deprecation_warning,
                stacklevel=3,
            )
            return args[: len(positional)], {**moved, **kwargs}

        if iscoroutinefunction(func):

            @functools.wraps(func)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                if len(args) > len(positional):
                    args, kwargs = remap(args, kwargs)
                return await func(*args, **kwargs)
        else:

            @functools.wraps(func)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                if len(args) > len(positional):
                    args, kwargs = remap(args, kwargs)
                return func(*args, **kwargs)

        return wrapper

    return decorator


class MiddlewareMixin:
    """Base of middleware made of ``process_request`` and ``process_response`` hooks.

    The hooks are plain functions; below an asynchronous chain they run in the request's bridge, without a thread.
    Django documentation: topics/http/middleware, "Upgrading pre-Django 1.10-style middleware".
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[..., Any]) -> None:
        if get_response is None:
            raise ValueError("get_response must be provided.")
        self.get_response = get_response
        self.async_mode = iscoroutinefunction(get_response)
        if self.async_mode:
            markcoroutinefunction(self)
        super().__init__()

    def __repr__(self) -> str:
        wrapped = getattr(self.get_response, "__qualname__", type(self.get_response).__name__)
        return f"<{type(self).__qualname__} get_response={wrapped}>"

    def __call__(self, request: Any) -> Any:
        if self.async_mode:
            return self.__acall__(request)
        return self._run(request)

    async def __acall__(self, request: Any) -> Any:
        from offbeat.concurrency import spawn

        return await spawn(self._run, request)

    def _run(self, request: Any) -> Any:
        response = None
        process_request: Callable[[Any], Any] | None = getattr(self, "process_request", None)
        process_response: Callable[[Any, Any], Any] | None = getattr(self, "process_response", None)
        if process_request is not None:
            response = process_request(request)
        if not response:
            response = self.get_response(request)
            if self.async_mode:
                response = wait(response)
        return process_response(request, response) if process_response is not None else response
