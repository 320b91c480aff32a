"""Building blocks shared by fields, expressions and the query compiler."""

from __future__ import annotations

import copy
import functools
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

from offbeat.core.exceptions import FieldError
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.states import known_state
from offbeat.utils import tree
from offbeat.utils.functional import cached_property
from offbeat.utils.hashable import make_hashable

logger = logging.getLogger("offbeat.db.models")

__all__ = [
    "DeferredAttribute",
    "FilteredRelation",
    "PathInfo",
    "Q",
    "RegisterLookupMixin",
    "check_rel_lookup_compatibility",
    "class_or_instance_method",
    "refs_expression",
    "register_builtin_lookup",
    "select_related_descend",
    "subclasses",
]


class PathInfo(NamedTuple):
    """One step from a model to another, as a relation field describes it to the query builder."""

    from_opts: Any
    to_opts: Any
    target_fields: tuple[Any, ...]
    join_field: Any
    m2m: bool
    direct: bool
    filtered_relation: FilteredRelation | None


def subclasses(cls: type) -> Iterator[type]:
    """``cls`` and every class below it."""
    yield cls
    for subclass in cls.__subclasses__():  # type: ignore[var-annotated]
        yield from subclasses(subclass)


class Q(tree.Node):
    """Filters as an object, combinable with ``&``, ``|``, ``^`` and ``~`` (Django documentation: topics/db/queries)."""

    AND = "AND"
    OR = "OR"
    XOR = "XOR"
    default = AND
    conditional = True
    connectors: ClassVar[tuple[str | None, ...]] = (None, AND, OR, XOR)

    def __init__(
        self, *args: Any, _connector: str | None = None, _negated: bool = False, **kwargs: Any
    ) -> None:
        # The connector is written into SQL, so nothing but the known words may pass.
        if _connector not in self.connectors:
            expected = ", ".join(f"{conn!r}" for conn in self.connectors[1:])
            raise ValueError(f"_connector must be one of {expected}, or None.")
        super().__init__(children=[*args, *sorted(kwargs.items())], connector=_connector, negated=_negated)

    def _combine(self, other: Any, conn: str) -> Q:
        if getattr(other, "conditional", False) is False:
            raise TypeError(other)
        if not self:
            return other.copy()  # type: ignore[no-any-return]
        if isinstance(other, Q) and not other:
            return self.copy()
        combined = self.create(connector=conn)
        combined.add(self, conn)
        combined.add(other, conn)
        return combined

    def __or__(self, other: Any) -> Q:
        return self._combine(other, self.OR)

    def __and__(self, other: Any) -> Q:
        return self._combine(other, self.AND)

    def __xor__(self, other: Any) -> Q:
        return self._combine(other, self.XOR)

    def __invert__(self) -> Q:
        inverted = self.copy()
        inverted.negate()
        return inverted

    def copy(self) -> Q:
        return copy.copy(self)

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        clause, joins = query._add_q(
            self,
            reuse,
            allow_joins=allow_joins,
            split_subq=False,
            check_filterable=False,
            summarize=summarize,
        )
        query.promote_joins(joins)
        return clause

    def replace_expressions(self, replacements: dict[Any, Any]) -> Q:
        if not replacements:
            return self
        clone = self.create(connector=self.connector, negated=self.negated)
        for child in self.children:
            if isinstance(child, tuple):
                lhs, rhs = child
                if hasattr(rhs, "replace_expressions"):
                    rhs = rhs.replace_expressions(replacements)
                child = _replaced_lookup(lhs, rhs, replacements) or (lhs, rhs)
            else:
                child = child.replace_expressions(replacements)
            clone.children.append(child)
        return clone

    def flatten(self) -> Iterator[Any]:
        """This object, every nested condition and every right-hand side, depth first."""
        yield self
        for child in self.children:
            value = child[1] if isinstance(child, tuple) else child
            if hasattr(value, "flatten"):
                yield from value.flatten()
            else:
                yield value

    def check(self, against: dict[Any, Any], using: str = "default") -> bool:
        """Ask the database whether these conditions hold for the values in ``against``."""
        from offbeat.db import DatabaseError, connections, transaction
        from offbeat.db.models.expressions import Value
        from offbeat.db.models.fields import BooleanField
        from offbeat.db.models.functions import Coalesce
        from offbeat.db.models.sql import Query
        from offbeat.db.models.sql.constants import SINGLE

        query = Query(None)
        for name, value in against.items():
            if not hasattr(value, "resolve_expression"):
                value = Value(value)
            query.add_annotation(value, name, select=False)
        query.add_annotation(Value(1), "_check")
        connection = connections[using]
        # A NULL result counts as satisfied, as it does for a CHECK constraint.
        if connection.features.supports_comparing_boolean_expr:
            query.add_q(Q(Coalesce(self, True, output_field=BooleanField())))
        else:
            query.add_q(self)
        compiler = query.get_compiler(using=using)
        # An error is to end this query only, not the transaction around it.
        block = transaction.atomic(using=using) if connection.in_atomic_block else nullcontext()
        try:
            with block:
                return compiler.execute_sql(SINGLE) is not None
        except DatabaseError as e:
            logger.warning("Got a database error calling check() on %r: %s", self, e)
            return True

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path = f"{self.__class__.__module__}.{self.__class__.__name__}"
        path = path.replace("offbeat.db.models.query_utils", "offbeat.db.models")
        kwargs: dict[str, Any] = {}
        if self.connector != self.default:
            kwargs["_connector"] = self.connector
        if self.negated:
            kwargs["_negated"] = True
        return path, tuple(self.children), kwargs

    @cached_property
    def identity(self) -> tuple[Any, ...]:
        path, args, kwargs = self.deconstruct()
        identity: list[Any] = [path, *kwargs.items()]
        for child in args:
            if isinstance(child, tuple):
                arg, value = child
                identity.append((arg, make_hashable(value)))
            else:
                identity.append(child)
        return tuple(identity)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Q):
            return NotImplemented
        return other.identity == self.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.pop("identity", None)
        return state

    def __copy__(self) -> Q:
        clone = self.create(connector=self.connector, negated=self.negated)
        clone.children = self.children[:]
        return clone

    @cached_property
    def referenced_base_fields(self) -> set[str]:
        """First segments of every field path used, including inside expressions."""
        from offbeat.db.models.expressions import F

        found: set[str] = set()
        for child in self.children:
            if isinstance(child, tuple):
                found.add(child[0].split(LOOKUP_SEP, 1)[0])
                child = child[1]
            if isinstance(child, Q):
                found |= child.referenced_base_fields
            elif isinstance(child, F):
                found.add(child.name.split(LOOKUP_SEP, 1)[0])
            elif hasattr(child, "flatten"):
                for part in child.flatten():
                    if isinstance(part, Q):
                        found |= part.referenced_base_fields
                    elif isinstance(part, F):
                        found.add(part.name.split(LOOKUP_SEP, 1)[0])
        return found


