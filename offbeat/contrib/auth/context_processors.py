"""``user`` and ``perms`` in templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat.contrib.auth.models import AnonymousUser


class PermLookupDict:
    """Permissions of one application: ``perms.app.codename``."""

    def __init__(self, user: Any, app_label: str) -> None:
        self.user, self.app_label = user, app_label

    def __repr__(self) -> str:
        return str(self.user.get_all_permissions())

    def __getitem__(self, perm_name: str) -> bool:
        return bool(self.user.has_perm(f"{self.app_label}.{perm_name}"))

    def __iter__(self) -> Iterator[Any]:
        # Otherwise iteration would fall back to __getitem__ and never end.
        raise TypeError("PermLookupDict is not iterable.")

    def __bool__(self) -> bool:
        return bool(self.user.has_module_perms(self.app_label))


class PermWrapper:
    """Permissions by application: ``perms.app``, and ``"app.codename" in perms``."""

    def __init__(self, user: Any) -> None:
        self.user = user

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({self.user!r})"

    def __getitem__(self, app_label: str) -> PermLookupDict:
        return PermLookupDict(self.user, app_label)

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("PermWrapper is not iterable.")

    def __contains__(self, perm_name: str) -> bool:
        if "." not in perm_name:
            return bool(self[perm_name])
        app_label, perm_name = perm_name.split(".", 1)
        return self[app_label][perm_name]


def auth(request: Any) -> dict[str, Any]:
    """``user`` and ``perms``; without the middleware, those of an anonymous user."""
    user = request.user if hasattr(request, "user") else AnonymousUser()
    return {"user": user, "perms": PermWrapper(user)}
