"""What a system check reports."""

from __future__ import annotations

from typing import Any

DEBUG = 10
INFO = 20
WARNING = 30
ERROR = 40
CRITICAL = 50


class CheckMessage:
    """``level`` (an int), ``msg``, an optional ``hint``, the ``obj`` it is about, and an ``id`` such as ``fields.E001``."""

    def __init__(
        self, level: int, msg: Any, hint: Any = None, obj: Any = None, id: str | None = None
    ) -> None:
        if not isinstance(level, int):
            raise TypeError("The first argument should be level.")
        self.level = level
        self.msg = msg
        self.hint = hint
        self.obj = obj
        self.id = id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and all(
            getattr(self, name) == getattr(other, name) for name in ("level", "msg", "hint", "obj", "id")
        )

    def __hash__(self) -> int:
        return hash((self.level, self.msg, self.hint, self.id))

    def __str__(self) -> str:
        shown = "?" if self.obj is None else _name_of(self.obj)
        identifier = f"({self.id}) " if self.id else ""
        hint = f"\n\tHINT: {self.hint}" if self.hint else ""
        return f"{shown}: {identifier}{self.msg}{hint}"

    def __repr__(self) -> str:
        fields = ", ".join(
            f"{name}={getattr(self, name)!r}" for name in ("level", "msg", "hint", "obj", "id")
        )
        return f"<{type(self).__name__}: {fields}>"

    def is_serious(self, level: int = ERROR) -> bool:
        """Whether the level is at least ``level``."""
        return self.level >= level

    def is_silenced(self) -> bool:
        """Whether ``SILENCED_SYSTEM_CHECKS`` names this message."""
        from offbeat.conf import settings

        return self.id in settings.SILENCED_SYSTEM_CHECKS


def _name_of(obj: Any) -> str:
    meta = getattr(obj, "_meta", None)
    if isinstance(obj, type) and meta is not None and hasattr(meta, "label"):
        return str(meta.label)
    return str(obj)


class Debug(CheckMessage):
    """Level DEBUG."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(DEBUG, *args, **kwargs)


class Info(CheckMessage):
    """Level INFO."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(INFO, *args, **kwargs)


class Warning(CheckMessage):
    """Level WARNING."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(WARNING, *args, **kwargs)


class Error(CheckMessage):
    """Level ERROR."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(ERROR, *args, **kwargs)


class Critical(CheckMessage):
    """Level CRITICAL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(CRITICAL, *args, **kwargs)