class DeferredAttribute:
    """The class attribute of a column field: loads the value on first access when it was not fetched."""

    def __init__(self, field: Any) -> None:
        self.field = field

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        data = instance.__dict__
        name = self.field.attname
        if name not in data:
            value = self._check_parent_chain(instance)
            if value is not None:
                data[name] = value
            elif not instance._is_pk_set():
                if self.field.generated:
                    raise AttributeError("Cannot read a generated field from an unsaved model.")
                raise AttributeError(f"Cannot retrieve deferred field {name!r} from an unsaved model.")
            else:
                mode = getattr(known_state(instance), "fetch_mode", None)
                if mode is None:
                    self.fetch_one(instance)
                else:
                    mode.fetch(self, instance)
                    if name not in data:
                        raise instance.DoesNotExist(
                            f"{type(instance).__name__} matching query does not exist."
                        )
        return data[name]

    def fetch_one(self, instance: Any) -> None:
        """Load this field for one instance."""
        instance.refresh_from_db(fields=[self.field.attname])

    def fetch_many(self, instances: Sequence[Any]) -> None:
        """Load this field for all ``instances`` in one query."""
        name = self.field.attname
        db = instances[0]._state.db
        # One row may have been read into several instances; what was set meanwhile stays.
        waiting: dict[Any, list[Any]] = {}
        for instance in instances:
            if name not in instance.__dict__ and instance._is_pk_set():
                waiting.setdefault(instance.pk, []).append(instance)
        manager = self.field.model._base_manager.db_manager(db)
        for pk, value in manager.filter(pk__in=waiting).values_list("pk", name):
            for instance in waiting[pk]:
                instance.__dict__[name] = value

    def _check_parent_chain(self, instance: Any) -> Any:
        # A child's primary key holds the same value as its parent link, so a query is not needed for it.
        link_field = instance._meta.get_ancestor_link(self.field.model)
        if self.field.primary_key and self.field != link_field:
            return getattr(instance, link_field.attname)
        return None


