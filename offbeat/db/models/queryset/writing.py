"""The methods that write (Django documentation: ref/models/querysets)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self, cast

from offbeat.core.exceptions import FieldDoesNotExist, FieldError
from offbeat.db import IntegrityError, connections, transaction
from offbeat.db.models.constants import LOOKUP_SEP, OnConflict
from offbeat.db.models.fetch_modes import FETCH_ONE
from offbeat.db.models.queryset.reading import Reading
from offbeat.db.models.queryset.state import _M
from offbeat.db.models.utils import resolve_callables
from offbeat.utils.lazy_module import LazyModule

if TYPE_CHECKING:
    from offbeat.db.models import plans
    from offbeat.db.models.queryset import bulk, insert
else:
    plans = LazyModule("offbeat.db.models.plans")
    bulk = LazyModule("offbeat.db.models.queryset.bulk")
    insert = LazyModule("offbeat.db.models.queryset.insert")

__all__ = ["Writing"]


class Writing(Reading[_M]):
    """create(), update(), delete() and the like."""

    def create(self, /, **kwargs: Any) -> _M:
        """Make an object, save it, return it."""
        names = self.model._meta._reverse_one_to_one_field_names
        if names and not names.isdisjoint(kwargs):
            wrong = ", ".join(sorted(names.intersection(kwargs)))
            raise ValueError(f"The following fields do not exist in this model: {wrong}")
        obj = self.model(**kwargs)
        if self._fetch_mode is not FETCH_ONE:
            obj._state.fetch_mode = self._fetch_mode
        self._for_write = True
        obj.save(force_insert=True, using=self.db)
        return obj  # type: ignore[no-any-return]

    create.alters_data = True  # type: ignore[attr-defined]

    def get_or_create(self, /, defaults: dict[str, Any] | None = None, **kwargs: Any) -> tuple[_M, bool]:
        """The object these lookups match, created if there is none; and whether it was."""
        self._for_write = True
        try:
            return self.get(**kwargs), False
        except self.model.DoesNotExist:
            params = self._extract_model_params(defaults, **kwargs)
        try:
            with transaction.atomic(using=self.db):
                return self.create(**dict(resolve_callables(params))), True
        except IntegrityError:
            # Somebody else created it in the meantime, or the values clash with another row.
            try:
                return self.get(**kwargs), False
            except self.model.DoesNotExist:
                pass
            raise

    get_or_create.alters_data = True  # type: ignore[attr-defined]

    def update_or_create(
        self,
        /,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[_M, bool]:
        """The object these lookups match, updated with `defaults`, or created; and whether it was created."""
        changes = defaults or {}
        if create_defaults is None:
            create_defaults = changes
        self._for_write = True
        with transaction.atomic(using=self.db):
            # Locking keeps two callers from updating from the same old values.
            obj: Any
            obj, created = self.select_for_update().get_or_create(create_defaults, **kwargs)
            if created:
                return obj, created
            for name, value in resolve_callables(changes):
                setattr(obj, name, value)
            names = self._updated_names(changes)
            if names is None:
                obj.save(using=self.db)
            else:
                obj.save(using=self.db, update_fields=names)
        return obj, False

    update_or_create.alters_data = True  # type: ignore[attr-defined]

    def _updated_names(self, changes: dict[str, Any]) -> set[str] | None:
        """The update_fields for these changes with fields that set themselves on saving; None to save all."""
        from offbeat.db.models.fields import Field

        meta = self.model._meta
        names = set(changes)
        if not meta._non_pk_concrete_field_names.issuperset(names):
            return None
        for field in meta.local_concrete_fields:
            if not (field.primary_key or field.__class__.pre_save is Field.pre_save):
                names.add(field.name)
                if field.name != field.attname:
                    names.add(field.attname)
        return names

    def _extract_model_params(self, defaults: dict[str, Any] | None, **kwargs: Any) -> dict[str, Any]:
        """What get_or_create() creates an object with; FieldError for names the model does not have."""
        params = {name: value for name, value in kwargs.items() if LOOKUP_SEP not in name}
        params.update(defaults or {})
        properties = self.model._meta._property_names
        wrong = []
        for name in params:
            try:
                self.model._meta.get_field(name)
            except FieldDoesNotExist:
                # "pk" and properties with a setter are fine too.
                if not (name in properties and getattr(self.model, name).fset):
                    wrong.append(name)
        if wrong:
            names = "', '".join(sorted(wrong))
            raise FieldError(f"Invalid field name(s) for model {self.model._meta.object_name}: '{names}'.")
        return params

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Any = None,
        unique_fields: Any = None,
    ) -> list[_M]:
        """Insert many objects in few statements; no save() and no signals."""
        return bulk.bulk_create(
            self, objs, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields
        )

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Update these fields of many objects in few statements; returns the number of rows matched."""
        return bulk.bulk_update(self, objs, fields, batch_size)

    bulk_update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows, and what depends on them; returns how many objects, and how many of each model."""
        deleted = bulk.delete(self)
        self._result_cache = None
        return deleted

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _for_deletion(self) -> Self:
        """A copy without what does not matter for deletion: locks, joins, order."""
        clone = self._grow("_for_deletion")
        if clone is None:
            clone = self._chain()
            query = clone.query
            query.select_for_update = False
            query.select_related = False
            query.clear_ordering(force=True)
        clone._for_write = True
        return clone

    def _raw_delete(self, using: str) -> int:
        """Delete the rows in one statement: no signals, no cascade."""
        if self._shape is not None:
            deleted = plans.raw_delete(self, self._shape, using)
            if deleted is not None:
                return deleted
        from offbeat.db.models.sql import DeleteQuery
        from offbeat.db.models.sql.constants import ROW_COUNT

        query = self._concrete_query().clone()
        query.__class__ = DeleteQuery
        return cast(int, query.get_compiler(using).execute_sql(ROW_COUNT))

    _raw_delete.alters_data = True  # type: ignore[attr-defined]

    def update(self, /, **kwargs: Any) -> int:
        """Set these fields of all rows; returns the number of rows matched."""
        rows = bulk.update(self, kwargs)
        self._result_cache = None
        return rows

    update.alters_data = True  # type: ignore[attr-defined]

    def _update(self, values: Any, returning_fields: Any = None) -> Any:
        """update() with (field, model, value) triples, for Model.save(); rows of `returning_fields` if given."""
        result = bulk.update_fields(self, values, returning_fields)
        self._result_cache = None
        return result

    _update.alters_data = True  # type: ignore[attr-defined]
    _update.queryset_only = False  # type: ignore[attr-defined]

    def _insert(
        self,
        objs: Any,
        fields: Any,
        returning_fields: Any = None,
        raw: bool = False,
        using: str | None = None,
        on_conflict: OnConflict | None = None,
        update_fields: Any = None,
        unique_fields: Any = None,
    ) -> Any:
        """Insert objects in one statement; returns the values of `returning_fields`, row by row."""
        self._for_write = True
        return insert.insert(
            self,
            objs,
            fields,
            returning_fields,
            raw,
            using or self.db,
            on_conflict,
            update_fields,
            unique_fields,
        )

    _insert.alters_data = True  # type: ignore[attr-defined]
    _insert.queryset_only = False  # type: ignore[attr-defined]

    def _batched_insert(
        self,
        objs: Any,
        fields: Any,
        batch_size: int | None,
        on_conflict: OnConflict | None = None,
        update_fields: Any = None,
        unique_fields: Any = None,
    ) -> list[Any]:
        """_insert() in batches of what the database takes; returns the returned rows."""
        connection = connections[self.db]
        most = max(connection.ops.bulk_batch_size(fields, objs), 1)
        size = min(batch_size, most) if batch_size else most
        features = connection.features
        returns = features.can_return_rows_from_bulk_insert and on_conflict in (None, OnConflict.UPDATE)
        returning = self.model._meta.db_returning_fields if returns else None
        rows: list[Any] = []
        for start in range(0, len(objs), size):
            rows += (
                self._insert(
                    objs[start : start + size],
                    fields=fields,
                    using=self.db,
                    returning_fields=returning,
                    on_conflict=on_conflict,
                    update_fields=update_fields,
                    unique_fields=unique_fields,
                )
                or []
            )
        return rows
