"""Model, the base of all models (Django documentation: ref/models/instances)."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from offbeat.concurrency import async_face
from offbeat.core.exceptions import (
    NON_FIELD_ERRORS,
    FieldDoesNotExist,
    MultipleObjectsReturned,
    ObjectDoesNotExist,
    ObjectNotUpdated,
    ValidationError,
)
from offbeat.db.models import saving, unique_checks
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.deletion import Collector
from offbeat.db.models.expressions import DatabaseDefault
from offbeat.db.models.instantiation import _NOTHING, DEFERRED, Deferred, set_from_kwargs
from offbeat.db.models.metaclass import ModelBase, subclass_exception
from offbeat.db.models.query_utils import Q
from offbeat.db.models.signals import post_init, pre_init
from offbeat.db.models.states import (
    NEW,
    ModelState,
    ModelStateFieldsCacheDescriptor,
    PrefetchedOfInstance,
    SharedState,
    StateOfInstance,
    can_share,
    known_state,
    own_state,
    shared_state,
)
from offbeat.db.models.utils import AltersData, make_model_tuple
from offbeat.utils.encoding import force_str
from offbeat.utils.hashable import make_hashable

if TYPE_CHECKING:
    from offbeat.db.models.manager import Manager
    from offbeat.db.models.options import Options

__all__ = [
    "DEFERRED",
    "Deferred",
    "Model",
    "ModelBase",
    "ModelState",
    "ModelStateFieldsCacheDescriptor",
    "make_model_tuple",
    "model_unpickle",
    "subclass_exception",
]


class Model(AltersData, metaclass=ModelBase):
    """A row of a table. Subclasses declare fields; their `Meta` class holds the options."""

    if TYPE_CHECKING:
        # The key of models that declare none.
        id: Any
        _meta: ClassVar[Options]
        objects: ClassVar[Manager[Self]]
        _default_manager: ClassVar[Manager[Self]]
        _base_manager: ClassVar[Manager[Self]]

        class DoesNotExist(ObjectDoesNotExist): ...

        class MultipleObjectsReturned(MultipleObjectsReturned): ...

        class NotUpdated(ObjectNotUpdated): ...

        _state: ModelState
        _prefetched_objects_cache: dict[str, Any]
        _related_: Any
        _related_key_: Any
    else:
        # An object at hand for a foreign key, and the key it goes with: see offbeat.db.models.states.
        __slots__ = ("_related_", "_related_key_")
        _state = StateOfInstance()
        _prefetched_objects_cache = PrefetchedOfInstance()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cls = self.__class__
        opts = cls._meta
        if opts.abstract:
            raise TypeError("Abstract models cannot be instantiated.")
        if pre_init.receivers:
            pre_init.send(sender=cls, args=args, kwargs=kwargs)

        plan = opts.init_plan
        values: Any = None
        if args:
            if len(args) > len(plan.attnames):
                raise IndexError("Number of args exceeds number of fields")
            values = dict(zip(plan.attnames, args, strict=False))
            if kwargs:
                for field in plan.fields[: len(args)]:
                    if kwargs.pop(field.name, _NOTHING) is not _NOTHING:
                        raise TypeError(
                            f"{cls.__qualname__}() got both positional and keyword arguments for field "
                            f"'{field.name}'."
                        )

        given = kwargs if values is None else values
        if plan.plain and not (values and kwargs) and not _any_deferred(given):
            others: Any = ()
            if values is None and not kwargs.keys() <= plan.direct:
                others = kwargs.keys() - plan.direct
            data = plan.template.copy()
            if not others:
                data.update(given)
            else:
                for name, value in kwargs.items():
                    if name not in others:
                        data[name] = value
            for name, default in plan.dynamic:
                if data[name] is _NOTHING:
                    # The key comes with the object, if that is given.
                    data[name] = None if others and plan.keys.get(name) in others else default()
            if plan.special:
                special = [(name, data.pop(name)) for name in plan.special if name in data]
                self.__dict__ = data
                for name, value in special:
                    setattr(self, name, value)
            else:
                self.__dict__ = data
            if others:
                self._init_others(plan, kwargs, others)
        else:
            self.__dict__["_state"] = NEW
            set_from_kwargs(self, plan, values or {}, kwargs)

        if post_init.receivers:
            post_init.send(sender=cls, instance=self)

    def _init_others(self, plan: Any, kwargs: dict[str, Any], others: Any) -> None:
        """Set relations, properties and private fields given by keyword."""
        from offbeat.db.models.instantiation import _set_others

        relations = plan.relations
        rest = {}
        # In the order of the call, so that the same mistake always gives the same message.
        for name, value in kwargs.items():
            if name in others:
                if name in relations:
                    setattr(self, name, value)
                else:
                    rest[name] = value
        if rest:
            _set_others(self, rest)

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, *, fetch_mode: Any = None) -> Self:
        """Return an instance for a row: `values` of the fields `field_names`; the others are deferred."""
        attnames = cls._meta.init_plan.attnames
        if len(values) != len(attnames):
            remaining = iter(values)
            names = field_names if isinstance(field_names, (set, frozenset)) else set(field_names)
            values = [next(remaining) if name in names else DEFERRED for name in attnames]
        new = cls(*values)
        if new.__dict__.get("_state") is NEW and can_share(fetch_mode):
            new.__dict__["_state"] = shared_state(db, False, fetch_mode)
            return new
        state = new._state
        state.adding = False
        state.db = db
        if fetch_mode is not None:
            state.fetch_mode = fetch_mode
        return new

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def __str__(self) -> str:
        return f"{self.__class__.__name__} object ({self.pk})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Model):
            return NotImplemented
        if self._meta.concrete_model is not other._meta.concrete_model:
            return False
        pk = self.pk
        if not self._is_pk_set():
            return self is other
        return bool(pk == other.pk)

    def __hash__(self) -> int:
        if not self._is_pk_set():
            raise TypeError("Model instances without primary key value are unhashable")
        return hash(self.pk)

    def __reduce__(self) -> Any:
        from offbeat import __version__
        from offbeat.db import DJANGO_VERSION_PICKLE_KEY

        data = self.__getstate__()
        data[DJANGO_VERSION_PICKLE_KEY] = __version__
        class_id = self._meta.app_label, self._meta.object_name
        return model_unpickle, (class_id,), data

    def __getstate__(self) -> dict[str, Any]:
        """Return the state to pickle; the caches of relations are copied, memoryviews become bytes."""
        state = self.__dict__.copy()
        known = known_state(self)
        if isinstance(known, SharedState):
            state["_state"] = own_state(self, known)
        else:
            state["_state"] = copy.copy(known)
            state["_state"].fields_cache = known.fields_cache.copy()
        views = [(name, bytes(value)) for name, value in state.items() if isinstance(value, memoryview)]
        if views:
            state["_memoryview_attrs"] = views
            for name, _ in views:
                state.pop(name)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        from offbeat import __version__
        from offbeat.db import DJANGO_VERSION_PICKLE_KEY

        pickled = state.get(DJANGO_VERSION_PICKLE_KEY)
        if not pickled:
            warnings.warn(
                "Pickled model instance's Django version is not specified.", RuntimeWarning, stacklevel=2
            )
        elif pickled != __version__:
            warnings.warn(
                f"Pickled model instance's Django version {pickled} does not match the current version {__version__}.",
                RuntimeWarning,
                stacklevel=2,
            )
        if "_memoryview_attrs" in state:
            for name, value in state.pop("_memoryview_attrs"):
                state[name] = memoryview(value)
        self.__dict__.update(state)

    def _get_pk_val(self, meta: Any = None) -> Any:
        meta = meta or self._meta
        return getattr(self, meta.pk.attname)

    def _set_pk_val(self, value: Any) -> None:
        for parent_link in self._meta.parents.values():
            if parent_link and parent_link != self._meta.pk:
                setattr(self, parent_link.target_field.attname, value)
        setattr(self, self._meta.pk.attname, value)

    pk = property(_get_pk_val, _set_pk_val)

    def _is_pk_set(self, meta: Any = None) -> bool:
        """True when the primary key has a value; of a composite one, every part."""
        value = getattr(self, (meta or self._meta).pk.attname)
        return not (value is None or (isinstance(value, tuple) and any(part is None for part in value)))

    def get_deferred_fields(self) -> set[str]:
        """Return the attribute names of the fields that are not loaded."""
        data = self.__dict__
        return {field.attname for field in self._meta.concrete_fields if field.attname not in data}

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        """Load the values again: all those loaded before, or `fields`; DoesNotExist when the row is gone.

        `from_queryset` says how to find the row (and, with select_for_update(), to lock it).
        """
        names: Any = None
        if fields is None:
            self._prefetched_objects_cache = {}
        else:
            names = set(fields)
            prefetched = getattr(self, "_prefetched_objects_cache", {})
            for name in fields:
                if name in prefetched:
                    del prefetched[name]
                    names.discard(name)
            if not names:
                return
            transform = next((name for name in names if LOOKUP_SEP in name), None)
            if transform is not None:
                raise ValueError(
                    f'Found "{transform}" in fields argument. Relations and transforms are not allowed in fields.'
                )

        queryset = from_queryset
        if queryset is None:
            queryset = self.__class__._base_manager.db_manager(using, hints={"instance": self})
        elif using is not None:
            queryset = queryset.using(using)
        queryset = queryset.filter(pk=self.pk)
        # What is asked for is fetched now, even where nothing may be fetched by the way.
        deferred = self.get_deferred_fields()
        if names is not None:
            queryset = queryset.only(*names)
        elif deferred:
            queryset = queryset.only(
                *(field.attname for field in self._meta.concrete_fields if field.attname not in deferred)
            )
        fresh = queryset.get()
        self._copy_values(fresh, names)
        if known_state(self).db != known_state(fresh).db:
            self._state.db = fresh._state.db

    def _copy_values(self, fresh: Any, names: Any) -> None:
        """Take over the values of `fresh`, and forget related objects that may be stale."""
        loaded = fresh.__dict__
        for field in self._meta.concrete_fields:
            if field.attname not in loaded:
                continue
            setattr(self, field.attname, getattr(fresh, field.attname))
        for field in self._meta.fields:
            if not field.is_relation or (field.concrete and field.attname not in loaded):
                continue
            if field.is_cached(fresh):
                field.set_cached_value(self, field.get_cached_value(fresh))
            elif field.is_cached(self):
                field.delete_cached_value(self)
        for rel in self._meta.related_objects:
            if (names is None or rel.name in names) and rel.is_cached(self):
                rel.delete_cached_value(self)
        for field in self._meta.private_fields:
            if (names is None or field.name in names) and field.is_relation and field.is_cached(self):
                field.delete_cached_value(self)

    arefresh_from_db = async_face(refresh_from_db)

    def serializable_value(self, field_name: str) -> Any:
        """Return the value of the field called so: of a foreign key the key; or else the attribute."""
        try:
            field = self._meta.get_field(field_name)
        except FieldDoesNotExist:
            return getattr(self, field_name)
        return getattr(self, field.attname)

    def save(
        self,
        *,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Write the instance: an UPDATE, or an INSERT when there is no such row.

        force_insert (True, or the parent classes to insert into) and force_update choose; update_fields names the
        fields to update. ValueError for arguments that exclude one another or name no such field.
        """
        saving.save(self, force_insert, force_update, using, update_fields)

    save.alters_data = True  # type: ignore[attr-defined]
    asave = async_face(save)
    asave.alters_data = True  # type: ignore[attr-defined]

    def save_base(
        self,
        raw: bool = False,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Any = None,
    ) -> None:
        """Write the instance and send the signals; with `raw`, values go to the database as they are."""
        saving.save_base(self, raw, force_insert, force_update, using, update_fields)

    save_base.alters_data = True  # type: ignore[attr-defined]

    def _do_update(
        self,
        base_qs: Any,
        using: str,
        pk_val: Any,
        values: Any,
        update_fields: Any,
        forced_update: Any,
        returning_fields: Any,
    ) -> Any:
        """Update the row; return the rows of `returning_fields`, or whether there was a row."""
        return saving.do_update(
            self, base_qs, using, pk_val, values, update_fields, forced_update, returning_fields
        )

    def _do_insert(self, manager: Any, using: str, fields: Any, returning_fields: Any, raw: bool) -> Any:
        """Insert the row; return the rows of `returning_fields` that the database gave."""
        return manager._insert([self], fields=fields, returning_fields=returning_fields, using=using, raw=raw)

    def _prepare_related_fields_for_save(self, operation_name: str, fields: Any = None) -> None:
        saving.prepare_related_fields(self, operation_name, fields)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete the row and what depends on it; return the number of deleted rows, in all and by model."""
        if not self._is_pk_set():
            raise ValueError(
                f"{self._meta.object_name} object can't be deleted because its {self._meta.pk.attname} attribute is set to None."
            )
        if using is None:
            from offbeat.db import router

            using = router.db_for_write(self.__class__, instance=self)
        collector = Collector(using=using, origin=self)
        collector.collect([self], keep_parents=keep_parents)
        return collector.delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    adelete = async_face(delete)
    adelete.alters_data = True  # type: ignore[attr-defined]

    def _get_FIELD_display(self, field: Any) -> Any:
        value = getattr(self, field.attname)
        choices = dict(make_hashable(field.flatchoices))
        # Labels may be lazy translations: this is where they become text.
        return force_str(choices.get(make_hashable(value), value), strings_only=True)

    def _get_next_or_previous_by_FIELD(self, field: Any, is_next: bool, **kwargs: Any) -> Any:
        if not self._is_pk_set():
            raise ValueError("get_next/get_previous cannot be used on unsaved objects.")
        op = "gt" if is_next else "lt"
        param = getattr(self, field.attname)
        # Of several rows with the same value, the key decides.
        same = Q.create([(field.name, param), (f"pk__{op}", self.pk)], connector=Q.AND)
        condition = Q.create([same, (f"{field.name}__{op}", param)], connector=Q.OR)
        order = "" if is_next else "-"
        manager: Any = self.__class__._default_manager
        queryset = (
            manager.using(self._state.db)
            .filter(**kwargs)
            .filter(condition)
            .order_by(f"{order}{field.name}", f"{order}pk")
        )
        for found in queryset[:1]:
            return found
        raise self.DoesNotExist(f"{self.__class__._meta.object_name} matching query does not exist.")

    def _get_next_or_previous_in_order(self, is_next: bool) -> Any:
        cache_name = f"__{is_next}_order_cache"
        if not hasattr(self, cache_name):
            op, order = ("gt", "_order") if is_next else ("lt", "-_order")
            order_field: Any = self._meta.order_with_respect_to
            filter_args = order_field.get_filter_kwargs_for_object(self)
            manager: Any = self.__class__._default_manager
            own_order = manager.values("_order").filter(**{self._meta.pk.name: self.pk})
            obj = (
                manager.filter(**filter_args).filter(**{f"_order__{op}": own_order}).order_by(order)[:1].get()
            )
            setattr(self, cache_name, obj)
        return getattr(self, cache_name)

    def _get_field_expression_map(self, meta: Any, exclude: Any = None) -> dict[str, Any]:
        return unique_checks.field_expression_map(self, meta, exclude)

    def prepare_database_save(self, field: Any) -> Any:
        """Return the key to save for a field that refers to this instance; ValueError when it is not saved."""
        if not self._is_pk_set():
            raise ValueError(f"Unsaved model instance {self!r} cannot be used in an ORM query.")
        return getattr(self, field.remote_field.get_related_field().attname)

    def clean(self) -> None:
        """Validate the instance as a whole; a hook. Raises ValidationError."""

    def validate_unique(self, exclude: Any = None) -> None:
        """Check the unique values against the database; ValidationError when one is taken."""
        unique, dates = self._get_unique_checks(exclude=exclude)
        errors = self._perform_unique_checks(unique)
        for key, messages in self._perform_date_checks(dates).items():
            errors.setdefault(key, []).extend(messages)
        if errors:
            raise ValidationError(errors)

    def _get_unique_checks(self, exclude: Any = None, include_meta_constraints: bool = False) -> Any:
        return unique_checks.get_unique_checks(self, exclude, include_meta_constraints)

    def _perform_unique_checks(self, checks: Any) -> dict[str, list[Any]]:
        return unique_checks.perform_unique_checks(self, checks)

    def _perform_date_checks(self, checks: Any) -> dict[str, list[Any]]:
        return unique_checks.perform_date_checks(self, checks)

    def date_error_message(self, lookup_type: str, field_name: str, unique_for: str) -> ValidationError:
        """Return the error for a value that is not unique for a date."""
        return unique_checks.date_error_message(self, lookup_type, field_name, unique_for)

    def unique_error_message(self, model_class: Any, unique_check: Any) -> ValidationError:
        """Return the error for values that are taken."""
        return unique_checks.unique_error_message(self, model_class, unique_check)

    def get_constraints(self) -> list[tuple[Any, Any]]:
        """Return pairs (model class, constraints) of this model and its parents."""
        constraints = [(self.__class__, self._meta.constraints)]
        constraints.extend(
            (parent, parent._meta.constraints)
            for parent in self._meta.all_parents
            if parent._meta.constraints
        )
        return constraints

    def validate_constraints(self, exclude: Any = None) -> None:
        """Check the constraints of Meta.constraints; ValidationError when one is violated."""
        unique_checks.validate_constraints(self, exclude)

    def full_clean(
        self, exclude: Any = None, validate_unique: bool = True, validate_constraints: bool = True
    ) -> None:
        """Run clean_fields(), clean(), validate_unique() and validate_constraints(); one ValidationError for all."""
        errors: dict[str, Any] = {}
        exclude = set(exclude) if exclude else set()
        try:
            self.clean_fields(exclude=exclude)
        except ValidationError as exc:
            errors = exc.update_error_dict(errors)
        # The other steps run even so, that all faults are told at once.
        try:
            self.clean()
        except ValidationError as exc:
            errors = exc.update_error_dict(errors)
        # Fields with errors are left out of the checks against the database.
        steps = []
        if validate_unique:
            steps.append(self.validate_unique)
        if validate_constraints:
            steps.append(self.validate_constraints)
        for step in steps:
            for name in errors:
                if name != NON_FIELD_ERRORS and name not in exclude:
                    exclude.add(name)
            try:
                step(exclude=exclude)
            except ValidationError as exc:
                errors = exc.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def clean_fields(self, exclude: Any = None) -> None:
        """Convert and validate the value of each field; ValidationError with the errors by field."""
        excluded = exclude or ()
        errors = {}
        for field in self._meta.fields:
            if field.name in excluded or field.generated:
                continue
            # A blank value is right where the field allows it: validators need not know of it.
            raw_value = getattr(self, field.attname)
            if field.blank and raw_value in field.empty_values:
                continue
            # What the database will fill in needs no check.
            if isinstance(raw_value, DatabaseDefault):
                continue
            try:
                setattr(self, field.attname, field.clean(raw_value, self))
            except ValidationError as exc:
                errors[field.name] = exc.error_list
        if errors:
            raise ValidationError(errors)

    @classmethod
    def check(cls, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this model."""
        from offbeat.db.models.checks import check_model

        return check_model(cls, **kwargs)


def _any_deferred(values: dict[str, Any]) -> bool:
    # A plain loop: this runs for every instance made.
    for value in values.values():  # noqa: SIM110
        if value is DEFERRED:
            return True
    return False


def model_unpickle(model_id: Any) -> Any:
    """Return an empty instance of the model named by `model_id`, for pickle to fill."""
    if isinstance(model_id, tuple):
        from offbeat.apps import apps

        model = apps.get_model(*model_id)
    else:
        # Pickles of old held the class itself.
        model = model_id
    return model.__new__(model)


model_unpickle.__safe_for_unpickle__ = True  # type: ignore[attr-defined]
