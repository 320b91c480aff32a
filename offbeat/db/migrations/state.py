"""What the models look like at one point of the history.

``ProjectState`` keeps plain descriptions; model classes are rendered from them when an operation asks for ``apps``.
After a change, the changed models and all that are connected to them by relations are rendered anew, the rest is kept.
"""

from __future__ import annotations

import copy
import typing
from collections.abc import Iterable
from typing import Any

from offbeat.apps import AppConfig
from offbeat.apps.registry import Apps
from offbeat.apps.registry import apps as global_apps
from offbeat.core.exceptions import FieldDoesNotExist
from offbeat.db import models
from offbeat.db.migrations.exceptions import InvalidBasesError
from offbeat.db.migrations.utils import ModelKey, field_references, get_references, resolve_relation
from offbeat.db.models.options import DEFAULT_NAMES, normalize_together


class ProjectState:
    """Descriptions of all models by (app_label, lower-case name). ``real_apps``: applications without migrations."""

    def __init__(
        self, models: dict[ModelKey, ModelState] | None = None, real_apps: Iterable[str] | None = None
    ) -> None:
        self.models: dict[ModelKey, ModelState] = models or {}
        self.real_apps: set[str] = set(real_apps or ())
        self.is_delayed = False
        self._apps: StateApps | None = None
        self._changed: set[ModelKey] = set()

    def add_model(self, model_state: ModelState) -> None:
        """Add or replace a model."""
        key = model_state.app_label, model_state.name_lower
        self.models[key] = model_state
        self._changed.add(key)

    def remove_model(self, app_label: str, model_name: str) -> None:
        """Remove a model."""
        key = app_label, model_name.lower()
        self._touch_connected(key)
        del self.models[key]

    def rename_model(self, app_label: str, old_name: str, new_name: str) -> None:
        """Rename a model, and every reference to it."""
        old_key, new_key = (app_label, old_name.lower()), (app_label, new_name.lower())
        self._touch_connected(old_key)
        renamed = self.models[old_key].clone()
        renamed.name = new_name
        self.models[new_key] = renamed
        new_label = f"{app_label}.{new_name}"
        for key, name, field, reference in list(get_references(self, old_key)):
            changed = field.clone()
            if reference.to == old_key:
                changed.remote_field.model = new_label
            if reference.through == old_key:
                changed.remote_field.through = new_label
            self.models[key].fields[name] = changed
            self._changed.add(key)
        for model_state in self.models.values():
            if f"{app_label}.{old_key[1]}" in model_state.bases:
                model_state.bases = tuple(
                    new_label.lower() if base == f"{app_label}.{old_key[1]}" else base
                    for base in model_state.bases
                )
        if old_key != new_key:
            del self.models[old_key]
        self._changed |= {old_key, new_key}

    def alter_model_options(
        self,
        app_label: str,
        model_name: str,
        options: dict[str, Any],
        option_keys: Iterable[str] | None = None,
    ) -> None:
        """Set options; those of ``option_keys`` that are not given are removed."""
        model_state = self.models[app_label, model_name.lower()]
        model_state.options = {**model_state.options, **options}
        for key in option_keys or ():
            if key not in options:
                model_state.options.pop(key, None)
        self._touch(app_label, model_name)

    def remove_model_options(
        self, app_label: str, model_name: str, option_name: str, option_value_to_remove: Any
    ) -> None:
        """Remove one value of an option that is a list of values."""
        model_state = self.models[app_label, model_name.lower()]
        if option_name in model_state.options:
            model_state.options[option_name] = [
                value
                for value in model_state.options[option_name]
                if tuple(value) != tuple(option_value_to_remove)
            ]
        self._touch(app_label, model_name)

    def alter_model_managers(self, app_label: str, model_name: str, managers: Iterable[Any]) -> None:
        """Set the managers."""
        self.models[app_label, model_name.lower()].managers = list(managers)
        self._touch(app_label, model_name)

    def _change_list(self, app_label: str, model_name: str, option: str, change: Any) -> None:
        model_state = self.models[app_label, model_name.lower()]
        model_state.options[option] = change(model_state.options.get(option, []))
        self._touch(app_label, model_name)

    def add_index(self, app_label: str, model_name: str, index: Any) -> None:
        """Add an index."""
        self._change_list(app_label, model_name, "indexes", lambda found: [*found, index])

    def remove_index(self, app_label: str, model_name: str, index_name: str) -> None:
        """Remove the index of this name."""
        self._change_list(
            app_label, model_name, "indexes", lambda found: [i for i in found if i.name != index_name]
        )

    def rename_index(self, app_label: str, model_name: str, old_index_name: str, new_index_name: str) -> None:
        """Rename an index."""

        def renamed(index: Any) -> Any:
            if index.name == old_index_name:
                index = index.clone()
                index.name = new_index_name
            return index

        self._change_list(app_label, model_name, "indexes", lambda found: [renamed(index) for index in found])

    def rename_unnamed_index(self, app_label: str, model_name: str, fields: Any, new_name: str) -> None:
        """Turn an entry of ``index_together`` into an index with a name."""
        model_state = self.models[app_label, model_name.lower()]
        together = [tuple(group) for group in model_state.options.get("index_together") or ()]
        if tuple(fields) in together:
            together.remove(tuple(fields))
            model_state.options = {**model_state.options, "index_together": set(together)}
        self.add_index(app_label, model_name, models.Index(fields=list(fields), name=new_name))

    def add_constraint(self, app_label: str, model_name: str, constraint: Any) -> None:
        """Add a constraint."""
        self._change_list(app_label, model_name, "constraints", lambda found: [*found, constraint])

    def remove_constraint(self, app_label: str, model_name: str, constraint_name: str) -> None:
        """Remove the constraint of this name."""
        self._change_list(
            app_label,
            model_name,
            "constraints",
            lambda found: [c for c in found if c.name != constraint_name],
        )

    def alter_constraint(
        self, app_label: str, model_name: str, constraint_name: str, constraint: Any
    ) -> None:
        """Replace the constraint of this name."""
        self._change_list(
            app_label,
            model_name,
            "constraints",
            lambda found: [constraint if c.name == constraint_name else c for c in found],
        )

    def add_field(
        self, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool = True
    ) -> None:
        """Add a field; its default is dropped unless ``preserve_default``."""
        if not preserve_default:
            field = field.clone()
            field.default = models.NOT_PROVIDED
        self.models[app_label, model_name.lower()].fields[name] = field
        self._touch(app_label, model_name)

    def remove_field(self, app_label: str, model_name: str, name: str) -> None:
        """Remove a field."""
        self._touch_connected((app_label, model_name.lower()))
        del self.models[app_label, model_name.lower()].fields[name]

    def alter_field(
        self, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool = True
    ) -> None:
        """Replace a field's definition."""
        self._touch_connected((app_label, model_name.lower()))
        self.add_field(app_label, model_name, name, field, preserve_default)

    def rename_field(self, app_label: str, model_name: str, old_name: str, new_name: str) -> None:
        """Rename a field, also where options and other fields name it."""
        key = app_label, model_name.lower()
        model_state = self.models[key]
        if old_name not in model_state.fields:
            raise FieldDoesNotExist(f"{app_label}.{model_name} has no field named '{old_name}'")
        model_state.fields = {new_name if n == old_name else n: f for n, f in model_state.fields.items()}
        for option in ("index_together", "unique_together"):
            if option in model_state.options:
                model_state.options[option] = [
                    [new_name if n == old_name else n for n in together]
                    for together in model_state.options[option]
                ]
        for other_key, other_state in self.models.items():
            for name, field in list(other_state.fields.items()):
                own, target = other_key == key, False
                if (reference := field_references(other_key, field)) is not None:
                    target = reference.to == key
                if own or target:
                    changed = _renamed_inside(own, target, field, old_name, new_name)
                    if changed is not None:
                        other_state.fields[name] = changed
        self._touch_connected(key)

    def _touch(self, app_label: str, model_name: str) -> None:
        self._changed.add((app_label, model_name.lower()))

    def _touch_connected(self, key: ModelKey) -> None:
        """The models connected now must be rendered anew although the change cuts the connection."""
        self._changed |= self._connected({key})

    def _neighbours(self) -> dict[ModelKey, set[ModelKey]]:
        edges: dict[ModelKey, set[ModelKey]] = {key: set() for key in self.models}

        def connect(one: ModelKey, other: ModelKey | None) -> None:
            if other in edges and one != other:
                assert other is not None
                edges[one].add(other)
                edges[other].add(one)

        for key, model_state in self.models.items():
            for field in model_state.fields.values():
                reference = field_references(key, field)
                if reference is not None:
                    connect(key, reference.to)
                    connect(key, reference.through)
            for base in model_state.bases:
                if isinstance(base, str):
                    connect(key, resolve_relation(base, *key))
        return edges

    def _connected(self, keys: set[ModelKey]) -> set[ModelKey]:
        edges = self._neighbours()
        found: set[ModelKey] = set()
        waiting = list(keys)
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting += edges.get(key, ())
        return found

    def clone(self) -> ProjectState:
        """A copy; rendered models are shared until one of the two changes."""
        new = ProjectState(
            {key: model_state.clone() for key, model_state in self.models.items()}, self.real_apps
        )
        if self._apps is not None:
            new._apps = self._apps.clone()
        new._changed = set(self._changed)
        return new

    def clear_delayed_apps_cache(self) -> None:
        """Render everything anew at the next use."""
        self._apps = None

    @property
    def apps(self) -> StateApps:
        """A registry with the models as classes."""
        if self._apps is None:
            self._apps = StateApps(self.real_apps, self.models)
        elif self._changed:
            self._apps.rerender(self._connected(self._changed), self.models)
        self._changed = set()
        return self._apps

    @property
    def concrete_apps(self) -> StateApps:
        """The same as ``apps``."""
        return self.apps

    @classmethod
    def from_apps(cls, apps: Any) -> ProjectState:
        """The state of a registry's models as they are in the code."""
        found = {}
        for model in apps.get_models(include_swapped=True):
            model_state = ModelState.from_model(model)
            found[model_state.app_label, model_state.name_lower] = model_state
        return cls(found)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ProjectState)
            and self.models == other.models
            and self.real_apps == other.real_apps
        )

    __hash__ = None  # type: ignore[assignment]


