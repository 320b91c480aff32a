"""Model options: what `Model._meta` holds and answers (Django documentation: ref/models/meta, ref/models/options)."""

from __future__ import annotations

import bisect
import copy
from collections.abc import Iterable
from typing import Any

from offbeat.apps import apps as global_apps
from offbeat.conf import settings
from offbeat.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from offbeat.db.models.options_fields import IMMUTABLE_WARNING, Fields, make_immutable_fields_list
from offbeat.db.models.utils import table_name_that_fits
from offbeat.utils.functional import cached_property
from offbeat.utils.module_loading import import_string
from offbeat.utils.text import camel_case_to_spaces, format_lazy
from offbeat.utils.translation import override

__all__ = ["DEFAULT_NAMES", "IMMUTABLE_WARNING", "Options", "normalize_together"]

DEFAULT_NAMES = (
    "verbose_name",
    "verbose_name_plural",
    "db_table",
    "db_table_comment",
    "ordering",
    "unique_together",
    "permissions",
    "get_latest_by",
    "order_with_respect_to",
    "app_label",
    "db_tablespace",
    "abstract",
    "managed",
    "proxy",
    "swappable",
    "auto_created",
    "apps",
    "default_permissions",
    "select_on_save",
    "default_related_name",
    "required_db_features",
    "required_db_vendor",
    "base_manager_name",
    "default_manager_name",
    "indexes",
    "constraints",
)


def normalize_together(option_together: Any) -> Any:
    """Return a "…_together" option as a tuple of tuples; a single tuple of names is accepted.

    What has another form is returned as it is: the system checks name the mistake.
    """
    try:
        if not option_together:
            return ()
        if not isinstance(option_together, (tuple, list)):
            raise TypeError
        if not isinstance(next(iter(option_together)), (tuple, list)):
            option_together = (option_together,)
        return tuple(tuple(names) for names in option_together)
    except TypeError:
        return option_together


