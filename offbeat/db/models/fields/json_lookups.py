"""Keys as transforms, and the lookups of JSONField and of its keys.

SQLite is spelt out here; PostgreSQL uses its operators, MySQL its JSON functions.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from offbeat.db.models import lookups
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.expressions import Col, Value
from offbeat.db.models.fields.json import JSONField, JSONNull
from offbeat.db.models.fields.text import TextField
from offbeat.db.models.lookups import FieldGetDbPrepValueMixin, PostgresOperatorLookup, Transform
from offbeat.db.models.query_utils import register_builtin_lookup
from offbeat.db.models.sql.params import Param, Unbindable
from offbeat.db.utils import NotSupportedError
from offbeat.utils.deprecation import RemovedInDjango2028Warning

__all__ = [
    "KT",
    "ContainedBy",
    "DataContains",
    "HasAnyKeys",
    "HasKey",
    "HasKeyLookup",
    "HasKeys",
    "JSONExact",
    "JSONIContains",
    "KeyTextTransform",
    "KeyTransform",
    "KeyTransformExact",
    "KeyTransformFactory",
    "KeyTransformIn",
    "KeyTransformIsNull",
    "KeyTransformNumericLookupMixin",
    "KeyTransformTextLookupMixin",
]


if TYPE_CHECKING:
    _Base = lookups.Lookup
else:
    _Base = object


def _refuse_params(values: Any) -> None:
    """Raise Unbindable when values are to be filled in later: here they decide the SQL."""
    if isinstance(values, (list, tuple)) and any(type(value) is Param for value in values):
        raise Unbindable("The SQL depends on the values.")


class DataContains(FieldGetDbPrepValueMixin, PostgresOperatorLookup):
    """The value contains these keys and values."""

    lookup_name = "contains"
    postgres_operator = "@>"
    bindable = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not connection.features.supports_json_field_contains:
            raise NotSupportedError("contains lookup is not supported on this database backend.")
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"JSON_CONTAINS({lhs}, {rhs})", (*lhs_params, *rhs_params)


class ContainedBy(FieldGetDbPrepValueMixin, PostgresOperatorLookup):
    """The value is contained in these keys and values."""

    lookup_name = "contained_by"
    postgres_operator = "<@"
    bindable = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not connection.features.supports_json_field_contains:
            raise NotSupportedError("contained_by lookup is not supported on this database backend.")
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"JSON_CONTAINS({rhs}, {lhs})", (*rhs_params, *lhs_params)


class HasKeyLookup(PostgresOperatorLookup):
    """The value has certain keys."""

    logical_operator: str | None = None
    bindable = False

    def compile_json_path_final_key(self, connection: Any, key_transform: Any) -> str:
        """Return the path's last part: a key, even where it looks like an index."""
        return f".{json.dumps(str(key_transform))}"

    def _as_sql_parts(self, compiler: Any, connection: Any) -> Any:
        if isinstance(self.lhs, KeyTransform):
            lhs_sql, lhs_params, keys = self.lhs.preprocess_lhs(compiler, connection)
            lhs_path = connection.ops.compile_json_path(keys)
        else:
            lhs_sql, lhs_params = self.process_lhs(compiler, connection)
            lhs_path = "$"
        rhs = self.rhs if isinstance(self.rhs, (list, tuple)) else [self.rhs]
        for key in rhs:
            if isinstance(key, KeyTransform):
                *_, keys = key.preprocess_lhs(compiler, connection)
            else:
                keys = [key]
            *keys, final_key = keys
            path = connection.ops.compile_json_path(keys, include_root=False)
            path += self.compile_json_path_final_key(connection, final_key)
            yield lhs_sql, lhs_params, lhs_path + path

    def as_sql(self, compiler: Any, connection: Any, template: str | None = None) -> tuple[str, Any]:
        parts, params = [], []
        for lhs_sql, lhs_params, path in self._as_sql_parts(compiler, connection):
            parts.append((template or "JSON_CONTAINS_PATH(%s, 'one', %%s)") % lhs_sql)
            params += [*lhs_params, path]
        sql = (self.logical_operator or " AND ").join(parts)
        return f"({sql})" if len(parts) > 1 else sql, tuple(params)

    def as_mysql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="JSON_CONTAINS_PATH(%s, 'one', %%s)")

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="JSON_TYPE(%s, %%s) IS NOT NULL")

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if isinstance(self.rhs, KeyTransform):
            # All keys but the last lead to the object that is asked.
            *_, keys = self.rhs.preprocess_lhs(compiler, connection)
            lhs = self.lhs
            for key in keys[:-1]:
                lhs = KeyTransform(key, lhs)
            return compiler.compile(type(self)(lhs, keys[-1]))  # type: ignore[no-any-return]
        return super().as_postgresql(compiler, connection)