class class_or_instance_method:
    """A method with one body for the class and another for its instances."""

    def __init__(self, class_method: Callable[..., Any], instance_method: Callable[..., Any]) -> None:
        self.class_method = class_method
        self.instance_method = instance_method

    def __get__(self, instance: Any, owner: Any) -> Callable[..., Any]:
        if instance is None:
            return functools.partial(self.class_method, owner)
        return functools.partial(self.instance_method, instance)


_merged_lookups: dict[type, dict[str, Any]] = {}
# What registers the built-in lookups: loaded when lookups are first asked for, and before anyone registers his own.
_BUILTIN_LOOKUPS = (
    "offbeat.db.models.lookups.registration",
    "offbeat.db.models.functions.datetime",
    "offbeat.db.models.fields.related_lookups",
)
_builtin_loaded = False


def _load_builtin_lookups() -> None:
    global _builtin_loaded
    # Not until all are loaded: other threads wait in the import of what this one is at.
    for module in _BUILTIN_LOOKUPS:
        import_module(module)
    _builtin_loaded = True


def _class_lookups(cls: type) -> dict[str, Any]:
    """Every lookup of the class, its own and inherited; the nearer class wins.

    A class with ``lookups_end_here`` takes nothing from the classes above it.
    """
    merged = _merged_lookups.get(cls)
    if merged is None:
        if not _builtin_loaded:
            _load_builtin_lookups()
        merged = {}
        for parent in cls.__mro__:
            merged = {**parent.__dict__.get("class_lookups", {}), **merged}
            if parent.__dict__.get("lookups_end_here"):
                break
        _merged_lookups[cls] = merged
    return merged


_class_lookups.cache_clear = _merged_lookups.clear  # type: ignore[attr-defined]


def _instance_lookups(self: Any) -> dict[str, Any]:
    own = self.__dict__.get("instance_lookups")
    return {**_class_lookups(type(self)), **own} if own else _class_lookups(type(self))


def _forget_merged_lookups(cls: type) -> None:
    for subclass in subclasses(cls):
        _merged_lookups.pop(subclass, None)
    _forget_shapes()


def _forget_shapes() -> None:
    # Compiled queries were built with the lookups known until now.
    shapes = sys.modules.get("offbeat.db.models.shapes")
    if shapes is not None:
        shapes.clear_shapes()


def _register_on_class(cls: Any, lookup: Any, lookup_name: str | None = None) -> Any:
    if not _builtin_loaded:
        _load_builtin_lookups()
    return register_builtin_lookup(cls, lookup, lookup_name)


def register_builtin_lookup(cls: Any, lookup: Any, lookup_name: str | None = None) -> Any:
    """Register one of the framework's lookups, without loading the others; the rest is as in ``register_lookup()``."""
    if "class_lookups" not in cls.__dict__:
        cls.class_lookups = {}
    cls.class_lookups[lookup.lookup_name if lookup_name is None else lookup_name] = lookup
    _forget_merged_lookups(cls)
    return lookup


