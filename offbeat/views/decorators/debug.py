"""Marks for values that error reports must not show."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from offbeat.concurrency.marks import iscoroutinefunction
from offbeat.http import HttpRequest

__all__ = ["coroutine_functions_to_sensitive_variables", "sensitive_post_parameters", "sensitive_variables"]

# An async function's frame has no wrapper frame below it: its marks are kept by its code object's place.
coroutine_functions_to_sensitive_variables: dict[int, Any] = {}


def code_key(file_path: str, line_number: int) -> int:
    """Return the key for a function that begins at a line of a file."""
    return hash(f"{file_path}:{line_number}")


def sensitive_variables(*variables: str) -> Callable[[Any], Any]:
    """Hide the named local variables of a function in error reports, all of them without names."""
    if len(variables) == 1 and callable(variables[0]):
        raise TypeError(
            "sensitive_variables() must be called to use it as a decorator, e.g., use @sensitive_variables(), not "
            "@sensitive_variables."
        )

    def decorator(func: Any) -> Any:
        marks: Any = variables or "__ALL__"
        if iscoroutinefunction(func):

            async def async_wrapper(*func_args: Any, **func_kwargs: Any) -> Any:
                return await func(*func_args, **func_kwargs)

            code = getattr(inspect.unwrap(func), "__code__", None)
            if code is None:
                raise ValueError(f"{func.__name__} cannot safely be wrapped by @sensitive_variables.")
            coroutine_functions_to_sensitive_variables[code_key(code.co_filename, code.co_firstlineno)] = (
                marks
            )
            return wraps(func)(async_wrapper)

        @wraps(func)
        def sensitive_variables_wrapper(*func_args: Any, **func_kwargs: Any) -> Any:
            # The report finds this frame below the function's and reads the mark from it.
            sensitive_variables_wrapper.sensitive_variables = marks  # type: ignore[attr-defined]
            return func(*func_args, **func_kwargs)

        return sensitive_variables_wrapper

    return decorator


def sensitive_post_parameters(*parameters: str) -> Callable[[Any], Any]:
    """Hide the named POST parameters of a view in error reports, all of them without names."""
    if len(parameters) == 1 and callable(parameters[0]):
        raise TypeError(
            "sensitive_post_parameters() must be called to use it as a decorator, e.g., use "
            "@sensitive_post_parameters(), not @sensitive_post_parameters."
        )

    def mark(request: Any) -> None:
        if not isinstance(request, HttpRequest):
            raise TypeError(
                "sensitive_post_parameters didn't receive an HttpRequest object. If you are decorating a "
                "classmethod, make sure to use @method_decorator."
            )
        request.sensitive_post_parameters = parameters or "__ALL__"  # type: ignore[attr-defined]

    def decorator(view: Any) -> Any:
        if iscoroutinefunction(view):

            async def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
                mark(request)
                return await view(request, *args, **kwargs)
        else:

            def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
                mark(request)
                return view(request, *args, **kwargs)

        return wraps(view)(wrapper)

    return decorator
