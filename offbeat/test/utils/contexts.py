"""Context managers which also decorate functions, coroutine functions and test classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar
from unittest import TestCase

from offbeat.concurrency.marks import iscoroutinefunction

T = TypeVar("T")

__all__ = ["TestContextDecorator", "isolate_apps"]


class TestContextDecorator:
    """Base of the tools below: define ``enable()`` and ``disable()``.

    As a class decorator it is enabled in ``setUp()``. What ``enable()`` returns is stored on the instance as
    ``attr_name``, or given to a decorated function as the keyword argument ``kwarg_name``.
    """

    __test__ = False

    def __init__(self, attr_name: str | None = None, kwarg_name: str | None = None) -> None:
        self.attr_name = attr_name
        self.kwarg_name = kwarg_name

    def enable(self) -> Any:
        """Begin the effect."""
        raise NotImplementedError("Subclasses must define enable().")

    def disable(self) -> None:
        """End it."""
        raise NotImplementedError("Subclasses must define disable().")

    def __enter__(self) -> Any:
        return self.enable()

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        self.disable()

    def decorate_class(self, cls: Any) -> Any:
        """Have the effect around each test of the class."""
        if not issubclass(cls, TestCase):
            raise TypeError("Can only decorate subclasses of unittest.TestCase")
        decorated_set_up = cls.setUp

        def setUp(inner_self: Any) -> None:
            context = self.enable()
            inner_self.addCleanup(self.disable)
            if self.attr_name:
                setattr(inner_self, self.attr_name, context)
            decorated_set_up(inner_self)

        cls.setUp = setUp
        return cls

    def decorate_callable(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Have the effect around each call."""
        if iscoroutinefunction(func):

            @wraps(func)
            async def async_inner(*args: Any, **kwargs: Any) -> Any:
                with self as context:
                    if self.kwarg_name:
                        kwargs[self.kwarg_name] = context
                    return await func(*args, **kwargs)

            return async_inner

        @wraps(func)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with self as context:
                if self.kwarg_name:
                    kwargs[self.kwarg_name] = context
                return func(*args, **kwargs)

        return inner

    def __call__(self, decorated: Any) -> Any:
        if isinstance(decorated, type):
            return self.decorate_class(decorated)
        if callable(decorated):
            return self.decorate_callable(decorated)
        raise TypeError(f"Cannot decorate object of type {type(decorated)}")


class isolate_apps(TestContextDecorator):
    """Register the models defined inside in an app registry of their own, which holds only the given apps.

    Source: Django documentation, topics/testing/tools, "Isolating apps".
    """

    def __init__(
        self, *installed_apps: str, attr_name: str | None = None, kwarg_name: str | None = None
    ) -> None:
        self.installed_apps: Iterable[str] = installed_apps
        super().__init__(attr_name=attr_name, kwarg_name=kwarg_name)

    def enable(self) -> Any:
        from offbeat.apps.registry import Apps
        from offbeat.db.models.options import Options

        self.old_apps = Options.default_apps
        apps = Apps(self.installed_apps)
        Options.default_apps = apps
        return apps

    def disable(self) -> None:
        from offbeat.db.models.options import Options

        Options.default_apps = self.old_apps
