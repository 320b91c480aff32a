"""Full-text search (Django documentation: ref/contrib/postgres/search)."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.postgres.fields.array import ArrayField
from offbeat.contrib.postgres.lexemes import CombinedLexeme, Lexeme, LexemeCombinable
from offbeat.contrib.postgres.trigrams import (
    TrigramDistance,
    TrigramSimilarity,
    TrigramStrictWordDistance,
    TrigramStrictWordSimilarity,
    TrigramWordDistance,
    TrigramWordSimilarity,
)
from offbeat.contrib.postgres.utils import CheckPostgresInstalledMixin
from offbeat.db.models import (
    CharField,
    Expression,
    Field,
    FloatField,
    Func,
    Lookup,
    TextField,
    Value,
)
from offbeat.db.models.expressions import CombinedExpression
from offbeat.db.models.functions import Cast, Coalesce

__all__ = [
    "CombinedLexeme",
    "CombinedSearchQuery",
    "CombinedSearchVector",
    "Lexeme",
    "LexemeCombinable",
    "SearchConfig",
    "SearchHeadline",
    "SearchQuery",
    "SearchQueryCombinable",
    "SearchQueryField",
    "SearchRank",
    "SearchVector",
    "SearchVectorCombinable",
    "SearchVectorExact",
    "SearchVectorField",
    "TrigramDistance",
    "TrigramSimilarity",
    "TrigramStrictWordDistance",
    "TrigramStrictWordSimilarity",
    "TrigramWordDistance",
    "TrigramWordSimilarity",
]


class SearchVectorExact(Lookup):
    """The document matches the query."""

    lookup_name = "exact"
    bindable = False

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        query = self.rhs
        if not isinstance(query, SearchQueryCombinable):
            query = SearchQuery(getattr(query, "value", query), config=getattr(self.lhs, "config", None))
        return compiler.compile(query)  # type: ignore[no-any-return]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs} @@ {rhs}", (*lhs_params, *rhs_params)


class SearchVectorField(CheckPostgresInstalledMixin, Field[Any, Any]):
    """A column of documents prepared for searching."""

    def db_type(self, connection: Any) -> str:
        """Return "tsvector"."""
        return "tsvector"


class SearchQueryField(CheckPostgresInstalledMixin, Field[Any, Any]):
    """A column of queries."""

    def db_type(self, connection: Any) -> str:
        """Return "tsquery"."""
        return "tsquery"


class SearchConfig(Expression):
    """The name of a search configuration, or an expression for it."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        if not hasattr(config, "resolve_expression"):
            config = Value(config)
        self.config = config

    @classmethod
    def from_parameter(cls, config: Any) -> Any:
        """Take a name, an expression, a configuration or None."""
        return config if config is None or isinstance(config, cls) else cls(config)

    def get_source_expressions(self) -> list[Any]:
        return [self.config]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        (self.config,) = exprs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = compiler.compile(self.config)
        return f"{sql}::regconfig", params


class SearchVectorCombinable:
    """`+`."""

    ADD = "||"

    def _combine(self, other: Any, connector: str, reversed: bool) -> Any:
        if not isinstance(other, SearchVectorCombinable):
            raise TypeError(
                f"SearchVector can only be combined with other SearchVector instances, got {type(other).__name__}."
            )
        lhs, rhs = (other, self) if reversed else (self, other)
        config = self.config if self.config == other.config else None  # type: ignore[attr-defined]
        return CombinedSearchVector(lhs, connector, rhs, config)


class SearchVector(SearchVectorCombinable, Func):
    """A document made of the texts of expressions."""

    function = "to_tsvector"
    arg_joiner = " || ' ' || "
    output_field = SearchVectorField()

    def __init__(self, *expressions: Any, config: Any = None, weight: Any = None) -> None:
        super().__init__(*expressions)
        self.config = SearchConfig.from_parameter(config)
        if weight is not None and not hasattr(weight, "resolve_expression"):
            weight = Value(weight)
        self.weight = weight

    def get_source_fields(self) -> list[Any]:
        return [e._output_field_or_none for e in self.source_expressions]

    def get_source_expressions(self) -> list[Any]:
        return [*self.source_expressions, self.config, self.weight]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        *self.source_expressions, self.config, self.weight = exprs

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, function: Any = None, template: str | None = None
    ) -> tuple[str, Any]:
        # What is NULL adds nothing to the document, and everything is text there.
        texts = [Coalesce(_as_text(e), Value("")) for e in self.source_expressions]
        parts = [compiler.compile(text) for text in texts]
        document = self.arg_joiner.join(sql for sql, _ in parts)
        params = [param for _, found in parts for param in found]
        if self.config is not None:
            config_sql, config_params = compiler.compile(self.config)
            document = f"{config_sql}, {document}"
            params = [*config_params, *params]
        sql = f"{function or self.function}({document})"
        if self.weight is not None:
            weight_sql, weight_params = compiler.compile(self.weight)
            sql = f"setweight({sql}, {weight_sql})"
            params += weight_params
        return sql, tuple(params)


def _as_text(expression: Any) -> Any:
    if isinstance(expression._output_field_or_none, (CharField, TextField)):
        return expression
    return Cast(expression, TextField())


class CombinedSearchVector(SearchVectorCombinable, CombinedExpression):
    """Two documents in one."""

    def __init__(self, lhs: Any, connector: str, rhs: Any, config: Any, output_field: Any = None) -> None:
        self.config = config
        super().__init__(lhs, connector, rhs, output_field or SearchVectorField())


