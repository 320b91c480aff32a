"""The registered checks, and running them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from itertools import chain
from types import FunctionType
from typing import Any, TypeVar, overload

from offbeat.core.checks.messages import CheckMessage


class Tags:
    """Built-in tags of checks."""

    admin = "admin"
    async_support = "async_support"
    caches = "caches"
    commands = "commands"
    compatibility = "compatibility"
    database = "database"
    files = "files"
    mail = "mail"
    models = "models"
    security = "security"
    signals = "signals"
    sites = "sites"
    staticfiles = "staticfiles"
    templates = "templates"
    translation = "translation"
    urls = "urls"


Check = Callable[..., Iterable[CheckMessage]]
C = TypeVar("C", bound=Callable[..., Any])


class CheckRegistry:
    """Checks that always run, and those that run before deployment only."""

    def __init__(self, builtin: Iterable[str] = ()) -> None:
        # Modules whose import registers checks: not loaded before somebody looks at the checks.
        self._builtin = tuple(builtin)
        self._checks: dict[bool, set[Any]] = {False: set(), True: set()}

    def _load_builtin(self) -> None:
        for module in self._builtin:
            import_module(module)
        self._builtin = ()

    @property
    def registered_checks(self) -> set[Any]:
        """The checks that always run."""
        self._load_builtin()
        return self._checks[False]

    @registered_checks.setter
    def registered_checks(self, checks: set[Any]) -> None:
        self._load_builtin()
        self._checks[False] = checks

    @property
    def deployment_checks(self) -> set[Any]:
        """The checks that run before deployment only."""
        self._load_builtin()
        return self._checks[True]

    @deployment_checks.setter
    def deployment_checks(self, checks: set[Any]) -> None:
        self._load_builtin()
        self._checks[True] = checks

    @overload
    def register(self, check: C, *tags: str, **kwargs: Any) -> C: ...

    @overload
    def register(self, check: str | None = None, *tags: str, **kwargs: Any) -> Callable[[C], C]: ...

    def register(self, check: Any = None, *tags: str, **kwargs: Any) -> Any:
        """Register ``check(app_configs, **kwargs)`` under tags; also usable as ``@register(*tags, deploy=…)``."""

        def inner(check: Any) -> Any:
            if not _takes_kwargs(check):
                raise TypeError("Check functions must accept keyword arguments (**kwargs).")
            check.tags = tags
            self._checks[bool(kwargs.get("deploy"))].add(check)
            return check

        if callable(check):
            return inner(check)
        if check:
            tags = (*tags, check)
        return inner

    def run_checks(
        self,
        app_configs: Any = None,
        tags: Sequence[str] | None = None,
        include_deployment_checks: bool = False,
        databases: Any = None,
    ) -> list[CheckMessage]:
        """All messages of the checks with any of ``tags``, or of all but database checks."""
        messages: list[CheckMessage] = []
        checks = self.get_checks(include_deployment_checks)
        if databases is None:
            # They would connect, which only those who name databases want.
            checks = [check for check in checks if Tags.database not in check.tags]
            databases = _all_databases()
        if tags is not None:
            checks = [check for check in checks if not set(check.tags).isdisjoint(tags)]
        for check in checks:
            found = check(app_configs=app_configs, databases=databases)
            if not isinstance(found, Iterable):
                raise TypeError(
                    f"The function {check!r} did not return a list. All functions registered with the checks registry "
                    "must return a list."
                )
            messages.extend(found)
        return messages

    def tag_exists(self, tag: str, include_deployment_checks: bool = False) -> bool:
        """Whether any check has this tag."""
        return tag in self.tags_available(include_deployment_checks)

    def tags_available(self, deployment_checks: bool = False) -> set[str]:
        """All tags of the registered checks."""
        return set(chain.from_iterable(check.tags for check in self.get_checks(deployment_checks)))

    def get_checks(self, include_deployment_checks: bool = False) -> list[Any]:
        """The checks, in a stable order."""
        checks = sorted(self.registered_checks, key=_place)
        if include_deployment_checks:
            checks += sorted(self.deployment_checks, key=_place)
        return checks


def _all_databases() -> list[str]:
    from offbeat.db import connections

    return list(connections)


def _place(check: Any) -> tuple[str, str]:
    return getattr(check, "__module__", None) or "", getattr(check, "__qualname__", "")


def _takes_kwargs(function: Any) -> bool:
    if isinstance(function, FunctionType) and not function.__dict__:
        # Most are, and a signature is slow to make.
        return bool(function.__code__.co_flags & inspect.CO_VARKEYWORDS)
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(function).parameters.values())


registry = CheckRegistry(
    f"offbeat.core.checks.{module}"
    for module in (
        "async_checks",
        "caches",
        "commands",
        "compatibility.django_4_0",
        "database",
        "files",
        "mail",
        "model_checks",
        "security.base",
        "security.csrf",
        "security.sessions",
        "templates",
        "translation",
        "urls",
    )
)
register = registry.register
run_checks = registry.run_checks
tag_exists = registry.tag_exists
