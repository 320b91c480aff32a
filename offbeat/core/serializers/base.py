"""What all formats share: walking over objects, and turning stored values into objects."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from typing import Any

from offbeat.core.exceptions import ObjectDoesNotExist

DEFER_FIELD = object()


class SerializerDoesNotExist(KeyError):
    """No such format."""


class SerializationError(Exception):
    """Objects cannot be serialized."""


class DeserializationError(Exception):
    """The data cannot be turned into objects."""

    @classmethod
    def WithData(cls, original_exc: Any, model: str, fk: Any, field_value: Any) -> DeserializationError:
        """The error together with the place where it happened."""
        return cls(f"{original_exc}: ({model}:pk={fk}) field_value was '{field_value}'")


class M2MDeserializationError(Exception):
    """A value of a many-to-many field cannot be resolved."""

    def __init__(self, original_exc: Exception, pk: Any) -> None:
        self.original_exc = original_exc
        self.pk = pk


class ProgressBar:
    """A bar on ``output`` that grows with the share of ``total_count`` done; silent without an output."""

    progress_width = 75

    def __init__(self, output: Any, total_count: int) -> None:
        self.output = output
        self.total_count = total_count
        self.prev_done = 0

    def update(self, count: int) -> None:
        """Show that ``count`` objects are done."""
        if not self.output:
            return
        done = count * self.progress_width // self.total_count
        if self.prev_done >= done:
            return
        self.prev_done = done
        edge = "" if self.total_count == 1 else "\r"
        self.output.write(f"{edge}[{'.' * done}{' ' * (self.progress_width - done)}]")
        if done == self.progress_width:
            self.output.write("\n")
        self.output.flush()


class Serializer:
    """Walks over objects and their fields; formats define what is written at each step."""

    internal_use_only = False
    progress_class: Any = ProgressBar
    stream_class: Any = StringIO

    options: dict[str, Any]
    stream: Any
    selected_fields: Any
    use_natural_foreign_keys: bool
    use_natural_primary_keys: bool
    first: bool

    def serialize(
        self,
        queryset: Iterable[Any],
        *,
        stream: Any = None,
        fields: Any = None,
        use_natural_foreign_keys: bool = False,
        use_natural_primary_keys: bool = False,
        progress_output: Any = None,
        object_count: int = 0,
        **options: Any,
    ) -> Any:
        """Write the objects to ``stream`` (a new text stream by default) and return :meth:`getvalue`.

        ``fields``: names of those to write. Other options are the format's own, such as ``indent``.
        """
        self.options = options
        self.stream = stream if stream is not None else self.stream_class()
        self.selected_fields = fields
        self.use_natural_foreign_keys = use_natural_foreign_keys
        self.use_natural_primary_keys = use_natural_primary_keys
        progress = self.progress_class(progress_output, object_count)
        self.start_serialization()
        self.first = True
        plans: dict[type, Any] = {}
        for count, obj in enumerate(queryset, start=1):
            model = type(obj)
            if model not in plans:
                plans[model] = self._plan(model)
            self.start_object(obj)
            for handle, field in plans[model]:
                handle(obj, field)
            self.end_object(obj)
            progress.update(count)
            self.first = False
        self.end_serialization()
        return self.getvalue()

    def _plan(self, model: Any) -> list[tuple[Any, Any]]:
        meta = model._meta.concrete_model._meta
        parent_link = None
        if self.use_natural_primary_keys:
            # The row of the parent has no primary key in the output that this one could share.
            pk = meta.pk
            parent_link = pk if pk.remote_field and pk.remote_field.parent_link else None
        selected = self.selected_fields
        plan: list[tuple[Any, Any]] = []
        for field in meta.local_fields:
            if not (field.serialize or field is parent_link):
                continue
            if field.remote_field is None:
                if selected is None or field.attname in selected:
                    plan.append((self.handle_field, field))
            elif selected is None or field.attname.removesuffix("_id") in selected:
                plan.append((self.handle_fk_field, field))
        plan += [
            (self.handle_m2m_field, field)
            for field in meta.local_many_to_many
            if field.serialize and (selected is None or field.attname in selected)
        ]
        return plan

    def start_serialization(self) -> None:
        """Called before the first object."""
        raise NotImplementedError("subclasses of Serializer must provide a start_serialization() method")

    def end_serialization(self) -> None:
        """Called after the last object."""

    def start_object(self, obj: Any) -> None:
        """Called before the fields of an object."""
        raise NotImplementedError("subclasses of Serializer must provide a start_object() method")

    def end_object(self, obj: Any) -> None:
        """Called after the fields of an object."""

    def handle_field(self, obj: Any, field: Any) -> None:
        """Called for a field without relation."""
        raise NotImplementedError("subclasses of Serializer must provide a handle_field() method")

    def handle_fk_field(self, obj: Any, field: Any) -> None:
        """Called for a foreign key."""
        raise NotImplementedError("subclasses of Serializer must provide a handle_fk_field() method")

    def handle_m2m_field(self, obj: Any, field: Any) -> None:
        """Called for a many-to-many field."""
        raise NotImplementedError("subclasses of Serializer must provide a handle_m2m_field() method")

    def getvalue(self) -> Any:
        """What was written, if the stream can tell; else None."""
        read = getattr(self.stream, "getvalue", None)
        return read() if callable(read) else None

    def natural_key_of(self, obj: Any, field: Any) -> Any:
        """Natural key of what a foreign key points to; None when there is none or natural keys are not asked for."""
        if not (self.use_natural_foreign_keys and hasattr(field.remote_field.model, "natural_key")):
            return None
        related = getattr(obj, field.name)
        return related.natural_key() or None if related is not None else None

    def omits_primary_key(self, obj: Any) -> bool:
        """Whether the object is written without its primary key, its natural key being enough."""
        return bool(self.use_natural_primary_keys and hasattr(obj, "natural_key") and obj.natural_key())

    def related_of(self, obj: Any, field: Any) -> tuple[bool, Iterable[Any]]:
        """(whether natural keys are wanted, the objects) of a many-to-many field."""
        natural = self.use_natural_foreign_keys and hasattr(field.remote_field.model, "natural_key")
        manager = getattr(obj, field.name)
        prefetched = getattr(obj, "_prefetched_objects_cache", {}).get(field.name)
        if prefetched is not None:
            return natural, prefetched
        queryset = manager.select_related(None)
        # iterator() would run the prefetches of a manager's own query set in vain: keys are all that is read.
        queryset = queryset.prefetch_related(None)
        # By the key in the end, so that the same rows always give the same output.
        queryset = queryset.order_by(*field.remote_field.model._meta.ordering, "pk")
        return natural, (queryset if natural else queryset.only("pk")).iterator()


class Deserializer:
    """Iterator over a text or a stream; formats define ``__next__``."""

    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        self.options = options
        self.stream = StringIO(stream_or_string) if isinstance(stream_or_string, str) else stream_or_string

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        """The next DeserializedObject."""
        raise NotImplementedError("subclasses of Deserializer must provide a __next__() method")


class DeserializedObject:
    """An object that is not saved yet, with its many-to-many values and what must wait for other objects."""

    def __init__(self, obj: Any, m2m_data: Any = None, deferred_fields: Any = None) -> None:
        self.object = obj
        self.m2m_data = m2m_data
        self.deferred_fields = deferred_fields

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self.object._meta.label}(pk={self.object.pk})>"

    def save(self, save_m2m: bool = True, using: str | None = None, **kwargs: Any) -> None:
        """Save the row as it is, without the model's own ``save()``, then its many-to-many values."""
        from offbeat.db import models

        models.Model.save_base(self.object, using=using, raw=True, **kwargs)
        if self.m2m_data and save_m2m:
            for name, objects in self.m2m_data.items():
                getattr(self.object, name).set(objects)
        # A second save() must not undo what happened to them since.
        self.m2m_data = None

    def save_deferred_fields(self, using: str | None = None) -> None:
        """Resolve and save the forward references, now that all objects are there; DeserializationError."""
        self.m2m_data = {}
        label = self.object._meta.label_lower
        for field, value in self.deferred_fields.items():
            if field.many_to_many:
                try:
                    values = deserialize_m2m_values(field, value, using, handle_forward_references=False)
                except M2MDeserializationError as error:
                    raise DeserializationError.WithData(
                        error.original_exc, label, self.object.pk, error.pk
                    ) from error
                self.m2m_data[field.name] = values
            else:
                try:
                    value = deserialize_fk_value(field, value, using, handle_forward_references=False)
                except Exception as error:
                    raise DeserializationError.WithData(error, label, self.object.pk, value) from error
                setattr(self.object, field.attname, value)
        self.save(using=using)


