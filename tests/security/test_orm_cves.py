"""SQL from names and values that users may choose: published vulnerabilities of the kind, and input of odd sizes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.core.exceptions import FieldError, ValidationError
from offbeat.db import DatabaseError, connection, models
from offbeat.db.models import Count, F, FilteredRelation, Q, StringAgg, Value
from offbeat.db.models.fields.json import KT, HasKey
from offbeat.db.models.functions import Extract, ExtractYear, Trunc
from tests.databases import fresh_database
from tests.models.models import Stock
from tests.querysets.models import Author, Book

CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]


@pytest.fixture(scope="module")
def database() -> Iterator[None]:
    with fresh_database():
        joined = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
        for number in range(3):
            Author.objects.create(name=f"Author {number}", joined=joined)
        Stock.objects.create(code="a", extra={"x": 1, 'a"b': 2, "it's": 3, "nested": [{"deep": 4}]})
        Stock.objects.create(code="b", amount=1, extra={"x": 5})
        yield


def statements(call: Any) -> list[str]:
    seen: list[str] = []

    def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        call()
    return seen


def naming_calls(alias: str) -> list[Any]:
    relation = FilteredRelation("books", condition=Q(books__pages__gt=1))
    return [
        lambda: Author.objects.annotate(**{alias: Value(1)}),
        lambda: Author.objects.alias(**{alias: Value(1)}),
        lambda: Author.objects.aggregate(**{alias: Count("pk")}),
        lambda: Author.objects.values(**{alias: F("name")}),
        lambda: Author.objects.extra(select={alias: "1"}),
        lambda: Author.objects.annotate(**{alias: relation}),
        lambda: Author.objects.alias(**{alias: relation}),
    ]


def test_cve_2026_1312_a_dotted_filtered_relation_cannot_be_ordered_by() -> None:
    for alias in ("x.y", 'x.y"', "author.name"):
        with pytest.raises((ValueError, FieldError)):
            Author.objects.annotate(**{alias: FilteredRelation("books")}).order_by(alias)
        with pytest.raises(FieldError):
            list(Author.objects.order_by(alias))


@pytest.mark.parametrize("character", CONTROLS, ids=lambda c: f"{ord(c):02x}")
def test_cve_2026_1287_control_characters_in_aliases(character: str) -> None:
    for call in naming_calls(f"a{character}b"):
        with pytest.raises(ValueError, match="Column aliases cannot contain"):
            call()


@pytest.mark.parametrize("alias", ["a$b;", "a%sb'", 'a"b', "a;b", "a--b", "a b", "%(x)s "])
def test_cve_2025_13372_filtered_relations_with_crafted_aliases(alias: str) -> None:
    for call in naming_calls(alias):
        with pytest.raises(ValueError):
            call()


@pytest.mark.parametrize("wrong", [") OR 1=1 OR (", "or", "AND 1=1", "", 1, b"OR"])
def test_cve_2025_64459_connectors_given_as_keywords(wrong: Any, database: None) -> None:
    with pytest.raises((ValueError, TypeError)):
        Q(name="x", _connector=wrong)
    for method in ("filter", "exclude", "get"):
        for keyword in ({"_connector": wrong}, {"_negated": True}):
            with pytest.raises(TypeError):
                getattr(Author.objects, method)(name="x", **keyword)
            with pytest.raises(TypeError):
                getattr(Author.objects.filter(name="y"), method)(**keyword)


@pytest.mark.parametrize("alias", ["a`b", "a#b", "`", "a` FROM x #", "#"])
def test_cve_2025_59681_backquotes_and_hashes_in_aliases(alias: str) -> None:
    for call in naming_calls(alias):
        with pytest.raises(ValueError, match="Column aliases cannot contain"):
            call()


def test_cve_2025_57833_filtered_relation_named_by_a_dictionary() -> None:
    with pytest.raises(ValueError, match="Column aliases cannot contain"):
        Author.objects.annotate(**{'a" FROM x --': FilteredRelation("books")})


@pytest.mark.parametrize("key", ["x' OR 1=1 --", 'x"', "x'", "x\\", "x]", "$"])
def test_cve_2024_53908_has_key_keeps_keys_out_of_the_sql(key: str, database: None) -> None:
    seen = statements(lambda: list(Stock.objects.filter(HasKey(F("extra"), key))))
    assert key not in seen[0] or key == "$"
    assert not Stock.objects.filter(HasKey(F("extra"), key)).exists()
    assert not Stock.objects.filter(extra__has_any_keys=[key]).exists()


@pytest.mark.parametrize("name", ['extra__x" , (select 1)--', "extra__x'; --", 'extra__"', "extra__a b"])
def test_cve_2024_42005_json_keys_as_names_of_values(name: str, database: None) -> None:
    for method in ("values", "values_list"):
        try:
            rows = list(getattr(Stock.objects, method)(name))
        except (FieldError, ValueError):
            continue
        assert len(rows) == 2


@pytest.mark.parametrize("kind", ["year', now()) --", "year' FROM x", "bad", ""])
def test_cve_2022_34265_kinds_of_dates_are_known_words(kind: str, database: None) -> None:
    for expression in (Trunc("joined", kind), Extract("joined", kind)):
        with pytest.raises((ValueError, FieldError, DatabaseError)):
            list(Author.objects.annotate(x=expression))
    with pytest.raises((ValueError, FieldError, AssertionError)):
        list(Author.objects.dates("born", kind))


def test_cve_2022_28347_options_of_explain_are_names(database: None) -> None:
    for option in ("analyze) select 1; --", "x y", "a'b", 'a"b'):
        with pytest.raises(ValueError):
            Author.objects.all().explain(**{option: True})


@pytest.mark.parametrize("alias", ['a"b', "a'b", "a b", "a;b", "a--b", "a/*b", "a*/b", "a\tb"])
def test_cve_2022_28346_crafted_aliases(alias: str) -> None:
    for call in naming_calls(alias):
        with pytest.raises(ValueError):
            call()


@pytest.mark.parametrize(
    "name", ["x.y; select 1", "name.x", "querysets_tests_author.name; --", "?x", "name DESC"]
)
def test_cve_2021_35042_names_to_order_by(name: str, database: None) -> None:
    for _ in range(2):
        with pytest.raises(FieldError):
            list(Author.objects.order_by(name))
        with pytest.raises(FieldError):
            list(Author.objects.values("name").order_by(f"-{name}"))


@pytest.mark.parametrize("delimiter", ["'; DROP TABLE x --", '", 1) --', "%s", "\\", "\x00"])
def test_cve_2020_7471_delimiters_of_string_agg_are_parameters(delimiter: str, database: None) -> None:
    aggregate = StringAgg("name", delimiter=Value(delimiter))
    if "\x00" in delimiter and connection.features.prohibits_null_characters_in_text_exception:
        with pytest.raises(connection.features.prohibits_null_characters_in_text_exception[0]):
            Author.objects.aggregate(names=aggregate)
        return
    seen = statements(lambda: Author.objects.aggregate(names=aggregate))
    assert not any(delimiter in sql for sql in seen if delimiter != "%s")
    names = Author.objects.aggregate(names=aggregate)["names"]
    assert sorted(names.split(delimiter)) == ["Author 0", "Author 1", "Author 2"]


@pytest.mark.parametrize("key", ["a' OR 1=1 --", 'a" OR "1"="1', "a\\", "x' = 1 OR '1", "a]b", "a?b", "a%sb"])
def test_cve_2019_14234_keys_in_lookups(key: str, database: None) -> None:
    assert list(Stock.objects.filter(**{f"extra__{key}": 1})) == []
    assert list(Stock.objects.filter(**{f"extra__{key}__gte": 0})) == []
    assert list(Stock.objects.filter(**{f"extra__nested__0__{key}": 1})) == []
    assert Stock.objects.order_by(f"extra__{key}").count() == 2
    assert len(Stock.objects.order_by(f"extra__{key}")) == 2
    assert len(Stock.objects.annotate(k=KT(f"extra__{key}")).values("k")) == 2


def test_keys_with_quotes_find_what_is_stored_under_them(database: None) -> None:
    assert Stock.objects.get(**{"extra__it's": 3}).code == "a"
    assert Stock.objects.get(extra__nested__0__deep=4).code == "a"
    assert Stock.objects.get(extra__has_key="it's").code == "a"


def test_cve_2014_0474_numbers_do_not_match_text(database: None) -> None:
    class Host(models.Model):
        address = models.GenericIPAddressField()
        old = models.GenericIPAddressField(protocol="IPv4")
        file = models.FilePathField(path="/tmp")

        class Meta:
            app_label = "models_tests"
            managed = False

    for name in ("address", "old", "file"):
        sql, params = Host.objects.filter(**{name: 0}).query.sql_with_params()
        assert [type(param) for param in params] == [str], sql


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 33_000, 300_000])
def test_lists_of_any_size(size: int, database: None) -> None:
    wanted = list(range(1, size + 1))
    for _ in range(2):
        assert Author.objects.filter(pk__in=wanted).count() == min(size, 3)
        assert len(Author.objects.exclude(pk__in=wanted)) == max(0, 3 - size)
        assert len(Author.objects.in_bulk(wanted)) == min(size, 3)


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**30, -(10**30)])
def test_numbers_beyond_a_columns_range_match_as_arithmetic_has_it(number: int, database: None) -> None:
    everyone = 3
    for _ in range(2):
        assert Author.objects.filter(pk=number).count() == 0
        assert Author.objects.filter(pk__in=[number, 10**40]).count() == 0
        assert not Author.objects.filter(pk=number).exists()
        assert Author.objects.exclude(pk=number).count() == everyone
        assert Author.objects.filter(pk__lt=number).count() == (everyone if number > 0 else 0)
        assert Author.objects.filter(pk__gte=number).count() == (0 if number > 0 else everyone)
        assert Author.objects.filter(pk=number).update(name="x") == 0
        assert Author.objects.filter(pk=number).delete()[0] == 0
        with pytest.raises(Author.DoesNotExist):
            Author.objects.get(pk=number)
        assert Author.objects.filter(pk=number).first() is None
        assert Book.objects.filter(author=number).count() == 0
        assert Book.objects.filter(author__in=[number]).count() == 0


def test_years_that_are_none(database: None) -> None:
    for year in (0, -1, 10_000, 10**20):
        for _ in range(2):
            try:
                assert Author.objects.filter(joined__year=year).count() == 0
            except (ValueError, OverflowError, ValidationError):
                pass
            try:
                assert Author.objects.annotate(y=ExtractYear("joined")).filter(y=year).count() == 0
            except (ValueError, OverflowError):
                pass


@pytest.mark.parametrize("value", ["x", "1.5x", "1 OR 1=1", [], {}, object(), "١x", "0x10", b"\xff"])
def test_values_that_are_no_numbers_are_refused_at_the_call(value: Any) -> None:
    for _ in range(2):
        with pytest.raises((ValueError, TypeError)):
            Author.objects.filter(pk=value)
        with pytest.raises((ValueError, TypeError)):
            Author.objects.get(pk=value)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "%s", "%", "?", "'; --", "\U0001f600", "x" * 100_000])
def test_odd_texts_are_values(text: str, database: None) -> None:
    for lookup in ("exact", "iexact", "contains", "icontains", "startswith", "iendswith"):
        try:
            assert Author.objects.filter(**{f"name__{lookup}": text}).count() == 0
        except (ValueError, UnicodeError):
            # A lone surrogate is no text that could be stored.
            assert text == "\ud800"
        except DatabaseError as error:
            # The driver reports the surrogate in the words of the connection's last error, where there was one.
            assert (
                text == "\ud800"
                or ("too complex" in str(error) and len(text) > 50_000)
                # PostgreSQL has no such character.
                or ("NUL (0x00)" in str(error) and "\x00" in text)
            )


def test_wildcards_of_like_match_themselves(database: None) -> None:
    Author.objects.create(name=r"100%_\x", joined=datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC))
    try:
        for part in ("%", "_", "\\", "0%_", "%_\\x"):
            assert Author.objects.filter(name__contains=part).count() == 1
            assert Author.objects.filter(name__icontains=F("name")).count() == 4
    finally:
        Author.objects.filter(name__startswith="100").delete()


@pytest.mark.parametrize(
    "name", ["pk__nope", "books__nope", "name__in__in", "__", "name__", "__name", "nope", "name.x"]
)
def test_unknown_names_are_refused_at_the_call(name: str) -> None:
    for call in (Author.objects.filter, Author.objects.exclude, Author.objects.get):
        for _ in range(2):
            with pytest.raises(FieldError):
                call(**{name: 1})


def test_regular_expressions_that_are_none_are_errors_of_the_database(database: None) -> None:
    for _ in range(2):
        with pytest.raises((DatabaseError, ValueError)):
            list(Author.objects.filter(name__regex="("))
        assert Author.objects.count() == 3