class HasKey(HasKeyLookup):
    """The value has this key."""

    lookup_name = "has_key"
    postgres_operator = "?"
    prepare_rhs = False


class HasKeys(HasKeyLookup):
    """The value has all these keys."""

    lookup_name = "has_keys"
    postgres_operator = "?&"
    logical_operator = " AND "

    def get_prep_lookup(self) -> Any:
        _refuse_params(self.rhs)
        return [str(item) for item in self.rhs]


class HasAnyKeys(HasKeys):
    """The value has one of these keys."""

    lookup_name = "has_any_keys"
    postgres_operator = "?|"
    logical_operator = " OR "


class HasKeyOrArrayIndex(HasKey):
    """The value has this key, or an element at this index."""

    def compile_json_path_final_key(self, connection: Any, key_transform: Any) -> str:
        return connection.ops.compile_json_path([key_transform], include_root=False)  # type: ignore[no-any-return]


def _is_json_value(value: Any) -> bool:
    return isinstance(value, Value) and isinstance(value.output_field, JSONField)


class JSONValuesMixin(_Base):
    """Takes values without a type of their own as JSON."""

    def get_prep_lookup(self) -> Any:
        _refuse_params(self.rhs)
        return super().get_prep_lookup()

    @staticmethod
    def as_json_value(value: Any) -> Any:
        """Return a Value that was not given an output field as a JSON one."""
        if type(value) is Value and not _has_explicit_field(value):
            return Value(value.value, output_field=JSONField())
        return value


def _has_explicit_field(value: Any) -> bool:
    _args, kwargs = value._constructor_args
    return len(_args) > 1 or kwargs.get("output_field") is not None


class JSONIn(JSONValuesMixin, lookups.In):
    """The value is one of these."""

    bindable = False

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> Any:
        sql, params = super().process_lhs(compiler, connection, lhs)
        # The text may have been written with other spaces.
        return (f"JSON({sql})", params) if connection.vendor == "sqlite" else (sql, params)

    def process_value(self, value: Any, compiler: Any, connection: Any) -> tuple[str, Any]:
        value = self.as_json_value(value)
        sql, params = super().process_value(value, compiler, connection)
        is_json = not hasattr(value, "as_sql") or _is_json_value(value)
        if connection.vendor == "sqlite":
            if is_json or isinstance(getattr(value, "target", None), JSONField):
                return f"JSON({sql})", params
            if isinstance(value, Value) and value.value is None:
                return sql, params
            return f"JSON_QUOTE({sql})", params
        if connection.vendor == "mysql":
            if is_json:
                sql = f"JSON_EXTRACT({sql}, '$')"
            if connection.mysql_is_mariadb:
                # The column is compared as text there, without the quotes of JSON.
                sql = f"JSON_UNQUOTE({sql})"
        return sql, params


class CaseInsensitiveMixin(_Base):
    """Lower-cases both sides where the database compares JSON text by its binary form."""

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> Any:
        lhs, lhs_params = super().process_lhs(compiler, connection, lhs)
        if connection.vendor == "mysql":
            return f"LOWER({lhs})", lhs_params
        return lhs, lhs_params

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        rhs, rhs_params = super().process_rhs(compiler, connection)
        if connection.vendor == "mysql":
            return f"LOWER({rhs})", rhs_params
        return rhs, rhs_params


def _is_filled(value: Any) -> bool:
    """Whether a value stands for JSON: None stands for a column that is NULL."""
    return isinstance(value, JSONNull) or (isinstance(value, Value) and value.value is not None)


class JSONExact(lookups.Exact):
    """The value is equal to this one; None stands for JSON's null."""

    can_use_none_as_rhs = True
    bindable = False

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> Any:
        sql, params = super().process_lhs(compiler, connection, lhs)
        if connection.vendor == "mysql" and _is_filled(self.lhs if lhs is None else lhs):
            # A value in place of a column, as where constraints are validated, is text until it is read.
            sql = f"JSON_EXTRACT({sql}, '$')"
        return sql, params

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        rhs, rhs_params = super().process_rhs(compiler, connection)
        if rhs == "%s" and list(rhs_params) == [None]:
            rhs_params = ["null"]
        if self.rhs is None:
            self._warn_of_none()
        if connection.vendor == "mysql":
            functions = ["JSON_EXTRACT(%s, '$')"] * len(rhs_params)
            rhs = rhs % tuple(functions)
        return rhs, rhs_params

    def _warn_of_none(self) -> None:
        warnings.warn(
            "Using None as the right-hand side of an exact lookup on JSONField to mean JSON scalar 'null' is "
            "deprecated. Use JSONNull() instead (or use the __isnull lookup if you meant SQL NULL).",
            RemovedInDjango2028Warning,
            stacklevel=2,
        )


