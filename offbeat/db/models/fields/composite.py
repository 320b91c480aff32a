"""CompositePrimaryKey (Django documentation: topics/composite-primary-key)."""

from __future__ import annotations

from typing import Any

from offbeat.core import checks
from offbeat.db.models.fields.base import NOT_PROVIDED, Field
from offbeat.utils.functional import cached_property

__all__ = ["CompositeAttribute", "CompositePrimaryKey"]


class CompositeAttribute:
    """The `pk` attribute: the tuple of the fields' values."""

    def __init__(self, field: Any) -> None:
        self.field = field

    @property
    def attnames(self) -> list[str]:
        """The attributes of the fields."""
        return [field.attname for field in self.field.fields]

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        return tuple(getattr(instance, name) for name in self.attnames)

    def __set__(self, instance: Any, values: Any) -> None:
        names = self.attnames
        if values is None:
            values = (None,) * len(names)
        if not isinstance(values, (list, tuple)):
            raise ValueError(f"{self.field.name!r} must be a list or a tuple.")
        if len(names) != len(values):
            raise ValueError(f"{self.field.name!r} must have {len(names)} elements.")
        for name, value in zip(names, values, strict=True):
            setattr(instance, name, value)


class CompositePrimaryKey(Field[Any, Any]):
    """A primary key made of several fields of the model, named by their names."""

    descriptor_class = CompositeAttribute

    field_names: tuple[str, ...]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not args or not all(isinstance(name, str) for name in args) or len(set(args)) != len(args):
            raise ValueError("CompositePrimaryKey args must be unique strings.")
        if len(args) == 1:
            raise ValueError("CompositePrimaryKey must include at least two fields.")
        if kwargs.get("default", NOT_PROVIDED) is not NOT_PROVIDED:
            raise ValueError("CompositePrimaryKey cannot have a default.")
        if kwargs.get("db_default", NOT_PROVIDED) is not NOT_PROVIDED:
            raise ValueError("CompositePrimaryKey cannot have a database default.")
        if kwargs.get("db_column") is not None:
            raise ValueError("CompositePrimaryKey cannot have a db_column.")
        if kwargs.setdefault("editable", False):
            raise ValueError("CompositePrimaryKey cannot be editable.")
        if not kwargs.setdefault("primary_key", True):
            raise ValueError("CompositePrimaryKey must be a primary key.")
        if not kwargs.setdefault("blank", True):
            raise ValueError("CompositePrimaryKey must be blank.")
        self.field_names = args
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[Any, str, Any, dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        # Editable, blank and primary key are not for choosing, so they are left out.
        return self.name, self._import_path(), self.field_names, {}

    @cached_property
    def fields(self) -> tuple[Any, ...]:
        """The fields of the key."""
        get_field = self.model._meta.get_field
        return tuple(get_field(name) for name in self.field_names)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of the key."""
        return tuple(field.column for field in self.fields)

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Become the primary key of `cls`."""
        super().contribute_to_class(cls, name, private_only=private_only)
        cls._meta.pk = self
        setattr(cls, self.attname, self.descriptor_class(self))

    def get_attname_column(self) -> tuple[str, Any]:
        """Return (attribute, None)."""
        return self.get_attname(), None

    def __iter__(self) -> Any:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.field_names)

    @cached_property
    def cached_col(self) -> Any:
        """The expression of the columns in their own table."""
        from offbeat.db.models.expressions import ColPairs

        return ColPairs(self.model._meta.db_table, self.fields, self.fields, self)

    def get_col(self, alias: str, output_field: Any = None) -> Any:
        """Return the expression of the columns of the table `alias`."""
        if alias == self.model._meta.db_table and (output_field is None or output_field is self):
            return self.cached_col
        from offbeat.db.models.expressions import ColPairs

        return ColPairs(alias, self.fields, self.fields, output_field or self)

    def get_pk_value_on_save(self, instance: Any) -> Any:
        """Return the key with the defaults of fields that have no value yet; None when there are none."""
        values: list[Any] = []
        for field in self.fields:
            value = field.value_from_object(instance)
            if value is None:
                value = field.get_pk_value_on_save(instance)
            values.append(value)
        return tuple(values)

    def _check_field_name(self) -> list[Any]:
        if self.name == "pk":
            return []
        return [checks.Error("'CompositePrimaryKey' must be named 'pk'.", obj=self, id="fields.E013")]

    def value_to_string(self, obj: Any) -> str:
        """Return the values as a JSON list."""
        import json

        values = []
        for field in self.fields:
            value = field.value_from_object(obj)
            values.append(value if field.is_relation else field.value_to_string(obj))
        return json.dumps(values, ensure_ascii=False)

    def to_python(self, value: Any) -> Any:
        """Convert a JSON list to a tuple of values."""
        if isinstance(value, str):
            import json

            value = [
                field.to_python(part) for field, part in zip(self.fields, json.loads(value), strict=True)
            ]
        return value

    def get_prep_value(self, value: Any) -> Any:
        """Return the value as it is: its parts are prepared one by one."""
        return value


def _register() -> None:
    from offbeat.db.models.fields import tuple_lookups
    from offbeat.db.models.query_utils import register_builtin_lookup

    for name in (
        "TupleExact",
        "TupleGreaterThan",
        "TupleGreaterThanOrEqual",
        "TupleLessThan",
        "TupleLessThanOrEqual",
        "TupleIn",
        "TupleIsNull",
    ):
        register_builtin_lookup(CompositePrimaryKey, getattr(tuple_lookups, name))


_register()
