"""A tree of conditions joined by connectors."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, Self

from offbeat.utils.hashable import make_hashable


class Node:
    """A node: ``children`` (leaves or nodes), joined by ``connector``, perhaps ``negated``."""

    default: str = "DEFAULT"

    def __init__(
        self, children: Iterable[Any] | None = None, connector: str | None = None, negated: bool = False
    ) -> None:
        self.children: list[Any] = list(children) if children else []
        self.connector: str = connector or self.default
        self.negated = negated

    @classmethod
    def create(
        cls, children: Iterable[Any] | None = None, connector: str | None = None, negated: bool = False
    ) -> Self:
        """A node of this class, whatever the constructor of a subclass looks like."""
        node = Node(children, connector or cls.default, negated)
        node.__class__ = cls
        return node  # type: ignore[return-value]

    def __str__(self) -> str:
        template = "(NOT (%s: %s))" if self.negated else "(%s: %s)"
        return template % (self.connector, ", ".join(str(child) for child in self.children))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def __copy__(self) -> Self:
        node = self.create(connector=self.connector, negated=self.negated)
        node.children = self.children  # shared on purpose: a shallow copy
        return node

    copy = __copy__

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        node = self.create(connector=self.connector, negated=self.negated)
        node.children = copy.deepcopy(self.children, memo)
        return node

    def __len__(self) -> int:
        return len(self.children)

    def __bool__(self) -> bool:
        return bool(self.children)

    def __contains__(self, other: object) -> bool:
        return other in self.children

    def __eq__(self, other: object) -> bool:
        return (
            self.__class__ == other.__class__
            and isinstance(other, Node)
            and self.connector == other.connector
            and self.negated == other.negated
            and self.children == other.children
        )

    def __hash__(self) -> int:
        return hash((self.__class__, self.connector, self.negated, *make_hashable(self.children)))

    def add(self, data: Any, conn_type: str) -> Any:
        """Join ``data`` to this tree by ``conn_type``; returns the node or leaf that now stands for ``data``."""
        if self.connector != conn_type:
            inner = self.copy()
            self.connector = conn_type
            self.children = [inner, data]
            return data
        if isinstance(data, Node) and not data.negated and (data.connector == conn_type or len(data) == 1):
            self.children.extend(data.children)
            return self
        self.children.append(data)
        return data

    def negate(self) -> None:
        """Turn the condition into its opposite."""
        self.negated = not self.negated
