"""What a user's input, passed on as keyword arguments or names, must not be able to do to a query."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.core.exceptions import FieldError
from offbeat.db.models import Count, Q
from tests.querysets.models import Author, Book


@pytest.mark.parametrize("wrong", [{"_negated": True}, {"_connector": "OR"}, {"_connector": "OR 1=1 OR"}])
@pytest.mark.parametrize("method", ["filter", "exclude", "get"])
def test_keywords_of_q_are_refused_by_querysets(method: str, wrong: dict[str, Any]) -> None:
    """CVE-2025-64459."""
    for _ in range(2):
        with pytest.raises(TypeError, match="The following kwargs are invalid"):
            getattr(Book.objects, method)(pages=1, **wrong)


def test_connectors_that_are_none_are_refused_by_q() -> None:
    with pytest.raises(ValueError, match="_connector must be one of"):
        Q(pages=1, _connector="OR 1=1 OR")


@pytest.mark.parametrize("alias", ['x"; DROP TABLE t; --', "a b", "a'b", "a--b", "a/*b", "a`b", "a]b"])
def test_names_of_columns_are_checked(alias: str) -> None:
    """CVE-2022-28346, CVE-2025-57833: a name given by ** must not reach the SQL unchecked."""
    for _ in range(2):
        for call in (
            Author.objects.annotate,
            Author.objects.alias,
            Author.objects.values,
            Author.objects.aggregate,
        ):
            with pytest.raises(ValueError, match="Column aliases cannot contain"):
                call(**{alias: Count("books")})


@pytest.mark.parametrize("name", ["pages; DROP TABLE t", 'pages" DESC; --', "pages DESC", "pages__lt;"])
def test_names_to_order_by_are_fields(name: str) -> None:
    """CVE-2021-35042."""
    for _ in range(2):
        with pytest.raises(FieldError):
            list(Book.objects.order_by(name))
        with pytest.raises(FieldError):
            list(Book.objects.order_by(f"-{name}"))
