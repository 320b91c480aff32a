"""raw(): instances from SQL of the user's own (Django documentation: topics/db/sql)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from offbeat.core.exceptions import FieldDoesNotExist
from offbeat.db import connections, router
from offbeat.db.models.fetch_modes import FETCH_ONE
from offbeat.db.models.queryset.construct import from_db_caller
from offbeat.db.models.queryset.iteration import RawModelIterable
from offbeat.utils.functional import cached_property

__all__ = ["RawQuerySet", "raw_instances"]


class RawQuerySet:
    """Iterates over model instances made from the rows of `raw_query`."""

    def __init__(
        self,
        raw_query: Any,
        model: Any = None,
        query: Any = None,
        params: Any = (),
        translations: dict[str, str] | None = None,
        using: str | None = None,
        hints: dict[str, Any] | None = None,
    ) -> None:
        from offbeat.db.models.sql import RawQuery

        self.raw_query = raw_query
        self.model = model
        self._db = using
        self._hints = hints or {}
        self.query = query or RawQuery(sql=raw_query, using=self.db, params=params)
        self.params = params
        self.translations = translations or {}
        self._result_cache: list[Any] | None = None
        self._prefetch_related_lookups: tuple[Any, ...] = ()
        self._prefetch_done = False
        self._fetch_mode: Any = FETCH_ONE

    def resolve_model_init_order(self) -> tuple[list[str], list[int], list[tuple[str, int]]]:
        """Names of the fields that were selected, their positions, and (name, position) of other columns."""
        converter = connections[self.db].introspection.identifier_converter
        fields = self.model._meta.fields
        columns = {converter(field.column): field for field in fields}
        names = []
        positions = []
        for field in fields:
            column = converter(field.column)
            if column in self.columns:
                names.append(field.attname)
                positions.append(self.columns.index(column))
        annotations = [
            (column, position) for position, column in enumerate(self.columns) if column not in columns
        ]
        return names, positions, annotations

    def prefetch_related(self, *lookups: Any) -> RawQuerySet:
        """Fetch these relations with one more query each when evaluated; None takes earlier calls back."""
        clone = self._clone()
        if lookups == (None,):
            clone._prefetch_related_lookups = ()
        else:
            clone._prefetch_related_lookups = clone._prefetch_related_lookups + lookups
        return clone

    def _prefetch_related_objects(self) -> None:
        from offbeat.db.models.queryset.prefetch import prefetch_related_objects

        prefetch_related_objects(self._result_cache or [], *self._prefetch_related_lookups)
        self._prefetch_done = True

    def _clone(self) -> RawQuerySet:
        clone = self.__class__(
            self.raw_query,
            model=self.model,
            query=self.query,
            params=self.params,
            translations=self.translations,
            using=self._db,
            hints=self._hints,
        )
        clone._prefetch_related_lookups = self._prefetch_related_lookups[:]
        clone._fetch_mode = self._fetch_mode
        return clone

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self._result_cache = list(self.iterator())
        if self._prefetch_related_lookups and not self._prefetch_done:
            self._prefetch_related_objects()

    def __len__(self) -> int:
        self._fetch_all()
        return len(self._result_cache or ())

    def __bool__(self) -> bool:
        self._fetch_all()
        return bool(self._result_cache)

    def __iter__(self) -> Iterator[Any]:
        self._fetch_all()
        return iter(self._result_cache or ())

    async def __aiter__(self) -> AsyncIterator[Any]:
        from offbeat.concurrency import spawn

        await spawn(self._fetch_all)
        for instance in self._result_cache or ():
            yield instance

    def iterator(self) -> Iterator[Any]:
        """Iterate without keeping the results."""
        yield from RawModelIterable(self)

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self.query}>"

    def __getitem__(self, k: Any) -> Any:
        return list(self)[k]

    @property
    def db(self) -> str:
        """The alias of the database the query goes to."""
        alias: str = self._db or router.db_for_read(self.model, **self._hints)
        return alias

    def using(self, alias: str) -> RawQuerySet:
        """Use the database `alias`."""
        return self.__class__(
            self.raw_query,
            model=self.model,
            query=self.query.chain(using=alias),
            params=self.params,
            translations=self.translations,
            using=alias,
        )

    def fetch_mode(self, mode: Any) -> RawQuerySet:
        """Choose how values that were not selected are fetched."""
        clone = self._clone()
        clone._fetch_mode = mode
        return clone

    @cached_property
    def columns(self) -> list[str]:
        """The names of the query's columns, translated to those of the model."""
        columns: list[str] = list(self.query.get_columns())
        for column, name in self.translations.items():
            # A translation for a column that the query does not have is simply unused.
            if column in columns:
                columns[columns.index(column)] = name
        return columns

    @cached_property
    def model_fields(self) -> dict[str, Any]:
        """The model's fields by column."""
        converter = connections[self.db].introspection.identifier_converter
        return {converter(field.column): field for field in self.model._meta.fields}


def raw_instances(queryset: RawQuerySet) -> Iterator[Any]:
    """Run the query of `queryset` and make its instances."""
    from offbeat.db.models.hydrate import track_peers

    alias = queryset.db
    query = queryset.query
    rows = iter(query)
    names, positions, annotations = queryset.resolve_model_init_order()
    _check_primary_key(queryset.model, names)
    converters = _converters(queryset, alias)
    make = from_db_caller(queryset.model, names)
    made = []
    for row in rows:
        values = [
            convert(value) if convert else value for convert, value in zip(converters, row, strict=False)
        ]
        instance = make(alias, tuple([values[position] for position in positions]), queryset._fetch_mode)
        for name, position in annotations:
            setattr(instance, name, values[position])
        if queryset._fetch_mode.track_peers:
            made.append(instance)
            continue
        yield instance
    if made:
        track_peers(made)
        yield from made


def _check_primary_key(model: Any, names: list[str]) -> None:
    meta = model._meta
    keys = [field.attname for field in getattr(meta, "pk_fields", ()) or (meta.pk,)]
    if not set(keys).issubset(names):
        raise FieldDoesNotExist("Raw query must include the primary key")


def _converters(queryset: RawQuerySet, alias: str) -> list[Any]:
    """A converting function for each column that needs one, else None."""
    from offbeat.db.models.plans import composed

    connection = connections[alias]
    fields = queryset.model_fields
    compiler = connection.ops.compiler("SQLCompiler")(queryset.query, connection, alias)
    columns = [fields.get(column) for column in queryset.columns]
    expressions = [
        field.get_col(field.model._meta.db_table) if field is not None else None for field in columns
    ]
    result: list[Any] = [None] * len(columns)
    for position, (functions, expression) in compiler.get_converters(expressions).items():
        result[position] = composed(functions, expression, connection)
    return result
