"""ModelBase, the metaclass that makes model classes (Django documentation: topics/db/models)."""

from __future__ import annotations

import copy
import inspect
from functools import partialmethod
from typing import Any

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.core.exceptions import (
    FieldError,
    MultipleObjectsReturned,
    ObjectDoesNotExist,
    ObjectNotUpdated,
)
from offbeat.db.models.deletion import CASCADE
from offbeat.db.models.fields.foreign import OneToOneField
from offbeat.db.models.fields.relation import lazy_related_operation, resolve_relation
from offbeat.db.models.manager import Manager
from offbeat.db.models.options import Options
from offbeat.db.models.signals import class_prepared
from offbeat.db.models.utils import make_model_tuple

__all__ = ["ModelBase", "subclass_exception"]


def subclass_exception(name: str, bases: tuple[type, ...], module: str, attached_to: Any) -> Any:
    """Return an exception class that is an attribute of the model `attached_to`, so that it can be pickled."""
    return type(name, bases, {"__module__": module, "__qualname__": f"{attached_to.__qualname__}.{name}"})


def _has_contribute_to_class(value: Any) -> bool:
    # Classes (such as an enumeration kept in the model) are left alone, whatever their attributes.
    return not inspect.isclass(value) and hasattr(value, "contribute_to_class")


class ModelBase(type):
    """Metaclass of all models."""

    _meta: Any

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any], **kwargs: Any) -> Any:
        parents = [base for base in bases if isinstance(base, ModelBase)]
        if not parents:
            # Model itself.
            return super().__new__(cls, name, bases, attrs)

        attr_meta = attrs.pop("Meta", None)
        # What contributes itself needs the class; the rest must be there for __init_subclass__ and __set_name__.
        contributions = {key: value for key, value in attrs.items() if _has_contribute_to_class(value)}
        plain = {key: value for key, value in attrs.items() if key not in contributions}
        new_class: Any = super().__new__(cls, name, bases, plain, **kwargs)

        abstract = getattr(attr_meta, "abstract", False)
        meta = attr_meta or getattr(new_class, "Meta", None)
        base_meta = getattr(new_class, "_meta", None)
        new_class.add_to_class("_meta", Options(meta, _find_app_label(new_class, meta, abstract)))
        if not abstract:
            _add_exceptions(new_class, parents)
            if base_meta and not base_meta.abstract:
                _inherit_ordering(new_class, meta, base_meta)

        is_proxy = new_class._meta.proxy
        if is_proxy and base_meta and base_meta.swapped:
            raise TypeError(f"{name} cannot proxy the swapped model '{base_meta.swapped}'.")

        for key, value in contributions.items():
            new_class.add_to_class(key, value)

        opts = new_class._meta
        own_names = {f.name for f in (*opts.local_fields, *opts.local_many_to_many, *opts.private_fields)}
        if is_proxy:
            base = _proxied_model(name, parents)
            opts.setup_proxy(base)
            opts.concrete_model = base._meta.concrete_model
        else:
            opts.concrete_model = new_class

        _inherit_fields(new_class, parents, own_names)
        # Indexes of an abstract base are named for each child.
        opts.indexes = [copy.deepcopy(index) for index in opts.indexes]

        if abstract:
            # Children inherit the Meta class, but not that they are abstract.
            attr_meta.abstract = False
            new_class.Meta = attr_meta
            return new_class

        new_class._prepare()
        opts.apps.register_model(opts.app_label, new_class)
        return new_class

    def add_to_class(cls, name: str, value: Any) -> None:
        """Set an attribute; fields, managers and the like contribute themselves."""
        if _has_contribute_to_class(value):
            value.contribute_to_class(cls, name)
        else:
            setattr(cls, name, value)

    def _prepare(cls) -> None:
        """Finish the class once its fields are known, and announce it."""
        model: Any = cls
        opts = model._meta
        opts._prepare(cls)

        if opts.order_with_respect_to:
            model.get_next_in_order = partialmethod(model._get_next_or_previous_in_order, is_next=True)
            model.get_previous_in_order = partialmethod(model._get_next_or_previous_in_order, is_next=False)
            # A generic foreign key has no model to give the accessors to.
            if opts.order_with_respect_to.remote_field:
                from offbeat.db.models.ordering import make_foreign_order_accessors

                remote = opts.order_with_respect_to.remote_field.model
                lazy_related_operation(make_foreign_order_accessors, cls, remote)

        if cls.__doc__ is None:
            cls.__doc__ = "{}({})".format(cls.__name__, ", ".join(f.name for f in opts.fields))

        absolute_url = settings.ABSOLUTE_URL_OVERRIDES.get(opts.label_lower)
        if absolute_url:
            model.get_absolute_url = absolute_url

        if not opts.managers:
            if any(f.name == "objects" for f in opts.fields):
                raise ValueError(
                    f"Model {cls.__name__} must specify a custom Manager, because it has a field named 'objects'."
                )
            manager: Any = Manager()
            manager.auto_created = True
            cls.add_to_class("objects", manager)

        for index in opts.indexes:
            if not index.name:
                index.set_name_with_model(cls)

        class_prepared.send(sender=cls)

    @property
    def _base_manager(cls) -> Any:
        return cls._meta.base_manager

    @property
    def _default_manager(cls) -> Any:
        return cls._meta.default_manager


def _find_app_label(model: Any, meta: Any, abstract: bool) -> str | None:
    label: str | None = getattr(meta, "app_label", None)
    if label is not None:
        return label
    app_config = apps.get_containing_app_config(model.__module__)
    if app_config is not None:
        return app_config.label
    if not abstract:
        raise RuntimeError(
            f"Model class {model.__module__}.{model.__name__} doesn't declare an explicit app_label and isn't in an application in INSTALLED_APPS."
        )
    return None


