"""Constants of the query compiler."""

from __future__ import annotations

# Rows fetched at a time from a cursor.
GET_ITERATOR_CHUNK_SIZE = 100

# What execute_sql() should return.
MULTI = "multi"
SINGLE = "single"
NO_RESULTS = "no results"
CURSOR = "cursor"
ROW_COUNT = "row count"

ORDER_DIR = {"ASC": ("ASC", "DESC"), "DESC": ("DESC", "ASC")}

# Join types.
INNER = "INNER JOIN"
LOUTER = "LEFT OUTER JOIN"