def _renamed_inside(own: bool, target: bool, field: Any, old_name: str, new_name: str) -> Any:
    """A copy of the field that knows another field by its new name; None where it does not speak of it."""
    changes: dict[str, Any] = {}
    if own:
        # Relations over several columns, and composite primary keys.
        for attribute in ("from_fields", "field_names"):
            names = getattr(field, attribute, None)
            if names and old_name in names:
                changes[attribute] = tuple(new_name if n == old_name else n for n in names)
    to_fields = getattr(field, "to_fields", None) if target else None
    if to_fields and old_name in to_fields:
        changes["to_fields"] = tuple(new_name if n == old_name else n for n in to_fields)
    renames_target = target and getattr(field.remote_field, "field_name", None) == old_name
    if not changes and not renames_target:
        return None
    changed = field.clone()
    for attribute, value in changes.items():
        setattr(changed, attribute, value)
    if renames_target:
        changed.remote_field.field_name = new_name
    return changed


class AppConfigStub(AppConfig):
    """Stands for an application whose code is not looked at."""

    def __init__(self, label: str) -> None:
        self.apps = None
        self.models = {}
        self.label = label
        self.name = label
        self.models_module = None
        self.module = None

    def import_models(self) -> None:
        assert self.apps is not None
        self.models = self.apps.all_models[self.label]


