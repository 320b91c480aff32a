"""The state of a query, independent of any database; a compiler turns it into SQL."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from offbeat.db import DEFAULT_DB_ALIAS, connections
from offbeat.db.models.expressions import BaseExpression, F, OuterRef, ResolvedOuterRef
from offbeat.db.models.sql import aggregation, combining, filters, joins, paths, selecting
from offbeat.db.models.sql.datastructures import BaseTable, Empty, Join
from offbeat.db.models.sql.joins import JoinPromoter, gen_cols
from offbeat.db.models.sql.params import Param, Unbindable, is_param
from offbeat.db.models.sql.paths import JoinInfo, get_field_names_from_opts
from offbeat.db.models.sql.where import AND, ExtraWhere, NothingNode, WhereNode
from offbeat.utils.functional import cached_property

__all__ = ["ExplainInfo", "JoinInfo", "JoinPromoter", "Query", "RawQuery", "get_field_names_from_opts"]

ExplainInfo = namedtuple("ExplainInfo", ("format", "options"))

# The first query of a nest; subqueries are given the letters after it.
ALIAS_PREFIX = "T"


class Query(BaseExpression):
    """What to fetch: model, joins, conditions, columns, grouping, ordering, limits."""

    alias_prefix = ALIAS_PREFIX
    empty_result_set_value: Any = None
    subq_aliases: frozenset[str] = frozenset([ALIAS_PREFIX])
    compiler = "SQLCompiler"
    base_table_class = BaseTable
    join_class = Join
    where_class = WhereNode

    default_cols = True
    default_ordering = True
    standard_ordering = True
    filter_is_sticky = False
    subquery = False
    # None: no GROUP BY. True: by all selected fields. A tuple: by these expressions.
    group_by: Any = None
    order_by: tuple[Any, ...] = ()
    low_mark = 0
    high_mark: int | None = None
    # LIMIT and OFFSET given as placeholders.
    limit_param: Param | None = None
    offset_param: Param | None = None
    distinct = False
    distinct_fields: tuple[str, ...] = ()
    select: tuple[Any, ...] = ()
    # values(): the name of each column, and where it is (a position in select, or an annotation's name).
    values_select: tuple[str, ...] = ()
    selected: dict[str, Any] | None = None
    select_for_update = False
    select_for_update_nowait = False
    select_for_update_skip_locked = False
    select_for_update_of: tuple[str, ...] = ()
    select_for_no_key_update = False
    # False, True, or nested dicts of relation names.
    select_related: Any = False
    max_depth = 5
    annotation_select_mask: list[str] | None = None
    _annotation_select_cache: dict[str, Any] | None = None
    # Annotations that values() left out.
    _masked_by_values: frozenset[str] = frozenset()
    combinator: str | None = None
    combinator_all = False
    combined_queries: tuple[Any, ...] = ()
    extra_select_mask: set[str] | None = None
    _extra_select_cache: dict[str, Any] | None = None
    extra_tables: tuple[str, ...] = ()
    extra_order_by: Any = ()
    # Names, and whether they are the ones not to load.
    deferred_loading: tuple[Any, bool] = (frozenset(), True)
    explain_info: Any = None

    def __init__(self, model: Any, alias_cols: bool = True) -> None:
        self.model = model
        self.alias_refcount: dict[str, int] = {}
        self.alias_map: dict[str, Any] = {}
        # Whether columns are written with their table's alias.
        self.alias_cols = alias_cols
        # Aliases of the queries outside, and whether each is an alias in the SQL rather than a table's name.
        self.external_aliases: dict[str, bool] = {}
        self.table_map: dict[str, list[str]] = {}
        self.used_aliases: set[str] = set()
        self.where = self.where_class()
        self.annotations: dict[str, Any] = {}
        self.extra: dict[str, Any] = {}
        self._filtered_relations: dict[str, Any] = {}
        # Placeholder index → function that checks and normalises the values given for it.
        self.param_preparers: dict[int, Any] = {}

    @property
    def output_field(self) -> Any:
        if len(self.select) == 1:
            select = self.select[0]
            return getattr(select, "target", None) or select.field
        if len(self.annotation_select) == 1:
            return next(iter(self.annotation_select.values())).output_field
        return None

    @cached_property
    def base_table(self) -> Any:
        return next(iter(self.alias_map), None)

    def __str__(self) -> str:
        """SQL with parameters written in, for people to read: not fit for execution."""
        sql, params = self.sql_with_params()
        return sql % tuple(params) if params else sql.replace("%%", "%")

    def sql_with_params(self) -> tuple[str, Any]:
        """SQL with placeholders, and the parameters."""
        return self.get_compiler(DEFAULT_DB_ALIAS).as_sql()  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        result = self.clone()
        memo[id(self)] = result
        return result

    def get_compiler(self, using: str | None = None, connection: Any = None, elide_empty: bool = True) -> Any:
        """The compiler of this query for a database."""
        if using is None and connection is None:
            raise ValueError("Need either using or connection")
        if using:
            connection = connections[using]
        return connection.ops.compiler(self.compiler)(self, connection, using, elide_empty)

    def get_meta(self) -> Any:
        """The model's Options."""
        return self.model._meta if self.model else None

    def clone(self) -> Any:
        """A copy that may be changed without changing this query."""
        obj: Any = Empty()
        obj.__class__ = self.__class__
        obj.__dict__ = self.__dict__.copy()
        obj.alias_refcount = self.alias_refcount.copy()
        obj.alias_map = self.alias_map.copy()
        obj.external_aliases = self.external_aliases.copy()
        obj.table_map = {name: aliases[:] for name, aliases in self.table_map.items()}
        obj.where = self.where.clone()
        obj.annotations = self.annotations.copy()
        if self.annotation_select_mask is not None:
            obj.annotation_select_mask = self.annotation_select_mask[:]
        if self.combined_queries:
            obj.combined_queries = tuple(query.clone() for query in self.combined_queries)
        obj._annotation_select_cache = None
        obj.extra = self.extra.copy()
        obj._extra_select_cache = None
        if self.selected is not None:
            obj.selected = self.selected.copy()
        obj._filtered_relations = self._filtered_relations.copy()
        obj.param_preparers = self.param_preparers.copy()
        obj.__dict__.pop("base_table", None)
        # A new reference, since add_q() of the copy adds to it.
        obj.used_aliases = self.used_aliases.copy()
        return obj

    def chain(self, klass: Any = None) -> Any:
        """A clone for the next call of a query set, as another class of query if ``klass``."""
        obj = self.clone()
        if klass and obj.__class__ != klass:
            obj.__class__ = klass
        obj.begin_call()
        if hasattr(obj, "_setup_query"):
            obj._setup_query()
        return obj

    def begin_call(self) -> None:
        """Let the joins of the call before be no others' but its own, unless it was to be one with the next."""
        if not self.filter_is_sticky:
            self.used_aliases = set()
        self.filter_is_sticky = False

    def relabeled_clone(self, change_map: dict[str, str]) -> Any:
        clone = self.clone()
        clone.change_aliases(change_map)
        return clone

    def copy(self) -> Any:
        return self.clone()

    # One module for each concern; the functions take the query first, so they serve as methods.
    check_alias = joins.check_alias
    table_alias = joins.table_alias
    ref_alias = joins.ref_alias
    unref_alias = joins.unref_alias
    reset_refcounts = joins.reset_refcounts
    promote_joins = joins.promote_joins
    demote_joins = joins.demote_joins
    join = joins.join
    join_parent_model = joins.join_parent_model
    get_initial_alias = joins.get_initial_alias
    change_aliases = joins.change_aliases
    bump_prefix = joins.bump_prefix

    solve_lookup_type = paths.solve_lookup_type
    names_to_path = paths.names_to_path
    setup_joins = paths.setup_joins
    trim_joins = paths.trim_joins
    try_transform = paths.try_transform
    resolve_ref = paths.resolve_ref

    add_filter = filters.add_filter
    add_q = filters.add_q
    _add_q = filters.add_q_tree
    build_filter = filters.build_filter
    build_lookup = filters.build_lookup
    resolve_lookup_value = filters.resolve_lookup_value
    check_query_object_type = filters.check_query_object_type
    check_related_objects = filters.check_related_objects
    split_exclude = filters.split_exclude
    trim_start = filters.trim_start

    add_fields = selecting.add_fields
    set_select = selecting.set_select
    add_select_col = selecting.add_select_col
    clear_select_clause = selecting.clear_select_clause
    clear_select_fields = selecting.clear_select_fields
    set_values = selecting.set_values
    add_select_related = selecting.add_select_related
    clear_deferred_loading = selecting.clear_deferred_loading
    add_deferred_loading = selecting.add_deferred_loading
    add_immediate_loading = selecting.add_immediate_loading
    get_select_mask = selecting.get_select_mask
    set_annotation_mask = selecting.set_annotation_mask
    append_annotation_mask = selecting.append_annotation_mask
    set_extra_mask = selecting.set_extra_mask
    annotation_select = property(selecting.annotation_select)
    extra_select = property(selecting.extra_select)
    add_ordering = selecting.add_ordering
    clear_ordering = selecting.clear_ordering

    add_annotation = aggregation.add_annotation
    get_aggregation = aggregation.get_aggregation
    prepare_aggregation = aggregation.prepare_aggregation
    get_count = aggregation.get_count
    exists = aggregation.exists
    set_group_by = aggregation.set_group_by

    combine = combining.combine

    @property
    def has_select_fields(self) -> bool:
        """Whether the columns were chosen, as ``values()`` does."""
        if self.select:
            return True
        return not self.default_cols and bool(self.annotation_select_mask or self.extra_select_mask)

    @property
    def selected_columns(self) -> int:
        """The number of columns that the query has as a subquery."""
        if self.default_cols and not self.selected:
            return len(self.model._meta.concrete_fields) + len(self.annotation_select)
        width = sum(len(col) if getattr(col, "is_composite", False) else 1 for col in self.select)
        return width + len(self.annotation_select) + len(self.extra_select)

    def build_where(self, filter_expr: Any) -> Any:
        """The WHERE node of conditions on this model's own columns, as constraints have them."""
        return self.build_filter(filter_expr, allow_joins=False)[0]

    def has_results(self, using: str) -> bool:
        """Whether there is a row."""
        q = self.exists()
        return q.get_compiler(using=using).has_results()  # type: ignore[no-any-return]

    def explain(self, using: str, format: str | None = None, **options: Any) -> str:
        """The database's plan for the query."""
        q = self.clone()
        for option_name in options:
            if not _is_option_name(option_name):
                raise ValueError(f"Invalid option name: {option_name!r}.")
        q.explain_info = ExplainInfo(format, options)
        return "\n".join(q.get_compiler(using=using).explain_query())

    def count_active_tables(self) -> int:
        """The number of tables in use."""
        return sum(1 for count in self.alias_refcount.values() if count)

    def is_nullable(self, field: Any) -> bool:
        """Whether the column may hold NULL in some database."""
        return field.null or (  # type: ignore[no-any-return]
            field.empty_strings_allowed
            and connections[DEFAULT_DB_ALIAS].features.interprets_empty_strings_as_nulls
        )

    def has_filters(self) -> Any:
        return self.where

    @property
    def is_sliced(self) -> bool:
        return (
            self.low_mark != 0
            or self.high_mark is not None
            or self.limit_param is not None
            or self.offset_param is not None
        )

    def has_limit_one(self) -> bool:
        return self.high_mark is not None and (self.high_mark - self.low_mark) == 1

    def can_filter(self) -> bool:
        """Whether conditions may be added: not after slicing."""
        return not self.is_sliced

    def set_limits(self, low: int | None = None, high: int | None = None) -> None:
        """Take rows ``low`` to ``high`` of those taken so far."""
        if self.limit_param is not None or self.offset_param is not None:
            raise Unbindable("A slice of a slice is computed from both.")
        if is_param(low) or is_param(high):
            raise Unbindable("Use set_limit_params().")
        if high is not None:
            self.high_mark = (
                self.low_mark + high if self.high_mark is None else min(self.high_mark, self.low_mark + high)
            )
        if low is not None:
            self.low_mark = (
                self.low_mark + low if self.high_mark is None else min(self.high_mark, self.low_mark + low)
            )
        if self.low_mark == self.high_mark:
            self.set_empty()

    def set_limit_params(self, limit: Param | None = None, offset: Param | None = None) -> None:
        """LIMIT and OFFSET as placeholders, for a query that has no slice yet. The limit's value must not be zero."""
        if self.is_sliced:
            raise Unbindable("A slice of a slice is computed from both.")
        self.limit_param = limit
        self.offset_param = offset

    def clear_limits(self) -> None:
        self.low_mark, self.high_mark = 0, None
        self.limit_param = self.offset_param = None

    def set_empty(self) -> None:
        """Match nothing."""
        self.where.add(NothingNode(), AND)
        for query in self.combined_queries:
            query.set_empty()

    def is_empty(self) -> bool:
        """Whether the query was told to match nothing."""
        return any(isinstance(child, NothingNode) for child in self.where.children)

    def clear_where(self) -> None:
        self.where = self.where_class()

    def add_distinct_fields(self, *field_names: str) -> None:
        """DISTINCT, or DISTINCT ON the fields."""
        self.distinct_fields = field_names
        self.distinct = True

    def add_extra(
        self, select: Any, select_params: Any, where: Any, params: Any, tables: Any, order_by: Any
    ) -> None:
        """Literal SQL in SELECT, WHERE, FROM and ORDER BY."""
        if select:
            # Each extra column takes its own parameters, as many as it has %s.
            select_pairs = {}
            param_iter = iter(select_params or ())
            for name, entry in select.items():
                self.check_alias(name)
                entry = str(entry)
                count = entry.replace("%%", "").count("%s")
                select_pairs[name] = (entry, list(islice(param_iter, count)))
            self.extra.update(select_pairs)
            if self.selected is not None and self.extra_select_mask is None:
                self.selected = {**{name: name for name in select_pairs}, **self.selected}
            self._extra_select_cache = None
        if where or params:
            self.where.add(ExtraWhere(where, params), AND)
        if tables:
            self.extra_tables += tuple(tables)
        if order_by:
            self.extra_order_by = order_by

    def add_filtered_relation(self, filtered_relation: Any, alias: str) -> None:
        """Let ``alias`` name a relation joined under a condition.

        Raises ValueError for a relation or condition that cannot be joined so.
        """
        if "." in alias:
            raise ValueError(f"FilteredRelation doesn't support aliases with periods (got {alias!r}).")
        self.check_alias(alias)
        filtered_relation.alias = alias
        relation_lookup_parts, relation_field_parts, _ = self.solve_lookup_type(
            filtered_relation.relation_name
        )
        if relation_lookup_parts:
            raise ValueError(
                f"FilteredRelation's relation_name cannot contain lookups (got {filtered_relation.relation_name!r})."
            )
        if any(hasattr(value, "query") for value in filtered_relation.condition.flatten()):
            raise ValueError("Passing a QuerySet within a FilteredRelation is not supported.")
        for lookup in _condition_paths(filtered_relation.condition):
            lookup_parts, lookup_field_parts, _ = self.solve_lookup_type(lookup)
            shift = 2 if not lookup_parts else 1
            lookup_field_path = lookup_field_parts[:-shift]
            for idx, lookup_field_part in enumerate(lookup_field_path):
                if len(relation_field_parts) > idx:
                    if relation_field_parts[idx] != lookup_field_part:
                        raise ValueError(
                            "FilteredRelation's condition doesn't support relations outside the "
                            f"{filtered_relation.relation_name!r} (got {lookup!r})."
                        )
            if len(lookup_field_parts) > len(relation_field_parts) + 1:
                raise ValueError(
                    "FilteredRelation's condition doesn't support nested relations deeper than the relation_name "
                    f"(got {lookup!r} for {filtered_relation.relation_name!r})."
                )
        filtered_relation = filtered_relation.clone()
        filtered_relation.alias = alias
        self._filtered_relations[alias] = filtered_relation

    def resolve_expression(self, query: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """This query as a part of ``query``: its own aliases, outer references resolved."""
        clone = self.clone()
        # A subquery is written in parentheses.
        clone.subquery = True
        clone.bump_prefix(query)
        clone.where._resolve(query, args, kwargs)
        for combined_pos, combined_query in enumerate(clone.combined_queries):
            combined = combined_query.resolve_expression(query, *args, **kwargs)
            combined.subquery = False
            clone.combined_queries = (
                *clone.combined_queries[:combined_pos],
                combined,
                *clone.combined_queries[combined_pos + 1 :],
            )
        for key, value in clone.annotations.items():
            resolved = value.resolve_expression(query, *args, **kwargs)
            if hasattr(resolved, "external_aliases"):
                resolved.external_aliases.update(clone.external_aliases)
            clone.annotations[key] = resolved
        clone._annotation_select_cache = None
        if isinstance(clone.group_by, tuple):
            clone.group_by = tuple(
                expr.resolve_expression(query, *args, **kwargs) if _has_outer_ref(expr) else expr
                for expr in clone.group_by
            )
        clone.order_by = tuple(
            expr.resolve_expression(query, *args, **kwargs) if _has_outer_ref(expr) else expr
            for expr in clone.order_by
        )
        for alias, table in query.alias_map.items():
            clone.external_aliases[alias] = (
                table.join_field.related_model._meta.db_table != alias
                if isinstance(table, Join)
                else table.table_name != table.table_alias
            )
        return clone

    def get_external_cols(self) -> list[Any]:
        """Columns of the queries outside that this one uses."""
        exprs = chain(self.annotations.values(), self.where.children)
        return [col for col in gen_cols(exprs, include_external=True) if col.alias in self.external_aliases]

    def get_group_by_cols(self, wrapper: Any = None) -> list[Any]:
        external_cols = self.get_external_cols()
        # A subquery over a multi-valued join can differ within a group of the column it refers to.
        if any(col.possibly_multivalued for col in external_cols):
            return [wrapper or self]
        return external_cols

    def get_source_expressions(self) -> list[Any]:
        return []

    def flatten(self) -> Iterator[Any]:
        yield self

    def get_refs(self) -> set[str]:
        return set()

    def replace_expressions(self, replacements: dict[Any, Any]) -> Any:
        return self

    @property
    def contains_aggregate(self) -> bool:
        return False

    @property
    def contains_over_clause(self) -> bool:
        return False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """This query's SQL as a part of another."""
        query = self
        features = connection.features
        if self.subquery and (
            self.combined_queries or not features.ignores_unnecessary_order_by_in_subqueries
        ):
            query = self.clone()
            if not features.ignores_unnecessary_order_by_in_subqueries:
                query.clear_ordering(force=False)
            for combined in query.combined_queries:
                combined.clear_ordering(force=False)
        sql, params = query.get_compiler(connection=connection).as_sql()
        if self.subquery:
            sql = f"({sql})"
        return sql, params

    def as_subquery_filter(self, db: Any) -> Any:
        """The query for use on the right of a filter; ``db`` is where its query set would run."""
        self._db = db
        self.subquery = True
        # NOT IN with NULLs among the values matches nothing.
        self.clear_ordering(clear_default=True)
        return self

    def get_lookup(self, lookup: str) -> Any:
        return self.output_field.get_lookup(lookup)

    def get_transform(self, name: str) -> Any:
        return self.output_field.get_transform(name)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.pop("base_table", None)
        return state

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def _is_option_name(name: str) -> bool:
    return bool(name) and "--" not in name and all(char.isalnum() or char in "_-" for char in name)


def _condition_paths(condition: Any) -> Iterator[str]:
    """Every path that a Q uses, on the left or through F."""
    for child in condition.children:
        if isinstance(child, tuple):
            yield child[0]
        elif hasattr(child, "children"):
            yield from _condition_paths(child)


def _has_outer_ref(expr: Any) -> bool:
    if isinstance(expr, (OuterRef, ResolvedOuterRef)):
        return True
    if isinstance(expr, (F, str)) or not hasattr(expr, "get_source_expressions"):
        return False
    return any(_has_outer_ref(source) for source in expr.get_source_expressions() if source is not None)


class RawQuery:
    """SQL written by hand, for ``Manager.raw()``."""

    def __init__(self, sql: str, using: str, params: Any = ()) -> None:
        self.params = params
        self.sql = sql
        self.using = using
        self.cursor: Any = None
        # Found when the names of the columns are asked for.
        self.low_mark, self.high_mark = 0, None
        self.extra_select: dict[str, Any] = {}
        self.annotation_select: dict[str, Any] = {}

    def chain(self, using: str) -> RawQuery:
        return self.clone(using)

    def clone(self, using: str) -> RawQuery:
        return RawQuery(self.sql, using, params=self.params)

    def get_columns(self) -> list[str]:
        """The names of the result's columns."""
        if self.cursor is None:
            self._execute_query()
        converter = connections[self.using].introspection.identifier_converter
        return [converter(column_meta[0]) for column_meta in self.cursor.description]

    def __iter__(self) -> Iterator[Any]:
        # Each iteration runs the query anew.
        self._execute_query()
        if not connections[self.using].features.can_use_chunked_reads:
            return iter(list(self.cursor))
        return iter(self.cursor)

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    @property
    def params_type(self) -> Any:
        if self.params is None:
            return None
        return dict if isinstance(self.params, Mapping) else tuple

    def __str__(self) -> str:
        if self.params_type is None:
            return self.sql
        return self.sql % self.params_type(self.params)  # type: ignore[no-any-return]

    def _execute_query(self) -> None:
        connection = connections[self.using]
        # Values of other types than the driver's are adapted, as for a query that was built.
        adapter = connection.ops.adapt_unknown_value
        params: Any
        if self.params_type is tuple:
            params = tuple(adapter(value) for value in self.params)
        elif self.params_type is dict:
            params = {key: adapter(value) for key, value in self.params.items()}
        elif self.params_type is None:
            params = None
        self.cursor = connection.cursor()
        self.cursor.execute(self.sql, params)
