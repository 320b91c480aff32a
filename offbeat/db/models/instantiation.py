"""How Model.__init__ fills an instance: what can be worked out per model is kept in an InitPlan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.core.exceptions import FieldDoesNotExist
from offbeat.db.models.fields.base import NOT_PROVIDED, return_None
from offbeat.db.models.states import NEW

__all__ = ["DEFERRED", "Deferred", "InitPlan"]

_NOTHING: Any = object()


class Deferred:
    """The type of DEFERRED."""

    def __repr__(self) -> str:
        return "<Deferred field>"

    def __str__(self) -> str:
        return "<Deferred field>"


DEFERRED = Deferred()


def _static_attribute(model: Any, name: str) -> Any:
    for cls in model.__mro__:
        if name in cls.__dict__:
            return cls.__dict__[name]
    return None


class InitPlan:
    """For one model: which values go straight into the instance's dictionary, and the defaults.

    A value may go there when the attribute is a plain deferred one: no descriptor and no __setattr__ of the user's
    own would see the assignment.
    """

    __slots__ = (
        "attnames",
        "direct",
        "dynamic",
        "fields",
        "keys",
        "plain",
        "relations",
        "special",
        "template",
    )

    def __init__(self, model: Any) -> None:
        fields = model._meta.concrete_fields
        self.fields = fields
        self.attnames = [field.attname for field in fields]
        self.plain = model.__setattr__ is object.__setattr__
        # Constant defaults, in the order of the fields.
        self.template: dict[str, Any] = {"_state": NEW}
        # Defaults that must be asked for each time.
        self.dynamic: list[tuple[str, Callable[[], Any]]] = []
        # Attributes that are set by assignment, after the others.
        self.special: list[str] = []
        # Relations by the name under which an object may be given.
        self.relations: dict[str, Any] = {}
        # Those names by the attribute that holds the key.
        self.keys: dict[str, str] = {}
        direct = set()
        for field in fields:
            name = field.attname
            if field.is_relation:
                self.relations[field.name] = field
                self.keys[name] = field.name
            else:
                direct.add(name)
            if not self._is_plain(model, field):
                self.special.append(name)
                direct.discard(name)
            elif field.is_relation:
                direct.add(name)
            if field.generated:
                continue
            self._add_default(field)
        for field in model._meta._get_fields(reverse=False):
            # A private field (a generic foreign key, a composite key) of the same name comes first.
            direct.discard(field.name if not getattr(field, "concrete", False) else None)
        self.direct = frozenset(direct)

    @staticmethod
    def _is_plain(model: Any, field: Any) -> bool:
        attribute = _static_attribute(model, field.attname)
        # The descriptors that come with the fields do nothing but store the value of a new instance.
        return attribute is None or type(attribute).__module__.startswith("offbeat.db.models.")

    def _add_default(self, field: Any) -> None:
        default = field.default
        name = field.attname
        stock = "get_default" not in vars(field) and "_get_default" not in vars(field)
        if default is NOT_PROVIDED and not field.has_db_default() and stock:
            function = field._get_default
            if function is return_None or function is str:
                overridden = type(field).get_default
                if getattr(overridden, "__module__", "").startswith("offbeat.db.models.fields"):
                    self.template[name] = None if function is return_None else ""
                    return
        self.template[name] = _NOTHING
        self.dynamic.append((name, field.get_default))


def set_from_kwargs(instance: Any, plan: InitPlan, values: dict[str, Any], kwargs: dict[str, Any]) -> None:
    """Fill `instance` from keyword arguments, whatever they are; TypeError for names the model does not have.

    `values` holds what positional arguments gave, by attname.
    """
    data = instance.__dict__
    assign = setattr
    plain = plan.plain
    special = plan.special
    for field in plan.fields:
        name = field.attname
        if name in values:
            value = values[name]
            if value is DEFERRED:
                continue
        elif kwargs:
            if field.is_relation:
                rel_name = field.name
                if rel_name in kwargs:
                    rel_obj = kwargs.pop(rel_name)
                    if rel_obj is not DEFERRED:
                        # The accessor checks the object, and sets the column's attribute.
                        assign(instance, rel_name, rel_obj)
                    continue
            if name in kwargs:
                value = kwargs.pop(name)
                if value is DEFERRED:
                    continue
            elif field.generated:
                continue
            else:
                value = field.get_default()
        elif field.generated:
            continue
        else:
            value = field.get_default()
        if plain and name not in special:
            data[name] = value
        else:
            assign(instance, name, value)

    if kwargs:
        _set_others(instance, kwargs)


def _set_others(instance: Any, kwargs: dict[str, Any]) -> None:
    """Set properties and private fields given by keyword."""
    opts = instance._meta
    property_names = opts._property_names
    unexpected = []
    for name, value in kwargs.items():
        if name in property_names:
            if value is not DEFERRED:
                setattr(instance, name, value)
            continue
        try:
            opts.get_field(name)
        except FieldDoesNotExist:
            unexpected.append(name)
        else:
            if value is not DEFERRED:
                setattr(instance, name, value)
    if unexpected:
        names = ", ".join(repr(name) for name in unexpected)
        raise TypeError(f"{instance.__class__.__name__}() got unexpected keyword arguments: {names}")
