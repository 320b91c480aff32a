"""What happens to related objects when an object is deleted (Django documentation: ForeignKey.on_delete).

The Collector finds out everything that a deletion entails, and then does it in one transaction: first the updates of
SET_NULL and its like, then the deletions, dependents before what they depend on. Where no signal receiver or further
relation needs the objects themselves, rows are deleted by one statement ("fast deletes") or set by one UPDATE.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial, reduce
from itertools import chain
from operator import attrgetter, or_
from typing import Any

from offbeat.db import transaction
from offbeat.db.models import signals
from offbeat.db.models.query_utils import Q
from offbeat.db.utils import IntegrityError

__all__ = [
    "CASCADE",
    "DB_CASCADE",
    "DB_SET_DEFAULT",
    "DB_SET_NULL",
    "DO_NOTHING",
    "PROTECT",
    "RESTRICT",
    "SET",
    "SET_DEFAULT",
    "SET_NULL",
    "Collector",
    "DatabaseOnDelete",
    "ProtectedError",
    "RestrictedError",
    "get_candidate_relations_to_delete",
]

# How many keys are put into one statement; databases may set a lower limit.
GET_ITERATOR_CHUNK_SIZE = 100


class ProtectedError(IntegrityError):
    """Raised when objects protected by on_delete=PROTECT refer to what is to be deleted."""

    def __init__(self, msg: str, protected_objects: Any) -> None:
        self.protected_objects = protected_objects
        super().__init__(msg, protected_objects)


class RestrictedError(IntegrityError):
    """Raised when objects restricted by on_delete=RESTRICT refer to what is to be deleted."""

    def __init__(self, msg: str, restricted_objects: Any) -> None:
        self.restricted_objects = restricted_objects
        super().__init__(msg, restricted_objects)


def CASCADE(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
    """Delete the referring objects too."""
    collector.collect(
        sub_objs,
        source=field.remote_field.model,
        source_attr=field.name,
        nullable=field.null,
        fail_on_restricted=False,
    )
    from offbeat.db import connections

    # Without deferred constraints the reference is cut before anything is deleted.
    if field.null and not connections[using].features.can_defer_constraint_checks:
        collector.add_field_update(field, None, sub_objs)


def PROTECT(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
    """Refuse the deletion: ProtectedError."""
    raise ProtectedError(
        f"Cannot delete some instances of model '{field.remote_field.model.__name__}' because they are referenced through a protected foreign key: "
        f"'{sub_objs[0].__class__.__name__}.{field.name}'",
        sub_objs,
    )


def RESTRICT(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
    """Refuse the deletion (RestrictedError) unless the referring objects are deleted by a cascade as well."""
    collector.add_restricted_objects(field, sub_objs)
    collector.add_dependency(field.remote_field.model, field.model)


def SET(value: Any) -> Callable[..., None]:
    """Return a rule that sets the key of the referring objects to `value`, or to what that returns."""
    if callable(value):

        def set_on_delete(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
            collector.add_field_update(field, value(), sub_objs)

    else:

        def set_on_delete(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
            collector.add_field_update(field, value, sub_objs)

        set_on_delete.lazy_sub_objs = True  # type: ignore[attr-defined]

    # For migrations: how to build an equal rule.
    set_on_delete.deconstruct = lambda: ("offbeat.db.models.SET", (value,), {})  # type: ignore[attr-defined]
    return set_on_delete


def SET_NULL(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
    """Set the key of the referring objects to NULL."""
    collector.add_field_update(field, None, sub_objs)


def SET_DEFAULT(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
    """Set the key of the referring objects to the field's default."""
    collector.add_field_update(field, field.get_default(), sub_objs)


