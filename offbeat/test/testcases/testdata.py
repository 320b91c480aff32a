"""Data made once for a class, changed by each test as it likes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

__all__ = ["TestData"]


class TestData:
    """A descriptor which gives each test its own deep copy of a class attribute.

    The copies of one test share a memo, so that objects which refer to each other still do.
    """

    __test__ = False
    memo_attr = "_testdata_memo"

    def __init__(self, name: str, data: Any) -> None:
        self.name = name
        self.data = data

    def get_memo(self, testcase: Any) -> dict[int, Any]:
        """The memo of a test."""
        memo: dict[int, Any] = testcase.__dict__.setdefault(self.memo_attr, {})
        return memo

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self.data
        # From now on it is an attribute of the instance.
        data = instance.__dict__[self.name] = deepcopy(self.data, self.get_memo(instance))
        return data

    def __repr__(self) -> str:
        return f"<TestData: name={self.name!r}, data={self.data!r}>"
