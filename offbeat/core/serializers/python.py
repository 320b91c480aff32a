"""The ``python`` format: plain dictionaries. Basis of the JSON and YAML formats."""

from __future__ import annotations

from typing import Any

from offbeat.apps import apps
from offbeat.core.serializers import base
from offbeat.utils.encoding import is_protected_type

DEFAULT_DB_ALIAS = "default"


class Serializer(base.Serializer):
    """Makes a list of ``{"model": …, "pk": …, "fields": {…}}``."""

    internal_use_only = True

    objects: list[Any]
    _current: Any = None

    def start_serialization(self) -> None:
        self._current = None
        self.objects = []

    def end_serialization(self) -> None:
        """Nothing is open."""

    def start_object(self, obj: Any) -> None:
        self._current = {}

    def end_object(self, obj: Any) -> None:
        self.objects.append(self.get_dump_object(obj))
        self._current = None

    def get_dump_object(self, obj: Any) -> dict[str, Any]:
        """The dictionary of one object."""
        data: dict[str, Any] = {"model": str(obj._meta)}
        if not self.omits_primary_key(obj):
            data["pk"] = self._value_from_field(obj, obj._meta.pk)
        data["fields"] = self._current
        return data

    def _value_from_field(self, obj: Any, field: Any) -> Any:
        parts = getattr(field, "fields", None)
        if parts is not None and field.get_internal_type() == "CompositePrimaryKey":
            return [self._value_from_field(obj, part) for part in parts]
        value = field.value_from_object(obj)
        return value if is_protected_type(value) else field.value_to_string(obj)

    def handle_field(self, obj: Any, field: Any) -> None:
        self._current[field.name] = self._value_from_field(obj, field)

    def handle_fk_field(self, obj: Any, field: Any) -> None:
        natural = self.natural_key_of(obj, field)
        self._current[field.name] = self._value_from_field(obj, field) if natural is None else natural

    def handle_m2m_field(self, obj: Any, field: Any) -> None:
        if not field.remote_field.through._meta.auto_created:
            return
        natural, related = self.related_of(obj, field)
        pk = field.remote_field.model._meta.pk
        self._current[field.name] = [
            (natural and other.natural_key()) or self._value_from_field(other, pk) for other in related
        ]

    def getvalue(self) -> Any:
        return self.objects


class Deserializer(base.Deserializer):
    """Iterates over such dictionaries and yields DeserializedObject."""

    def __init__(
        self,
        object_list: Any,
        *,
        using: str = DEFAULT_DB_ALIAS,
        ignorenonexistent: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(object_list, **options)
        self.handle_forward_references = options.pop("handle_forward_references", False)
        self.using = using
        self.ignorenonexistent = ignorenonexistent
        self.field_names_cache: dict[Any, dict[str, Any]] = {}
        self._iterator: Any = None

    def __iter__(self) -> Any:
        for obj in self.stream:
            yield from self._handle_object(obj)

    def __next__(self) -> Any:
        if self._iterator is None:
            self._iterator = iter(self)
        return next(self._iterator)

    def _handle_object(self, obj: Any) -> Any:
        try:
            model = self._get_model_from_node(obj["model"])
        except base.DeserializationError:
            if self.ignorenonexistent:
                return
            raise
        pk = model._meta.pk
        data: dict[str, Any] = {}
        if "pk" in obj:
            try:
                data[pk.attname] = pk.to_python(obj["pk"])
            except Exception as error:
                raise base.DeserializationError.WithData(error, obj["model"], obj["pk"], None) from error
        known = self._known_fields(model)
        m2m_data: dict[str, Any] = {}
        deferred: dict[Any, Any] = {}
        for name, value in obj["fields"].items():
            field = known.get(name)
            if field is None:
                if self.ignorenonexistent:
                    continue
                field = model._meta.get_field(name)
            self._handle_value(obj, field, value, data, m2m_data, deferred)
        instance = base.build_instance(model, data, self.using)
        yield base.DeserializedObject(instance, m2m_data, deferred)

    def _handle_value(
        self, obj: Any, field: Any, value: Any, data: Any, m2m_data: Any, deferred: Any
    ) -> None:
        rel = field.remote_field
        is_m2m = bool(rel and field.many_to_many)
        try:
            if is_m2m:
                value = self._handle_m2m_field_node(field, value)
            elif rel and field.concrete:
                value = self._handle_fk_field_node(field, value)
            else:
                value = field.to_python(value)
        except base.M2MDeserializationError as error:
            raise base.DeserializationError.WithData(
                error.original_exc, obj["model"], obj.get("pk"), error.pk
            ) from error
        except Exception as error:
            raise base.DeserializationError.WithData(error, obj["model"], obj.get("pk"), value) from error
        if value is base.DEFER_FIELD:
            deferred[field] = obj["fields"][field.name]
        elif is_m2m:
            m2m_data[field.name] = value
        else:
            data[field.attname if rel and field.concrete else field.name] = value

    def _handle_m2m_field_node(self, field: Any, field_value: Any) -> Any:
        return base.deserialize_m2m_values(field, field_value, self.using, self.handle_forward_references)

    def _handle_fk_field_node(self, field: Any, field_value: Any) -> Any:
        return base.deserialize_fk_value(field, field_value, self.using, self.handle_forward_references)

    def _known_fields(self, model: Any) -> dict[str, Any]:
        names = self.field_names_cache.get(model)
        if names is None:
            names = {field.name: field for field in model._meta.get_fields() if _is_stored(field)}
            self.field_names_cache[model] = names
        return names

    @staticmethod
    def _get_model_from_node(model_identifier: str) -> Any:
        """The model named so; DeserializationError."""
        try:
            return apps.get_model(model_identifier)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise base.DeserializationError(f"Invalid model identifier: {model_identifier}") from None


def _is_stored(field: Any) -> bool:
    return not field.auto_created or field.concrete
