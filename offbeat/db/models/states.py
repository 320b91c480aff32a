"""What an instance knows about itself besides its fields: `instance._state`.

Most instances know the same: they came from this database, and were not changed in a way that matters here. So instances
that were loaded (or are new) share a state, and get one of their own when somebody asks for `_state`.

In the dictionary of an instance a shared state is a text that stands for it. Python's cyclic collector does not look at
text, nor at a dictionary with nothing but such plain values: there is one object for it to look at for each instance
instead of three or four. Code in this package that only reads calls :func:`known_state`.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from offbeat.db.models.fetch_modes import FETCH_ONE, FETCH_PEERS, FETCH_RAISE

__all__ = [
    "NEW",
    "ModelState",
    "ModelStateFieldsCacheDescriptor",
    "PrefetchedOfInstance",
    "SharedState",
    "StateOfInstance",
    "can_share",
    "delete_related",
    "find_related",
    "get_related",
    "has_related",
    "known_state",
    "mark_saved",
    "own_state",
    "prefetched",
    "set_related",
    "shared_state",
]


class ModelStateFieldsCacheDescriptor:
    """Makes the dictionary of related objects on first use."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        cache: dict[str, Any] = {}
        instance.fields_cache = cache
        return cache


class ModelState:
    """The state that one instance has for itself."""

    # Alias of the database the instance came from or went to.
    db: str | None = None
    # True until the instance is known to be in the database; decides how unique values are checked.
    adding: bool = True
    # Related objects at hand, by the name of the relation.
    fields_cache: Any = ModelStateFieldsCacheDescriptor()
    # How missing values are fetched, and weak references to the instances of the same query.
    fetch_mode: Any = FETCH_ONE
    peers: Any = ()

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        # The other instances are not part of this one.
        state.pop("peers", None)
        return state


class SharedState(NamedTuple):
    """What the instances know that share a state.

    `related` and `column` name a foreign key and its column: the instance itself holds the related object of that one
    relation in `_related_`, and in `_related_key_` the column's value that it goes with.
    """

    db: str | None
    adding: bool
    fetch_mode: Any = FETCH_ONE
    related: str | None = None
    column: str | None = None

    @property
    def peers(self) -> tuple[Any, ...]:
        """Instances that know others do not share their state."""
        return ()

    def own(self) -> ModelState:
        """The same for one instance alone, without the related object."""
        state = ModelState()
        if self.db is not None:
            state.db = self.db
        if not self.adding:
            state.adding = False
        if self.fetch_mode is not FETCH_ONE:
            state.fetch_mode = self.fetch_mode
        return state


class _Shared(dict[str, SharedState]):
    """The shared states by the texts that stand for them; those say all, since they may come from another process."""

    def __missing__(self, text: str) -> SharedState:
        adding, mode, related, column, alias = text.split(_SEPARATOR, 4)
        state = SharedState(alias or None, adding == _NEW, _MODES[mode], related or None, column or None)
        self[text] = state
        return state


_SEPARATOR = "|"
_NEW, _LOADED = "new", "loaded"
_MODES = {"one": FETCH_ONE, "peers": FETCH_PEERS, "raise": FETCH_RAISE}
_NAMES = {id(mode): name for name, mode in _MODES.items()}
_shared = _Shared()


def can_share(mode: Any) -> bool:
    """True for fetch modes that shared states know: none of somebody's own."""
    return mode is None or id(mode) in _NAMES


@functools.lru_cache(maxsize=1024)
def shared_state(
    db: str | None, adding: bool, mode: Any = None, related: str | None = None, column: str | None = None
) -> str:
    """What to put into the dictionaries of all instances that know just this."""
    name = _NAMES[id(mode or FETCH_ONE)]
    return _SEPARATOR.join((_NEW if adding else _LOADED, name, related or "", column or "", db or ""))


NEW: str = shared_state(None, True)
"""What stands for the state of an instance that was just made."""


def known_state(instance: Any) -> Any:
    """The state, for reading only: a ModelState or a SharedState."""
    state = instance.__dict__.get("_state")
    if state is None:
        # A lazy object, whose own dictionary is not the instance's.
        state = instance._state
    return _shared[state] if type(state) is str else state


def own_state(instance: Any, shared: SharedState) -> ModelState:
    """A state with what the instance knows, for itself alone."""
    state = shared.own()
    name = shared.related
    if name is not None and has_related(instance, name):
        state.fields_cache = {name: instance._related_}
    return state


