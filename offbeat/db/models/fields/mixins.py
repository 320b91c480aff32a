"""Parts that several kinds of fields share."""

from __future__ import annotations

from typing import Any

from offbeat.core import checks
from offbeat.db.models.states import delete_related, get_related, has_related, set_related
from offbeat.utils.functional import cached_property

NOT_PROVIDED = object()


class FieldCacheMixin:
    """Access to the cached objects of a relation, kept with its state."""

    # The attribute of the one column that decides which object is related, if there is such a column.
    cache_column: str | None = None

    @cached_property
    def cache_name(self) -> str:
        """The key in the cache."""
        raise NotImplementedError("A relation defines its cache_name.")

    def get_cached_value(self, instance: Any, default: Any = NOT_PROVIDED) -> Any:
        """Return the cached object; `default`, or KeyError, when there is none."""
        try:
            return get_related(instance, self.cache_name)
        except KeyError:
            if default is NOT_PROVIDED:
                raise
            return default

    def is_cached(self, instance: Any) -> bool:
        """True when an object (or None) is cached."""
        return has_related(instance, self.cache_name)

    def set_cached_value(self, instance: Any, value: Any) -> None:
        """Cache `value`."""
        set_related(instance, self.cache_name, value, self.cache_column)

    def delete_cached_value(self, instance: Any) -> None:
        """Forget the cached object; KeyError when there is none."""
        delete_related(instance, self.cache_name)


class CheckFieldDefaultMixin:
    """Warns of a mutable default that all instances would share."""

    _default_hint: tuple[str, str] = ("<valid default>", "<invalid default>")

    def _check_default(self) -> list[Any]:
        field: Any = self
        if field.has_default() and field.default is not None and not callable(field.default):
            return [
                checks.Warning(
                    f"{self.__class__.__name__} default should be a callable instead of an instance so that it's "
                    "not shared between all field instances.",
                    hint="Use a callable instead, e.g., use `{}` instead of `{}`.".format(
                        *self._default_hint
                    ),
                    obj=self,
                    id="fields.E010",
                )
            ]
        return []

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the messages of the field's other checks and of this one."""
        errors: list[Any] = super().check(**kwargs)  # type: ignore[misc]
        errors.extend(self._check_default())
        return errors