class StateApps(Apps):
    """A registry of rendered models."""

    def __init__(self, real_apps: set[str], model_states: dict[ModelKey, ModelState]) -> None:
        self.real_models = [
            ModelState.from_model(model, exclude_rels=True)
            for label in sorted(real_apps)
            for model in global_apps.get_app_config(label).get_models()
        ]
        labels = {label for label, _ in model_states}
        super().__init__([AppConfigStub(label) for label in sorted(real_apps | labels)])
        self._render([*model_states.values(), *self.real_models])

    def _render(self, waiting: list[ModelState]) -> None:
        """Render models once their bases are there."""
        while waiting:
            later = []
            for model_state in waiting:
                try:
                    model_state.render(self)
                except InvalidBasesError:
                    later.append(model_state)
            if len(later) == len(waiting):
                raise InvalidBasesError(
                    f"Cannot resolve bases for {later!r}\nThis can happen if you are inheriting models from an app with "
                    "migrations (e.g. contrib.auth)\n in an app with no migrations"
                )
            waiting = later
        self.clear_cache()

    def rerender(self, keys: set[ModelKey], model_states: dict[ModelKey, ModelState]) -> None:
        """Replace the classes of ``keys`` by what the state says of them now."""
        for app_label, name in keys:
            self.all_models[app_label].pop(name, None)
            if app_label in self.app_configs:
                self.app_configs[app_label].models.pop(name, None)
        # Tables made for many-to-many fields belong to the models that are rendered anew.
        for app_models in self.all_models.values():
            for name, model in list(app_models.items()):
                creator = model._meta.auto_created
                if creator and (creator._meta.app_label, creator._meta.model_name) in keys:
                    del app_models[name]
        self._pending_operations.clear()
        self._render([model_states[key] for key in keys if key in model_states])

    def clone(self) -> StateApps:
        """A registry with the same classes."""
        for model in self.get_models(include_auto_created=True, include_swapped=True):
            # Classes look for relations in the registry they were made for, which may be about to change.
            model._meta._relation_tree  # noqa: B018
        new = StateApps(set(), {})
        for label in self.app_configs:
            stub = AppConfigStub(label)
            stub.apps = new
            new.app_configs[label] = stub
            new.all_models[label].update(self.all_models[label])
            stub.models = new.all_models[label]
        new.real_models = self.real_models
        new.get_models.cache_clear()
        new.get_swappable_settings_name.cache_clear()
        return new

    def register_model(self, app_label: str, model: Any) -> None:
        self.all_models[app_label][model._meta.model_name] = model
        if app_label not in self.app_configs:
            stub = AppConfigStub(app_label)
            stub.apps = self
            self.app_configs[app_label] = stub
        self.app_configs[app_label].models = self.all_models[app_label]
        self.do_pending_operations(model)
        self.get_models.cache_clear()

    def unregister_model(self, app_label: str, model_name: str) -> None:
        """Forget a model."""
        self.all_models[app_label].pop(model_name.lower(), None)


