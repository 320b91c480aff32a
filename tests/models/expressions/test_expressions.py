"""The expression protocol, its type rules and its SQL on a real database."""

from __future__ import annotations

import copy
import datetime
import pickle
from decimal import Decimal
from typing import Any

import pytest

from offbeat.core.exceptions import FieldError
from offbeat.db import connection
from offbeat.db.models import (
    Avg,
    BooleanField,
    Case,
    CharField,
    Count,
    DecimalField,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Max,
    OrderBy,
    OuterRef,
    Q,
    StringAgg,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from offbeat.db.models.expressions import CombinedExpression, RawSQL, RowRange, WindowFrameExclusion
from offbeat.db.models.functions import (
    Cast,
    Coalesce,
    Concat,
    ExtractYear,
    Greatest,
    JSONObject,
    Lag,
    Left,
    Length,
    Lower,
    LPad,
    Mod,
    Now,
    Pi,
    Power,
    Rank,
    Repeat,
    Replace,
    Right,
    Round,
    StrIndex,
    Substr,
    TruncMonth,
    TruncYear,
    Upper,
)
from tests.sqlmodels.models import Author, Book


def first(expression: Any, **order: Any) -> Any:
    return Book.objects.order_by("pages").annotate(x=expression).values_list("x", flat=True)[0]


def test_equal_arguments_make_equal_expressions() -> None:
    assert Func(F("a"), function="X") == Func(F("a"), function="X")
    assert hash(Sum("a", filter=Q(b=1))) == hash(Sum("a", filter=Q(b=1)))
    assert Sum("a") != Sum("b")
    assert Value(1) != Value(2)
    assert Value(1, output_field=IntegerField()) == Value(1, output_field=IntegerField())
    assert F("a") == F("a")
    assert F("a")[1:2] != F("a")[1:3]


def test_expressions_survive_copying_and_pickling() -> None:
    for expression in (F("a") + 1, Sum("a", filter=Q(b=1)), Case(When(a=1, then=Value("x"))), F("a")[1:2]):
        assert copy.deepcopy(expression) == expression
        assert pickle.loads(pickle.dumps(expression)) == expression


def test_arithmetic(library: Any) -> None:
    assert first(F("pages") + 1) == 101
    assert first(2 * F("pages") - 1) == 199
    assert first(F("pages") % 7) == 2
    assert first(-F("pages")) == -100
    assert first(F("pages").bitand(4)) == 4
    assert first(F("pages").bitxor(4)) == 96
    assert first(F("pages") ** 2) == 10000
    assert first(F("price") * 2) == Decimal("1.00")


def test_mixed_types_need_an_output_field(library: Any) -> None:
    with pytest.raises(FieldError, match=r"Cannot infer type of '\+' expression involving these types"):
        list(Book.objects.annotate(x=F("title") + F("pages")))
    with pytest.raises(FieldError, match="Expression contains mixed types"):
        list(Book.objects.annotate(x=Coalesce("title", "pages")))
    assert first(ExpressionWrapper(F("pages") * 1.5, output_field=FloatField())) == 150.0
    assert isinstance((Value(1) + Value(1.5)).output_field, FloatField)
    assert isinstance((Value(1) + Value(Decimal(1))).output_field, DecimalField)


def test_dates_and_durations(library: Any) -> None:
    assert first(F("published") - F("published")) == datetime.timedelta(0)
    gap = ExpressionWrapper(
        F("joined") + datetime.timedelta(days=1) - F("joined"), output_field=DurationField()
    )
    assert Author.objects.annotate(x=gap).values_list("x", flat=True)[0] == datetime.timedelta(days=1)
    assert Author.objects.filter(joined__gt=F("joined") - datetime.timedelta(days=1)).count() == 3


def test_logical_operators_need_conditions() -> None:
    with pytest.raises(NotImplementedError, match="Use"):
        F("a") & F("b")
    assert isinstance(
        ExpressionWrapper(Q(a=1), output_field=BooleanField())
        & ExpressionWrapper(Q(b=1), output_field=BooleanField()),
        Q,
    )


def test_case_and_when(library: Any) -> None:
    kind = Case(
        When(pages__lt=103, then=Value("short")), When(pages=108, then=Value("long")), default=Value("mid")
    )
    rows = Book.objects.annotate(kind=kind).order_by("pages").values_list("kind", flat=True)
    assert list(rows) == ["short"] * 3 + ["mid"] * 5 + ["long"]
    assert first(Case(When(pk__in=[], then=Value(1)), default=Value(2))) == 2
    assert first(Case(When(~Q(pk__in=[]), then=Value(1)), default=Value(2))) == 1
    with pytest.raises(TypeError, match="supports a Q object, a boolean expression, or lookups"):
        When("x", then=1)
    with pytest.raises(ValueError, match="An empty Q"):
        When(Q(), then=1)


def test_conditional_aggregation(library: Any) -> None:
    result = Book.objects.aggregate(
        a=Count("pk", filter=Q(in_print=True)),
        b=Sum("pages", filter=Q(pages__lt=102)),
        c=Max("pages", default=1),
    )
    assert result == {"a": 5, "b": 201, "c": 108}
    assert Book.objects.filter(pages=0).aggregate(a=Sum("pages", default=7), b=Avg("pages")) == {
        "a": 7,
        "b": None,
    }


def test_aggregates_cannot_nest(library: Any) -> None:
    with pytest.raises(FieldError, match=r"Cannot compute Sum\('n'\): 'n' is an aggregate"):
        Author.objects.annotate(n=Count("books")).annotate(m=Sum("n"))
    with pytest.raises(TypeError, match="is not an aggregate expression"):
        Book.objects.aggregate(x=F("pages"))
    with pytest.raises(TypeError, match="Complex aggregates require an alias"):
        Book.objects.aggregate(Sum(F("pages") + 1))


@pytest.mark.skipif(not connection.features.supports_aggregate_order_by_clause, reason="an old SQLite")
def test_string_agg(library: Any) -> None:
    joined = Book.objects.filter(pages__lt=103).aggregate(x=StringAgg("title", Value(";"), order_by="-title"))
    assert joined == {"x": "Book 2;Book 1;Book 0"}


def test_text_functions(library: Any) -> None:
    assert first(Upper("title")) == "BOOK 0"
    assert first(Concat("title", Value("-"), "author__name")) == "Book 0-Ann"
    assert first(Left("title", 2)) == "Bo"
    assert first(Right("title", 1)) == "0"
    assert first(Length("title")) == 6
    assert first(Substr("title", 2, 3)) == "ook"
    assert first(F("title")[1:4]) == "ook"
    assert first(Replace("title", Value("o"), Value("0"))) == "B00k 0"
    assert first(StrIndex("title", Value("k"))) == 4
    assert first(LPad(Value("x"), 3, Value("-"))) == "--x"
    assert first(Repeat(Value("ab"), 2)) == "abab"
    assert Book.objects.filter(title__endswith=Right("title", 1)).count() == 9
    assert Book.objects.annotate(low=Lower("title")).filter(low__startswith="book").count() == 9


def test_number_functions(library: Any) -> None:
    assert first(Mod("pages", 7)) == 2.0
    assert first(Power("pages", 2)) == 10000.0
    assert first(Round("price")) == Decimal("1") or first(Round("price")) == Decimal("0")
    assert round(first(Pi()), 2) == 3.14
    assert first(Greatest("pages", Value(5))) == 100
    assert first(Cast("pages", CharField())) == "100"
    assert first(Cast("price", IntegerField())) in {0, 1}


def test_date_functions(library: Any) -> None:
    assert first(ExtractYear("published")) == 2000
    assert first(TruncYear("published")) == datetime.date(2000, 1, 1)
    assert first(TruncMonth("author__joined")) == datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    assert abs(first(Now()) - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(minutes=1)
    assert Book.objects.filter(published__year=2000, published__month__gte=2).count() == 2
    assert Author.objects.filter(joined__date=datetime.date(2024, 1, 2)).count() == 1
    with pytest.raises(ValueError, match="Cannot truncate DateField 'published' to DateTimeField"):
        Book.objects.annotate(
            x=TruncMonth("published", output_field=Author._meta.get_field("joined").__class__())
        )


def test_json_object(library: Any) -> None:
    assert first(JSONObject(title=Lower("title"), n=F("pages"))) == {"title": "book 0", "n": 100}


def test_windows(library: Any) -> None:
    rows = Book.objects.annotate(
        rank=Window(Rank(), order_by=F("pages").desc()),
        before=Window(Lag("pages"), order_by="pages"),
        total=Window(
            Sum("pages"), partition_by="author", order_by="pages", frame=RowRange(start=None, end=0)
        ),
    ).order_by("pages")
    assert [(b.rank, b.before, b.total) for b in rows[:4]] == [
        (9, None, 100),
        (8, 100, 101),
        (7, 101, 102),
        (6, 102, 203),
    ]
    with pytest.raises(ValueError, match="isn't compatible with OVER clauses"):
        Window(F("pages"))
    frame = RowRange(start=0, end=1, exclusion=WindowFrameExclusion.CURRENT_ROW)
    assert str(frame) == "ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING EXCLUDE CURRENT ROW"


def test_order_by_checks_its_arguments() -> None:
    with pytest.raises(ValueError, match="mutually exclusive"):
        OrderBy(F("a"), nulls_first=True, nulls_last=True)
    with pytest.raises(ValueError, match="must be True or None"):
        F("a").asc(nulls_first=False)
    with pytest.raises(ValueError, match="expression must be an expression type"):
        OrderBy("a")


def test_outer_references_are_refused_outside_subqueries(library: Any) -> None:
    with pytest.raises(ValueError, match="may only be used in a subquery"):
        list(Book.objects.filter(pages=OuterRef("pages")))
    sliced = Book.objects.filter(title__startswith=OuterRef("name")[0:1])
    assert Author.objects.annotate(n=Subquery(sliced.values("pages")[:1])).filter(n=None).count() == 2


def test_slices_of_f_are_checked() -> None:
    for subscript, message in (
        (slice(-1, None), "Negative"),
        (slice(0, 3, 2), "Step"),
        (slice(3, 1), "greater"),
    ):
        with pytest.raises(ValueError, match=message):
            F("a")[subscript]
    with pytest.raises(TypeError, match="is not iterable"):
        "x" in F("a")


def test_raw_sql_and_custom_functions(library: Any) -> None:
    assert first(RawSQL("pages + %s", (5,), output_field=IntegerField())) == 105

    class Doubled(Func):
        template = "(%(expressions)s * 2)"
        output_field = IntegerField()

        def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
            return self.as_sql(compiler, connection, template="(%(expressions)s * 2 + 0)", **extra)

    assert first(Doubled("pages")) == 200
    with pytest.raises(TypeError, match="takes exactly 1 argument"):
        Upper("a", "b")


def test_repr_reads_like_the_call() -> None:
    assert repr(F("a") + 1) == "<CombinedExpression: F(a) + Value(1)>"
    assert repr(Sum("a", filter=Q(b=1), distinct=True)) == "Sum(F(a), distinct=True, filter=(AND: ('b', 1)))"
    assert isinstance(F("a") + 1, CombinedExpression)