class Options(Fields):
    """Metadata of one model class."""

    default_apps = global_apps

    def __init__(self, meta: Any, app_label: str | None = None) -> None:
        self._get_fields_cache = {}
        self.local_fields: list[Any] = []
        self.local_many_to_many: list[Any] = []
        self.private_fields: list[Any] = []
        self.local_managers: list[Any] = []
        self.base_manager_name: str | None = None
        self.default_manager_name: str | None = None
        self.model_name: str | None = None
        self.object_name: str | None = None
        self.verbose_name: Any = None
        self.verbose_name_plural: Any = None
        self.db_table = ""
        self.db_table_comment = ""
        self.model: Any = None
        self._ordering: Any = []
        self._ordering_clash = False
        self.indexes: list[Any] = []
        self.constraints: list[Any] = []
        self.unique_together: Any = []
        self.select_on_save = False
        self.default_permissions: Any = ("add", "change", "delete", "view")
        self.permissions: Any = []
        self.app_label = app_label
        self.get_latest_by: Any = None
        self.order_with_respect_to: Any = None
        self.db_tablespace = settings.DEFAULT_TABLESPACE
        self.required_db_features: list[str] = []
        self.required_db_vendor: str | None = None
        self.meta = meta
        self.pk: Any = None
        self.auto_field: Any = None
        self.abstract = False
        self.managed = True
        self.proxy = False
        # For a proxy, the model it stands for; for the others None.
        self.proxy_for_model: Any = None
        # The model whose table holds the rows: for a proxy the end of the chain, otherwise the model itself.
        self.concrete_model: Any = None
        self.swappable: str | None = None
        self.swap_setting: str | None = None
        self.parents: dict[Any, Any] = {}
        self.auto_created: Any = False
        # Fields whose limit_choices_to makes this model's admin link raw ids to other models.
        self.related_fkey_lookups: list[Any] = []
        self.apps: Any = self.default_apps
        self.default_related_name: str | None = None
        self.original_attrs: dict[str, Any] = {}

    @property
    def ordering(self) -> Any:
        """The default ordering of querysets."""
        return self._ordering

    @ordering.setter
    def ordering(self, value: Any) -> None:
        self._ordering = value
        if self.model is not None:
            # Queries that were compiled with the ordering are void.
            from offbeat.db.models.shapes import clear_shapes

            clear_shapes()

    @property
    def label(self) -> str:
        """The name "app_label.ObjectName"."""
        return f"{self.app_label}.{self.object_name}"

    @property
    def label_lower(self) -> str:
        """The name "app_label.modelname"."""
        return f"{self.app_label}.{self.model_name}"

    @property
    def app_config(self) -> Any:
        """The AppConfig of the model's application, or None when it is not installed."""
        return self.apps.app_configs.get(self.app_label)

    def contribute_to_class(self, cls: Any, name: str) -> None:
        """Become `cls._meta`: read the options of the inner Meta class and fill in what it leaves out."""
        cls._meta = self
        self.model = cls
        self.object_name = cls.__name__
        self.model_name = cls.__name__.lower()
        self.verbose_name = camel_case_to_spaces(cls.__name__)

        if self.meta:
            self._read_meta(cls)
        else:
            self.verbose_name_plural = format_lazy("{}s", self.verbose_name)
        del self.meta

        if not self.db_table:
            self.db_table = self._default_table_name()
        if self.swappable:
            self.swap_setting = self.swappable

    def _read_meta(self, cls: Any) -> None:
        attrs = {key: value for key, value in vars(self.meta).items() if not key.startswith("_")}
        for name in DEFAULT_NAMES:
            if name in attrs:
                value = attrs.pop(name)
            elif hasattr(self.meta, name):
                value = getattr(self.meta, name)
            else:
                continue
            setattr(self, name, value)
            self.original_attrs[name] = value

        self.unique_together = normalize_together(self.unique_together)
        if not getattr(cls._meta, "abstract", False):
            for name in ("constraints", "indexes"):
                objs = getattr(self, name)
                setattr(self, name, self._format_names_with_class(cls, objs))
        self._ordering_clash = bool(self.ordering and self.order_with_respect_to)

        if self.verbose_name_plural is None:
            self.verbose_name_plural = format_lazy("{}s", self.verbose_name)
        if attrs:
            raise TypeError("'class Meta' got invalid attribute(s): {}".format(",".join(attrs)))

    def _default_table_name(self) -> str:
        return table_name_that_fits(f"{self.app_label}_{self.model_name}")

    def _format_names_with_class(self, cls: Any, objs: Iterable[Any]) -> list[Any]:
        """Fill in %(app_label)s and %(class)s in the names of constraints and indexes, on copies."""
        values = {"app_label": cls._meta.app_label.lower(), "class": cls.__name__.lower()}
        result = []
        for obj in objs:
            obj = obj.clone()
            obj.name %= values
            result.append(obj)
        return result

    def _get_default_pk_class(self) -> Any:
        from offbeat.db.models.fields import AutoField

        path = getattr(self.app_config, "default_auto_field", settings.DEFAULT_AUTO_FIELD)
        if self.app_config and getattr(self.app_config, "_is_default_auto_field_overridden", False):
            source = f"{self.app_config.__class__.__module__}.{self.app_config.__class__.__qualname__}.default_auto_field"
        else:
            source = "DEFAULT_AUTO_FIELD"
        if not path:
            raise ImproperlyConfigured(f"{source} must not be empty.")
        try:
            pk_class = import_string(path)
        except ImportError as exc:
            raise ImproperlyConfigured(
                f"{source} refers to the module '{path}' that could not be imported."
            ) from exc
        if not issubclass(pk_class, AutoField):
            raise ValueError(f"Primary key '{path}' referred by {source} must subclass AutoField.")
        return pk_class

    def _prepare(self, model: Any) -> None:
        if self.order_with_respect_to:
            # The app registry may not be ready: only this model's and its parents' own fields are searched.
            query = self.order_with_respect_to
            try:
                self.order_with_respect_to = next(
                    f for f in self._get_fields(reverse=False) if query in (f.name, f.attname)
                )
            except StopIteration:
                raise FieldDoesNotExist(f"{self.object_name} has no field named '{query}'") from None
            self.ordering = ("_order",)
            from offbeat.db.models.fields.proxy import OrderWrt

            if not any(isinstance(field, OrderWrt) for field in model._meta.local_fields):
                model.add_to_class("_order", OrderWrt())
        else:
            self.order_with_respect_to = None

        if self.pk is None:
            if self.parents:
                self._promote_parent_link()
            else:
                pk_class = self._get_default_pk_class()
                model.add_to_class("id", pk_class(verbose_name="ID", primary_key=True, auto_created=True))

    def _promote_parent_link(self) -> None:
        """Make the link to the first parent the primary key."""
        link = next(iter(self.parents.values()))
        # A link that an abstract base declared is found by name, since the local copy is another object.
        for local in self.local_fields:
            if local is link or (link is not None and local.name == link.name):
                link = local
                break
        if link is None:
            return
        link.primary_key = True
        self.setup_pk(link)

    def add_manager(self, manager: Any) -> None:
        """Register `manager` with this model."""
        self.local_managers.append(manager)
        self._expire_cache()

    def add_field(self, field: Any, private: bool = False) -> None:
        """Insert `field` into its list, ordered by creation."""
        if private:
            self.private_fields.append(field)
        elif field.is_relation and field.many_to_many:
            bisect.insort(self.local_many_to_many, field)
        else:
            bisect.insort(self.local_fields, field)
            self.setup_pk(field)

        # A field that points elsewhere changes the reverse side of that model; any other only this one.
        if field.is_relation and hasattr(field.remote_field, "model") and field.remote_field.model:
            try:
                field.remote_field.model._meta._expire_cache(forward=False)
            except AttributeError:
                pass
            self._expire_cache()
        else:
            self._expire_cache(reverse=False)

    def setup_pk(self, field: Any) -> None:
        """Take `field` as primary key when it is one and there is none yet."""
        if not self.pk and field.primary_key:
            self.pk = field
            # Serializers write the key beside the fields, and migrations say so.
            field.serialize = False

    def setup_proxy(self, target: Any) -> None:
        """Make this model a proxy of `target`."""
        self.pk = target._meta.pk
        self.proxy_for_model = target
        self.db_table = target._meta.db_table
        self.db_table_comment = target._meta.db_table_comment
        self.local_fields = target._meta.local_fields

    def __repr__(self) -> str:
        return f"<Options for {self.object_name}>"

    def __str__(self) -> str:
        return self.label_lower

    def can_migrate(self, connection: Any) -> bool:
        """True when the model's table is created on `connection` (a connection or an alias)."""
        if self.proxy or self.swapped or not self.managed:
            return False
        if isinstance(connection, str):
            from offbeat.db import connections

            connection = connections[connection]
        if self.required_db_vendor:
            return bool(self.required_db_vendor == connection.vendor)
        if self.required_db_features:
            return all(getattr(connection.features, name, False) for name in self.required_db_features)
        return True

    @property
    def verbose_name_raw(self) -> str:
        """The untranslated verbose_name."""
        from offbeat.utils.functional import Promise

        if not isinstance(self.verbose_name, Promise):
            return str(self.verbose_name)
        with override(None):
            return str(self.verbose_name)

    @property
    def swapped(self) -> str | None:
        """The "app_label.Model" that replaces this swappable model by a setting, or None."""
        if not self.swappable:
            return None
        replacement: str | None = getattr(settings, self.swappable, None)
        if not replacement:
            return None
        try:
            app_label, object_name = replacement.split(".")
        except ValueError:
            # Not of the form "app.Model": the setting's own check says so.
            return replacement
        return None if f"{app_label}.{object_name.lower()}" == self.label_lower else replacement

    @cached_property
    def managers(self) -> Any:
        """Managers of this model and its bases, nearest class first, each in order of creation."""
        found: list[tuple[int, int, Any]] = []
        seen = set()
        bases = [base for base in self.model.mro() if hasattr(base, "_meta")]
        for depth, base in enumerate(bases):
            for manager in base._meta.local_managers:
                if manager.name in seen:
                    continue
                manager = copy.copy(manager)
                manager.model = self.model
                seen.add(manager.name)
                found.append((depth, manager.creation_counter, manager))
        found.sort(key=lambda item: item[:2])
        return make_immutable_fields_list("managers", (manager for _, _, manager in found))

    @cached_property
    def managers_map(self) -> dict[str, Any]:
        """Managers by name."""
        return {manager.name: manager for manager in self.managers}

    @cached_property
    def base_manager(self) -> Any:
        """The manager behind relations and saving: Meta.base_manager_name or a plain Manager."""
        name = self.base_manager_name
        if not name:
            for parent in self.model.mro()[1:]:
                if hasattr(parent, "_meta"):
                    inherited = parent._base_manager
                    if inherited.name != "_base_manager" or not inherited.auto_created:
                        name = inherited.name
                    break
        if name:
            try:
                return self.managers_map[name]
            except KeyError:
                raise ValueError(f"{self.object_name} has no manager named {name!r}") from None

        from offbeat.db.models.manager import Manager

        manager: Any = Manager()
        manager.name = "_base_manager"
        manager.model = self.model
        manager.auto_created = True
        return manager

    @cached_property
    def default_manager(self) -> Any:
        """The manager Meta.default_manager_name names, or the first one."""
        name = self.default_manager_name
        if not name and not self.local_managers:
            for parent in self.model.mro()[1:]:
                if hasattr(parent, "_meta"):
                    name = parent._meta.default_manager_name
                    break
        if name:
            try:
                return self.managers_map[name]
            except KeyError:
                raise ValueError(f"{self.object_name} has no manager named {name!r}") from None
        return self.managers[0] if self.managers else None