class SearchQueryCombinable:
    """`&` and `|`."""

    BITAND = "&&"
    BITOR = "||"

    def _combine(self, other: Any, connector: str, reversed: bool) -> Any:
        if not isinstance(other, SearchQueryCombinable):
            raise TypeError(
                f"SearchQuery can only be combined with other SearchQuery instances, got {type(other).__name__}."
            )
        lhs, rhs = (other, self) if reversed else (self, other)
        config = self.config if self.config == other.config else None  # type: ignore[attr-defined]
        return CombinedSearchQuery(lhs, connector, rhs, config)

    # Those of expressions ask for conditions.
    def __or__(self, other: Any) -> Any:
        return self._combine(other, self.BITOR, False)

    def __ror__(self, other: Any) -> Any:
        return self._combine(other, self.BITOR, True)

    def __and__(self, other: Any) -> Any:
        return self._combine(other, self.BITAND, False)

    def __rand__(self, other: Any) -> Any:
        return self._combine(other, self.BITAND, True)


class SearchQuery(SearchQueryCombinable, Func):
    """What is looked for: text, or lexemes."""

    output_field = SearchQueryField()
    SEARCH_TYPES = {
        "plain": "plainto_tsquery",
        "phrase": "phraseto_tsquery",
        "raw": "to_tsquery",
        "websearch": "websearch_to_tsquery",
    }

    def __init__(
        self,
        value: Any,
        output_field: Any = None,
        *,
        config: Any = None,
        invert: bool = False,
        search_type: str = "plain",
    ) -> None:
        if isinstance(value, LexemeCombinable):
            # Only raw queries are taken apart no further.
            search_type = "raw"
        function = self.SEARCH_TYPES.get(search_type)
        if function is None:
            raise ValueError(f"Unknown search_type argument '{search_type}'.")
        if not hasattr(value, "resolve_expression"):
            value = Value(value)
        self.function = function
        self.search_type = search_type
        self.invert = invert
        self.config = SearchConfig.from_parameter(config)
        super().__init__(
            *(value,) if self.config is None else (self.config, value), output_field=output_field
        )

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        sql, params = super().as_sql(compiler, connection, **extra_context)
        return f"!!({sql})" if self.invert else sql, params

    def __invert__(self) -> Any:
        # Made anew, for queries are told apart by what they were made from.
        args, kwargs = self._constructor_args  # type: ignore[attr-defined]
        return self.__class__(*args, **{**kwargs, "invert": not self.invert})

    def __str__(self) -> str:
        text = super().__str__()
        return f"~{text}" if self.invert else text


class CombinedSearchQuery(SearchQueryCombinable, CombinedExpression):
    """Two queries in one."""

    def __init__(self, lhs: Any, connector: str, rhs: Any, config: Any, output_field: Any = None) -> None:
        self.config = config
        super().__init__(lhs, connector, rhs, output_field or SearchQueryField())

    def __str__(self) -> str:
        return f"({super().__str__()})"


def _as_vector(vector: Any) -> Any:
    return vector if hasattr(vector, "resolve_expression") else SearchVector(vector)


def _as_query(query: Any) -> Any:
    return query if hasattr(query, "resolve_expression") else SearchQuery(query)


class _Real(FloatField):
    def db_type(self, connection: Any) -> str:
        return "real"


class SearchRank(Func):
    """How well a document matches a query."""

    function = "ts_rank"
    output_field = FloatField()

    def __init__(
        self,
        vector: Any,
        query: Any,
        weights: Any = None,
        normalization: Any = None,
        cover_density: bool = False,
    ) -> None:
        expressions: tuple[Any, ...] = (_as_vector(vector), _as_query(query))
        if weights is not None:
            # The function is not found with arrays of integers or doubles.
            real = ArrayField(_Real())
            if hasattr(weights, "resolve_expression"):
                expressions = (Cast(weights, real), *expressions)
            else:
                expressions = (Value(weights, output_field=real), *expressions)
        if normalization is not None:
            expressions = (*expressions, _value(normalization))
        if cover_density:
            self.function = "ts_rank_cd"
        super().__init__(*expressions)


def _value(value: Any) -> Any:
    return value if hasattr(value, "resolve_expression") else Value(value)


class SearchHeadline(Func):
    """The parts of a document that match a query, marked."""

    function = "ts_headline"
    output_field = TextField()

    def __init__(
        self,
        expression: Any,
        query: Any,
        *,
        config: Any = None,
        start_sel: str | None = None,
        stop_sel: str | None = None,
        max_words: int | None = None,
        min_words: int | None = None,
        short_word: int | None = None,
        highlight_all: bool | None = None,
        max_fragments: int | None = None,
        fragment_delimiter: str | None = None,
    ) -> None:
        options = {
            "StartSel": start_sel,
            "StopSel": stop_sel,
            "MaxWords": max_words,
            "MinWords": min_words,
            "ShortWord": short_word,
            "HighlightAll": highlight_all,
            "MaxFragments": max_fragments,
            "FragmentDelimiter": fragment_delimiter,
        }
        self.options = {name: value for name, value in options.items() if value is not None}
        expressions: tuple[Any, ...] = (expression, _as_query(query))
        if config is not None:
            expressions = (SearchConfig.from_parameter(config), *expressions)
        super().__init__(*expressions)

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        if not self.options:
            return super().as_sql(compiler, connection, **extra_context)
        sql, params = super().as_sql(
            compiler, connection, template="%(function)s(%(expressions)s, %%s)", **extra_context
        )
        options = ", ".join(f"{name}={_headline_option(value)}" for name, value in self.options.items())
        return sql, (*params, options)


def _headline_option(value: Any) -> str:
    """A value in ts_headline()'s list of options, where quotes keep commas and spaces together."""
    if not isinstance(value, str):
        return str(value)
    return '"' + value.replace('"', '""') + '"'


SearchVectorField.register_lookup(SearchVectorExact)