class ModelState:
    """A model described by plain values: fields by name, options, bases (classes or labels) and managers."""

    def __init__(
        self,
        app_label: str,
        name: str,
        fields: Any,
        options: dict[str, Any] | None = None,
        bases: tuple[Any, ...] | None = None,
        managers: Iterable[Any] | None = None,
    ) -> None:
        self.app_label = app_label
        self.name = name
        self.fields: dict[str, Any] = dict(fields)
        self.options = options or {}
        self.options.setdefault("indexes", [])
        self.options.setdefault("constraints", [])
        self.bases = bases or (models.Model,)
        self.managers: list[tuple[str, Any]] = list(managers or ())
        for field_name, field in self.fields.items():
            if hasattr(field, "model"):
                raise ValueError(f'ModelState.fields cannot be bound to a model - "{field_name}" is.')
            remote = getattr(field, "remote_field", None)
            if remote and hasattr(getattr(remote, "model", None), "_meta"):
                raise ValueError(
                    f'ModelState.fields cannot refer to a model class - "{field_name}.to" does. Use a string reference '
                    "instead."
                )
            if remote and hasattr(getattr(remote, "through", None), "_meta"):
                raise ValueError(
                    f'ModelState.fields cannot refer to a model class - "{field_name}.through" does. Use a string '
                    "reference instead."
                )
        for index in self.options["indexes"]:
            if not index.name:
                raise ValueError(
                    f"Indexes passed to ModelState require a name attribute. {index!r} doesn't have one."
                )

    @property
    def name_lower(self) -> str:
        """The name in lower case, as keys have it."""
        return self.name.lower()

    def get_field(self, field_name: str) -> Any:
        """A field by name; ``_order`` is there when ``order_with_respect_to`` is."""
        if field_name == "_order":
            field_name = self.options.get("order_with_respect_to", field_name)
        return self.fields[field_name]

    @classmethod
    def from_model(cls, model: Any, exclude_rels: bool = False) -> ModelState:
        """The description of a model class."""
        meta = model._meta
        fields = []
        # A proxy has the fields of its model, and none of its own.
        local_fields = () if meta.proxy else meta.local_fields
        for field in (*local_fields, *(() if exclude_rels else meta.local_many_to_many)):
            if getattr(field, "remote_field", None) and exclude_rels:
                continue
            if isinstance(field, models.OrderWrt):
                continue
            fields.append((field.name, field.clone()))
        return cls(
            meta.app_label,
            meta.object_name,
            fields,
            cls._options_of(model, exclude_rels),
            _bases_of(model),
            _managers_of(model),
        )

    @staticmethod
    def _options_of(model: Any, exclude_rels: bool) -> dict[str, Any]:
        meta = model._meta
        options: dict[str, Any] = {}
        for name in DEFAULT_NAMES:
            if name in ("apps", "app_label") or name not in meta.original_attrs:
                continue
            if name == "unique_together":
                options[name] = {tuple(group) for group in normalize_together(meta.original_attrs[name])}
            elif name == "indexes":
                found = [index.clone() for index in meta.indexes]
                for index in found:
                    if not index.name:
                        index.set_name_with_model(model)
                options[name] = found
            elif name == "constraints":
                options[name] = [constraint.clone() for constraint in meta.constraints]
            else:
                options[name] = meta.original_attrs[name]
        if exclude_rels:
            options = {
                k: v for k, v in options.items() if k not in ("unique_together", "order_with_respect_to")
            }
        elif options.get("order_with_respect_to") in {field.name for field in meta.private_fields}:
            # Makes no column, so it means nothing to the schema.
            del options["order_with_respect_to"]
        return options

    def clone(self) -> ModelState:
        """A copy that can be changed; fields and managers are shared, for they are never changed in place."""
        new = copy.copy(self)
        new.fields = dict(self.fields)
        new.options = {
            key: list(value) if key in ("indexes", "constraints") else value
            for key, value in self.options.items()
        }
        new.managers = list(self.managers)
        return new

    def render(self, apps: Any) -> Any:
        """The model as a class, registered in ``apps``; InvalidBasesError while a base is missing."""
        meta = type("Meta", (), {"app_label": self.app_label, "apps": apps, **self._meta_options()})
        try:
            # A plain Generic stands for the one with parameters, which cannot be written down.
            bases = tuple(
                apps.get_model(base) if isinstance(base, str) else base
                for base in self.bases
                if base is not typing.Generic
            )
        except LookupError:
            raise InvalidBasesError(f"Cannot resolve one or more bases from {self.bases!r}")
        body: dict[str, Any] = {name: field.clone() for name, field in self.fields.items()}
        body["Meta"] = meta
        # Not the module of the real model: pickles and reprs must not take one for the other.
        body["__module__"] = "__fake__"
        body.update(self.construct_managers())
        model = type(self.name, bases, body)
        # An option of old migrations, which models do not have any more.
        model._meta.index_together = self.options.get("index_together") or ()  # type: ignore[attr-defined]
        return model

    def _meta_options(self) -> dict[str, Any]:
        options = {key: value for key, value in self.options.items() if key != "index_together"}
        options["indexes"] = [index.clone() for index in self.options["indexes"]]
        options["constraints"] = [constraint.clone() for constraint in self.options["constraints"]]
        return options

    def construct_managers(self) -> dict[str, Any]:
        """The managers, built anew in the order they were made."""
        built: dict[str, Any] = {}
        for name, manager in sorted(self.managers, key=lambda pair: pair[1].creation_counter):
            as_manager, manager_path, qs_path, args, kwargs = manager.deconstruct()
            from offbeat.utils.module_loading import import_string

            if as_manager:
                built[name] = import_string(qs_path).as_manager()
            else:
                built[name] = import_string(manager_path)(*args, **kwargs)
        return built

    def get_index_by_name(self, name: str) -> Any:
        """The index of this name; ValueError."""
        for index in self.options["indexes"]:
            if index.name == name:
                return index
        raise ValueError(f"No index named {name} on model {self.name}")

    def get_constraint_by_name(self, name: str) -> Any:
        """The constraint of this name; ValueError."""
        for constraint in self.options["constraints"]:
            if constraint.name == name:
                return constraint
        raise ValueError(f"No constraint named {name} on model {self.name}")

    def __repr__(self) -> str:
        return f"<ModelState: '{self.app_label}.{self.name}'>"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ModelState)
            and (self.app_label, self.name, self.options, self.bases, self.managers)
            == (other.app_label, other.name, other.options, other.bases, other.managers)
            and len(self.fields) == len(other.fields)
            and all(
                name == other_name and field.deconstruct()[1:] == other_field.deconstruct()[1:]
                for (name, field), (other_name, other_field) in zip(
                    self.fields.items(), other.fields.items(), strict=True
                )
            )
        )

    __hash__ = None  # type: ignore[assignment]


