"""DDL statements that wait for the end of a schema change, and follow the renames which happen before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

__all__ = [
    "Columns",
    "Expressions",
    "ForeignKeyName",
    "IndexName",
    "Reference",
    "Statement",
    "Table",
    "TableColumns",
]


class Reference:
    """Part of a statement that names tables or columns; refers to nothing by default."""

    def references_table(self, table: str) -> bool:
        """Whether the table is named."""
        return False

    def references_column(self, table: str, column: str) -> bool:
        """Whether the column of the table is named."""
        return False

    def references_index(self, table: str, index: str) -> bool:
        """Whether the index of the table is named."""
        return False

    def rename_table_references(self, old_table: str, new_table: str) -> None:
        """Follow the renaming of a table."""

    def rename_column_references(self, table: str, old_column: str, new_column: str) -> None:
        """Follow the renaming of a column."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {str(self)!r}>"

    def __str__(self) -> str:
        raise NotImplementedError("Subclasses must define how they should be converted to string.")


class Table(Reference):
    """A table's name."""

    def __init__(self, table: str, quote_name: Callable[[str], str]) -> None:
        self.table = table
        self.quote_name = quote_name

    def references_table(self, table: str) -> bool:
        return self.table == table

    def references_index(self, table: str, index: str) -> bool:
        return self.references_table(table) and str(self) == index

    def rename_table_references(self, old_table: str, new_table: str) -> None:
        if self.table == old_table:
            self.table = new_table

    def __str__(self) -> str:
        return self.quote_name(self.table)


class TableColumns(Table):
    """Columns of a table."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self.table = table
        self.columns = list(columns)

    def references_column(self, table: str, column: str) -> bool:
        return self.table == table and column in self.columns

    def rename_column_references(self, table: str, old_column: str, new_column: str) -> None:
        if self.table == table:
            self.columns = [new_column if column == old_column else column for column in self.columns]


class Columns(TableColumns):
    """A list of columns, each with what follows it (DESC, say)."""

    def __init__(
        self,
        table: str,
        columns: Sequence[str],
        quote_name: Callable[[str], str],
        col_suffixes: Sequence[str] = (),
    ) -> None:
        super().__init__(table, columns)
        self.quote_name = quote_name
        self.col_suffixes = col_suffixes

    def __str__(self) -> str:
        suffixes = [*self.col_suffixes, *[""] * (len(self.columns) - len(self.col_suffixes))]
        return ", ".join(
            [
                f"{self.quote_name(column)} {suffix}" if suffix else self.quote_name(column)
                for column, suffix in zip(self.columns, suffixes, strict=False)
            ]
        )


class IndexName(TableColumns):
    """An index's name, made from its table and columns at the last moment."""

    def __init__(
        self,
        table: str,
        columns: Sequence[str],
        suffix: str,
        create_index_name: Callable[[str, Sequence[str], str], str],
    ) -> None:
        super().__init__(table, columns)
        self.suffix = suffix
        self.create_index_name = create_index_name

    def __str__(self) -> str:
        return self.create_index_name(self.table, self.columns, self.suffix)


class ForeignKeyName(TableColumns):
    """A foreign key constraint's name."""

    def __init__(
        self,
        from_table: str,
        from_columns: Sequence[str],
        to_table: str,
        to_columns: Sequence[str],
        suffix_template: str,
        create_fk_name: Callable[[str, Sequence[str], str], str],
    ) -> None:
        super().__init__(from_table, from_columns)
        self.to_reference = TableColumns(to_table, to_columns)
        self.suffix_template = suffix_template
        self.create_fk_name = create_fk_name

    def references_table(self, table: str) -> bool:
        return super().references_table(table) or self.to_reference.references_table(table)

    def references_column(self, table: str, column: str) -> bool:
        return super().references_column(table, column) or self.to_reference.references_column(table, column)

    def rename_table_references(self, old_table: str, new_table: str) -> None:
        super().rename_table_references(old_table, new_table)
        self.to_reference.rename_table_references(old_table, new_table)

    def rename_column_references(self, table: str, old_column: str, new_column: str) -> None:
        super().rename_column_references(table, old_column, new_column)
        self.to_reference.rename_column_references(table, old_column, new_column)

    def __str__(self) -> str:
        suffix = self.suffix_template % {
            "to_table": self.to_reference.table,
            "to_column": self.to_reference.columns[0],
        }
        return self.create_fk_name(self.table, self.columns, suffix)


class Statement(Reference):
    """A template with its parts, some of which are references."""

    def __init__(self, template: str, **parts: Any) -> None:
        self.template = template
        self.parts = parts

    def _references(self) -> list[Any]:
        return [part for part in self.parts.values() if hasattr(part, "references_table")]

    def references_table(self, table: str) -> bool:
        return any(part.references_table(table) for part in self._references())

    def references_column(self, table: str, column: str) -> bool:
        return any(part.references_column(table, column) for part in self._references())

    def references_index(self, table: str, index: str) -> bool:
        return any(part.references_index(table, index) for part in self._references())

    def rename_table_references(self, old_table: str, new_table: str) -> None:
        for part in self._references():
            part.rename_table_references(old_table, new_table)

    def rename_column_references(self, table: str, old_column: str, new_column: str) -> None:
        for part in self._references():
            part.rename_column_references(table, old_column, new_column)

    def __str__(self) -> str:
        return self.template % self.parts


class Expressions(TableColumns):
    """Expressions over a table's columns, as in an index."""

    def __init__(
        self, table: str, expressions: Any, compiler: Any, quote_value: Callable[[Any], str]
    ) -> None:
        self.compiler = compiler
        self.expressions = expressions
        self.quote_value = quote_value
        super().__init__(table, [col.target.column for col in self._cols(expressions)])

    @staticmethod
    def _cols(expressions: Any) -> list[Any]:
        from offbeat.db.models.expressions import Col

        return [node for node in expressions.flatten() if isinstance(node, Col)]

    def rename_table_references(self, old_table: str, new_table: str) -> None:
        if self.table != old_table:
            return
        self.expressions = deepcopy(self.expressions)
        for col in self._cols(self.expressions):
            if col.alias == old_table:
                col.alias = new_table
        super().rename_table_references(old_table, new_table)

    def rename_column_references(self, table: str, old_column: str, new_column: str) -> None:
        if self.table != table:
            return
        self.expressions = deepcopy(self.expressions)
        for col in self._cols(self.expressions):
            if col.target.column == old_column:
                col.target = deepcopy(col.target)
                col.target.column = new_column
        self.columns = [col.target.column for col in self._cols(self.expressions)]

    def __str__(self) -> str:
        sql, params = self.compiler.compile(self.expressions)
        text: str = sql % tuple(map(self.quote_value, params))
        return text