def build_instance(Model: Any, data: dict[str, Any], db: Any) -> Any:
    """An unsaved instance; without a primary key in ``data``, that of the row with the same natural key."""
    meta = Model._meta
    manager = Model._default_manager
    pk = meta.pk
    if (
        data.get(pk.attname) is None
        and hasattr(manager, "get_by_natural_key")
        and hasattr(Model, "natural_key")
    ):
        instance = Model(**data)
        # natural_key() may follow foreign keys, which must be read from this database.
        instance._state.db = db
        natural_key = instance.natural_key()
        if natural_key:
            try:
                data[pk.attname] = pk.to_python(manager.db_manager(db).get_by_natural_key(*natural_key).pk)
            except Model.DoesNotExist:
                pass
    return Model(**data)


def _is_natural(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, str)


def deserialize_m2m_values(field: Any, field_value: Any, using: Any, handle_forward_references: bool) -> Any:
    """Primary keys of a many-to-many field's values; DEFER_FIELD when one does not exist yet and may come later."""
    model = field.remote_field.model
    manager = model._default_manager
    to_python = model._meta.pk.to_python
    natural_allowed = hasattr(manager, "get_by_natural_key")
    try:
        items = iter(field_value)
    except TypeError as error:
        raise M2MDeserializationError(error, field_value) from error
    values = []
    for item in items:
        try:
            if natural_allowed and _is_natural(item):
                values.append(manager.db_manager(using).get_by_natural_key(*item).pk)
            else:
                values.append(to_python(getattr(item, "pk", item)))
        except Exception as error:
            if isinstance(error, ObjectDoesNotExist) and handle_forward_references:
                return DEFER_FIELD
            raise M2MDeserializationError(error, item) from error
    return values


def deserialize_fk_value(field: Any, field_value: Any, using: Any, handle_forward_references: bool) -> Any:
    """The value of a foreign key's column; DEFER_FIELD when its object does not exist yet and may come later."""
    if field_value is None:
        return None
    model = field.remote_field.model
    manager = model._default_manager
    target = field.remote_field.field_name
    if hasattr(manager, "get_by_natural_key") and _is_natural(field_value):
        try:
            obj = manager.db_manager(using).get_by_natural_key(*field_value)
        except ObjectDoesNotExist:
            if handle_forward_references:
                return DEFER_FIELD
            raise
        value = getattr(obj, target)
        # The target may be a relation in turn, whose value is an object.
        return value.pk if model._meta.pk.remote_field else value
    return model._meta.get_field(target).to_python(field_value)
