"""The nodes of a parsed template.

Third-party nodes define ``render(context)`` and are called. Nodes that come with the framework define ``emit(gen)``
instead, which writes their part of the template's generated function; their ``render()`` runs that code alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from offbeat.template.runtime import render_value_in_context
from offbeat.utils.safestring import SafeString

__all__ = ["Effects", "Node", "NodeList", "TextNode", "VariableNode", "render_value_in_context"]


class Effects(NamedTuple):
    """What rendering a node does to the context.

    ``shared``: the node needs every variable to be in the context; ``opaque``: it may change any of them;
    ``writes``: names it sets; ``depth``: how deep its blocks nest.
    """

    shared: bool = False
    opaque: bool = False
    writes: frozenset[str] = frozenset()
    depth: int = 0

    def __or__(self, other: Effects) -> Effects:
        return Effects(
            self.shared or other.shared,
            self.opaque or other.opaque,
            self.writes | other.writes,
            max(self.depth, other.depth),
        )


NOTHING = Effects()
READS = Effects(shared=True)
OPAQUE = Effects(shared=True, opaque=True)


def writes(*names: str | None) -> Effects:
    """The effects of a node that sets ``names`` in the context."""
    given = frozenset(name for name in names if name)
    return Effects(shared=True, writes=given) if given else NOTHING


class Node:
    """A part of a template; subclasses define ``render(context)``."""

    must_be_first = False
    child_nodelists: tuple[str, ...] = ("nodelist",)
    token: Any = None
    origin: Any = None
    unit: Any = None

    def render(self, context: Any) -> str:
        """The node as text."""
        if type(self).emit is not Node.emit:
            from offbeat.template.compiler import render_node

            return render_node(self, context)
        raise NotImplementedError("subclasses of Node must provide a render() method")

    def render_annotated(self, context: Any) -> str:
        """``render()``, with the place in the template put on an error where the engine is in debug mode."""
        try:
            return self.render(context)
        except Exception as e:
            template = context.template
            if template is not None and template.engine.debug and not hasattr(e, "template_debug"):
                rendering = context.render_context.template or template
                if self.token is not None and self.token.position is not None:
                    e.template_debug = rendering.get_span_info(  # type: ignore[attr-defined]
                        e, *self.token.position, unit=self.unit
                    )
            raise

    def emit(self, gen: Any) -> None:
        """Write the code that renders this node."""
        gen.opaque(self)

    def effects(self) -> Effects:
        """What the code of ``emit()`` does to the context."""
        return OPAQUE

    def get_nodes_by_type(self, nodetype: type) -> list[Any]:
        """This node and those in it that are of a type."""
        nodes: list[Any] = []
        if isinstance(self, nodetype):
            nodes.append(self)
        for attribute in self.child_nodelists:
            nodelist = getattr(self, attribute, None)
            if nodelist:
                nodes.extend(nodelist.get_nodes_by_type(nodetype))
        return nodes

    def __iter__(self) -> Iterator[Any]:
        yield self


_has_code: dict[type, bool] = {}


def has_code(node: Any) -> bool:
    """True if the node's ``emit()`` is what renders it: no subclass has put its own ``render()`` before that."""
    kind = type(node)
    known = _has_code.get(kind)
    if known is None:
        known = False
        for klass in kind.__mro__:
            if klass is Node or klass is object:
                break
            if "emit" in klass.__dict__:
                known = True
                break
            if "render" in klass.__dict__ or "render_annotated" in klass.__dict__:
                break
        _has_code[kind] = known
    return known


def node_effects(node: Any) -> Effects:
    """The effects of any node."""
    return node.effects() if has_code(node) else OPAQUE


class NodeList(list[Any]):
    """Nodes in a row."""

    contains_nontext = False
    unit: Any = None
    _program: Any = None
    _compiled_size = -1

    def render(self, context: Any) -> SafeString:
        """The nodes as text."""
        if self._compiled_size != len(self):
            from offbeat.template.compiler import compile_nodelist

            self._program = compile_nodelist(self)
            self._compiled_size = len(self)
        return self._program.run(context)  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, node: Any) -> None:
        super().__setitem__(index, node)
        self._compiled_size = -1

    def effects(self) -> Effects:
        """The effects of all nodes together."""
        effects = NOTHING
        for node in self:
            effects |= node_effects(node)
        return effects

    def get_nodes_by_type(self, nodetype: type) -> list[Any]:
        """The nodes of a type, in all depths."""
        nodes: list[Any] = []
        for node in self:
            nodes.extend(node.get_nodes_by_type(nodetype))
        return nodes


class TextNode(Node):
    """Literal text."""

    child_nodelists = ()

    def __init__(self, s: str) -> None:
        self.s = s

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.s[:25]!r}>"

    def render(self, context: Any) -> str:
        return self.s

    def render_annotated(self, context: Any) -> str:
        return self.s

    def emit(self, gen: Any) -> None:
        gen.text(self.s)

    def effects(self) -> Effects:
        return NOTHING


class VariableNode(Node):
    """``{{ expression }}``."""

    child_nodelists = ()

    def __init__(self, filter_expression: Any) -> None:
        self.filter_expression = filter_expression

    def __repr__(self) -> str:
        return f"<Variable Node: {self.filter_expression}>"

    def emit(self, gen: Any) -> None:
        gen.output(self.filter_expression)

    def effects(self) -> Effects:
        return NOTHING
