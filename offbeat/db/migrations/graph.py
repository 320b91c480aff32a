"""The graph of migrations: edges from each one to those it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from offbeat.db.migrations.exceptions import CircularDependencyError, NodeNotFoundError
from offbeat.db.migrations.state import ProjectState

Key = tuple[str, str]


class MigrationGraph:
    """Nodes are (app_label, name) keys; the value of a missing node, which only others name, is its error message."""

    def __init__(self) -> None:
        self.nodes: dict[Key, Any] = {}
        self.parents: dict[Key, set[Key]] = {}
        self.children: dict[Key, set[Key]] = {}
        self._missing: dict[Key, tuple[str, Any]] = {}

    def add_node(self, key: Key, migration: Any) -> None:
        """Add a migration."""
        self.nodes[key] = migration
        self.parents.setdefault(key, set())
        self.children.setdefault(key, set())
        self._missing.pop(key, None)

    def add_dependency(self, migration: Any, child: Key, parent: Key, skip_validation: bool = False) -> None:
        """``child`` needs ``parent`` first; NodeNotFoundError when either is missing, unless validation waits."""
        for key in (child, parent):
            if key not in self.nodes:
                self._missing[key] = (
                    f"Migration {migration} dependencies reference nonexistent {'child' if key == child else 'parent'} node {key!r}",
                    migration,
                )
                self.parents.setdefault(key, set())
                self.children.setdefault(key, set())
        self.parents[child].add(parent)
        self.children[parent].add(child)
        if not skip_validation:
            self.validate_consistency()

    def remove_replaced_nodes(self, replacement: Key, replaced: Iterable[Key]) -> None:
        """A squashed migration takes the place of those it replaces."""
        replaced = set(replaced) & set(self.parents)
        for key in replaced:
            self.nodes.pop(key, None)
            self._missing.pop(key, None)
            for child in self.children.pop(key):
                self.parents[child].discard(key)
                if child not in replaced:
                    self.parents[child].add(replacement)
                    self.children[replacement].add(child)
            for parent in self.parents.pop(key):
                if parent in self.children:
                    self.children[parent].discard(key)
                if parent not in replaced:
                    self.parents[replacement].add(parent)
                    self.children.setdefault(parent, set()).add(replacement)
        self.parents[replacement].discard(replacement)
        self.children[replacement].discard(replacement)

    def remove_replacement_node(self, replacement: Key, replaced: Iterable[Key]) -> None:
        """The replaced migrations stay; the squashed one goes."""
        self.nodes.pop(replacement, None)
        replaced = set(replaced) & set(self.nodes)
        # What came after the squashed migration comes after the last of those it replaces.
        lasts = {key for key in replaced if not (self.children[key] & replaced)}
        for child in self.children.pop(replacement):
            self.parents[child].discard(replacement)
            for last in lasts:
                self.parents[child].add(last)
                self.children[last].add(child)
        for parent in self.parents.pop(replacement):
            self.children[parent].discard(replacement)

    def validate_consistency(self) -> None:
        """NodeNotFoundError when a dependency does not exist."""
        for key, (message, origin) in self._missing.items():
            raise NodeNotFoundError(message, key, origin=origin)

    def forwards_plan(self, target: Key) -> list[Key]:
        """What to apply for ``target``, in order, itself last."""
        return self._walk(target, self.parents)

    def backwards_plan(self, target: Key) -> list[Key]:
        """What to undo for ``target``, in order, itself last."""
        return self._walk(target, self.children)

    def _walk(self, target: Key, edges: dict[Key, set[Key]]) -> list[Key]:
        if target not in self.nodes:
            raise NodeNotFoundError(f"Node {target!r} not a valid node", target)
        order: dict[Key, None] = {}
        stack: list[tuple[Key, bool]] = [(target, False)]
        while stack:
            key, finished = stack.pop()
            if finished:
                order.setdefault(key)
            elif key not in order:
                stack.append((key, True))
                stack += [(other, False) for other in sorted(edges[key], reverse=True)]
        return list(order)

    def root_nodes(self, app: str | None = None) -> list[Key]:
        """Migrations that depend on none of their own application."""
        return sorted(key for key in self.nodes if self._is_edge(key, self.parents, app))

    def leaf_nodes(self, app: str | None = None) -> list[Key]:
        """Migrations on which none of their own application depends."""
        return sorted(key for key in self.nodes if self._is_edge(key, self.children, app))

    @staticmethod
    def _is_edge(key: Key, edges: dict[Key, set[Key]], app: str | None) -> bool:
        return all(other[0] != key[0] for other in edges[key]) and (not app or app == key[0])

    def ensure_not_cyclic(self) -> None:
        """CircularDependencyError, naming the circle, if there is one."""
        done: set[Key] = set()
        for root in self.nodes:
            path: list[Key] = []
            on_path: set[Key] = set()
            stack: list[tuple[Key, Iterator[Key]]] = []
            if root in done:
                continue
            stack.append((root, iter(sorted(self.children[root]))))
            path.append(root)
            on_path.add(root)
            while stack:
                key, others = stack[-1]
                for other in others:
                    if other in on_path:
                        circle = path[path.index(other) :]
                        raise CircularDependencyError(", ".join(f"{app}.{name}" for app, name in circle))
                    if other not in done:
                        stack.append((other, iter(sorted(self.children[other]))))
                        path.append(other)
                        on_path.add(other)
                        break
                else:
                    stack.pop()
                    path.pop()
                    on_path.discard(key)
                    done.add(key)

    def make_state(self, nodes: Any = None, at_end: bool = True, real_apps: Any = None) -> ProjectState:
        """The project's state after ``nodes`` (by default all), or before the last ones."""
        if nodes is None:
            nodes = self.leaf_nodes()
        elif nodes and not isinstance(nodes[0], tuple):
            nodes = [nodes]
        plan: dict[Key, None] = {}
        for node in nodes:
            for key in self.forwards_plan(node):
                if key not in plan and (at_end or key not in nodes):
                    plan[key] = None
        state = ProjectState(real_apps=real_apps)
        for key in plan:
            state = self.nodes[key].mutate_state(state, preserve=False)
        return state

    def __contains__(self, node: object) -> bool:
        return node in self.nodes

    def __str__(self) -> str:
        return (
            f"Graph: {len(self.nodes)} nodes, {sum(len(parents) for parents in self.parents.values())} edges"
        )

    def __repr__(self) -> str:
        return f"<MigrationGraph: nodes={len(self.nodes)}, edges={sum(map(len, self.parents.values()))}>"