def DO_NOTHING(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
    """Leave the referring objects alone; the database may refuse the deletion."""


SET_NULL.lazy_sub_objs = True  # type: ignore[attr-defined]
SET_DEFAULT.lazy_sub_objs = True  # type: ignore[attr-defined]


class DatabaseOnDelete:
    """A rule that the database carries out: no objects are loaded, no signals are sent for what it changes."""

    def __init__(self, operation: str, name: str, forced_collector: Any = None) -> None:
        self.operation = operation
        self.forced_collector = forced_collector
        self.__name__ = name
        self.__qualname__ = name

    __module__ = "offbeat.db.models"

    def __call__(self, collector: Any, field: Any, sub_objs: Any, using: str) -> None:
        """Do nothing: the database will."""

    def on_delete_sql(self, schema_editor: Any) -> str:
        """Return the ON DELETE clause."""
        return schema_editor.connection.ops.fk_on_delete_sql(self.operation)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<function {self.__name__}>"

    def __str__(self) -> str:
        return self.__name__

    def __reduce__(self) -> str:
        return self.__name__


DB_CASCADE = DatabaseOnDelete("CASCADE", "DB_CASCADE", CASCADE)
DB_SET_DEFAULT = DatabaseOnDelete("SET DEFAULT", "DB_SET_DEFAULT")
DB_SET_NULL = DatabaseOnDelete("SET NULL", "DB_SET_NULL")

# Rules that need nothing from the collector.
SKIP_COLLECTION = frozenset([DO_NOTHING, DB_CASCADE, DB_SET_DEFAULT, DB_SET_NULL])


def nothing_depends_on_rows(opts: Any) -> bool:
    """True when rows of a model can be deleted without looking for others that go with them."""
    return all(
        related.field.remote_field.on_delete in SKIP_COLLECTION
        for related in get_candidate_relations_to_delete(opts)
    ) and not any(hasattr(field, "bulk_related_objects") for field in opts.private_fields)


def get_candidate_relations_to_delete(opts: Any) -> Iterator[Any]:
    """Yield the relations through which other objects may refer to one of this model."""
    return (
        rel
        for rel in opts.get_fields(include_hidden=True)
        if rel.auto_created and not rel.concrete and (rel.one_to_one or rel.one_to_many)
    )


class Collector:
    """Finds what a deletion entails, and carries it out."""

    def __init__(self, using: str, origin: Any = None, force_collection: bool = False) -> None:
        self.using = using
        # The object or queryset that delete() was called on, for signal receivers.
        self.origin = origin
        # True for those who want to see all objects (the admin's confirmation), even where the database would cascade.
        self.force_collection = force_collection
        self.data: Any = defaultdict(set)
        # {(field, value): [objects or querysets, …]}
        self.field_updates: dict[Any, list[Any]] = defaultdict(list)
        # {model: {field: {objects}}}
        self.restricted_objects: dict[Any, dict[Any, set[Any]]] = defaultdict(partial(defaultdict, set))
        # Querysets and lists that one statement can delete.
        self.fast_deletes: list[Any] = []
        # {model: {models that must be deleted before it}}, by concrete models: proxies share the table.
        self.dependencies: dict[Any, set[Any]] = defaultdict(set)

    def add(
        self, objs: Any, source: Any = None, nullable: bool = False, reverse_dependency: bool = False
    ) -> list[Any]:
        """Add objects of one model; return those that were not known yet."""
        if not objs:
            return []
        model = objs[0].__class__
        instances = self.data[model]
        new_objs = [obj for obj in objs if obj not in instances]
        instances.update(new_objs)
        # A nullable reference was cut beforehand: it needs no order.
        if source is not None and not nullable:
            self.add_dependency(source, model, reverse_dependency=reverse_dependency)
        return new_objs

    def add_dependency(self, model: Any, dependency: Any, reverse_dependency: bool = False) -> None:
        """Have `dependency` deleted before `model` (or the other way round)."""
        if reverse_dependency:
            model, dependency = dependency, model
        self.dependencies[model._meta.concrete_model].add(dependency._meta.concrete_model)
        # Both models take part, with or without objects.
        self.data.setdefault(dependency, set())

    def add_field_update(self, field: Any, value: Any, objs: Any) -> None:
        """Have `field` of `objs` set to `value`."""
        self.field_updates[field, value].append(objs)

    def add_restricted_objects(self, field: Any, objs: Any) -> None:
        """Note that `objs` forbid the deletion unless they are deleted themselves."""
        if objs:
            model = objs[0].__class__
            self.restricted_objects[model][field].update(objs)

    def clear_restricted_objects_from_set(self, model: Any, objs: set[Any]) -> None:
        """Forget restrictions by `objs`: they will be deleted."""
        if model in self.restricted_objects:
            self.restricted_objects[model] = defaultdict(
                set, {field: items - objs for field, items in self.restricted_objects[model].items()}
            )

    def clear_restricted_objects_from_queryset(self, model: Any, queryset: Any) -> None:
        """Forget restrictions by the objects of `queryset`: they will be deleted."""
        if model in self.restricted_objects:
            restricted = [obj.pk for items in self.restricted_objects[model].values() for obj in items]
            objs = set(queryset.filter(pk__in=restricted))
            self.clear_restricted_objects_from_set(model, objs)

    def _has_signal_listeners(self, model: Any) -> bool:
        return signals.pre_delete.has_listeners(model) or signals.post_delete.has_listeners(model)

    def can_fast_delete(self, objs: Any, from_field: Any = None) -> bool:
        """True when one DELETE statement does it: no cascades, no parents, no signal receivers."""
        if from_field and from_field.remote_field.on_delete is not CASCADE:
            return False
        if hasattr(objs, "_raw_delete"):
            model = objs.model
        elif hasattr(objs, "_meta"):
            model = objs._meta.model
        else:
            return False
        if self._has_signal_listeners(model):
            return False
        opts = model._meta
        return opts._nothing_depends_on_rows and all(
            link == from_field for link in opts.concrete_model._meta.parents.values()
        )

    def get_del_batches(self, objs: Any, fields: Any) -> list[Any]:
        """Return `objs` in batches that fit into one statement."""
        from offbeat.db import connections

        size = max(connections[self.using].ops.bulk_batch_size([field.name for field in fields], objs), 1)
        if len(objs) <= size:
            return [objs]
        return [objs[start : start + size] for start in range(0, len(objs), size)]

    def collect(
        self,
        objs: Any,
        source: Any = None,
        nullable: bool = False,
        collect_related: bool = True,
        source_attr: str | None = None,
        reverse_dependency: bool = False,
        keep_parents: bool = False,
        fail_on_restricted: bool = True,
    ) -> None:
        """Add `objs` (of one model) and all that their deletion entails.

        ProtectedError and RestrictedError when a rule forbids it.
        """
        if self.can_fast_delete(objs):
            self.fast_deletes.append(objs)
            return
        new_objs = self.add(objs, source, nullable, reverse_dependency=reverse_dependency)
        if not new_objs:
            return
        model = new_objs[0].__class__

        if not keep_parents:
            # Parents last: their rows are what the children's link to.
            for link in model._meta.concrete_model._meta.parents.values():
                if link:
                    parents = [getattr(obj, link.name) for obj in new_objs]
                    self.collect(
                        parents,
                        source=model,
                        source_attr=link.remote_field.related_name,
                        collect_related=False,
                        reverse_dependency=True,
                        fail_on_restricted=False,
                    )
        if not collect_related:
            return
        self._collect_related(model, new_objs, keep_parents)
        if fail_on_restricted:
            self._check_restricted(model)

    def _collect_related(self, model: Any, new_objs: list[Any], keep_parents: bool) -> None:
        kept = set(model._meta.all_parents) if keep_parents else set()
        protected: dict[str, list[Any]] = defaultdict(list)
        fast_deletes: dict[Any, list[Any]] = defaultdict(list)
        for related in get_candidate_relations_to_delete(model._meta):
            # What belongs to a parent that stays is left alone.
            if keep_parents and related.model._meta.concrete_model in kept:
                continue
            field = related.field
            on_delete = field.remote_field.on_delete
            if on_delete in SKIP_COLLECTION:
                if self.force_collection and getattr(on_delete, "forced_collector", None):
                    on_delete = on_delete.forced_collector
                else:
                    continue
            related_model = related.related_model
            if self.can_fast_delete(related_model, from_field=field):
                fast_deletes[related_model].append(field)
                continue
            for batch in self.get_del_batches(new_objs, [field]):
                sub_objs = self.related_objects(related_model, [field], batch)
                # Only the columns that references use are needed when nobody sees the objects.
                if not (sub_objs.query.select_related or self._has_signal_listeners(related_model)):
                    sub_objs = self._only_referenced(related_model, sub_objs)
                # A callable that gives the value is not called in vain.
                lazy = getattr(on_delete, "lazy_sub_objs", False) and not (
                    on_delete is SET_DEFAULT and callable(field.default)
                )
                if lazy or sub_objs:
                    try:
                        on_delete(self, field, sub_objs, self.using)
                    except ProtectedError as error:
                        key = f"'{field.model.__name__}.{field.name}'"
                        protected[key] += error.protected_objects
        if protected:
            raise ProtectedError(
                "Cannot delete some instances of model {!r} because they are referenced through protected foreign "
                "keys: {}.".format(model.__name__, ", ".join(protected)),
                set(chain.from_iterable(protected.values())),
            )
        for related_model, fields in fast_deletes.items():
            for batch in self.get_del_batches(new_objs, fields):
                self.fast_deletes.append(self.related_objects(related_model, fields, batch))
        for field in model._meta.private_fields:
            # A generic relation deletes what refers to the objects by content type and key.
            if hasattr(field, "bulk_related_objects"):
                sub_objs = field.bulk_related_objects(new_objs, self.using)
                self.collect(sub_objs, source=model, nullable=True, fail_on_restricted=False)

    def _only_referenced(self, related_model: Any, sub_objs: Any) -> Any:
        """Fetch no more of the objects than following their references needs."""
        names = set(
            chain.from_iterable(
                (rf.attname for rf in rel.field.foreign_related_fields)
                for rel in get_candidate_relations_to_delete(related_model._meta)
            )
        )
        return sub_objs.only(*names) if names else sub_objs

    def _check_restricted(self, model: Any) -> None:
        """Raise RestrictedError for restrictions by objects that stay."""
        for related_model, instances in self.data.items():
            self.clear_restricted_objects_from_set(related_model, instances)
        for queryset in self.fast_deletes:
            if hasattr(queryset, "model"):
                self.clear_restricted_objects_from_queryset(queryset.model, queryset)
        if not any(any(items) for fields in self.restricted_objects.values() for items in fields.values()):
            return
        restricted: dict[str, list[Any]] = defaultdict(list)
        for related_model, fields in self.restricted_objects.items():
            for field, objs in fields.items():
                if objs:
                    restricted[f"'{related_model.__name__}.{field.name}'"] += objs
        if restricted:
            raise RestrictedError(
                "Cannot delete some instances of model {!r} because they are referenced through restricted foreign "
                "keys: {}.".format(model.__name__, ", ".join(restricted)),
                set(chain.from_iterable(restricted.values())),
            )

    def related_objects(self, related_model: Any, related_fields: Any, objs: Any) -> Any:
        """Return the objects of `related_model` that refer to `objs` through one of the fields."""
        predicate = reduce(or_, (Q(**{f"{field.name}__in": objs}) for field in related_fields))
        return related_model._base_manager.using(self.using).filter(predicate)

    def instances_with_model(self) -> Iterator[tuple[Any, Any]]:
        """Yield (model, object) for all objects collected."""
        for model, instances in self.data.items():
            for obj in instances:
                yield model, obj

    def sort(self) -> None:
        """Order the models so that dependents come first; a circle leaves the order as it is."""
        ordered: list[Any] = []
        concrete: set[Any] = set()
        models = list(self.data)
        while len(ordered) < len(models):
            found = False
            for model in models:
                if model in ordered:
                    continue
                dependencies = self.dependencies.get(model._meta.concrete_model)
                if not (dependencies and dependencies.difference(concrete)):
                    ordered.append(model)
                    concrete.add(model._meta.concrete_model)
                    found = True
            if not found:
                return
        self.data = {model: self.data[model] for model in ordered}

    def delete(self) -> tuple[int, dict[str, int]]:
        """Carry out what was collected; return the number of deleted rows, in all and by model label."""
        if not self.data and len(self.fast_deletes) == 1 and hasattr(self.fast_deletes[0], "_raw_delete"):
            # One statement is a transaction of its own.
            queryset = self.fast_deletes[0]
            with transaction.mark_for_rollback_on_error(self.using):
                count = queryset._raw_delete(using=self.using)
            return count, {queryset.model._meta.label: count} if count else {}
        from offbeat.db.models import sql

        # Deleted in the order of their keys, two transactions block each other less often.
        data = {}
        for model, instances in self.data.items():
            data[model] = self._in_key_order(instances)
        self.data = data
        self.sort()
        deleted: Counter[str] = Counter()

        # A single object that nothing depends on.
        if len(self.data) == 1:
            ((model, instances),) = self.data.items()
            if len(instances) == 1:
                (instance,) = instances
                if self.can_fast_delete(instance):
                    with transaction.mark_for_rollback_on_error(self.using):
                        count = sql.DeleteQuery(model).delete_batch([instance.pk], self.using)
                    setattr(instance, model._meta.pk.attname, None)
                    return count, {model._meta.label: count}
        with transaction.atomic(using=self.using, savepoint=False):
            for model, obj in self.instances_with_model():
                if not model._meta.auto_created:
                    signals.pre_delete.send(sender=model, instance=obj, using=self.using, origin=self.origin)
            for queryset in self.fast_deletes:
                self._fast_delete(queryset, deleted)
            self._update_fields()
            # Within a model the last come first.
            for instances in self.data.values():
                instances.reverse()
            for model, instances in self.data.items():
                query = sql.DeleteQuery(model)
                count = query.delete_batch([obj.pk for obj in instances], self.using)
                if count:
                    deleted[model._meta.label] += count
                if not model._meta.auto_created:
                    for obj in instances:
                        signals.post_delete.send(
                            sender=model, instance=obj, using=self.using, origin=self.origin
                        )

        for model, instances in self.data.items():
            for instance in instances:
                setattr(instance, model._meta.pk.attname, None)
        return sum(deleted.values()), dict(deleted)

    @staticmethod
    def _in_key_order(instances: Iterable[Any]) -> list[Any]:
        instances = list(instances)
        try:
            return sorted(instances, key=attrgetter("pk"))
        except TypeError:
            # Keys of several types, or of one without an order.
            return instances

    def _fast_delete(self, objs: Any, deleted: Counter[str]) -> None:
        from offbeat.db.models import sql

        if hasattr(objs, "_meta"):
            count = sql.DeleteQuery(objs._meta.model).delete_batch([objs.pk], self.using)
            label = objs._meta.label
        else:
            count = objs._raw_delete(using=self.using)
            label = objs.model._meta.label
        if count:
            deleted[label] += count

    def _update_fields(self) -> None:
        from offbeat.db.models import sql

        for (field, value), instance_lists in self.field_updates.items():
            updates: list[Any] = []
            objs: list[Any] = []
            for instances in instance_lists:
                # A queryset that nobody has evaluated needs only its conditions.
                if hasattr(instances, "_raw_delete") and instances._result_cache is None:
                    updates.append(instances)
                else:
                    objs.extend(instances)
            if updates:
                combined = reduce(or_, updates)
                combined.update(**{field.name: value})
            if objs:
                query = sql.UpdateQuery(objs[0].__class__)
                query.update_batch(list({obj.pk for obj in objs}), {field.name: value}, self.using)
        for (field, value), instance_lists in self.field_updates.items():
            for instances in instance_lists:
                if not hasattr(instances, "_raw_delete") or instances._result_cache is not None:
                    for obj in instances:
                        setattr(obj, field.attname, value)
