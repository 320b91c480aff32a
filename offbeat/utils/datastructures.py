"""Containers: multi-value and case-insensitive mappings, ordered sets."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

_get: Any = dict.get
_V = TypeVar("_V")
_H = TypeVar("_H", bound=Hashable)


class OrderedSet(Generic[_H]):
    """A set that keeps the order of insertion."""

    def __init__(self, iterable: Iterable[_H] | None = None) -> None:
        self.dict: dict[_H, None] = dict.fromkeys(iterable or ())

    def add(self, item: _H) -> None:
        """Add an item; nothing happens when it is there."""
        self.dict[item] = None

    def remove(self, item: _H) -> None:
        """Remove an item; KeyError when it is not there."""
        del self.dict[item]

    def discard(self, item: _H) -> None:
        """Remove an item if it is there."""
        self.dict.pop(item, None)

    def __iter__(self) -> Iterator[_H]:
        return iter(self.dict)

    def __reversed__(self) -> Iterator[_H]:
        return reversed(self.dict)

    def __contains__(self, item: object) -> bool:
        return item in self.dict

    def __bool__(self) -> bool:
        return bool(self.dict)

    def __len__(self) -> int:
        return len(self.dict)

    def __repr__(self) -> str:
        data = repr(list(self.dict)) if self.dict else ""
        return f"{type(self).__qualname__}({data})"


class MultiValueDictKeyError(KeyError):
    """The key is not in the MultiValueDict."""


class MultiValueDict(dict[Any, Any]):
    """A dictionary with a list of values for each key; looking a key up gives the last of them."""

    def __init__(self, key_to_list_mapping: Any = ()) -> None:
        super().__init__(key_to_list_mapping)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {super().__repr__()}>"

    def __getitem__(self, key: Any) -> Any:
        try:
            values = super().__getitem__(key)
        except KeyError:
            raise MultiValueDictKeyError(key)
        return values[-1] if values else []

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, [value])

    def __copy__(self) -> Any:
        return self.__class__([(key, values[:]) for key, values in self.lists()])

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        result = self.__class__()
        memo[id(self)] = result
        for key, values in dict.items(self):
            dict.__setitem__(result, copy.deepcopy(key, memo), copy.deepcopy(values, memo))
        return result

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_data": {key: self._getlist(key) for key in self}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        data = state.pop("_data", {})
        for key, values in data.items():
            self.setlist(key, values)
        self.__dict__.update(state)

    def get(self, key: Any, default: Any = None) -> Any:
        """The last value, or ``default`` when there is none."""
        values = _get(self, key)
        return values[-1] if values else default

    def _getlist(self, key: Any, default: Any = None, force_list: bool = False) -> Any:
        try:
            values = super().__getitem__(key)
        except KeyError:
            return [] if default is None else default
        return list(values) if force_list and values is not None else values

    def getlist(self, key: Any, default: Any = None) -> Any:
        """A copy of the list of values, or ``default``, or an empty list."""
        return self._getlist(key, default, force_list=True)

    def setlist(self, key: Any, list_: Any) -> None:
        """Set the whole list of values."""
        super().__setitem__(key, list_)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """The last value; sets ``default`` first when there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def setlistdefault(self, key: Any, default_list: Any = None) -> Any:
        """The list of values; sets ``default_list`` first when there is none."""
        if key not in self:
            self.setlist(key, [] if default_list is None else default_list)
        return self._getlist(key)

    def appendlist(self, key: Any, value: Any) -> None:
        """Append a value to the key's list."""
        self.setlistdefault(key).append(value)

    def items(self) -> Iterator[tuple[Any, Any]]:  # type: ignore[override]
        """(key, last value) pairs."""
        for key in self:
            yield key, self[key]

    def lists(self) -> Iterator[tuple[Any, Any]]:
        """(key, list of values) pairs."""
        return iter(super().items())

    def values(self) -> Iterator[Any]:  # type: ignore[override]
        """The last value of each key."""
        for key in self:
            yield self[key]

    def copy(self) -> Any:
        """A shallow copy: new lists, the same values."""
        return copy.copy(self)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Append the values of a mapping, of pairs, or of keywords to those that are there."""
        if len(args) > 1:
            raise TypeError(f"update expected at most 1 argument, got {len(args)}")
        if args:
            arg = args[0]
            if isinstance(arg, MultiValueDict):
                for key, values in arg.lists():
                    self.setlistdefault(key).extend(values)
            else:
                for key, value in arg.items() if isinstance(arg, Mapping) else arg:
                    self.setlistdefault(key).append(value)
        for key, value in kwargs.items():
            self.setlistdefault(key).append(value)

    def dict(self) -> dict[Any, Any]:
        """A plain dictionary of the last values."""
        return {key: self[key] for key in self}


class ImmutableList(tuple[Any, ...]):
    """A tuple that explains itself when it is treated as a list."""

    warning: Any

    def __new__(
        cls, *args: Any, warning: Any = "ImmutableList object is immutable.", **kwargs: Any
    ) -> ImmutableList:
        self = tuple.__new__(cls, *args, **kwargs)
        self.warning = warning
        return self

    def complain(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse a change."""
        raise AttributeError(self.warning)

    __delitem__ = __delslice__ = __iadd__ = __imul__ = __setitem__ = __setslice__ = complain
    append = extend = insert = pop = remove = sort = reverse = complain


class DictWrapper(dict[str, Any]):
    """A dictionary that applies ``func`` to the values of keys that begin with ``prefix``."""

    def __init__(self, data: Any, func: Callable[[Any], Any], prefix: str) -> None:
        super().__init__(data)
        self.func = func
        self.prefix = prefix

    def __getitem__(self, key: str) -> Any:
        prefixed = key.startswith(self.prefix)
        value = super().__getitem__(key.removeprefix(self.prefix))
        return self.func(value) if prefixed else value


class CaseInsensitiveMapping(Mapping[str, _V]):
    """A read-only mapping with case-insensitive text keys, which keeps the case they were given in."""

    def __init__(self, data: Any) -> None:
        self._store: dict[str, tuple[str, _V]] = {k.lower(): (k, v) for k, v in self._unpack_items(data)}

    def __getitem__(self, key: str) -> _V:
        return self._store[key.lower()][1]

    def __len__(self) -> int:
        return len(self._store)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and {k.lower(): v for k, v in self.items()} == {
            k.lower(): v for k, v in other.items()
        }

    def __iter__(self) -> Iterator[str]:
        return (original for original, _ in self._store.values())

    def __repr__(self) -> str:
        return repr(dict(self._store.values()))

    def copy(self) -> Any:
        """The mapping itself: it cannot change."""
        return self

    @staticmethod
    def _unpack_items(data: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(data, Mapping):
            yield from data.items()
            return
        for i, element in enumerate(data):
            if len(element) != 2:
                raise ValueError(
                    f"dictionary update sequence element #{i} has length {len(element)}; 2 is required."
                )
            if not isinstance(element[0], str):
                raise ValueError(f"Element key {element[0]!r} invalid, only strings are allowed")
            yield element
