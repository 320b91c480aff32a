"""Automatic primary keys."""

from __future__ import annotations

from typing import Any

from offbeat.core import checks
from offbeat.db.models.fields._types import _IntGT, _IntST
from offbeat.db.models.fields.numeric import BigIntegerField, IntegerField, SmallIntegerField
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["AutoField", "AutoFieldMeta", "AutoFieldMixin", "BigAutoField", "SmallAutoField"]


class AutoFieldMixin:
    """A primary key whose values the database makes."""

    db_returning = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["blank"] = True
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [*super().check(**kwargs), *self._check_primary_key()]  # type: ignore[misc]

    def _check_primary_key(self) -> list[Any]:
        if not self.primary_key:  # type: ignore[attr-defined]
            return [checks.Error("AutoFields must set primary_key=True.", obj=self, id="fields.E100")]
        return []

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        del kwargs["blank"]
        kwargs["primary_key"] = True
        return name, path, args, kwargs

    def validate(self, value: Any, model_instance: Any) -> None:
        """Accept everything: the database makes the value."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert to what the driver takes; some databases allow no zero."""
        if not prepared:
            value = self.get_prep_value(value)  # type: ignore[attr-defined]
            value = connection.ops.validate_autopk_value(value)
        return value

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Become the automatic field of `cls`; ValueError when it has one."""
        if cls._meta.auto_field:
            raise ValueError(f"Model {cls._meta.label} can't have more than one auto-generated field.")
        super().contribute_to_class(cls, name, private_only=private_only)  # type: ignore[misc]
        cls._meta.auto_field = self

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return None: nobody edits such a key."""
        return None


class AutoFieldMeta(type):
    """Makes BigAutoField and SmallAutoField count as AutoField, for isinstance() and issubclass()."""

    @property
    def _subclasses(cls) -> tuple[Any, ...]:
        return (BigAutoField, SmallAutoField)

    def __instancecheck__(cls, instance: Any) -> bool:
        return super().__instancecheck__(instance) or (
            cls is AutoField and isinstance(instance, cls._subclasses)
        )

    def __subclasscheck__(cls, subclass: Any) -> bool:
        return super().__subclasscheck__(subclass) or (
            cls is AutoField and issubclass(subclass, cls._subclasses)
        )


class AutoField(AutoFieldMixin, IntegerField[_IntST, _IntGT], metaclass=AutoFieldMeta):
    """A 32-bit automatic primary key."""

    description = _("Integer")

    def get_internal_type(self) -> str:
        """Return "AutoField"."""
        return "AutoField"

    def rel_db_type(self, connection: Any) -> str | None:
        """Return the type of columns that point here."""
        return IntegerField().db_type(connection=connection)


class BigAutoField(AutoFieldMixin, BigIntegerField[_IntST, _IntGT]):
    """A 64-bit automatic primary key."""

    description = _("Big (8 byte) integer")

    def get_internal_type(self) -> str:
        """Return "BigAutoField"."""
        return "BigAutoField"

    def rel_db_type(self, connection: Any) -> str | None:
        """Return the type of columns that point here."""
        return BigIntegerField().db_type(connection=connection)


class SmallAutoField(AutoFieldMixin, SmallIntegerField[_IntST, _IntGT]):
    """A 16-bit automatic primary key."""

    description = _("Small integer")

    def get_internal_type(self) -> str:
        """Return "SmallAutoField"."""
        return "SmallAutoField"

    def rel_db_type(self, connection: Any) -> str | None:
        """Return the type of columns that point here."""
        return SmallIntegerField().db_type(connection=connection)
