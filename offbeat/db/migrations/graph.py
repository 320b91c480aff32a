"""The graph of migrations: edges from each one to those it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from offbeat.db.migrations.exceptions import CircularDependencyError, NodeNotFoundError
from offbeat.db.migrations.state import ProjectState

Key = tuple[str, str]


class Node:
    """A place in the graph: what it depends on (``parents``) and what depends on it (``children``)."""

    __slots__ = ("children", "key", "parents")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.children: set[Node] = set()
        self.parents: set[Node] = set()

    def __eq__(self, other: object) -> bool:
        return self.key == (other.key if isinstance(other, Node) else other)

    def __lt__(self, other: Any) -> bool:
        return bool(self.key < (other.key if isinstance(other, Node) else other))

    def __hash__(self) -> int:
        return hash(self.key)

    def __getitem__(self, item: int) -> str:
        return self.key[item]

    def __str__(self) -> str:
        return str(self.key)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.key!r}>"


class DummyNode(Node):
    """The place of a migration that others name but that does not exist (yet)."""

    __slots__ = ("error_message", "origin")

    def __init__(self, key: Key, origin: Any, error_message: str) -> None:
        super().__init__(key)
        self.origin = origin
        self.error_message = error_message


class MigrationGraph:
    """``nodes``: migrations by (app_label, name); ``node_map``: their places."""

    def __init__(self) -> None:
        self.node_map: dict[Key, Node] = {}
        self.nodes: dict[Key, Any] = {}

    def add_node(self, key: Key, migration: Any) -> None:
        """Add a migration."""
        self.node_map[key] = Node(key)
        self.nodes[key] = migration

    def add_dummy_node(self, key: Key, origin: Any, error_message: str) -> None:
        """Keep a place for a migration that only others name."""
        self.node_map[key] = DummyNode(key, origin, error_message)
        self.nodes[key] = None

    def add_dependency(self, migration: Any, child: Key, parent: Key, skip_validation: bool = False) -> None:
        """``child`` needs ``parent`` first; NodeNotFoundError when either is missing, unless validation waits."""
        for kind, key in (("child", child), ("parent", parent)):
            if key not in self.node_map:
                message = f"Migration {migration} dependencies reference nonexistent {kind} node {key!r}"
                self.add_dummy_node(key, migration, message)
        _connect(self.node_map[child], self.node_map[parent])
        if not skip_validation:
            self.validate_consistency()

    def remove_replaced_nodes(self, replacement: Key, replaced: Iterable[Key]) -> None:
        """A squashed migration takes the place of those it replaces."""
        replaced = set(replaced)
        if replacement not in self.node_map:
            raise NodeNotFoundError(
                f"Unable to find replacement node {replacement!r}. It was either never added to the migration graph, or "
                "has been removed.",
                replacement,
            )
        new = self.node_map[replacement]
        for key in replaced:
            self.nodes.pop(key, None)
            old = self.node_map.pop(key, None)
            if old is None:
                continue
            for child in old.children:
                child.parents.discard(old)
                if child.key not in replaced and child is not new:
                    _connect(child, new)
            for parent in old.parents:
                parent.children.discard(old)
                if parent.key not in replaced and parent is not new:
                    _connect(new, parent)

    def remove_replacement_node(self, replacement: Key, replaced: Iterable[Key]) -> None:
        """The replaced migrations stay; the squashed one goes."""
        self.nodes.pop(replacement, None)
        gone = self.node_map.pop(replacement, None)
        if gone is None:
            raise NodeNotFoundError(
                f"Unable to remove replacement node {replacement!r}. It was either never added to the migration graph, or "
                "has been removed already.",
                replacement,
            )
        kept = {self.node_map[key] for key in replaced if key in self.node_map}
        # What came after the squashed migration comes after the last of those it replaces.
        lasts = [node for node in kept if not (node.children & kept)]
        for child in gone.children:
            child.parents.discard(gone)
            for last in lasts:
                _connect(child, last)
        for parent in gone.parents:
            parent.children.discard(gone)

    def validate_consistency(self) -> None:
        """NodeNotFoundError when a dependency does not exist."""
        for node in self.node_map.values():
            if isinstance(node, DummyNode):
                raise NodeNotFoundError(node.error_message, node.key, origin=node.origin)

    def forwards_plan(self, target: Key) -> list[Key]:
        """What to apply for ``target``, in order, itself last."""
        return self._walk(target, forwards=True)

    def backwards_plan(self, target: Key) -> list[Key]:
        """What to undo for ``target``, in order, itself last."""
        return self._walk(target, forwards=False)

    def _walk(self, target: Key, forwards: bool) -> list[Key]:
        if target not in self.node_map:
            raise NodeNotFoundError(f"Node {target!r} not a valid node", target)
        order: dict[Key, None] = {}
        stack: list[tuple[Node, bool]] = [(self.node_map[target], False)]
        while stack:
            node, finished = stack.pop()
            if finished:
                order.setdefault(node.key)
            elif node.key not in order:
                stack.append((node, True))
                stack += [(other, False) for other in sorted(node.parents if forwards else node.children)]
        return list(order)

    def root_nodes(self, app: str | None = None) -> list[Key]:
        """Migrations that depend on none of their own application."""
        return sorted(
            key
            for key, node in self.node_map.items()
            if all(parent.key[0] != key[0] for parent in node.parents) and (not app or app == key[0])
        )

    def leaf_nodes(self, app: str | None = None) -> list[Key]:
        """Migrations on which none of their own application depends."""
        return sorted(
            key
            for key, node in self.node_map.items()
            if all(child.key[0] != key[0] for child in node.children) and (not app or app == key[0])
        )

    def ensure_not_cyclic(self) -> None:
        """CircularDependencyError, naming the circle, if there is one."""
        done: set[Node] = set()
        for root in self.node_map.values():
            if root in done:
                continue
            path: dict[Node, Iterator[Node]] = {root: iter(sorted(root.children))}
            while path:
                node = next(reversed(path))
                for other in path[node]:
                    if other in path:
                        keys = [each.key for each in path]
                        circle = keys[keys.index(other.key) :]
                        raise CircularDependencyError(", ".join(f"{app}.{name}" for app, name in circle))
                    if other not in done:
                        path[other] = iter(sorted(other.children))
                        break
                else:
                    del path[node]
                    done.add(node)

    def make_state(self, nodes: Any = None, at_end: bool = True, real_apps: Any = None) -> ProjectState:
        """The project's state after ``nodes`` (by default all), or before the last ones."""
        if nodes is None:
            nodes = self.leaf_nodes()
        elif nodes and not isinstance(nodes[0], tuple):
            nodes = [nodes]
        state = ProjectState(real_apps=real_apps)
        for key in self._generate_plan(nodes, at_end):
            state = self.nodes[key].mutate_state(state, preserve=False)
        return state

    def _generate_plan(self, nodes: Any, at_end: bool) -> list[Key]:
        plan: dict[Key, None] = {}
        for node in nodes:
            for key in self.forwards_plan(node):
                if at_end or key not in nodes:
                    plan[key] = None
        return list(plan)

    def __contains__(self, node: object) -> bool:
        return node in self.nodes

    def _count(self) -> tuple[int, int]:
        return len(self.nodes), sum(len(node.parents) for node in self.node_map.values())

    def __str__(self) -> str:
        return "Graph: {} nodes, {} edges".format(*self._count())

    def __repr__(self) -> str:
        return "<{}: nodes={}, edges={}>".format(type(self).__name__, *self._count())


def _connect(child: Node, parent: Node) -> None:
    child.parents.add(parent)
    parent.children.add(child)