def _bases_of(model: Any) -> tuple[Any, ...]:
    """The bases without abstract models, whose fields the model has itself; models by their label."""

    def flatten(klass: Any) -> list[Any]:
        result: list[Any] = []
        for base in klass.__bases__:
            if hasattr(base, "_meta") and base._meta.abstract:
                result += flatten(base)
            else:
                result.append(base)
        return result

    bases = tuple(
        base._meta.label_lower if hasattr(base, "_meta") else base
        for base in dict.fromkeys(flatten(model))
        # Classes without a name of their own in a module cannot be written down.
        if hasattr(base, "_meta") or "<locals>" not in getattr(base, "__qualname__", "")
    )
    if not any(isinstance(base, str) or issubclass(base, models.Model) for base in bases):
        bases = (models.Model,)
    return bases


def _managers_of(model: Any) -> list[tuple[str, Any]]:
    """The managers that migrations shall have, the default one among them, first."""
    managers: list[tuple[str, Any]] = []
    found = set()
    for manager in model._meta.managers:
        if manager.name in found:
            continue
        if manager.use_in_migrations:
            found.add(manager.name)
            new = copy.copy(manager)
            new._set_creation_counter()
        elif manager is model._base_manager or manager is model._default_manager:
            new = models.Manager()
            new.model = manager.model
            new.name = manager.name
            found.add(manager.name)
        else:
            continue
        managers.append((manager.name, new))
    # The plain "objects" manager needs no word.
    if len(managers) == 1 and managers[0][0] == "objects" and type(managers[0][1]) is models.Manager:
        return []
    return managers
