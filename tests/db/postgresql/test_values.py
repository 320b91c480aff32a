"""How values travel, in both colours and with both kinds of binding."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

import pytest

from offbeat.db import DataError
from offbeat.db.backends.postgresql.psycopg_any import DateTimeTZRange, NumericRange

MOMENT = datetime.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=datetime.UTC)


@pytest.fixture(params=["in the SQL", "apart"])
def db(request: pytest.FixtureRequest, connect: Any) -> Any:
    return connect(server_side_binding=request.param == "apart")


@pytest.mark.parametrize(
    ("cast", "value"),
    [
        ("text", "it's 100% \\ ünï"),
        ("integer", -5),
        ("bigint", 2**40),
        ("numeric", 2**70),
        ("numeric", decimal.Decimal("1.50")),
        ("double precision", 1.5e300),
        ("boolean", True),
        ("bytea", b"\x00\xff'"),
        ("date", datetime.date(2024, 2, 29)),
        ("time", datetime.time(1, 2, 3, 4)),
        ("timestamptz", MOMENT),
        ("interval", datetime.timedelta(days=-3, seconds=4, microseconds=5)),
        ("uuid", uuid.UUID(int=7)),
        ("integer[]", [1, None, 3]),
        ("text[]", ["a", "b,c"]),
        ("int4range", NumericRange(1, 5)),
        ("tstzrange", DateTimeTZRange(MOMENT, None)),
    ],
)
def test_values_come_back(db: Any, call: Any, cast: str, value: Any) -> None:
    ((found,),) = call(lambda: db.fetch_all(f"SELECT %s::{cast}", (value,)))
    assert found == value
    assert type(found) is type(value)
    assert call(lambda: db.fetch_all(f"SELECT NULL::{cast} IS NULL AND %s::{cast} IS NULL", (None,))) == [
        (True,)
    ]


def test_integers_have_the_types_of_literals(db: Any) -> None:
    values = (5, -(2**31), 2**31, 2**63)
    ((*types,),) = db.fetch_all("SELECT " + ", ".join(["pg_typeof(%s)::text"] * 4), values)
    assert types == ["integer", "integer", "bigint", "numeric"]
    # No operator is read together with the sign.
    assert db.fetch_all("SELECT 1 -%s", (-1,)) == [(2,)]


def test_json_and_addresses_are_text(db: Any) -> None:
    assert db.fetch_all("""SELECT '{"a": 1}'::jsonb, '10.0.0.1'::inet""") == [('{"a": 1}', "10.0.0.1")]


def test_a_null_character_is_refused(db: Any, call: Any) -> None:
    with pytest.raises(DataError, match=r"cannot contain NUL \(0x00\) bytes"):
        call(lambda: db.fetch_all("SELECT %s::text", ("a\x00b",)))


def test_moments_that_python_has_not_are_refused(db: Any) -> None:
    with pytest.raises(DataError):
        db.fetch_all("SELECT 'infinity'::timestamptz")
    with pytest.raises(DataError):
        db.fetch_all("SELECT '12000-01-01'::timestamptz")


def test_moments_of_every_form_are_read(db: Any) -> None:
    texts = ["2024-01-01 00:00:00.5", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"]
    ((*found,),) = db.fetch_all("SELECT " + ", ".join([f"'{text}+00'::timestamptz" for text in texts]))
    assert found == [datetime.datetime.fromisoformat(f"{text}+00:00") for text in texts]
