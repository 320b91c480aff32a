"""Fewer operations that do the same."""

from __future__ import annotations

from typing import Any


class MigrationOptimizer:
    """``optimize()`` lets operations swallow each other until nothing changes any more."""

    def optimize(self, operations: list[Any], app_label: str) -> list[Any]:
        """An equivalent list, as short as the operations' ``reduce()`` can make it."""
        if app_label is None:
            raise TypeError("app_label must be a str.")
        self._iterations = 0
        while True:
            self._iterations += 1
            shorter = self._once(operations, app_label)
            if shorter == operations:
                return shorter
            operations = shorter

    def _once(self, operations: list[Any], app_label: str) -> list[Any]:
        """The list after the first pair that can be joined."""
        for start, operation in enumerate(operations):
            # Whether it may be moved behind all that it was compared with so far.
            movable = True
            for offset, other in enumerate(operations[start + 1 :]):
                result = operation.reduce(other, app_label)
                if not isinstance(result, list):
                    movable = movable and result is True
                    continue
                between = operations[start + 1 : start + 1 + offset]
                if movable:
                    joined = [*between, *result]
                elif all(each.reduce(other, app_label) is True for each in between):
                    joined = [*result, *between]
                else:
                    # Neither can come to the other.
                    break
                return [*operations[:start], *joined, *operations[start + offset + 2 :]]
        return list(operations)
