"""The result of resolving a path."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from offbeat.utils.functional import cached_property

__all__ = ["ResolverMatch"]


class ResolverMatch:
    """What a path resolved to: ``func``, ``args``, ``kwargs``, names, namespaces and the route.

    Unpacks as ``func, args, kwargs``. ``tried`` lists the chains of patterns looked at before this one; a
    match made by the compiled matcher works it out when asked.
    """

    __slots__ = ("__dict__", "_captured", "_leaf", "_path", "args", "func", "kwargs")

    func: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    _captured: dict[str, Any] | None
    # Where the compiled matcher found it: the rest is looked up there when it is asked for.
    _leaf: Any
    _path: str

    def __init__(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        url_name: str | None = None,
        app_names: list[str | None] | None = None,
        namespaces: list[str | None] | None = None,
        route: str | None = None,
        tried: list[Any] | None = None,
        captured_kwargs: dict[str, Any] | None = None,
        extra_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.func = func
        self.args = args
        self.kwargs = kwargs
        self.url_name = url_name
        self.app_names = [name for name in app_names if name] if app_names else []
        self.namespaces = [name for name in namespaces if name] if namespaces else []
        self.route = route
        self.tried = tried
        self.captured_kwargs = captured_kwargs
        self.extra_kwargs = extra_kwargs

    @cached_property
    def captured_kwargs(self) -> dict[str, Any] | None:
        return self._captured or {}

    @cached_property
    def url_name(self) -> str | None:
        return self._leaf.url_name  # type: ignore[no-any-return]

    @cached_property
    def app_names(self) -> list[str]:
        return list(self._leaf.app_names)

    @cached_property
    def namespaces(self) -> list[str]:
        return list(self._leaf.namespaces)

    @cached_property
    def route(self) -> str | None:
        return self._leaf.route  # type: ignore[no-any-return]

    @cached_property
    def extra_kwargs(self) -> dict[str, Any] | None:
        return dict(self._leaf.extra)

    @cached_property
    def sync_views(self) -> str | None:
        """Where synchronous views run, if a URLconf on the way says so."""
        leaf = getattr(self, "_leaf", None)
        return None if leaf is None else leaf.sync_views

    @cached_property
    def tried(self) -> list[Any] | None:
        return self._leaf.owner.tried_before_match(self._path)  # type: ignore[no-any-return]

    @property
    def app_name(self) -> str:
        return ":".join(self.app_names)

    @property
    def namespace(self) -> str:
        return ":".join(self.namespaces)

    @property
    def _func_path(self) -> str:
        func: Any = self.func
        if hasattr(func, "view_class"):
            func = func.view_class
        if isinstance(func, functools.partial):
            func = func.func
        if not hasattr(func, "__name__"):
            return f"{func.__class__.__module__}.{func.__class__.__name__}"
        return f"{func.__module__}.{func.__qualname__}"

    @property
    def view_name(self) -> str:
        return ":".join([*self.namespaces, self.url_name or self._func_path])

    def __getitem__(self, index: int) -> Any:
        return (self.func, self.args, self.kwargs)[index]

    def __repr__(self) -> str:
        func: Any = self.func
        shown = repr(func) if isinstance(func, functools.partial) else self._func_path
        return (
            f"ResolverMatch(func={shown}, args={self.args!r}, kwargs={self.kwargs!r}, "
            f"url_name={self.url_name!r}, app_names={self.app_names!r}, namespaces={self.namespaces!r}, "
            f"route={self.route!r}"
            + (f", captured_kwargs={self.captured_kwargs!r}" if self.captured_kwargs else "")
            + (f", extra_kwargs={self.extra_kwargs!r}" if self.extra_kwargs else "")
            + ")"
        )

    def __reduce_ex__(self, protocol: Any) -> Any:
        from pickle import PicklingError

        raise PicklingError(f"Cannot pickle {self.__class__.__qualname__}.")