def _add_exceptions(model: Any, parents: list[Any]) -> None:
    """Give the model its DoesNotExist, MultipleObjectsReturned and NotUpdated, below those of its parents."""
    concrete = [parent for parent in parents if hasattr(parent, "_meta") and not parent._meta.abstract]
    for name, root in (
        ("DoesNotExist", ObjectDoesNotExist),
        ("MultipleObjectsReturned", MultipleObjectsReturned),
        ("NotUpdated", ObjectNotUpdated),
    ):
        bases = tuple(getattr(parent, name) for parent in concrete) or (root,)
        # NotUpdated is a database error as well, so that code which expects one goes on working.
        if name == "NotUpdated" and not concrete:
            from offbeat.db.utils import DatabaseError

            bases = (*bases, DatabaseError)
        setattr(model, name, subclass_exception(name, bases, model.__module__, model))


def _inherit_ordering(model: Any, meta: Any, base_meta: Any) -> None:
    """A child of a concrete model takes over ordering and get_latest_by unless it says otherwise."""
    if not hasattr(meta, "ordering"):
        model._meta.ordering = base_meta.ordering
    if not hasattr(meta, "get_latest_by"):
        model._meta.get_latest_by = base_meta.get_latest_by


def _proxied_model(name: str, parents: list[Any]) -> Any:
    """Return the model that a proxy stands for; TypeError when its bases do not determine one."""
    base = None
    for parent in parents:
        if not hasattr(parent, "_meta"):
            continue
        if parent._meta.abstract:
            if parent._meta.fields:
                raise TypeError(
                    f"Abstract base class containing model fields not permitted for proxy model '{name}'."
                )
            continue
        if base is None:
            base = parent
        elif parent._meta.concrete_model is not base._meta.concrete_model:
            raise TypeError(f"Proxy model '{name}' has more than one non-abstract model base class.")
    if base is None:
        raise TypeError(f"Proxy model '{name}' has no non-abstract model base class.")
    return base


def _declared_parent_links(model: Any, parents: list[Any]) -> dict[tuple[str, str], Any]:
    """OneToOneFields with parent_link, of the model and its abstract bases, by the model they point to."""
    links = {}
    for base in (*reversed(parents), model):
        if hasattr(base, "_meta") and (base is model or base._meta.abstract):
            for field in base._meta.local_fields:
                if isinstance(field, OneToOneField) and field.remote_field.parent_link:
                    links[make_model_tuple(resolve_relation(model, field.remote_field.model))] = field
    return links


def _inherit_fields(model: Any, parents: list[Any], own_names: set[str]) -> None:
    """Take over what the bases define: copies of abstract fields, links to concrete parents, generic relations."""
    links = _declared_parent_links(model, parents)
    inherited: set[str] = set()
    for base in model.mro():
        if base not in parents or not hasattr(base, "_meta"):
            # An attribute of a class in between, or of a mixin, hides a field of the same name further up.
            inherited.update(base.__dict__)
            continue
        if base._meta.abstract:
            _copy_abstract_fields(model, base, own_names, inherited)
        else:
            _link_to_parent(model, base, own_names, inherited, links)
        _copy_private_fields(model, base, own_names)


def _link_to_parent(
    model: Any, base: Any, own_names: set[str], inherited: set[str], links: dict[tuple[str, str], Any]
) -> None:
    name = model.__name__
    for field in (*base._meta.local_fields, *base._meta.local_many_to_many):
        if field.name in own_names:
            raise FieldError(
                f"Local field {field.name!r} in class {name!r} clashes with field of the same name from base class {base.__name__!r}."
            )
        inherited.add(field.name)

    opts = model._meta
    base = base._meta.concrete_model
    link = links.get(make_model_tuple(base))
    if link is None and not opts.proxy:
        attr_name = f"{base._meta.model_name}_ptr"
        link = OneToOneField(base, on_delete=CASCADE, name=attr_name, auto_created=True, parent_link=True)
        if attr_name in own_names:
            raise FieldError(
                f"Auto-generated field '{attr_name}' in class {name!r} for parent_link to base class {base.__name__!r} clashes with declared field "
                "of the same name."
            )
        # There already when the same parent is reached over two bases.
        if not hasattr(model, attr_name):
            model.add_to_class(attr_name, link)
    opts.parents[base] = link


def _copy_abstract_fields(model: Any, base: Any, own_names: set[str], inherited: set[str]) -> None:
    base_parents = base._meta.parents.copy()
    for field in (*base._meta.local_fields, *base._meta.local_many_to_many):
        if field.name in own_names or field.name in model.__dict__ or field.name in inherited:
            continue
        new_field = copy.deepcopy(field)
        model.add_to_class(field.name, new_field)
        # The copy is the parent link now.
        if field.one_to_one:
            for parent, parent_link in base_parents.items():
                if field == parent_link:
                    base_parents[parent] = new_field
    model._meta.parents.update(base_parents)


def _copy_private_fields(model: Any, base: Any, own_names: set[str]) -> None:
    for field in base._meta.private_fields:
        if field.name in own_names:
            if not base._meta.abstract:
                raise FieldError(
                    f"Local field {field.name!r} in class {model.__name__!r} clashes with field of the same name from base class {base.__name__!r}."
                )
            continue
        field = copy.deepcopy(field)
        if not base._meta.abstract:
            field.mti_inherited = True
        model.add_to_class(field.name, field)
