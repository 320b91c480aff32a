"""Field, the base of all model fields (Django documentation: ref/models/fields#field-api-reference)."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable
from functools import partialmethod, total_ordering
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, overload

from offbeat.conf import settings
from offbeat.core import exceptions
from offbeat.core import validators as core_validators
from offbeat.db.models.fields import checks as field_checks
from offbeat.db.models.fields._types import _GT, _ST
from offbeat.db.models.query_utils import DeferredAttribute, RegisterLookupMixin
from offbeat.utils.choices import (
    BlankChoiceIterator,
    CallableChoiceIterator,
    flatten_choices,
    normalize_choices,
)
from offbeat.utils.deprecation import RemovedInDjango2028Warning
from offbeat.utils.functional import Promise, cached_property
from offbeat.utils.text import capfirst
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["BLANK_CHOICE_DASH", "BLANK_CHOICE_LABEL", "NOT_PROVIDED", "Empty", "Field", "return_None"]


class Empty:
    """An object to be given another class."""


class NOT_PROVIDED:
    """Marks an option that was not given, where None has a meaning of its own."""


BLANK_CHOICE_DASH = [("", "---------")]
BLANK_CHOICE_LABEL = _("- Select an option -")


def return_None() -> None:
    """Return None."""
    return


def _load_field(app_label: str, model_name: str, field_name: str) -> Any:
    from offbeat.apps import apps

    return apps.get_model(app_label, model_name)._meta.get_field(field_name)


def _empty(of_cls: type[Any]) -> Any:
    new = Empty()
    new.__class__ = of_cls
    return new


def _placeholder_sql(self: Any, value: Any, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
    """get_placeholder_sql() for a field that defines the older get_placeholder()."""
    placeholder = self.get_placeholder(value, compiler, connection)
    if hasattr(value, "as_sql"):
        sql, params = compiler.compile(value)
        return placeholder % sql, tuple(params)
    return placeholder, (value,)


# Options that deconstruct() leaves out when they hold these values.
_OPTION_DEFAULTS: dict[str, Any] = {
    "verbose_name": None,
    "primary_key": False,
    "max_length": None,
    "unique": False,
    "blank": False,
    "null": False,
    "db_index": False,
    "default": NOT_PROVIDED,
    "db_default": NOT_PROVIDED,
    "editable": True,
    "serialize": True,
    "unique_for_date": None,
    "unique_for_month": None,
    "unique_for_year": None,
    "choices": None,
    "help_text": "",
    "db_column": None,
    "db_comment": None,
    "db_tablespace": None,
    "auto_created": False,
    "validators": [],
    "error_messages": None,
}
# Where the value given by the user is kept under another name than the option's.
_OPTION_ATTRIBUTES = {
    "unique": "_unique",
    "error_messages": "_error_messages",
    "validators": "_validators",
    "verbose_name": "_verbose_name",
    "db_tablespace": "_db_tablespace",
}


@total_ordering
class Field(RegisterLookupMixin, Generic[_ST, _GT]):
    """A column of a model: how it is declared, validated, stored, loaded and edited."""

    empty_strings_allowed = True
    empty_values: ClassVar[Any] = list(core_validators.EMPTY_VALUES)

    # Fields are ordered by these numbers: automatic ones count down, so that they come first.
    creation_counter: Any = 0
    auto_creation_counter: ClassVar[int] = -1
    default_validators: ClassVar[list[Any]] = []
    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": _("Value %(value)r is not a valid choice."),
        "null": _("This field cannot be null."),
        "blank": _("This field cannot be blank."),
        "unique": _("%(model_name)s with this %(field_label)s already exists."),
        # Translators: the lookup type is "date", "year" or "month".
        "unique_for_date": _("%(field_label)s must be unique for %(date_field_label)s %(lookup_type)s."),
    }
    system_check_deprecated_details: Any = None
    system_check_removed_details: Any = None

    # Options that change nothing in the database: a change of them alone alters no table.
    non_db_attrs: ClassVar[tuple[str, ...]] = (
        "blank",
        "choices",
        "db_column",
        "editable",
        "error_messages",
        "help_text",
        "limit_choices_to",
        "on_delete",
        "related_name",
        "related_query_name",
        "validators",
        "verbose_name",
    )

    # Types that go to the driver as they are: whoever overrides the preparation gives them up (see `takes_as_is`).
    as_is_types: ClassVar[frozenset[type]] = frozenset()

    hidden: Any = False
    many_to_many: Any = None
    many_to_one: Any = None
    one_to_many: Any = None
    one_to_one: Any = None
    related_model: Any = None
    generated = False
    # Describes a part of the values of the model's field with the same name.
    is_part = False

    descriptor_class: Any = DeferredAttribute

    # Set by contribute_to_class().
    model: Any
    attname: str
    column: Any
    concrete: bool

    @property
    def description(self) -> Any:
        """What kind of field this is, for the admin documentation."""
        return _("Field of type: %(field_type)s") % {"field_type": self.__class__.__name__}

    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        primary_key: bool = False,
        max_length: int | None = None,
        unique: bool = False,
        blank: bool = False,
        null: bool = False,
        db_index: bool = False,
        rel: Any = None,
        default: Any = NOT_PROVIDED,
        editable: bool = True,
        serialize: bool = True,
        unique_for_date: str | None = None,
        unique_for_month: str | None = None,
        unique_for_year: str | None = None,
        choices: Any = None,
        help_text: Any = "",
        db_column: str | None = None,
        db_tablespace: str | None = None,
        auto_created: bool = False,
        validators: Any = (),
        error_messages: Any = None,
        db_comment: str | None = None,
        db_default: Any = NOT_PROVIDED,
    ) -> None:
        self.name: Any = name
        self.verbose_name = verbose_name
        self._verbose_name = verbose_name
        self.primary_key = primary_key
        self.max_length = max_length
        self._unique = unique
        self.blank, self.null = blank, null
        self.remote_field: Any = rel
        self.is_relation: Any = rel is not None
        self.default = default
        self.db_default = db_default
        self.editable = editable
        self.serialize = serialize
        self.unique_for_date = unique_for_date
        self.unique_for_month = unique_for_month
        self.unique_for_year = unique_for_year
        self.choices = choices
        self.help_text = help_text
        self.db_index = db_index
        self.db_column = db_column
        self.db_comment = db_comment
        self._db_tablespace = db_tablespace
        self.auto_created = auto_created

        if auto_created:
            self.creation_counter = Field.auto_creation_counter
            Field.auto_creation_counter -= 1
        else:
            self.creation_counter = Field.creation_counter
            Field.creation_counter += 1

        self._validators = list(validators)
        self._error_messages = error_messages

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "get_placeholder" in vars(cls) and "get_placeholder_sql" not in vars(cls):
            warnings.warn(
                "Field.get_placeholder is deprecated in favor of get_placeholder_sql. Define "
                f"{cls.__module__}.{cls.__qualname__}.get_placeholder_sql to return both SQL and parameters instead.",
                RemovedInDjango2028Warning,
                stacklevel=2,
            )
            cls.get_placeholder_sql = _placeholder_sql  # type: ignore[attr-defined]

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, instance: Any, owner: Any) -> _GT: ...
        def __get__(self, instance: Any, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: _ST) -> None: ...

    def __str__(self) -> str:
        """Return "app_label.Model.field"."""
        if not hasattr(self, "model"):
            return super().__str__()
        return f"{self.model._meta.label}.{self.name}"

    def __repr__(self) -> str:
        path = f"{self.__class__.__module__}.{self.__class__.__qualname__}"
        name = getattr(self, "name", None)
        return f"<{path}>" if name is None else f"<{path}: {name}>"

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [
            *self._check_field_name(),
            *self._check_choices(),
            *self._check_db_default(**kwargs),
            *self._check_db_index(),
            *self._check_db_comment(**kwargs),
            *self._check_null_allowed_for_primary_keys(),
            *self._check_backend_specific_checks(**kwargs),
            *self._check_validators(),
            *self._check_deprecation_details(),
        ]

    def _check_field_name(self) -> list[Any]:
        return field_checks.check_field_name(self)

    def _check_choices(self) -> list[Any]:
        return field_checks.check_choices(self)

    def _check_db_default(self, databases: Any = None, **kwargs: Any) -> list[Any]:
        return field_checks.check_db_default(self, databases)

    def _check_db_index(self) -> list[Any]:
        return field_checks.check_db_index(self)

    def _check_db_comment(self, databases: Any = None, **kwargs: Any) -> list[Any]:
        return field_checks.check_db_comment(self, databases)

    def _check_null_allowed_for_primary_keys(self) -> list[Any]:
        return field_checks.check_null_allowed_for_primary_keys(self)

    def _check_backend_specific_checks(self, databases: Any = None, **kwargs: Any) -> list[Any]:
        return field_checks.check_backend_specific(self, databases, **kwargs)

    def _check_validators(self) -> list[Any]:
        return field_checks.check_validators(self)

    def _check_deprecation_details(self) -> list[Any]:
        return field_checks.check_deprecation_details(self)

    @classmethod
    def _choices_is_value(cls, value: Any) -> bool:
        return isinstance(value, (str, Promise)) or not isinstance(value, Iterable)

    def _get_choices(self) -> Any:
        return self._choices

    def _set_choices(self, value: Any) -> None:
        self._choices = normalize_choices(value)

    choices = property(_get_choices, _set_choices)

    @property
    def flatchoices(self) -> list[tuple[Any, Any]]:
        """The choices as a flat list of pairs, groups dissolved."""
        return list(flatten_choices(self.choices))

    @property
    def db_returning(self) -> bool:
        """True when INSERT should report the value the database made."""
        return self.has_db_default()

    def has_default(self) -> bool:
        """True when the field has a Python default."""
        return self.default is not NOT_PROVIDED

    def has_db_default(self) -> bool:
        """True when the field has a database default."""
        return self.db_default is not NOT_PROVIDED

    @cached_property
    def _db_default_expression(self) -> Any:
        default = self.db_default
        if self.has_db_default() and not hasattr(default, "resolve_expression"):
            from offbeat.db.models.expressions import Value

            return Value(default, self)
        return default

    def get_col(self, alias: str, output_field: Any = None) -> Any:
        """Return the expression of this column of the table `alias`."""
        if alias == self.model._meta.db_table and (output_field is None or output_field is self):
            return self.cached_col
        from offbeat.db.models.expressions import Col

        return Col(alias, self, output_field)

    @cached_property
    def choices_form_class(self) -> Any:
        """The form field used when there are choices."""
        from offbeat import forms

        return forms.TypedChoiceField

    @cached_property
    def cached_col(self) -> Any:
        """The expression of this column in its own table."""
        from offbeat.db.models.expressions import Col

        return Col(self.model._meta.db_table, self)

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        """Change how the column is selected; for fields that need a function around it."""
        return sql, params

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return (name, import path, positional arguments, keyword arguments) that build an equal field."""
        keywords: dict[str, Any] = {}
        for option, default in _OPTION_DEFAULTS.items():
            value = getattr(self, _OPTION_ATTRIBUTES.get(option, option))
            if option == "choices":
                if isinstance(value, CallableChoiceIterator):
                    value = value.func
                elif isinstance(value, Iterable) and not isinstance(value, (list, str)):
                    value = list(value)
            # Mutable defaults are equal by content; of the others only the very object is the default.
            if option in ("validators", "choices"):
                if value == default:
                    continue
            elif value is default or (isinstance(default, str) and value == default):
                continue
            keywords[option] = value
        return self.name, self._import_path(), [], keywords

    def _import_path(self) -> str:
        module, qualname = self.__class__.__module__, self.__class__.__qualname__
        # Fields are documented (and written into migrations) as members of the models package.
        if module.startswith("offbeat.db.models.fields"):
            module = "offbeat.db.models"
        return f"{module}.{qualname}"

    def clone(self) -> Self:
        """Return an unbound copy of this field, made of what deconstruct() gives."""
        _name, _path, args, kwargs = self.deconstruct()
        return self.__class__(*args, **kwargs)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Field):
            return self.creation_counter == other.creation_counter and getattr(
                self, "model", None
            ) == getattr(other, "model", None)
        return NotImplemented

    def __lt__(self, other: object) -> bool:
        # The counters alone do not tell apart the copies that several models have of an abstract model's field.
        if isinstance(other, Field):
            if self.creation_counter != other.creation_counter or not hasattr(self, "model"):
                return bool(self.creation_counter < other.creation_counter)
            if not hasattr(other, "model"):
                return False
            mine, theirs = self.model._meta, other.model._meta
            return bool((mine.app_label, mine.model_name) < (theirs.app_label, theirs.model_name))
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.creation_counter)

    def __deepcopy__(self, memodict: dict[int, Any]) -> Self:
        # Only what belongs to the field alone is copied: not the model, and of choices and validators only the list.
        obj = copy.copy(self)
        if self.remote_field:
            obj.remote_field = copy.copy(self.remote_field)
            if hasattr(self.remote_field, "field") and self.remote_field.field is self:
                obj.remote_field.field = obj
        memodict[id(self)] = obj
        return obj

    def __copy__(self) -> Self:
        obj: Self = _empty(self.__class__)
        obj.__dict__ = self.__dict__.copy()
        # What was worked out for this field names this very object.
        for name in ("cached_col", "_get_default", "path_infos", "reverse_path_infos"):
            obj.__dict__.pop(name, None)
        return obj

    def __reduce__(self) -> Any:
        """Pickle a model's field as a reference to it, a free one by its state."""
        if not hasattr(self, "model") or self.is_part:
            state = self.__dict__.copy()
            # May be a lambda or a bound function: it is worked out again.
            state.pop("_get_default", None)
            return _empty, (self.__class__,), state
        opts = self.model._meta
        return _load_field, (opts.app_label, opts.object_name, self.name)

    def get_pk_value_on_save(self, instance: Any) -> Any:
        """Return the value to save for an unset primary key: the default, when there is one."""
        return self.get_default() if self.default else None

    def to_python(self, value: Any) -> Any:
        """Convert a value (from a form, a fixture, an assignment) to the Python type; ValidationError if impossible."""
        return value

    @cached_property
    def error_messages(self) -> dict[str, Any]:
        """Messages by code: those of the classes, nearest last, and the `error_messages` option."""
        messages: dict[str, Any] = {}
        for klass in reversed(self.__class__.__mro__):
            messages.update(vars(klass).get("default_error_messages", {}))
        messages.update(self._error_messages or {})
        return messages

    @cached_property
    def validators(self) -> list[Any]:
        """Validators of the class and of the `validators` option."""
        return [*self.default_validators, *self._validators]

    def run_validators(self, value: Any) -> None:
        """Run the validators; ValidationError with everything they found."""
        if value in self.empty_values:
            return
        errors: list[Any] = []
        for validator in self.validators:
            try:
                validator(value)
            except exceptions.ValidationError as exc:
                if hasattr(exc, "code") and exc.code in self.error_messages:
                    exc.message = self.error_messages[exc.code]
                errors.extend(exc.error_list)
        if errors:
            raise exceptions.ValidationError(errors)

    def validate(self, value: Any, model_instance: Any) -> None:
        """Check choices, null and blank; ValidationError when one of them is violated."""
        if not self.editable:
            return
        if self.choices is not None and value not in self.empty_values:
            for option_key, option_value in self.choices:
                if isinstance(option_value, (list, tuple)):
                    if any(value == key for key, _label in option_value):
                        return
                elif value == option_key:
                    return
            raise exceptions.ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value}
            )
        if value is None and not self.null:
            raise exceptions.ValidationError(self.error_messages["null"], code="null")
        if not self.blank and value in self.empty_values:
            raise exceptions.ValidationError(self.error_messages["blank"], code="blank")

    def clean(self, value: Any, model_instance: Any) -> Any:
        """Convert and validate `value`; return what to_python() made of it."""
        value = self.to_python(value)
        self.validate(value, model_instance)
        self.run_validators(value)
        return value

    def db_type_parameters(self, connection: Any) -> DictWrapper:
        """Return what the database's type names interpolate: the attributes of the field."""
        return DictWrapper(self.__dict__, connection.ops.quote_name, "qn_")

    def db_check(self, connection: Any) -> str | None:
        """Return the CHECK condition that the column's type needs, or None."""
        try:
            check: str = connection.data_type_check_constraints[self.get_internal_type()]
        except KeyError:
            return None
        return check % self.db_type_parameters(connection)

    def db_type(self, connection: Any) -> str | None:
        """Return the column type, or None for a field without column."""
        try:
            column_type = connection.data_types[self.get_internal_type()]
        except KeyError:
            return None
        parameters = self.db_type_parameters(connection)
        # A type may be worked out from the field's options.
        result: str = column_type(parameters) if callable(column_type) else column_type % parameters
        return result

    def rel_db_type(self, connection: Any) -> str | None:
        """Return the type of a foreign key column that points here."""
        return self.db_type(connection)

    def cast_db_type(self, connection: Any) -> str | None:
        """Return the type to write in a CAST."""
        db_type: str | None = connection.ops.cast_data_types.get(self.get_internal_type())
        if db_type:
            return db_type % self.db_type_parameters(connection)
        return self.db_type(connection)

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Return the column's type and CHECK condition."""
        return {"type": self.db_type(connection), "check": self.db_check(connection)}

    def db_type_suffix(self, connection: Any) -> Any:
        """Return what follows the type in a column definition."""
        return connection.data_types_suffix.get(self.get_internal_type())

    def get_db_converters(self, connection: Any) -> list[Callable[..., Any]]:
        """Return the functions that turn a value from the database into a Python value."""
        if hasattr(self, "from_db_value"):
            return [self.from_db_value]
        return []

    @property
    def unique(self) -> bool:
        """True when no two rows may have the same value."""
        return self._unique or self.primary_key

    @property
    def db_tablespace(self) -> Any:
        """The tablespace of the column's index."""
        return self._db_tablespace or settings.DEFAULT_INDEX_TABLESPACE

    def set_attributes_from_name(self, name: str) -> None:
        """Work out name, attname, column and verbose_name from the attribute's name."""
        self.name = self.name or name
        self.attname, self.column = self.get_attname_column()
        self.concrete = self.column is not None
        if self.verbose_name is None and self.name:
            self.verbose_name = self.name.replace("_", " ")

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Become a field of the model `cls` under `name`."""
        self.set_attributes_from_name(name)
        self.model = cls
        cls._meta.add_field(self, private=private_only)
        if self.column:
            setattr(cls, self.attname, self.descriptor_class(self))
        if self.choices is not None:
            method = f"get_{self.name}_display"
            # The user's own method wins.
            if method not in cls.__dict__:
                setattr(cls, method, partialmethod(cls._get_FIELD_display, field=self))

    def get_filter_kwargs_for_object(self, obj: Any) -> dict[str, Any]:
        """Return keyword arguments that make filter() find objects with the same value as `obj`."""
        return {self.name: getattr(obj, self.attname)}

    def get_attname(self) -> str:
        """Return the attribute that holds the value."""
        return self.name  # type: ignore[no-any-return]

    def get_attname_column(self) -> tuple[str, Any]:
        """Return (attribute, column)."""
        attname = self.get_attname()
        return attname, self.db_column or attname

    def get_internal_type(self) -> str:
        """Return the name under which databases know this kind of field."""
        return self.__class__.__name__

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """Return the value to save."""
        return getattr(model_instance, self.attname)

    def get_prep_value(self, value: Any) -> Any:
        """Convert a Python value to what lookups and saving use."""
        if isinstance(value, Promise):
            value = value._evaluate()
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert a Python value to what the driver takes."""
        if not prepared:
            value = self.get_prep_value(value)
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Convert a Python value to what the driver takes when it is saved; expressions pass."""
        if hasattr(value, "as_sql"):
            return value
        return self.get_db_prep_value(value, connection=connection, prepared=False)

    def get_default(self) -> Any:
        """Return the value for instances that are given none."""
        return self._get_default()

    @cached_property
    def _get_default(self) -> Callable[[], Any]:
        if self.has_default():
            default = self.default
            if callable(default):
                return default  # type: ignore[no-any-return]
            return lambda: default
        if self.has_db_default():
            from offbeat.db.models.expressions import DatabaseDefault

            return lambda: DatabaseDefault(self._db_default_expression, output_field=self)
        if not self.empty_strings_allowed or self.null:
            return return_None
        from offbeat.db import connection

        # Where the database keeps an empty string as NULL, a missing value is None as well.
        return return_None if connection.features.interprets_empty_strings_as_nulls else str

    def get_choices(
        self,
        include_blank: bool = True,
        blank_choice: Any = None,
        limit_choices_to: Any = None,
        ordering: Any = (),
    ) -> Any:
        """Return the choices for a form; of a relation, the objects it may point to."""
        if blank_choice is None:
            from offbeat.db.models.utils import get_blank_choice_label

            blank_choice = [("", get_blank_choice_label())]
        if self.choices is not None:
            if include_blank:
                return BlankChoiceIterator(self.choices, blank_choice)
            return self.choices
        rel_model = self.remote_field.model
        limit_choices_to = limit_choices_to or self.get_limit_choices_to()  # type: ignore[attr-defined]
        field_name = (
            self.remote_field.get_related_field().attname
            if hasattr(self.remote_field, "get_related_field")
            else "pk"
        )
        queryset = rel_model._default_manager.complex_filter(limit_choices_to)
        if ordering:
            queryset = queryset.order_by(*ordering)
        found = [(getattr(obj, field_name), str(obj)) for obj in queryset]
        return [*(blank_choice if include_blank else []), *found]

    def value_to_string(self, obj: Any) -> str:
        """Return the value as text, for serializers."""
        return str(self.value_from_object(obj))

    def slice_expression(self, expression: Any, start: int, length: int | None) -> Any:
        """Return an expression for a slice of the value; NotSupportedError unless the field is sliceable."""
        from offbeat.db.utils import NotSupportedError

        raise NotSupportedError("This field does not support slicing.")

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Put the cleaned value of a form into `instance`."""
        setattr(instance, self.name, data)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return the form field for this field, or None when it has none."""
        from offbeat import forms

        defaults: dict[str, Any] = {
            "required": not self.blank,
            "label": capfirst(self.verbose_name),
            "help_text": self.help_text,
        }
        if self.has_default():
            if callable(self.default):
                defaults["initial"] = self.default
                defaults["show_hidden_initial"] = True
            else:
                defaults["initial"] = self.get_default()
        if self.choices is None:
            defaults.update(kwargs)
            return (form_class or forms.CharField)(**defaults)

        include_blank = self.blank or not (self.has_default() or "initial" in kwargs)
        defaults["choices"] = self.get_choices(include_blank=include_blank)
        defaults["coerce"] = self.to_python
        if self.null:
            defaults["empty_value"] = None
        # A choice field takes none of the options that a particular form field may want.
        accepted = {
            "coerce",
            "empty_value",
            "choices",
            "required",
            "widget",
            "label",
            "initial",
            "help_text",
            "error_messages",
            "show_hidden_initial",
            "disabled",
        }
        defaults.update({key: value for key, value in kwargs.items() if key in accepted})
        return (choices_form_class or self.choices_form_class)(**defaults)

    def value_from_object(self, obj: Any) -> Any:
        """Return the value that `obj` holds for this field."""
        return getattr(obj, self.attname)

    def takes_as_is(self, kind: type) -> bool:
        """True when values of exactly this type reach the driver unchanged."""
        return kind in self._as_is

    @cached_property
    def _as_is(self) -> frozenset[type]:
        """Types whose values need no preparation: empty as soon as a subclass prepares values itself."""
        owner = next(cls for cls in type(self).__mro__ if "as_is_types" in vars(cls))
        hooks = ("get_prep_value", "get_db_prep_value", "get_db_prep_save", "to_python")
        for cls in type(self).__mro__:
            if cls is owner:
                break
            if any(hook in vars(cls) for hook in hooks):
                return frozenset()
        kinds: frozenset[type] = vars(owner)["as_is_types"]
        return kinds


class DictWrapper(dict[str, Any]):
    """A dict whose keys with `prefix` give the value passed through `func`."""

    def __init__(self, data: dict[str, Any], func: Callable[[Any], Any], prefix: str) -> None:
        super().__init__(data)
        self.func = func
        self.prefix = prefix

    def __getitem__(self, key: str) -> Any:
        if key.startswith(self.prefix):
            return self.func(super().__getitem__(key.removeprefix(self.prefix)))
        return super().__getitem__(key)