class StateOfInstance:
    """Model._state: gives the instance a state of its own when it has a shared one."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            raise AttributeError("Only instances have a _state.")
        data = instance.__dict__
        try:
            state = data["_state"]
        except KeyError:
            raise AttributeError(f"{type(instance).__name__!r} object has no attribute '_state'") from None
        if type(state) is str:
            shared = _shared[state]
            state = data["_state"] = own_state(instance, shared)
            if shared.related is not None:
                instance._related_ = None
        return state

    def __set__(self, instance: Any, state: Any) -> None:
        instance.__dict__["_state"] = state

    def __delete__(self, instance: Any) -> None:
        del instance.__dict__["_state"]


_NOT_LOADED: Any = object()
_MISSING: Any = object()


def find_related(instance: Any, name: str, default: Any = None) -> Any:
    """The object cached for the relation, or `default`."""
    data = instance.__dict__
    state = data.get("_state")
    if type(state) is not str:
        # The dictionary of a lazy object has none.
        return (instance._state if state is None else state).fields_cache.get(name, default)
    shared = _shared[state]
    if shared.related == name:
        try:
            # Somebody may have put other values into the dictionary, past the fields' attributes.
            if instance._related_key_ == data.get(shared.column, _NOT_LOADED):
                return instance._related_
        except AttributeError:
            # The dictionary came from another instance.
            pass
    return default


def get_related(instance: Any, name: str) -> Any:
    """The object cached for the relation; KeyError when there is none."""
    found = find_related(instance, name, _MISSING)
    if found is _MISSING:
        raise KeyError(name)
    return found


def has_related(instance: Any, name: str) -> bool:
    """True when an object (or None) is cached for the relation."""
    return find_related(instance, name, _MISSING) is not _MISSING


def set_related(instance: Any, name: str, value: Any, column: str | None = None) -> None:
    """Cache an object for the relation; `column` is that of a foreign key."""
    data = instance.__dict__
    state = data.get("_state")
    if type(state) is str and column in data:
        shared = _shared[state]
        if shared.related is None:
            data["_state"] = _relating(state, name, column)
        if shared.related is None or shared.related == name:
            instance._related_ = value
            instance._related_key_ = data[column]
            return
    instance._state.fields_cache[name] = value


def delete_related(instance: Any, name: str) -> None:
    """Forget the object cached for the relation; KeyError when there is none."""
    data = instance.__dict__
    state = data.get("_state")
    if type(state) is str:
        if not has_related(instance, name):
            raise KeyError(name)
        data["_state"] = _relating(state, "", "")
        instance._related_ = None
    else:
        del instance._state.fields_cache[name]


@functools.lru_cache(maxsize=1024)
def _relating(text: str, related: str, column: str) -> str:
    """The same state with another relation whose object the instance holds itself."""
    adding, mode, _, _, alias = text.split(_SEPARATOR, 4)
    return _SEPARATOR.join((adding, mode, related, column, alias))


@functools.lru_cache(maxsize=1024)
def _saved(text: str, alias: str) -> str:
    _, mode, related, column, _ = text.split(_SEPARATOR, 4)
    return _SEPARATOR.join((_LOADED, mode, related, column, alias))


def mark_saved(instance: Any, alias: str) -> None:
    """Note that the database `alias` has the instance now."""
    data = instance.__dict__
    state = data["_state"]
    if type(state) is str:
        data["_state"] = _saved(state, alias)
    else:
        state.adding = False
        state.db = alias


class PrefetchedOfInstance:
    """Model._prefetched_objects_cache, {name of the relation: its queryset}, once something was prefetched.

    With a single relation the queryset alone stands in the instance's dictionary until somebody asks for more.
    """

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            raise AttributeError("Only instances have a _prefetched_objects_cache.")
        data = instance.__dict__
        try:
            held = data["_prefetched_objects_cache"]
        except KeyError:
            raise AttributeError(
                f"{type(instance).__name__!r} object has no attribute '_prefetched_objects_cache'"
            ) from None
        link = getattr(held, "_owner_link", None)
        if link is None:
            return held
        cache = data["_prefetched_objects_cache"] = {link.cache_name: held}
        return cache

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__["_prefetched_objects_cache"] = value

    def __delete__(self, instance: Any) -> None:
        try:
            del instance.__dict__["_prefetched_objects_cache"]
        except KeyError:
            raise AttributeError("_prefetched_objects_cache") from None


def prefetched(instance: Any, name: str) -> Any:
    """The queryset that was prefetched for the relation, or None."""
    held = instance.__dict__.get("_prefetched_objects_cache")
    if held is None:
        return None
    link = getattr(held, "_owner_link", None)
    if link is None:
        return held.get(name)
    return held if link.cache_name == name else None
