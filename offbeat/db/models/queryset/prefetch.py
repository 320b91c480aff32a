"""prefetch_related(): relations of many objects, fetched with one query for each level.

A lookup such as "books__publisher" is walked level by level. At each level the objects in hand are given their
related objects by a *prefetcher* (a relation's descriptor or manager, anything with get_prefetch_querysets()), and
those become the objects of the next level. Lookups of the querysets used on the way are taken over, one at a time, so
that they too cost one query for all objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, cast

from offbeat.concurrency import async_function
from offbeat.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from offbeat.db.lazy_loads import unwatched, watching
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.queryset.iteration import ModelIterable
from offbeat.db.models.queryset.state import OwnerLink
from offbeat.db.models.states import find_related, known_state, prefetched, set_related
from offbeat.utils.functional import LazyObject, cached_property

__all__ = [
    "Prefetch",
    "aprefetch_related_objects",
    "get_prefetcher",
    "prefetch_one_level",
    "prefetch_related_objects",
]


class Prefetch:
    """A lookup for prefetch_related() with a queryset of its own, or an attribute to keep the result in."""

    def __init__(self, lookup: str, queryset: Any = None, to_attr: str | None = None) -> None:
        if queryset is not None and not _gives_instances(queryset):
            raise ValueError("Prefetch querysets cannot use raw(), values(), and values_list().")
        self.prefetch_through = lookup
        self.prefetch_to = lookup
        if to_attr:
            self.prefetch_to = LOOKUP_SEP.join([*lookup.split(LOOKUP_SEP)[:-1], to_attr])
        self.queryset = queryset
        self.to_attr = to_attr

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        if self.queryset is not None:
            # Pickling a queryset evaluates it; an empty result keeps it from doing so.
            queryset = self.queryset._chain()
            queryset._result_cache = []
            queryset._prefetch_done = True
            state["queryset"] = queryset
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.queryset is not None:
            self.queryset._result_cache = None
            self.queryset._prefetch_done = False

    def add_prefix(self, prefix: str) -> None:
        """Make the lookup start one relation earlier."""
        self.prefetch_to = prefix + LOOKUP_SEP + self.prefetch_to
        self.prefetch_through = prefix + LOOKUP_SEP + self.prefetch_through

    def get_current_prefetch_to(self, level: int) -> str:
        """The path of the attribute filled at `level`."""
        return LOOKUP_SEP.join(self.prefetch_to.split(LOOKUP_SEP)[: level + 1])

    def get_current_to_attr(self, level: int) -> tuple[str, bool]:
        """The attribute filled at `level`, and whether it is a to_attr."""
        parts = self.prefetch_to.split(LOOKUP_SEP)
        return parts[level], bool(self.to_attr) and level == len(parts) - 1

    def get_current_querysets(self, level: int) -> list[Any] | None:
        """The querysets to use at `level`, if any were given."""
        if self.queryset is not None and self.get_current_prefetch_to(level) == self.prefetch_to:
            return [self.queryset]
        return None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Prefetch):
            return NotImplemented
        return self.prefetch_to == other.prefetch_to

    def __hash__(self) -> int:
        return hash((self.__class__, self.prefetch_to))


def _gives_instances(queryset: Any) -> bool:
    from offbeat.db.models.queryset.raw import RawQuerySet

    if isinstance(queryset, RawQuerySet):
        return False
    return not hasattr(queryset, "_iterable_class") or issubclass(queryset._iterable_class, ModelIterable)


def _itself(instance: Any) -> Any:
    """The instance that a lazy object stands for."""
    if issubclass(type(instance), LazyObject):
        # Whatever is read loads it.
        assert instance._state is not None
        return instance._wrapped
    return instance


def prefetch_related_objects(model_instances: Sequence[Any], *related_lookups: Any) -> None:
    """Prefetch `related_lookups` (names or Prefetch objects) for instances of one model."""
    if not model_instances:
        return
    prefetching = _Prefetching([_itself(instance) for instance in model_instances])
    if watching.get() is None:
        prefetching.run(_normalized(related_lookups))
    else:
        with unwatched():
            prefetching.run(_normalized(related_lookups))


aprefetch_related_objects = async_function(prefetch_related_objects)


def _normalized(lookups: Iterable[Any], prefix: str | None = None) -> list[Prefetch]:
    result = []
    for lookup in lookups:
        if not isinstance(lookup, Prefetch):
            lookup = Prefetch(lookup)
        if prefix:
            lookup.add_prefix(prefix)
        result.append(lookup)
    return result


class _Prefetcher(NamedTuple):
    """What one relation offers: who prefetches it, whether it exists, and for which objects it was fetched."""

    prefetcher: Any
    descriptor: Any
    found: bool
    is_fetched: Any


class _Prefetching:
    """One run of prefetch_related_objects()."""

    def __init__(self, instances: Sequence[Any]) -> None:
        self.instances = instances
        self.done: dict[str, list[Any]] = {}
        # Lookups that came from querysets on the way, and the relations they came through: recursion ends there.
        self.automatic: set[Prefetch] = set()
        self.followed: set[Any] = set()

    def run(self, lookups: list[Prefetch]) -> None:
        pending = lookups[::-1]
        while pending:
            lookup = pending.pop()
            if lookup.prefetch_to in self.done:
                if lookup.queryset is not None:
                    raise ValueError(
                        f"'{lookup.prefetch_to}' lookup was already seen with a different queryset. "
                        "You may need to adjust the ordering of your lookups."
                    )
                continue
            pending.extend(self.walk(lookup)[::-1])

    def walk(self, lookup: Prefetch) -> list[Prefetch]:
        """Do the levels of one lookup; returns the lookups to do next."""
        objects: list[Any] = list(self.instances)
        names = lookup.prefetch_through.split(LOOKUP_SEP)
        found: list[Prefetch] = []
        for level, name in enumerate(names):
            if not objects:
                break
            path = lookup.get_current_prefetch_to(level)
            if path in self.done:
                objects = self.done[path]
                continue
            if not _accept_prefetched(objects):
                break
            objects, more = self.level(lookup, level, name, names, objects, path)
            found += more
        return found

    def level(
        self, lookup: Prefetch, level: int, name: str, names: list[str], objects: list[Any], path: str
    ) -> tuple[list[Any], list[Prefetch]]:
        first = objects[0]
        to_attr, as_attr = lookup.get_current_to_attr(level)
        if as_attr:
            _check_to_attr(first, to_attr)
        relation = get_prefetcher(first, name, to_attr)
        if not relation.found:
            raise AttributeError(
                f"Cannot find '{name}' on {first.__class__.__name__} object, "
                f"'{lookup.prefetch_through}' is an invalid parameter to prefetch_related()"
            )
        if level == len(names) - 1 and relation.prefetcher is None:
            raise ValueError(
                f"'{lookup.prefetch_through}' does not resolve to an item that supports prefetching - "
                "this is an invalid parameter to prefetch_related()."
            )
        waiting = objects
        if relation.prefetcher is not None:
            waiting = [obj for obj in objects if not relation.is_fetched(obj)]
        if relation.prefetcher is None or not waiting:
            return _already_there(objects, name, to_attr), []
        related, additional = prefetch_one_level(waiting, relation.prefetcher, lookup, level)
        seen = path in self.done and lookup in self.automatic and relation.descriptor in self.followed
        self.followed.add(relation.descriptor)
        if seen:
            return related, []
        self.done[path] = related
        new = _normalized(additional, path)
        self.automatic.update(new)
        return related, new


def _accept_prefetched(objects: list[Any]) -> bool:
    """False for objects that cannot keep prefetched results."""
    cls: Any = None
    for obj in objects:
        if obj.__class__ is not cls:
            if not hasattr(obj.__class__, "_meta"):
                # Results of values(), or a plain value reached through an ordinary attribute.
                try:
                    obj._prefetched_objects_cache = getattr(obj, "_prefetched_objects_cache", {})
                except (AttributeError, TypeError):
                    return False
                continue
            cls = obj.__class__
    return True


def _make_room(objects: Iterable[Any]) -> None:
    """Give each object a dictionary for prefetched results."""
    for obj in objects:
        if hasattr(obj, "_prefetched_objects_cache"):
            continue
        obj._prefetched_objects_cache = {}
        if _child_links(obj.__class__):
            for child in _children(obj):
                child._prefetched_objects_cache = obj._prefetched_objects_cache


def _children(obj: Any) -> Iterator[Any]:
    """The same object as instances of child models, where select_related() fetched them: they share its relations."""
    for name in _child_links(obj.__class__):
        child = find_related(obj, name)
        if child is not None:
            yield child
            yield from _children(child)


def _child_links(model: Any) -> list[str]:
    if not hasattr(model, "_meta"):
        return []
    links: list[str] | None = model.__dict__.get("_prefetch_child_links")
    if links is None:
        links = [
            relation.cache_name
            for relation in model._meta.related_objects
            if relation.one_to_one and relation.parent_link and issubclass(relation.related_model, model)
        ]
        type.__setattr__(model, "_prefetch_child_links", links)
    return links


def _already_there(objects: list[Any], name: str, to_attr: str) -> list[Any]:
    """What the objects hold under this name, without a query."""
    found: list[Any] = []
    for obj in objects:
        held = prefetched(obj, name)
        if held is not None:
            value: Any = list(held)
        else:
            try:
                value = getattr(obj, to_attr if hasattr(obj, to_attr) else name)
            except ObjectDoesNotExist:
                # A one-to-one relation without an object.
                continue
        if value is None:
            continue
        if isinstance(value, list):
            found.extend(value)
        else:
            found.append(value)
    return found


def get_prefetcher(instance: Any, name: str, to_attr: str) -> _Prefetcher:
    cls = instance.__class__
    descriptor = getattr(cls, name, None)
    if descriptor is None:
        return _Prefetcher(None, None, hasattr(instance, name), _never)
    if hasattr(descriptor, "get_prefetch_querysets"):
        # A single related object: its descriptor prefetches, and knows what is cached.
        return _Prefetcher(descriptor, descriptor, True, _single_is_fetched(descriptor, name, to_attr))
    # Evaluating the attribute of one instance gives the manager of many related objects.
    manager = getattr(instance, name)
    if not hasattr(manager, "get_prefetch_querysets"):
        return _Prefetcher(None, descriptor, True, _never)
    if name == to_attr:
        return _Prefetcher(manager, descriptor, True, _many_is_fetched(name))
    if isinstance(getattr(cls, to_attr, None), cached_property):
        return _Prefetcher(manager, descriptor, True, lambda obj: to_attr in obj.__dict__)
    return _Prefetcher(manager, descriptor, True, lambda obj: hasattr(obj, to_attr))


def _single_is_fetched(descriptor: Any, name: str, to_attr: str) -> Any:
    if name == to_attr:
        return descriptor.is_cached
    return lambda obj: to_attr in obj.__dict__


def _many_is_fetched(name: str) -> Any:
    def is_fetched(obj: Any) -> bool:
        # Mostly nothing has been prefetched at all.
        return "_prefetched_objects_cache" in obj.__dict__ and prefetched(obj, name) is not None

    return is_fetched


def _never(obj: Any) -> bool:
    return False


def prefetch_one_level(
    instances: list[Any], prefetcher: Any, lookup: Prefetch, level: int
) -> tuple[list[Any], list[Any]]:
    """Fetch one relation for `instances`; returns the related objects, and the lookups their queryset asked for."""
    queryset, related_key, instance_key, single, cache_name, is_descriptor = (
        prefetcher.get_prefetch_querysets(instances, lookup.get_current_querysets(level))
    )
    # The lookups of the queryset are done for all related objects at once, by the caller.
    additional = [_copied(item) for item in getattr(queryset, "_prefetch_related_lookups", ())]
    if additional:
        queryset._prefetch_related_lookups = ()
    related = list(queryset)
    groups = _grouped(related, related_key)
    to_attr, as_attr = lookup.get_current_to_attr(level)
    if single:
        keep = _keeper(prefetcher, to_attr if as_attr else None, cache_name, is_descriptor)
        _give_single(instances, groups, instance_key, keep)
    elif as_attr:
        for obj in instances:
            setattr(obj, to_attr, groups.get(instance_key(obj), []))
    else:
        leaf = len(lookup.prefetch_to.split(LOOKUP_SEP)) - 1 == level
        _give_many(instances, groups, instance_key, to_attr, cache_name, lookup.queryset if leaf else None)
    return related, additional


def _grouped(objects: list[Any], key_of: Any) -> dict[Any, list[Any]]:
    """The objects by key, in their order."""
    groups: dict[Any, list[Any]] = {}
    known = groups.get
    for key, obj in zip(_keys(key_of, objects), objects, strict=True):
        group = known(key)
        if group is None:
            groups[key] = [obj]
        else:
            group.append(obj)
    return groups


def _keys(key_of: Any, objects: list[Any]) -> list[Any]:
    """`key_of` of each object; a loaded column is read past its descriptor."""
    if type(key_of) is attrgetter:
        name, *others = cast("tuple[str, ...]", key_of.__reduce__()[1])
        if not others:
            try:
                return [obj.__dict__[name] for obj in objects]
            except (AttributeError, KeyError):
                pass
    return list(map(key_of, objects))


def _copied(lookup: Any) -> Any:
    # Prefixes are added to Prefetch objects: the queryset's own must stay as they are.
    if not isinstance(lookup, Prefetch):
        return lookup
    copy = Prefetch.__new__(lookup.__class__)
    copy.__dict__.update(lookup.__dict__)
    return copy


def _check_to_attr(instance: Any, to_attr: str) -> None:
    model = instance.__class__
    if not hasattr(model, "_meta"):
        return
    try:
        model._meta.get_field(to_attr)
    except FieldDoesNotExist:
        return
    raise ValueError(f"to_attr={to_attr} conflicts with a field on the {model.__name__} model.")


def _keeper(prefetcher: Any, to_attr: str | None, cache_name: str, is_descriptor: bool) -> Any:
    """A function (object, related object or None) that keeps the latter with the former."""
    name = cache_name if to_attr is None and is_descriptor else to_attr
    if name is not None:
        return lambda obj, value: setattr(obj, name, value)
    field = getattr(prefetcher, "field", None)
    column = (
        getattr(field, "cache_column", None) if getattr(field, "cache_name", None) == cache_name else None
    )

    def keep(obj: Any, value: Any) -> None:
        set_related(obj, cache_name, value, column)
        for child in _children(obj):
            set_related(child, cache_name, value, column)

    return keep


def _give_single(instances: list[Any], groups: dict[Any, list[Any]], instance_key: Any, keep: Any) -> None:
    for obj in instances:
        found = groups.get(instance_key(obj))
        keep(obj, found[0] if found else None)


def _give_many(
    instances: list[Any],
    groups: dict[Any, list[Any]],
    instance_key: Any,
    name: str,
    cache_name: str,
    custom: Any,
) -> None:
    origin = getattr(instances[0], name)
    if custom is None and getattr(origin, "_gives_stock_querysets", False):
        if _give_alike(origin, instances, instance_key, groups, cache_name):
            return
    _make_room(instances)
    for obj in instances:
        manager = getattr(obj, name)
        if custom is not None:
            queryset = manager._apply_rel_filters(custom)
        else:
            queryset = manager.get_queryset()
        queryset._result_cache = groups.get(instance_key(obj), [])
        # The objects are complete: nothing is left to prefetch for them.
        queryset._prefetch_done = True
        obj._prefetched_objects_cache[cache_name] = queryset


def _give_alike(
    manager: Any, instances: list[Any], instance_key: Any, groups: dict[Any, list[Any]], cache_name: str
) -> bool:
    """Give each instance its queryset, made after the model of the first one's; False if they may differ.

    They are the same shape, with the instance's key for its only parameter.
    """
    first = instances[0]
    keys = _keys(instance_key, instances)
    plain = not isinstance(keys[0], tuple)
    model = manager.get_queryset()
    if (
        model._shape is None
        or model._params != ((keys[0],) if plain else keys[0])
        or not type(model)._stock_copy
        or (plain and (None in keys or "" in keys))
    ):
        return False
    if not _of_one_mode(instances):
        return False
    link = OwnerLink(cache_name, next(iter(model._known_related_objects), None))
    cls, shape, related_model = type(model), model._shape, model.model
    # Models with children share their dictionary with those; alone, a queryset needs none.
    alone = not _child_links(first.__class__)
    if not alone:
        _make_room(instances)
    others = {
        name: value
        for name, value in model._follow(shape, ()).__dict__.items()
        if name not in _OWN_TO_EACH and getattr(cls, name, None) is not value
    }
    if "_prefetch_related_lookups" in others:
        # The objects are complete: nothing is left to prefetch for them.
        others["_prefetch_done"] = True
    new = object.__new__
    results_of = groups.get
    # Attributes one by one: a queryset that never hands out its __dict__ needs none.
    for key, obj in zip(keys, instances, strict=True):
        queryset = new(cls)
        queryset.model = related_model
        queryset._shape = shape
        queryset._owner = obj
        queryset._owner_key = key
        queryset._owner_link = link
        results = results_of(key)
        queryset._result_cache = [] if results is None else results
        if others:
            for name, value in others.items():
                setattr(queryset, name, value)
        data = obj.__dict__
        if alone and "_prefetched_objects_cache" not in data:
            data["_prefetched_objects_cache"] = queryset
        else:
            obj._prefetched_objects_cache[cache_name] = queryset
    return True


def _of_one_mode(instances: list[Any]) -> bool:
    """True if all of them have the same fetch mode; those of one load have the same state, or its text."""
    # Of the last one: the first, of which the manager was made, may have got a state of its own by that.
    held = instances[-1].__dict__.get("_state")
    others = [obj for obj in instances if obj.__dict__.get("_state") is not held]
    mode = known_state(instances[-1]).fetch_mode
    return all(known_state(obj).fetch_mode is mode for obj in others)


_OWN_TO_EACH = frozenset({"model", "_shape", "_params", "_hints", "_known_related_objects"})
