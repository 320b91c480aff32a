"""The fields of a model, its ancestors, and what follows from them: the part of `Model._meta` that is worked out."""

from __future__ import annotations

import inspect
import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from offbeat.core.exceptions import FieldDoesNotExist
from offbeat.utils.datastructures import ImmutableList, OrderedSet
from offbeat.utils.functional import cached_property

__all__ = ["IMMUTABLE_WARNING", "Fields", "make_immutable_fields_list"]

EMPTY_RELATION_TREE: tuple[Any, ...] = ()

IMMUTABLE_WARNING = (
    "The return type of '%s' should never be mutated. If you want to manipulate this list for your own use, "
    "make a copy first."
)


def make_immutable_fields_list(name: str, data: Iterable[Any]) -> Any:
    """Return `data` as a list that says how to copy it when somebody tries to change it."""
    return ImmutableList(data, warning=IMMUTABLE_WARNING % name)


class Fields:
    """Answers about fields and relations, from what Options has been told."""

    # Caches that depend on this model's and its parents' own fields.
    FORWARD_PROPERTIES = {
        "fields",
        "many_to_many",
        "concrete_fields",
        "local_concrete_fields",
        "_non_pk_concrete_field_names",
        "_reverse_one_to_one_field_names",
        "_forward_fields_map",
        "managers",
        "managers_map",
        "base_manager",
        "default_manager",
        "db_returning_fields",
        "_property_names",
        "pk_fields",
        "is_composite_pk",
        "total_unique_constraints",
        "all_parents",
        "write_plans",
        "init_plan",
        "_relation_fields",
    }
    # Caches that depend on other models pointing here.
    REVERSE_PROPERTIES = {"related_objects", "fields_map", "_relation_tree", "_nothing_depends_on_rows"}

    if TYPE_CHECKING:
        apps: Any
        model: Any
        object_name: str | None
        concrete_model: Any
        pk: Any
        abstract: bool
        proxy: bool
        parents: dict[Any, Any]
        local_fields: list[Any]
        local_many_to_many: list[Any]
        private_fields: list[Any]
        constraints: list[Any]
    _get_fields_cache: dict[Any, Any]

    @cached_property
    def fields(self) -> Any:
        """Forward fields of this model and its parents, without many-to-many and generic ones."""

        def belongs(field: Any) -> bool:
            if not field.is_relation:
                return True
            if field.many_to_many or field.one_to_many:
                return False
            # A relation to no particular model is a generic foreign key.
            return not (field.many_to_one and not getattr(field.remote_field, "model", None))

        return make_immutable_fields_list(
            "fields", (f for f in self._get_fields(reverse=False) if belongs(f))
        )

    @cached_property
    def concrete_fields(self) -> Any:
        """The fields that have a column."""
        return make_immutable_fields_list("concrete_fields", (f for f in self.fields if f.concrete))

    @cached_property
    def local_concrete_fields(self) -> Any:
        """The fields that have a column in this model's own table."""
        return make_immutable_fields_list(
            "local_concrete_fields", (f for f in self.local_fields if f.concrete)
        )

    @cached_property
    def many_to_many(self) -> Any:
        """Many-to-many fields of this model and its parents."""
        return make_immutable_fields_list(
            "many_to_many", (f for f in self._get_fields(reverse=False) if f.is_relation and f.many_to_many)
        )

    @cached_property
    def related_objects(self) -> Any:
        """Relations from other models to this one; of hidden ones only many-to-many."""
        return make_immutable_fields_list(
            "related_objects",
            (
                rel
                for rel in self._get_fields(forward=False, reverse=True, include_hidden=True)
                if not rel.hidden or rel.field.many_to_many
            ),
        )

    @cached_property
    def _forward_fields_map(self) -> dict[str, Any]:
        result = {}
        for field in self._get_fields(reverse=False):
            result[field.name] = field
            # "author_id" and "author" name the same field, as in filter() and only().
            attname = getattr(field, "attname", None)
            if attname is not None:
                result[attname] = field
        return result

    @cached_property
    def fields_map(self) -> dict[str, Any]:
        """Reverse relations, hidden ones included, by the name queries use."""
        result = {}
        for field in self._get_fields(forward=False, include_hidden=True):
            result[field.name] = field
            attname = getattr(field, "attname", None)
            if attname is not None:
                result[attname] = field
        return result

    def get_field(self, field_name: str) -> Any:
        """Return the field or reverse relation called `field_name`; FieldDoesNotExist when there is none."""
        try:
            return self._forward_fields_map[field_name]
        except KeyError:
            # Reverse relations are known only when all models are loaded.
            if not self.apps.models_ready:
                raise FieldDoesNotExist(
                    f"{self.object_name} has no field named '{field_name}'. The app cache isn't ready yet, so if this is an auto-created "
                    "related field, it won't be available yet."
                ) from None
        try:
            return self.fields_map[field_name]
        except KeyError:
            raise FieldDoesNotExist(f"{self.object_name} has no field named '{field_name}'") from None

    def get_base_chain(self, model: Any) -> list[Any]:
        """Return the chain of parents that leads to `model`, nearest first; empty when it is none of them."""
        if not self.parents:
            return []
        if model in self.parents:
            return [model]
        for parent in self.parents:
            chain: list[Any] = parent._meta.get_base_chain(model)
            if chain:
                return [parent, *chain]
        return []

    @cached_property
    def all_parents(self) -> tuple[Any, ...]:
        """All ancestors, nearest first, each once."""
        result = OrderedSet(self.parents)
        for parent in self.parents:
            for ancestor in parent._meta.all_parents:
                result.add(ancestor)
        return tuple(result)

    def get_parent_list(self) -> list[Any]:
        """Return all ancestors, nearest first."""
        return list(self.all_parents)

    def get_ancestor_link(self, ancestor: Any) -> Any:
        """Return the field of this model that leads towards `ancestor`, or None."""
        if ancestor in self.parents:
            return self.parents[ancestor]
        for parent in self.parents:
            link = parent._meta.get_ancestor_link(ancestor)
            if link:
                # A proxy has no link of its own: what its base has is the link.
                return self.parents[parent] or link
        return None

    def get_path_to_parent(self, parent: Any) -> list[Any]:
        """Return the PathInfos of the joins from this model to its ancestor `parent`."""
        return self._inheritance_path(parent, backwards=False)

    def get_path_from_parent(self, parent: Any) -> list[Any]:
        """Return the PathInfos of the joins from the ancestor `parent` down to this model."""
        return self._inheritance_path(parent, backwards=True)

    def _inheritance_path(self, parent: Any, backwards: bool) -> list[Any]:
        if self.model is parent:
            return []
        concrete = self.concrete_model
        path: list[Any] = []
        current = concrete._meta
        for ancestor in current.get_base_chain(parent):
            link = current.get_ancestor_link(ancestor)
            if link is None:
                continue
            if backwards:
                path[:0] = link.reverse_path_infos
            else:
                path.extend(link.path_infos)
            current = ancestor._meta
        return path

    @cached_property
    def _relation_tree(self) -> Any:
        """Forward fields of all models that point to this one."""
        self._populate_directed_relation_graph()
        return self.__dict__.get("_relation_tree", EMPTY_RELATION_TREE)

    def _populate_directed_relation_graph(self) -> None:
        """Work out, for every model of the registry at once, which fields point to it."""
        graph: dict[Any, list[Any]] = defaultdict(list)
        models = self.apps.get_models(include_auto_created=True)
        for model in models:
            opts = model._meta
            # Abstract models own no rows; swapped ones are not in use.
            if opts.abstract or opts.swapped:
                continue
            for field in opts._get_fields(reverse=False, include_parents=False):
                if field.is_relation and field.related_model is not None:
                    target = field.remote_field.model
                    if not isinstance(target, str):
                        graph[target._meta.concrete_model].append(field)
        for model in models:
            # Straight into the instance dictionary: this is the cache of _relation_tree.
            model._meta.__dict__["_relation_tree"] = graph.get(
                model._meta.concrete_model, EMPTY_RELATION_TREE
            )
        self.__dict__.setdefault("_relation_tree", graph.get(self.concrete_model, EMPTY_RELATION_TREE))

    def _expire_cache(self, forward: bool = True, reverse: bool = True) -> None:
        """Forget what was worked out from the fields."""
        cache = self.__dict__
        if forward:
            for name in self.FORWARD_PROPERTIES:
                cache.pop(name, None)
        if reverse and not self.abstract:
            for name in self.REVERSE_PROPERTIES:
                cache.pop(name, None)
        self._get_fields_cache = {}

    def get_fields(self, include_parents: bool = True, include_hidden: bool = False) -> Any:
        """Return all fields, forward and reverse.

        Without `include_parents` only what this model itself defines; with `include_hidden` also relations
        whose related_name ends in "+".
        """
        return self._get_fields(include_parents=include_parents, include_hidden=include_hidden)

    def _get_fields(
        self,
        forward: bool = True,
        reverse: bool = True,
        include_parents: Any = True,
        include_hidden: bool = False,
        topmost_call: bool = True,
    ) -> Any:
        key = (forward, reverse, include_parents, include_hidden, topmost_call)
        try:
            return self._get_fields_cache[key]
        except KeyError:
            pass

        fields: list[Any] = []
        if include_parents is not False:
            self._collect_inherited_fields(fields, forward, reverse, include_hidden)
        if reverse and not (self.proxy and include_parents is False):
            for field in self._relation_tree:
                if include_hidden or not field.remote_field.hidden:
                    fields.append(field.remote_field)  # noqa: PERF401 - short and clear
        if forward:
            fields += self.local_fields
            fields += self.local_many_to_many
            # Generic relations of a base are repeated on the child, so only the asked model's own count.
            if topmost_call:
                fields += self.private_fields

        result = make_immutable_fields_list("get_fields()", fields)
        self._get_fields_cache[key] = result
        return result

    def _collect_inherited_fields(
        self, fields: list[Any], forward: bool, reverse: bool, include_hidden: bool
    ) -> None:
        """Add the fields of all parents, the farthest first; each parent counts once (diamond inheritance)."""
        seen_models: set[Any] = set()
        seen_fields: set[int] = set()

        def visit(parents: Iterable[Any]) -> None:
            for parent in parents:
                opts = parent._meta
                # The model that a proxy stands for has the same table: its fields are the proxy's own.
                if opts.concrete_model is self.concrete_model:
                    visit(opts.parents)
                    if forward:
                        fields.extend(f for f in opts.local_many_to_many if id(f) not in seen_fields)
                        seen_fields.update(map(id, opts.local_many_to_many))
                    continue
                if parent in seen_models:
                    continue
                seen_models.add(parent)
                visit(opts.parents)
                for obj in opts._get_fields(
                    forward=forward,
                    reverse=reverse,
                    include_parents=False,
                    include_hidden=include_hidden,
                    topmost_call=False,
                ):
                    # The links of the parent's other children are not relations of this model.
                    if getattr(obj, "parent_link", False) or id(obj) in seen_fields:
                        continue
                    seen_fields.add(id(obj))
                    fields.append(obj)

        visit(self.parents)

    @cached_property
    def total_unique_constraints(self) -> list[Any]:
        """UniqueConstraints over plain fields that hold for every row."""
        from offbeat.db.models.constraints import UniqueConstraint

        return [
            constraint
            for constraint in self.constraints
            if isinstance(constraint, UniqueConstraint)
            and constraint.condition is None
            and not constraint.contains_expressions
        ]

    @cached_property
    def pk_fields(self) -> list[Any]:
        """The fields of the primary key: one, or those of a CompositePrimaryKey."""
        if self.is_composite_pk:
            return list(self.pk.fields)
        return [] if self.pk is None else [self.pk]

    @cached_property
    def is_composite_pk(self) -> bool:
        """True when the primary key is a CompositePrimaryKey."""
        # Nobody has such a field before its module is loaded.
        composite = sys.modules.get("offbeat.db.models.fields.composite")
        return composite is not None and isinstance(self.pk, composite.CompositePrimaryKey)

    @cached_property
    def _property_names(self) -> frozenset[str]:
        """Names of properties and cached properties of the model class."""
        names = set()
        seen: set[str] = set()
        for klass in self.model.__mro__:
            for name, value in vars(klass).items():
                if name not in seen:
                    seen.add(name)
                    if isinstance(value, property) or (
                        inspect.isdatadescriptor(value)
                        and not hasattr(value, "field")
                        and hasattr(value, "fset")
                    ):
                        names.add(name)
        return frozenset(names)

    @cached_property
    def _non_pk_concrete_field_names(self) -> frozenset[str]:
        """Names and attnames of the columns that save(update_fields=…) may name."""
        names = set()
        for field in self.concrete_fields:
            if not field.primary_key:
                names.add(field.name)
                if field.name != field.attname:
                    names.add(field.attname)
        return frozenset(names)

    @cached_property
    def _reverse_one_to_one_field_names(self) -> frozenset[str]:
        """Names of reverse one-to-one accessors."""
        return frozenset(rel.get_accessor_name() for rel in self.related_objects if rel.one_to_one)

    @cached_property
    def _relation_fields(self) -> tuple[Any, ...]:
        """Concrete fields that point to another model."""
        return tuple(field for field in self.concrete_fields if field.is_relation)

    @cached_property
    def _nothing_depends_on_rows(self) -> bool:
        """Whether the deletion of rows concerns no other rows."""
        from offbeat.db.models.deletion import nothing_depends_on_rows

        return nothing_depends_on_rows(self)

    @cached_property
    def db_returning_fields(self) -> list[Any]:
        """Fields whose value the database makes on INSERT."""
        return [
            field for field in self._get_fields(reverse=False, include_parents=False) if _db_returning(field)
        ]

    @cached_property
    def write_plans(self) -> dict[Any, Any]:
        """Compiled INSERT and UPDATE statements (see offbeat.db.models.saving)."""
        return {}

    @cached_property
    def init_plan(self) -> Any:
        """What Model.__init__ needs to know about the fields."""
        from offbeat.db.models.instantiation import InitPlan

        return InitPlan(self.model)


def _db_returning(field: Any) -> bool:
    return bool(getattr(field, "db_returning", False))
