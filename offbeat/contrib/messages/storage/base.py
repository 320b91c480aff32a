"""Message, and what all storages have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat.conf import settings
from offbeat.contrib.messages import constants, utils
from offbeat.utils.functional import SimpleLazyObject

LEVEL_TAGS: Any = SimpleLazyObject(utils.get_level_tags)


class Message:
    """A text with a level and tags; comparable, so that tests can say what they expect."""

    def __init__(self, level: int, message: Any, extra_tags: str | None = None) -> None:
        self.level = int(level)
        self.message = message
        self.extra_tags = extra_tags

    def _prepare(self) -> None:
        """Make lazy text plain, for it is to be serialized."""
        self.message = str(self.message)
        self.extra_tags = str(self.extra_tags) if self.extra_tags is not None else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.level == other.level and bool(self.message == other.message)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return str(self.message)

    def __repr__(self) -> str:
        extra_tags = f", extra_tags={self.extra_tags!r}" if self.extra_tags else ""
        return f"Message(level={self.level}, message={self.message!r}{extra_tags})"

    @property
    def tags(self) -> str:
        """The extra tags and the level's tag."""
        return " ".join(tag for tag in (self.extra_tags, self.level_tag) if tag)

    @property
    def level_tag(self) -> str:
        """The tag of the level."""
        return LEVEL_TAGS.get(self.level, "")  # type: ignore[no-any-return]


class BaseStorage:
    """Base of the storages; a subclass gives ``_get()`` and ``_store()``."""

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self._queued_messages: list[Message] = []
        self.used = False
        self.added_new = False
        super().__init__(*args, **kwargs)

    def __len__(self) -> int:
        return len(self._loaded_messages) + len(self._queued_messages)

    def __iter__(self) -> Iterator[Message]:
        self.used = True
        if self._queued_messages:
            self._loaded_messages.extend(self._queued_messages)
            self._queued_messages = []
        return iter(self._loaded_messages)

    def __contains__(self, item: object) -> bool:
        return item in self._loaded_messages or item in self._queued_messages

    def __repr__(self) -> str:
        return f"<{self.__class__.__qualname__}: request={self.request!r}>"

    @property
    def _loaded_messages(self) -> list[Message]:
        """The stored messages, loaded once."""
        if not hasattr(self, "_loaded_data"):
            messages, _ = self._get()
            self._loaded_data: list[Message] = messages or []
        return self._loaded_data

    def _get(self, *args: Any, **kwargs: Any) -> tuple[list[Any] | None, bool]:
        """The stored messages, and whether these are all of them."""
        raise NotImplementedError("subclasses of BaseStorage must provide a _get() method")

    def _store(self, messages: list[Message], response: Any, *args: Any, **kwargs: Any) -> list[Message]:
        """Store the messages; return those that could not be stored."""
        raise NotImplementedError("subclasses of BaseStorage must provide a _store() method")

    def _prepare_messages(self, messages: list[Message]) -> None:
        for message in messages:
            message._prepare()

    def update(self, response: Any) -> list[Message] | None:
        """Store what was not shown; return the messages for which there was no place."""
        self._prepare_messages(self._queued_messages)
        if self.used:
            return self._store(self._queued_messages, response)
        if self.added_new:
            return self._store(self._loaded_messages + self._queued_messages, response)
        return None

    def add(self, level: int, message: Any, extra_tags: str = "") -> None:
        """Queue a message; without text, or below the level that is kept, it is dropped."""
        if not message:
            return
        level = int(level)
        if level < self.level:
            return
        self.added_new = True
        self._queued_messages.append(Message(level, message, extra_tags=extra_tags))

    def _get_level(self) -> int:
        if not hasattr(self, "_level"):
            self._level = int(getattr(settings, "MESSAGE_LEVEL", constants.INFO))
        return self._level

    def _set_level(self, value: int | None = None) -> None:
        if value is None:
            if hasattr(self, "_level"):
                del self._level
        else:
            self._level = int(value)

    level = property(_get_level, _set_level, _set_level)
