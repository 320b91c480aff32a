"""ManyToManyField (Django documentation: ref/models/fields#manytomanyfield)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, overload

from offbeat.db.models.fields import many_to_many_checks
from offbeat.db.models.fields._types import _GT, _ST
from offbeat.db.models.fields.foreign import _deconstruct_target
from offbeat.db.models.fields.related_descriptors import ManyToManyDescriptor
from offbeat.db.models.fields.relation import (
    RECURSIVE_RELATIONSHIP_CONSTANT,
    RelatedField,
    lazy_related_operation,
    resolve_relation,
)
from offbeat.db.models.fields.reverse_related import ManyToManyRel
from offbeat.db.models.utils import make_model_tuple, table_name_that_fits
from offbeat.utils.functional import cached_property, lazy
from offbeat.utils.translation import gettext
from offbeat.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from offbeat.db.models.base import Model
    from offbeat.db.models.manager import Manager

__all__ = ["ManyToManyField", "create_many_to_many_intermediary_model"]

_M = TypeVar("_M", bound="Model")

if TYPE_CHECKING:

    class RelatedObjects(Manager[_M]):
        """What type checkers see of the manager that the attribute gives."""

        through: Any
        do_not_call_in_templates: bool

        def add(self, *objs: Any, through_defaults: Any = None) -> None: ...
        async def aadd(self, *objs: Any, through_defaults: Any = None) -> None: ...
        def remove(self, *objs: Any) -> None: ...
        async def aremove(self, *objs: Any) -> None: ...
        def clear(self) -> None: ...
        async def aclear(self) -> None: ...
        def set(self, objs: Iterable[Any], *, clear: bool = False, through_defaults: Any = None) -> None: ...
        async def aset(
            self, objs: Iterable[Any], *, clear: bool = False, through_defaults: Any = None
        ) -> None: ...


def _name_table(message: str, from_: str, to: str) -> str:
    return gettext(message) % {"from": from_, "to": to}


_table_name = lazy(_name_table, str)


def create_many_to_many_intermediary_model(field: Any, klass: Any) -> Any:
    """Return the model of the table that links the rows of a ManyToManyField without `through`."""
    from offbeat.db import models

    to_model = resolve_relation(klass, field.remote_field.model)
    name = f"{klass._meta.object_name}_{field.name}"

    def set_managed(model: Any, related: Any, through: Any) -> None:
        # Managed along with either of the two tables.
        through._meta.managed = model._meta.managed or related._meta.managed

    lazy_related_operation(set_managed, klass, to_model, name)
    to = make_model_tuple(to_model)[1]
    from_ = klass._meta.model_name
    if to == from_:
        to, from_ = f"to_{to}", f"from_{from_}"

    meta = type(
        "Meta",
        (),
        {
            "db_table": field._get_m2m_db_table(klass._meta),
            "auto_created": klass,
            "app_label": klass._meta.app_label,
            "db_tablespace": klass._meta.db_tablespace,
            "unique_together": (from_, to),
            "verbose_name": _table_name("%(from)s-%(to)s relationship", from_, to),
            "verbose_name_plural": _table_name("%(from)s-%(to)s relationships", from_, to),
            "apps": field.model._meta.apps,
        },
    )

    def link(target: Any) -> Any:
        return models.ForeignKey(
            target,
            related_name=f"{name}+",
            db_tablespace=field.db_tablespace,
            db_constraint=field.remote_field.db_constraint,
            on_delete=models.CASCADE,
        )

    return type(
        name,
        (models.Model,),
        {"Meta": meta, "__module__": klass.__module__, from_: link(klass), to: link(to_model)},
    )


class ManyToManyField(RelatedField[_ST, _GT]):
    """A many-to-many relation, kept in an intermediate table of its own or in that of the `through` model."""

    many_to_many = True
    many_to_one = False
    one_to_many = False
    one_to_one = False

    rel_class = ManyToManyRel
    description = _("Many-to-many relationship")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: ManyToManyField[Any, RelatedObjects[_M]],
            to: type[_M],
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            symmetrical: bool | None = ...,
            through: Any = ...,
            through_fields: Any = ...,
            db_constraint: bool = ...,
            db_table: str | None = ...,
            swappable: bool = ...,
            **kwargs: Any,
        ) -> None: ...
        @overload
        def __init__(
            self: ManyToManyField[Any, RelatedObjects[Any]],
            to: str,
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            symmetrical: bool | None = ...,
            through: Any = ...,
            through_fields: Any = ...,
            db_constraint: bool = ...,
            db_table: str | None = ...,
            swappable: bool = ...,
            **kwargs: Any,
        ) -> None: ...

    def __init__(
        self,
        to: Any,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        symmetrical: bool | None = None,
        through: Any = None,
        through_fields: Any = None,
        db_constraint: bool = True,
        db_table: str | None = None,
        swappable: bool = True,
        **kwargs: Any,
    ) -> None:
        if not hasattr(to, "_meta") and not isinstance(to, str):
            raise TypeError(
                f"{self.__class__.__name__}({to!r}) is invalid. First parameter to ManyToManyField must be either a model, a model name, or the "
                f"string {RECURSIVE_RELATIONSHIP_CONSTANT!r}"
            )
        if symmetrical is None:
            symmetrical = to == RECURSIVE_RELATIONSHIP_CONSTANT
        if through is not None and db_table is not None:
            raise ValueError("Cannot specify a db_table if an intermediary model is used.")

        kwargs["rel"] = self.rel_class(
            self,
            to,
            related_name=related_name,
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
            symmetrical=symmetrical,
            through=through,
            through_fields=through_fields,
            db_constraint=db_constraint,
        )
        self.has_null_arg = "null" in kwargs
        super().__init__(
            related_name=related_name,
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
            **kwargs,
        )
        self.db_table = db_table
        self.swappable = swappable

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [
            *super().check(**kwargs),
            *self._check_unique(**kwargs),
            *self._check_relationship_model(**kwargs),
            *self._check_ignored_options(**kwargs),
            *self._check_table_uniqueness(**kwargs),
        ]

    def _check_unique(self, **kwargs: Any) -> list[Any]:
        return many_to_many_checks.check_unique(self)

    def _check_relationship_model(self, from_model: Any = None, **kwargs: Any) -> list[Any]:
        return many_to_many_checks.check_relationship_model(self, from_model)

    def _check_ignored_options(self, **kwargs: Any) -> list[Any]:
        return many_to_many_checks.check_ignored_options(self)

    def _check_table_uniqueness(self, **kwargs: Any) -> list[Any]:
        return many_to_many_checks.check_table_uniqueness(self)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        rel = self.remote_field
        if self.db_table is not None:
            kwargs["db_table"] = self.db_table
        if rel.db_constraint is not True:
            kwargs["db_constraint"] = rel.db_constraint
        kwargs["to"] = _deconstruct_target(self)
        through = getattr(rel, "through", None)
        if through is not None:
            if isinstance(through, str):
                kwargs["through"] = through
            elif not through._meta.auto_created:
                kwargs["through"] = through._meta.label
            if rel.through_fields:
                kwargs["through_fields"] = rel.through_fields
        return name, path, args, kwargs

    def _get_path_info(self, direct: bool = False, filtered_relation: Any = None) -> list[Any]:
        """The joins over the intermediate table, from this model (direct) or from the other."""
        through = self.remote_field.through
        link1 = through._meta.get_field(self.m2m_field_name())
        link2 = through._meta.get_field(self.m2m_reverse_field_name())
        if direct:
            first = link1.reverse_path_infos
            last = link2.get_path_info(filtered_relation) if filtered_relation else link2.path_infos
        else:
            first = link2.reverse_path_infos
            last = link1.get_path_info(filtered_relation) if filtered_relation else link1.path_infos

        # A link that points to a parent or child of the model needs the joins between the two.
        first_end, last_start = first[-1].to_opts, last[0].from_opts
        between: list[Any] = []
        if first_end is not last_start:
            if first_end.concrete_model in last_start.get_parent_list():
                between = first_end.get_path_from_parent(last_start.model)
            else:
                between = first_end.get_path_to_parent(last_start.model)
        return [*first, *between, *last]

    def get_path_info(self, filtered_relation: Any = None) -> list[Any]:
        """Return the joins from this model to the other."""
        return self._get_path_info(direct=True, filtered_relation=filtered_relation)

    @cached_property
    def path_infos(self) -> Any:
        """The joins from this model to the other."""
        return self.get_path_info()

    def get_reverse_path_info(self, filtered_relation: Any = None) -> list[Any]:
        """Return the joins from the other model to this."""
        return self._get_path_info(direct=False, filtered_relation=filtered_relation)

    @cached_property
    def reverse_path_infos(self) -> Any:
        """The joins from the other model to this."""
        return self.get_reverse_path_info()

    def _get_m2m_db_table(self, opts: Any) -> str:
        """Return the name of the intermediate table."""
        if self.remote_field.through is not None:
            return self.remote_field.through._meta.db_table  # type: ignore[no-any-return]
        if self.db_table:
            return self.db_table
        table = opts.db_table
        if table[:1] == '"':
            from offbeat.db.backends.utils import strip_quotes

            table = strip_quotes(table)
        return table_name_that_fits(f"{table}_{self.name}")

    def _get_m2m_attr(self, related: Any, attr: str) -> Any:
        """Return `attr` of the link to this model ("name", "attname" or "column")."""
        through_fields = self.remote_field.through_fields
        link_field_name = through_fields[0] if through_fields else None
        for field in self.remote_field.through._meta.fields:
            if (
                field.is_relation
                and field.remote_field.model == related.related_model
                and (link_field_name is None or link_field_name == field.name)
            ):
                return getattr(field, attr)
        return None

    def _get_m2m_reverse_attr(self, related: Any, attr: str) -> Any:
        """Return `attr` of the link to the other model."""
        through_fields = self.remote_field.through_fields
        link_field_name = through_fields[1] if through_fields else None
        result = None
        found = False
        for field in self.remote_field.through._meta.fields:
            if not (field.is_relation and field.remote_field.model == related.model):
                continue
            if link_field_name is not None:
                if link_field_name == field.name:
                    return getattr(field, attr)
                continue
            # Of two links to the same model (a relation to itself), the second is the one to the other side.
            if related.related_model != related.model or found:
                return getattr(field, attr)
            found = True
            result = getattr(field, attr)
        return result

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Become a field of `cls`, with an intermediate model where none is given."""
        rel = self.remote_field
        # The reverse side of a relation to itself needs a name of its own, unless it is hidden or symmetrical.
        if rel.symmetrical and (rel.model in (RECURSIVE_RELATIONSHIP_CONSTANT, cls._meta.object_name)):
            rel.related_name = f"{name}_rel_+"
        elif rel.hidden:
            # Hidden relations of several fields must not share one query name.
            rel.related_name = f"_{cls._meta.app_label}_{cls.__name__.lower()}_{name}_+"

        super().contribute_to_class(cls, name, private_only=private_only)

        if not cls._meta.abstract:
            if rel.through:

                def resolve_through_model(_model: Any, through: Any, field: Any) -> None:
                    field.remote_field.through = through

                lazy_related_operation(resolve_through_model, cls, rel.through, field=self)
            elif not cls._meta.swapped:
                rel.through = create_many_to_many_intermediary_model(self, cls)

        setattr(cls, self.name, ManyToManyDescriptor(rel, reverse=False))
        self.m2m_db_table = partial(self._get_m2m_db_table, cls._meta)

    def contribute_to_related_class(self, cls: Any, related: Any) -> None:
        """Put the accessor on the other model, unless it is hidden."""
        if not self.remote_field.hidden and not related.related_model._meta.swapped:
            setattr(cls, related.get_accessor_name(), ManyToManyDescriptor(self.remote_field, reverse=True))

        # Asked for only when the intermediate model is loaded.
        self.m2m_column_name = partial(self._get_m2m_attr, related, "column")
        self.m2m_reverse_name = partial(self._get_m2m_reverse_attr, related, "column")
        self.m2m_field_name = partial(self._get_m2m_attr, related, "name")
        self.m2m_reverse_field_name = partial(self._get_m2m_reverse_attr, related, "name")
        self.m2m_target_field_name = partial(_target_name, self._get_m2m_attr, related)
        self.m2m_reverse_target_field_name = partial(_target_name, self._get_m2m_reverse_attr, related)

    def set_attributes_from_rel(self) -> None:
        """Nothing: there is no column that would point anywhere."""

    def value_from_object(self, obj: Any) -> Any:
        """Return the list of linked objects; empty for one that is not saved."""
        return list(getattr(obj, self.attname).all()) if obj._is_pk_set() else []

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Make the objects in `data` the linked ones."""
        getattr(instance, self.attname).set(data)

    def formfield(
        self, form_class: Any = None, choices_form_class: Any = None, *, using: Any = None, **kwargs: Any
    ) -> Any:
        """Return a ModelMultipleChoiceField over the other model's default manager."""
        from offbeat import forms

        defaults = {"queryset": self.remote_field.model._default_manager.using(using), **kwargs}
        # An initial value is a list of keys: objects are turned into them.
        initial = defaults.get("initial")
        if initial is not None:
            if callable(initial):
                initial = initial()
            defaults["initial"] = [getattr(obj, "pk", obj) for obj in initial]
        return super().formfield(form_class or forms.ModelMultipleChoiceField, choices_form_class, **defaults)

    def db_check(self, connection: Any) -> str | None:
        """None: there is no column."""
        return None

    def db_type(self, connection: Any) -> str | None:
        """None: there is no column."""
        return None

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Say that there is no column."""
        return {"type": None, "check": None}

    def get_attname_column(self) -> tuple[str, Any]:
        """Return (attribute, None)."""
        return self.get_attname(), None


def _target_name(get: Callable[[Any, str], Any], related: Any) -> Any:
    """The name of the field that a column of the intermediate table points at."""
    return get(related, "remote_field").field_name