def _register_on_instance(self: Any, lookup: Any, lookup_name: str | None = None) -> Any:
    own = self.__dict__.setdefault("instance_lookups", {})
    own[lookup.lookup_name if lookup_name is None else lookup_name] = lookup
    _forget_shapes()
    return lookup


def _unregister_on_class(cls: Any, lookup: Any, lookup_name: str | None = None) -> None:
    del cls.class_lookups[lookup.lookup_name if lookup_name is None else lookup_name]
    _forget_merged_lookups(cls)


def _unregister_on_instance(self: Any, lookup: Any, lookup_name: str | None = None) -> None:
    del self.__dict__["instance_lookups"][lookup.lookup_name if lookup_name is None else lookup_name]
    _forget_shapes()


class RegisterLookupMixin:
    """Registration of lookups and transforms (Django documentation: ref/models/lookups)."""

    get_class_lookups: Any = classmethod(_class_lookups)
    get_lookups: Any = class_or_instance_method(_class_lookups, _instance_lookups)
    register_class_lookup: Any = classmethod(_register_on_class)
    register_instance_lookup: Any = _register_on_instance
    register_lookup: Any = class_or_instance_method(_register_on_class, _register_on_instance)
    _unregister_lookup: Any = class_or_instance_method(_unregister_on_class, _unregister_on_instance)

    def _get_lookup(self, lookup_name: str) -> Any:
        return self.get_lookups().get(lookup_name)

    def get_lookup(self, lookup_name: str) -> Any:
        """The lookup class named ``lookup_name``, or None."""
        from offbeat.db.models.lookups import Lookup

        found = self._get_lookup(lookup_name)
        if found is None and hasattr(self, "output_field"):
            return self.output_field.get_lookup(lookup_name)
        return None if found is not None and not issubclass(found, Lookup) else found

    def get_transform(self, lookup_name: str) -> Any:
        """The transform class named ``lookup_name``, or None."""
        from offbeat.db.models.lookups import Transform

        found = self._get_lookup(lookup_name)
        if found is None and hasattr(self, "output_field"):
            return self.output_field.get_transform(lookup_name)
        # Factories (objects with a __call__) are accepted as transforms too.
        return None if isinstance(found, type) and not issubclass(found, Transform) else found


def select_related_descend(
    field: Any, restricted: bool, requested: dict[str, Any], select_mask: dict[Any, Any]
) -> bool:
    """Whether ``select_related()`` should follow ``field``.

    Raises FieldError for a field that is both deferred and asked to be followed.
    """
    if not field.remote_field:
        return False
    if getattr(field.remote_field, "parent_link", False):
        return False
    if restricted and field.name not in requested:
        return False
    if not restricted and field.null:
        return False
    if restricted and select_mask and field.name in requested and field not in select_mask:
        raise FieldError(
            f"Field {field.model._meta.object_name}.{field.name} cannot be both deferred and traversed using "
            "select_related at the same time."
        )
    return True


def refs_expression(lookup_parts: Sequence[str], annotations: Any) -> tuple[str | None, Sequence[str]]:
    """The annotation that ``lookup_parts`` starts with and the parts after it, or ``(None, ())``."""
    for n in range(1, len(lookup_parts) + 1):
        candidate = LOOKUP_SEP.join(lookup_parts[:n])
        if annotations.get(candidate):
            return candidate, lookup_parts[n:]
    return None, ()


def check_rel_lookup_compatibility(model: Any, target_opts: Any, field: Any) -> bool:
    """Whether instances of ``model`` may be compared with a relation ``field`` that points at ``target_opts``."""

    def same_table(opts: Any) -> bool:
        return (
            model._meta.concrete_model == opts.concrete_model
            or opts.concrete_model in model._meta.all_parents
            or model in opts.all_parents
        )

    # A primary key that is itself a relation accepts its own model and what it points at.
    if same_table(target_opts):
        return True
    return bool(getattr(field, "primary_key", False)) and same_table(field.model._meta)


