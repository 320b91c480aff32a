"""QueryDict: the parameters of a query string or of a form, several values to a key."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, NoReturn
from urllib.parse import quote, unquote, urlencode

from offbeat.conf import settings
from offbeat.core.exceptions import TooManyFieldsSent
from offbeat.utils.datastructures import MultiValueDict

_entry: Any = dict.setdefault


def bytes_to_text(value: Any, encoding: str) -> Any:
    """Bytes decoded, what cannot be being replaced; anything else as it is."""
    return str(value, encoding, "replace") if isinstance(value, bytes) else value


def _decode(query_string: bytes, charset: str) -> str:
    try:
        return query_string.decode(charset)
    except UnicodeDecodeError:
        # A query string should be ASCII; some clients send raw bytes.
        return query_string.decode("iso-8859-1")


def _unpickle(kind: type[QueryDict], lists: list[tuple[Any, list[Any]]], state: dict[str, Any]) -> QueryDict:
    query = kind(mutable=True)
    for key, values in lists:
        query.setlist(key, values)
    for name, value in state.items():
        setattr(query, name, value)
    return query


class QueryDict(MultiValueDict):
    """A MultiValueDict made from a query string, immutable unless ``mutable``.

    Keys and values are text, decoded with ``encoding`` (``DEFAULT_CHARSET``). TooManyFieldsSent beyond the number of
    DATA_UPLOAD_MAX_NUMBER_FIELDS.
    """

    # Attributes of an object that is made for every request: these two cost less here.
    __slots__ = ("_encoding", "_mutable")

    _encoding: str | None
    _mutable: bool

    def __init__(
        self, query_string: str | bytes | None = None, mutable: bool = False, encoding: str | None = None
    ) -> None:
        self._encoding = encoding
        self._mutable = mutable
        if query_string:
            if not isinstance(query_string, str):
                query_string = _decode(query_string, encoding or settings.DEFAULT_CHARSET)
            self._read(query_string)

    def _read(self, query_string: str) -> None:
        limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        if limit is not None and query_string.count("&") >= limit:
            raise TooManyFieldsSent(
                "The number of GET/POST parameters exceeded settings.DATA_UPLOAD_MAX_NUMBER_FIELDS."
            )
        quoted = "%" in query_string or "+" in query_string
        # Split at "&" only. Below the public methods, which would check and convert again what is text already.
        for part in query_string.split("&"):
            name, _, value = part.partition("=")
            if quoted:
                name, value = name.replace("+", " "), value.replace("+", " ")
                if "%" in part:
                    charset = self._encoding or settings.DEFAULT_CHARSET
                    name, value = unquote(name, charset, "replace"), unquote(value, charset, "replace")
            if part:
                _entry(self, name, []).append(value)

    def __reduce__(self) -> Any:
        state = {**self.__dict__, "_mutable": self._mutable, "_encoding": self._encoding}
        return _unpickle, (self.__class__, list(self.lists()), state)

    def _append_text(self, name: str, value: str) -> None:
        """Add what is text already."""
        _entry(self, name, []).append(value)

    @classmethod
    def fromkeys(
        cls, iterable: Iterable[Any], value: Any = "", mutable: bool = False, encoding: str | None = None
    ) -> QueryDict:
        """Each key of ``iterable`` with the same value; repeated keys gather values."""
        query = cls("", mutable=True, encoding=encoding)
        for key in iterable:
            query.appendlist(key, value)
        query._mutable = mutable
        return query

    @property
    def encoding(self) -> str:
        if self._encoding is None:
            self._encoding = settings.DEFAULT_CHARSET
        return self._encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        self._encoding = value

    def _assert_mutable(self) -> None:
        if not self._mutable:
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise AttributeError("This QueryDict instance is immutable")

    def __setitem__(self, key: Any, value: Any) -> None:
        self._assert_mutable()
        super().__setitem__(bytes_to_text(key, self.encoding), bytes_to_text(value, self.encoding))

    def __delitem__(self, key: Any) -> None:
        self._assert_mutable()
        super().__delitem__(key)

    def __copy__(self) -> QueryDict:
        result = self.__class__("", mutable=True, encoding=self.encoding)
        for key, values in self.lists():
            result.setlist(key, values)
        return result

    def __deepcopy__(self, memo: dict[int, Any]) -> QueryDict:
        result = self.__class__("", mutable=True, encoding=self.encoding)
        memo[id(self)] = result
        for key, values in self.lists():
            result.setlist(copy.deepcopy(key, memo), copy.deepcopy(values, memo))
        return result

    def setlist(self, key: Any, list_: Iterable[Any]) -> None:
        """Set all values of a key."""
        self._assert_mutable()
        encoding = self.encoding
        super().setlist(bytes_to_text(key, encoding), [bytes_to_text(element, encoding) for element in list_])

    def setlistdefault(self, key: Any, default_list: list[Any] | None = None) -> list[Any]:
        """The values of a key, set first to ``default_list`` when there are none."""
        self._assert_mutable()
        values: list[Any] = super().setlistdefault(key, default_list)
        return values

    def appendlist(self, key: Any, value: Any) -> None:
        """Add a value to a key."""
        self._assert_mutable()
        super().appendlist(bytes_to_text(key, self.encoding), bytes_to_text(value, self.encoding))

    def pop(self, key: Any, *args: Any) -> Any:
        """Remove a key; the list of its values."""
        self._assert_mutable()
        return super().pop(key, *args)

    def popitem(self) -> tuple[Any, Any]:
        """Remove an arbitrary key; it and the list of its values."""
        self._assert_mutable()
        return super().popitem()

    def clear(self) -> None:
        """Remove everything."""
        self._assert_mutable()
        super().clear()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """The last value of a key, set first to ``default`` when there is none."""
        self._assert_mutable()
        return super().setdefault(bytes_to_text(key, self.encoding), bytes_to_text(default, self.encoding))

    def copy(self) -> QueryDict:
        """A deep copy, mutable."""
        return self.__deepcopy__({})

    def urlencode(self, safe: str | None = None) -> str:
        """As a query string; characters of ``safe`` are not escaped."""
        encoding = self.encoding
        output: list[str] = []
        for key, values in self.lists():
            raw_key = str(key).encode(encoding)
            for value in values:
                raw = value if isinstance(value, bytes) else str(value).encode(encoding)
                if safe:
                    output.append(f"{quote(raw_key, safe)}={quote(raw, safe)}")
                else:
                    output.append(urlencode({raw_key: raw}))
        return "&".join(output)


_new: Any = QueryDict.__new__


def read_query(query_string: str) -> QueryDict:
    """Return ``QueryDict(query_string)``: made for so many requests that the call of a class is felt."""
    query: QueryDict = _new(QueryDict)
    query._encoding = None
    query._mutable = False
    if query_string:
        query._read(query_string)
    return query