class JSONIContains(CaseInsensitiveMixin, lookups.IContains):
    """The JSON text contains this text."""

    bindable = False


for _lookup in (DataContains, ContainedBy, HasKey, HasKeys, HasAnyKeys, JSONExact, JSONIContains, JSONIn):
    register_builtin_lookup(JSONField, _lookup)


class KeyTransform(Transform):
    """The value under a key (or index), as JSON."""

    postgres_operator = "->"
    postgres_nested_operator = "#>"

    def __init__(self, key_name: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key_name = str(key_name)

    def _json(self) -> Any:
        """What the keys lead into."""
        previous = self.lhs
        while isinstance(previous, KeyTransform):
            previous = previous.lhs
        return previous

    def preprocess_lhs(self, compiler: Any, connection: Any) -> tuple[str, Any, list[str]]:
        """Return the SQL of the field, its parameters and the keys that lead from there."""
        keys = [self.key_name]
        previous = self.lhs
        while isinstance(previous, KeyTransform):
            keys.insert(0, previous.key_name)
            previous = previous.lhs
        lhs, params = compiler.compile(previous)
        if connection.vendor == "oracle":
            # A percent sign in a key is no placeholder.
            keys = [key.replace("%", "%%") for key in keys]
        return lhs, params, keys

    def as_mysql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        lhs, params, keys = self.preprocess_lhs(compiler, connection)
        path = connection.ops.compile_json_path(keys)
        return f"JSON_EXTRACT({lhs}, %s)", (*params, path)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        lhs, params, keys = self.preprocess_lhs(compiler, connection)
        if len(keys) > 1:
            return f"({lhs} {self.postgres_nested_operator} %s)", (*params, keys)
        key: Any = self.key_name
        try:
            key = int(key)
        except ValueError:
            pass
        return f"({lhs} {self.postgres_operator} %s)", (*params, key)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        lhs, params, keys = self.preprocess_lhs(compiler, connection)
        path = connection.ops.compile_json_path(keys)
        # JSON_EXTRACT gives true, false and null as 1, 0 and NULL: their type tells them from such values.
        literals = ",".join(repr(value) for value in sorted(connection.ops.jsonfield_datatype_values))
        sql = (
            f"(CASE WHEN JSON_TYPE({lhs}, %s) IN ({literals}) THEN JSON_TYPE({lhs}, %s) "
            f"ELSE JSON_EXTRACT({lhs}, %s) END)"
        )
        return sql, (*params, path) * 3


class KeyTextTransform(KeyTransform):
    """The value under a key, as text."""

    postgres_operator = "->>"
    postgres_nested_operator = "#>>"
    output_field = TextField()

    def as_mysql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if connection.mysql_is_mariadb or not isinstance(self._json(), Col):
            # MariaDB has no ->> operator, and MySQL has it for columns only.
            sql, params = super().as_mysql(compiler, connection)
            return f"JSON_UNQUOTE({sql})", params
        lhs, params, keys = self.preprocess_lhs(compiler, connection)
        path = connection.ops.compile_json_path(keys)
        return f"({lhs} ->> %s)", (*params, path)

    @classmethod
    def from_lookup(cls, lookup: str) -> Any:
        """Return the transform for "field__key__index…"; ValueError when there is no key."""
        transform, *keys = lookup.split(LOOKUP_SEP)
        if not keys:
            raise ValueError("Lookup must contain key or index transforms.")
        result: Any = transform
        for key in keys:
            result = cls(key, result)
        return result


KT = KeyTextTransform.from_lookup


class KeyTransformTextLookupMixin(_Base):
    """Compares the text under the key, for lookups that work on text."""

    bindable = False

    def __init__(self, key_transform: Any, *args: Any, **kwargs: Any) -> None:
        if not isinstance(key_transform, KeyTransform):
            raise TypeError("Transform should be an instance of KeyTransform in order to use this lookup.")
        key_text_transform = KeyTextTransform(
            key_transform.key_name, *key_transform.source_expressions, **key_transform.extra
        )
        super().__init__(key_text_transform, *args, **kwargs)


class KeyTransformIsNull(lookups.IsNull):
    """There is no such key (or there is): a key whose value is null does exist."""

    bindable = False

    def as_oracle(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return self.as_sqlite(compiler, connection)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        template = "JSON_TYPE(%s, %%s) IS NULL" if self.rhs else "JSON_TYPE(%s, %%s) IS NOT NULL"
        lookup = HasKeyOrArrayIndex(self.lhs.lhs, self.lhs.key_name)
        return lookup.as_sql(compiler, connection, template=template)


class KeyTransformIn(JSONValuesMixin, lookups.In):
    """The value under the key is one of these."""

    bindable = False

    def process_value(self, value: Any, compiler: Any, connection: Any) -> tuple[str, Any]:
        value = self.as_json_value(value)
        sql, params = super().process_value(value, compiler, connection)
        if (
            hasattr(value, "as_sql") and not _is_json_value(value)
        ) or connection.features.has_native_json_field:
            return sql, params
        params = list(params)
        if connection.vendor == "oracle":
            sql = "%s"
        elif connection.vendor == "mysql" or (
            connection.vendor == "sqlite" and params[0] not in connection.ops.jsonfield_datatype_values
        ):
            sql = "JSON_EXTRACT(%s, '$')"
        if connection.vendor == "mysql" and connection.mysql_is_mariadb:
            sql = f"JSON_UNQUOTE({sql})"
        return sql, params


class KeyTransformExact(JSONExact):
    """The value under the key is equal to this one."""

    def _warn_of_none(self) -> None:
        # Under a key None can mean nothing but null.
        pass

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if isinstance(self.rhs, KeyTransform):
            return lookups.Exact.process_rhs(self, compiler, connection)
        rhs, rhs_params = super().process_rhs(compiler, connection)
        if connection.vendor == "sqlite":
            literals = connection.ops.jsonfield_datatype_values
            functions = ["%s" if value in literals else "JSON_EXTRACT(%s, '$')" for value in rhs_params]
            rhs = rhs % tuple(functions)
        return rhs, rhs_params


class KeyTransformIExact(CaseInsensitiveMixin, KeyTransformTextLookupMixin, lookups.IExact):
    can_use_none_as_rhs = True

    def __init__(self, key_transform: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(key_transform, *args, **kwargs)
        self.key_transform = key_transform

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if self.rhs is None:
            return compiler.compile(KeyTransformExact(self.key_transform, None))  # type: ignore[no-any-return]
        return super().as_sql(compiler, connection)


class KeyTransformIContains(CaseInsensitiveMixin, KeyTransformTextLookupMixin, lookups.IContains):
    pass


class KeyTransformStartsWith(KeyTransformTextLookupMixin, lookups.StartsWith):
    pass


class KeyTransformIStartsWith(CaseInsensitiveMixin, KeyTransformTextLookupMixin, lookups.IStartsWith):
    pass


class KeyTransformEndsWith(KeyTransformTextLookupMixin, lookups.EndsWith):
    pass


class KeyTransformIEndsWith(CaseInsensitiveMixin, KeyTransformTextLookupMixin, lookups.IEndsWith):
    pass


class KeyTransformRegex(KeyTransformTextLookupMixin, lookups.Regex):
    pass


class KeyTransformIRegex(CaseInsensitiveMixin, KeyTransformTextLookupMixin, lookups.IRegex):
    pass


class KeyTransformNumericLookupMixin(_Base):
    """Compares as numbers where the database extracts numbers."""

    bindable = False

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        rhs, rhs_params = super().process_rhs(compiler, connection)
        if not connection.features.has_native_json_field and not hasattr(self.rhs, "as_sql"):
            rhs_params = [json.loads(value) for value in rhs_params]
        return rhs, rhs_params


class KeyTransformLt(KeyTransformNumericLookupMixin, lookups.LessThan):
    pass


class KeyTransformLte(KeyTransformNumericLookupMixin, lookups.LessThanOrEqual):
    pass


class KeyTransformGt(KeyTransformNumericLookupMixin, lookups.GreaterThan):
    pass


class KeyTransformGte(KeyTransformNumericLookupMixin, lookups.GreaterThanOrEqual):
    pass


for _key_lookup in (
    KeyTransformIn,
    KeyTransformExact,
    KeyTransformIExact,
    KeyTransformIsNull,
    KeyTransformIContains,
    KeyTransformStartsWith,
    KeyTransformIStartsWith,
    KeyTransformEndsWith,
    KeyTransformIEndsWith,
    KeyTransformRegex,
    KeyTransformIRegex,
    KeyTransformLt,
    KeyTransformLte,
    KeyTransformGt,
    KeyTransformGte,
):
    register_builtin_lookup(KeyTransform, _key_lookup)


class KeyTransformFactory:
    """Makes the transform for a key."""

    def __init__(self, key_name: Any) -> None:
        self.key_name = key_name

    def __call__(self, *args: Any, **kwargs: Any) -> KeyTransform:
        return KeyTransform(self.key_name, *args, **kwargs)