class FilteredRelation:
    """A relation joined with an extra ON condition (Django documentation: ref/models/querysets)."""

    def __init__(self, relation_name: str, *, condition: Q | None = None) -> None:
        if not relation_name:
            raise ValueError("relation_name cannot be empty.")
        self.relation_name = relation_name
        self.alias: str | None = None
        condition = Q() if condition is None else condition
        if not isinstance(condition, Q):
            raise ValueError("condition argument must be a Q() instance.")
        # Resolved once, when the relation is first joined.
        self.condition = condition
        self.resolved_condition: Any = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return NotImplemented
        return (
            self.relation_name == other.relation_name
            and self.alias == other.alias
            and self.condition == other.condition
        )

    __hash__ = None  # type: ignore[assignment]

    def clone(self) -> FilteredRelation:
        clone = FilteredRelation(self.relation_name, condition=self.condition)
        clone.alias = self.alias
        if self.resolved_condition is not None:
            clone.resolved_condition = self.resolved_condition.clone()
        return clone

    def relabeled_clone(self, change_map: dict[str, str]) -> FilteredRelation:
        clone = self.clone()
        if clone.resolved_condition is not None:
            clone.resolved_condition = clone.resolved_condition.relabeled_clone(change_map)
        return clone

    def resolve_expression(self, query: Any, reuse: Any, *args: Any, **kwargs: Any) -> FilteredRelation:
        clone = self.clone()
        # Inside its own condition the relation means this very join.
        condition = _rename_paths(self.condition, self.relation_name, self.alias or self.relation_name)
        clone.resolved_condition = query.build_filter(
            condition,
            can_reuse=reuse,
            allow_joins=True,
            split_subq=False,
            update_join_types=False,
        )[0]
        return clone

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Iterable[Any]]:
        return compiler.compile(self.resolved_condition)  # type: ignore[no-any-return]


def _rename_paths(node: Any, old: str, new: str) -> Any:
    """A condition with the paths that start with the relation ``old`` starting with ``new``."""
    from offbeat.db.models.expressions import F

    def renamed(path: str) -> str:
        return new + path[len(old) :] if path == old or path.startswith(old + LOOKUP_SEP) else path

    if isinstance(node, Q):
        clone = node.create(connector=node.connector, negated=node.negated)
        clone.children = [_rename_paths(child, old, new) for child in node.children]
        return clone
    if isinstance(node, tuple) and len(node) == 2 and isinstance(node[0], str):
        return renamed(node[0]), _rename_paths(node[1], old, new)
    if type(node) is F:
        return F(renamed(node.name))
    if hasattr(node, "set_source_expressions") and node.get_source_expressions():
        clone = node.copy()
        clone.set_source_expressions([_rename_paths(e, old, new) for e in node.get_source_expressions()])
        return clone
    return node


def _replaced_lookup(path: str, rhs: Any, replacements: dict[Any, Any]) -> Any:
    """The condition ``path=rhs`` where the path starts with a replaced field; None where it cannot be built."""
    from offbeat.db.models.expressions import F, OutputFieldIsNoneError

    names = path.split(LOOKUP_SEP)
    for pivot in range(len(names), 0, -1):
        lhs = replacements.get(F(LOOKUP_SEP.join(names[:pivot])))
        if lhs is not None:
            break
    else:
        return None
    *transforms, lookup_name = names[pivot:] or ["exact"]
    try:
        if (lookup := lhs.get_lookup(lookup_name) if not transforms else None) is None:
            for name in transforms:
                lhs = lhs.get_transform(name)(lhs)
            lookup = lhs.get_lookup(lookup_name)
            if lookup is None:
                lhs = lhs.get_transform(lookup_name)(lhs)
                lookup, lookup_name = lhs.get_lookup("exact"), "exact"
        if rhs is None and lookup_name == "exact":
            return lhs.get_lookup("isnull")(lhs, True)
        return lookup(lhs, rhs)
    except (OutputFieldIsNoneError, TypeError):
        return None
