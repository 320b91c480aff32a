"""Indexes of PostgreSQL (Django documentation: ref/contrib/postgres/indexes)."""

from __future__ import annotations

from typing import Any

from offbeat.db.models import Func, Index
from offbeat.utils.functional import cached_property

__all__ = [
    "BTreeIndex",
    "BloomIndex",
    "BrinIndex",
    "GinIndex",
    "GistIndex",
    "HashIndex",
    "OpClass",
    "PostgresIndex",
    "SpGistIndex",
]


class OpClass(Func):
    """An expression with the operator class by which it is indexed."""

    template = "%(expressions)s %(name)s"
    constraint_validation_compatible = False

    def __init__(self, expression: Any, name: str) -> None:
        super().__init__(expression, name=name)


class PostgresIndex(Index):
    """An index of the kind in `suffix`, with storage parameters."""

    # The options beside Index's own, as they are in the database, and how the database writes them.
    parameters: tuple[str, ...] = ()

    @cached_property
    def max_name_length(self) -> int:
        # A longer suffix is not to take room from the rest of the name.
        return Index.max_name_length + len(self.suffix) - len(Index.suffix)

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        """Return the statement that creates the index."""
        self.check_supported(schema_editor)
        statement = super().create_sql(model, schema_editor, using=f" USING {using or self.suffix}", **kwargs)
        with_params = self.get_with_params()
        if with_params:
            statement.parts["extra"] = f" WITH ({', '.join(with_params)}){statement.parts['extra']}"
        return statement

    def check_supported(self, schema_editor: Any) -> None:
        """Raise NotSupportedError where the server has no such index."""

    def get_with_params(self) -> list[str]:
        """Return the storage parameters."""
        found = [(name, getattr(self, name)) for name in self.parameters]
        return [f"{name} = {_written(value)}" for name, value in found if value is not None]

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return what builds an equal index."""
        path, args, kwargs = super().deconstruct()
        found = {name: getattr(self, name) for name in self.parameters}
        return path, args, {**kwargs, **{name: value for name, value in found.items() if value is not None}}


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


class BloomIndex(PostgresIndex):
    """Signatures of rows; needs the extension bloom."""

    suffix = "bloom"

    def __init__(
        self, *expressions: Any, length: int | None = None, columns: Any = (), **kwargs: Any
    ) -> None:
        super().__init__(*expressions, **kwargs)
        if len(self.fields) > 32:
            raise ValueError("Bloom indexes support a maximum of 32 fields.")
        if not isinstance(columns, (list, tuple)):
            raise ValueError("BloomIndex.columns must be a list or tuple.")
        if len(columns) > len(self.fields):
            raise ValueError("BloomIndex.columns cannot have more values than fields.")
        if not all(0 < bits <= 4095 for bits in columns):
            raise ValueError("BloomIndex.columns must contain integers from 1 to 4095.")
        if length is not None and not 0 < length <= 4096:
            raise ValueError("BloomIndex.length must be None or an integer from 1 to 4096.")
        self.length = length
        self.columns = columns

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return what builds an equal index."""
        path, args, kwargs = super().deconstruct()
        if self.length is not None:
            kwargs["length"] = self.length
        if self.columns:
            kwargs["columns"] = self.columns
        return path, args, kwargs

    def get_with_params(self) -> list[str]:
        """Return the length and the columns' bits."""
        params = [] if self.length is None else [f"length = {self.length}"]
        return params + [f"col{number} = {bits}" for number, bits in enumerate(self.columns, start=1)]


class BrinIndex(PostgresIndex):
    """Summaries of ranges of pages."""

    suffix = "brin"
    parameters = ("autosummarize", "pages_per_range")

    def __init__(
        self,
        *expressions: Any,
        autosummarize: bool | None = None,
        pages_per_range: int | None = None,
        **kwargs: Any,
    ) -> None:
        if pages_per_range is not None and pages_per_range <= 0:
            raise ValueError("pages_per_range must be None or a positive integer")
        self.autosummarize = autosummarize
        self.pages_per_range = pages_per_range
        super().__init__(*expressions, **kwargs)


class BTreeIndex(PostgresIndex):
    """The usual tree."""

    suffix = "btree"
    parameters = ("fillfactor", "deduplicate_items")

    def __init__(
        self,
        *expressions: Any,
        fillfactor: int | None = None,
        deduplicate_items: bool | None = None,
        **kwargs: Any,
    ) -> None:
        self.fillfactor = fillfactor
        self.deduplicate_items = deduplicate_items
        super().__init__(*expressions, **kwargs)


class GinIndex(PostgresIndex):
    """Items inside values."""

    suffix = "gin"
    parameters = ("gin_pending_list_limit", "fastupdate")

    def __init__(
        self,
        *expressions: Any,
        fastupdate: bool | None = None,
        gin_pending_list_limit: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.fastupdate = fastupdate
        self.gin_pending_list_limit = gin_pending_list_limit
        super().__init__(*expressions, **kwargs)


class GistIndex(PostgresIndex):
    """A search tree for ranges, shapes, documents."""

    suffix = "gist"
    parameters = ("buffering", "fillfactor")

    def __init__(
        self,
        *expressions: Any,
        buffering: bool | None = None,
        fillfactor: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.buffering = buffering
        self.fillfactor = fillfactor
        super().__init__(*expressions, **kwargs)


class HashIndex(PostgresIndex):
    """Equality only."""

    suffix = "hash"
    parameters = ("fillfactor",)

    def __init__(self, *expressions: Any, fillfactor: int | None = None, **kwargs: Any) -> None:
        self.fillfactor = fillfactor
        super().__init__(*expressions, **kwargs)


class SpGistIndex(PostgresIndex):
    """A search tree with partitions of space."""

    suffix = "spgist"
    parameters = ("fillfactor",)

    def __init__(self, *expressions: Any, fillfactor: int | None = None, **kwargs: Any) -> None:
        self.fillfactor = fillfactor
        super().__init__(*expressions, **kwargs)
