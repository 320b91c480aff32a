"""Rows sent as one array for each column."""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from offbeat.db import DataError
from offbeat.db.backends.postgresql.columns import Columns

MOMENT = datetime.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=datetime.timezone(datetime.timedelta(hours=-5)))
VALUES: dict[str, list[Any]] = {
    "smallint": [1, -2, None],
    "integer": [2**31 - 1, -(2**31), 0],
    "bigint": [2**63 - 1, -(2**63), None],
    "double precision": [1.5e300, float("inf"), 2],
    "numeric": [decimal.Decimal("1.50"), decimal.Decimal("NaN"), 3],
    "boolean": [True, None, False],
    "varchar": ['"', "\\", ""],
    "text": ["NULL", None, '{a, "b\\"}'],
    "inet": ["10.0.0.1", "::1", None],
    "date": [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), None],
    "time": [datetime.time(1, 2, 3, 4), datetime.time(0), None],
    "timestamp with time zone": [MOMENT, MOMENT.replace(year=4), None],
    "interval": [datetime.timedelta(days=-3, seconds=4, microseconds=5), datetime.timedelta(0), None],
    "uuid": [uuid.UUID(int=7), None, uuid.uuid4()],
    "bytea": [b"", b'\x00\xff"\\', None],
}


@pytest.mark.parametrize("threshold", [None, 0])
def test_values_arrive(connect: Any, call: Any, threshold: int | None) -> None:
    db = connect(prepare_threshold=threshold)
    columns = Columns(list(VALUES))
    rows = list(zip(*VALUES.values(), strict=True))
    found = call(lambda: [db.fetch_all(columns.source, columns.arrays(rows)) for _ in range(3)])
    for one in found:
        for expected, row in zip(rows, one, strict=True):
            for value, there in zip(expected, row, strict=True):
                assert there == value or (there != there and value != value)


def test_documents_arrive(pg: Any) -> None:
    columns = Columns(["jsonb"])
    documents = [{"a": 'x"\\'}, [1, None], "text"]
    rows = [(Jsonb(document, dumps=json.dumps),) for document in documents]
    found = pg.fetch_all(columns.source, columns.arrays([*rows, (None,)]))
    assert [None if text is None else json.loads(text) for (text,) in found] == [*documents, None]


class Text(str):
    """Whoever made it may have it sent in a way of its own."""


@pytest.mark.parametrize(
    ("name", "value"), [("text", Text("a")), ("integer", True), ("integer", "1"), ("date", MOMENT)]
)
def test_unusual_values_are_left_to_the_driver(name: str, value: Any) -> None:
    assert Columns([name]).arrays([(value,), (value,)]) is None
    assert Columns([name]).arrays([(value,), (None,)]) is None


def test_what_does_not_fit_is_refused_not_cut(pg: Any, table: str) -> None:
    pg.run(f"ALTER TABLE {table} ALTER COLUMN name TYPE varchar(3)")
    columns = Columns(["varchar"])
    insert = f"INSERT INTO {table} (name) {columns.source}"
    for values, message in ((["abcd", "b"], "too long"), (["a\x00", "b"], "NUL")):
        with pytest.raises(DataError, match=message):
            pg.run(insert, columns.arrays([(value,) for value in values]))
    assert pg.fetch_all(f"SELECT count(*) FROM {table}") == [(2,)]
