"""Tags that use other templates: extends, block, include."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from typing import Any

from offbeat.template.base import Node, Template, TextNode, token_kwargs
from offbeat.template.exceptions import TemplateSyntaxError
from offbeat.template.library import Library
from offbeat.template.nodes import READS, Effects, NodeList
from offbeat.template.variables import Variable
from offbeat.utils.safestring import mark_safe

__all__ = [
    "BLOCK_CONTEXT_KEY",
    "BlockContext",
    "BlockNode",
    "ExtendsNode",
    "IncludeNode",
    "construct_relative_path",
    "do_block",
    "do_extends",
    "do_include",
    "register",
]

register = Library()

BLOCK_CONTEXT_KEY = "block_context"


class BlockContext:
    """The blocks of a chain of templates: for each name, a stack with the base's at the bottom."""

    def __init__(self) -> None:
        self.blocks: dict[str, list[Any]] = defaultdict(list)

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__}: blocks={self.blocks!r}>"

    def add_blocks(self, blocks: dict[str, Any]) -> None:
        """Put a parent's blocks below those that are there."""
        for name, block in blocks.items():
            self.blocks[name].insert(0, block)

    def pop(self, name: str) -> Any:
        """Take the topmost block of a name, None if there is none."""
        stack = self.blocks.get(name)
        return stack.pop() if stack else None

    def push(self, name: str, block: Any) -> None:
        """Put a block back."""
        self.blocks[name].append(block)

    def get_block(self, name: str) -> Any:
        """The topmost block of a name, None if there is none."""
        stack = self.blocks.get(name)
        return stack[-1] if stack else None


class BlockNode(Node):
    """``{% block %}``."""

    def __init__(self, name: str, nodelist: NodeList, parent: Any = None) -> None:
        self.name = name
        self.nodelist = nodelist
        self.parent = parent
        self.context: Any = None

    def __repr__(self) -> str:
        return f"<Block Node: {self.name}. Contents: {self.nodelist!r}>"

    def render(self, context: Any) -> str:
        block_context = context.render_context.get(BLOCK_CONTEXT_KEY)
        layer: dict[str, Any] = {}
        context.dicts.append(layer)
        try:
            if block_context is None:
                layer["block"] = self
                return self.nodelist.render(context)
            push = block = block_context.pop(self.name)
            if block is None:
                block = self
            # A copy, as the block holds its context, and the node is shared between threads.
            block = type(self)(block.name, block.nodelist)
            block.context = context
            layer["block"] = block
            result = block.nodelist.render(context)
            if push is not None:
                block_context.push(self.name, push)
            return result
        finally:
            context.pop()

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return READS

    def super(self) -> str:
        """``{{ block.super }}``: the parent's block."""
        if self.context is None:
            raise TemplateSyntaxError(
                f"'{type(self).__name__}' object has no attribute 'context'. "
                "Did you use {{ block.super }} in a base template?"
            )
        render_context = self.context.render_context
        if (
            BLOCK_CONTEXT_KEY not in render_context
            or render_context[BLOCK_CONTEXT_KEY].get_block(self.name) is None
        ):
            return ""
        try:
            return mark_safe(self.render(self.context))  # type: ignore[no-any-return]
        except Exception as e:
            # What fails in a parent's tag must be seen, though {{ block.super }} looks like a variable.
            e.silent_variable_failure = False  # type: ignore[attr-defined]
            raise


def _blocks_of(nodelist: NodeList) -> dict[str, BlockNode]:
    return {node.name: node for node in nodelist.get_nodes_by_type(BlockNode)}


class ExtendsNode(Node):
    """``{% extends %}``."""

    must_be_first = True
    context_key = "extends_context"

    def __init__(self, nodelist: NodeList, parent_name: Any, template_dirs: Any = None) -> None:
        self.nodelist = nodelist
        self.parent_name = parent_name
        self.template_dirs = template_dirs
        self.blocks = _blocks_of(nodelist)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: extends {self.parent_name.token}>"

    def find_template(self, template_name: Any, context: Any) -> Any:
        """The parent; a template of the same name is not looked for where this one comes from."""
        history = context.render_context.setdefault(self.context_key, [self.origin])
        template, origin = context.template.engine.find_template(template_name, skip=history)
        history.append(origin)
        return template

    def get_parent(self, context: Any) -> Any:
        """The parent template."""
        parent = self.parent_name.resolve(context)
        if not parent:
            message = f"Invalid template name in 'extends' tag: {parent!r}."
            if self.parent_name.filters or isinstance(self.parent_name.var, Variable):
                message += f" Got this from the '{self.parent_name.token}' variable."
            raise TemplateSyntaxError(message)
        if isinstance(parent, Template):
            return parent
        if isinstance(getattr(parent, "template", None), Template):
            return parent.template
        return self.find_template(parent, context)

    def render(self, context: Any) -> str:
        parent = self.get_parent(context)
        render_context = context.render_context
        if BLOCK_CONTEXT_KEY not in render_context:
            render_context[BLOCK_CONTEXT_KEY] = BlockContext()
        block_context = render_context[BLOCK_CONTEXT_KEY]
        block_context.add_blocks(self.blocks)
        if (root_blocks := self._root_blocks(parent)) is not None:
            block_context.add_blocks(root_blocks)
        outer = render_context.template
        render_context.template = parent
        try:
            # The private method, so that the state of nodes is shared with the parent.
            return parent._render(context)  # type: ignore[no-any-return]
        finally:
            render_context.template = outer

    @staticmethod
    def _root_blocks(parent: Any) -> dict[str, BlockNode] | None:
        """The blocks of a parent that extends nothing itself; found once for each template."""
        cached = getattr(parent, "_root_blocks", False)
        if cached is not False:
            return cached  # type: ignore[return-value]
        blocks: dict[str, BlockNode] | None = None
        for node in parent.nodelist:
            if not isinstance(node, TextNode):
                blocks = None if isinstance(node, ExtendsNode) else _blocks_of(parent.nodelist)
                break
        parent._root_blocks = blocks
        return blocks

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return READS


class IncludeNode(Node):
    """``{% include %}``."""

    context_key = "__include_context"
    child_nodelists = ()

    def __init__(
        self,
        template: Any,
        *args: Any,
        extra_context: dict[str, Any] | None = None,
        isolated_context: bool = False,
        **kwargs: Any,
    ) -> None:
        self.template = template
        self.extra_context = extra_context or {}
        self.isolated_context = isolated_context
        # The name, where it is a plain constant.
        var = getattr(template, "var", None)
        constant = isinstance(var, str) and not template.is_var and not template.filters
        self._names: tuple[str, ...] | None = (str(var),) if constant and var else None
        super().__init__(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__}: template={self.template!r}>"

    def render(self, context: Any) -> str:
        template = self._resolve_template(context)
        values = {name: var.resolve(context) for name, var in self.extra_context.items()}
        if self.isolated_context:
            return template.render(context.new(values))  # type: ignore[no-any-return]
        context.dicts.append(values)
        try:
            return template.render(context)  # type: ignore[no-any-return]
        finally:
            context.dicts.pop()

    def _resolve_template(self, context: Any) -> Any:
        if self._names is not None:
            cache = context.render_context.dicts[0].get(self)
            if cache is not None and (found := cache.get(self._names)) is not None:
                return found
        template = self.template.resolve(context)
        if callable(getattr(template, "render", None)):
            # The engine's own template, not the one with the face of all backends.
            return (
                template.template
                if hasattr(template, "template") and not hasattr(template, "nodelist")
                else template
            )
        names = template or ()
        if isinstance(names, str):
            origin_name = getattr(self.origin, "template_name", None)
            names = (construct_relative_path(origin_name, names),)
        else:
            names = tuple(names)
        cache = context.render_context.dicts[0].setdefault(self, {})
        found = cache.get(names)
        if found is None:
            found = cache[names] = context.template.engine.select_template(names)
        return found

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return READS


@register.tag("block")
def do_block(parser: Any, token: Any) -> BlockNode:
    """``{% block name %} … {% endblock [name] %}``"""
    bits = token.contents.split()
    if len(bits) != 2:
        raise TemplateSyntaxError(f"'{bits[0]}' tag takes only one argument")
    block_name = bits[1]
    loaded = parser.__dict__.setdefault("__loaded_blocks", [])
    if block_name in loaded:
        raise TemplateSyntaxError(f"'{bits[0]}' tag with name '{block_name}' appears more than once")
    loaded.append(block_name)
    nodelist = parser.parse(("endblock",))
    endblock = parser.next_token()
    acceptable = ("endblock", f"endblock {block_name}")
    if endblock.contents not in acceptable:
        parser.invalid_block_tag(endblock, "endblock", acceptable)
    return BlockNode(block_name, nodelist)


def construct_relative_path(
    current_template_name: str | None, relative_name: str, allow_recursion: bool = False
) -> str:
    """A name that begins with ``./`` or ``../``, seen from the current template; others as they are."""
    new_name = relative_name.strip("'\"")
    if not new_name.startswith(("./", "../")):
        return relative_name
    if current_template_name is None:
        raise TemplateSyntaxError(
            f"The relative path {relative_name} cannot be evaluated due to an unknown template origin."
        )
    current = current_template_name.lstrip("/")
    new_name = posixpath.normpath(posixpath.join(posixpath.dirname(current), new_name))
    if new_name.startswith("../"):
        raise TemplateSyntaxError(
            f"The relative path '{relative_name}' points outside the file hierarchy that template "
            f"'{current_template_name}' is in."
        )
    if not allow_recursion and current == new_name:
        raise TemplateSyntaxError(
            f"The relative path '{relative_name}' was translated to template name '{new_name}', the same template "
            "in which the tag appears."
        )
    has_quotes = relative_name.startswith(('"', "'")) and relative_name[0] == relative_name[-1]
    return f'"{new_name}"' if has_quotes else new_name


@register.tag("extends")
def do_extends(parser: Any, token: Any) -> ExtendsNode:
    """``{% extends "base.html" %}``"""
    bits = token.split_contents()
    if len(bits) != 2:
        raise TemplateSyntaxError(f"'{bits[0]}' takes one argument")
    bits[1] = construct_relative_path(parser.origin.template_name, bits[1])
    parent_name = parser.compile_filter(bits[1])
    nodelist = parser.parse()
    if nodelist.get_nodes_by_type(ExtendsNode):
        raise TemplateSyntaxError(f"'{bits[0]}' cannot appear more than once in the same template")
    return ExtendsNode(nodelist, parent_name)


@register.tag("include")
def do_include(parser: Any, token: Any) -> IncludeNode:
    """``{% include "name.html" [with key=value …] [only] %}``"""
    bits = token.split_contents()
    if len(bits) < 2:
        raise TemplateSyntaxError(
            f"{bits[0]!r} tag takes at least one argument: the name of the template to be included."
        )
    options: dict[str, Any] = {}
    remaining_bits = bits[2:]
    while remaining_bits:
        option = remaining_bits.pop(0)
        if option in options:
            raise TemplateSyntaxError(f"The {option!r} option was specified more than once.")
        if option == "with":
            value: Any = token_kwargs(remaining_bits, parser, support_legacy=False)
            if not value:
                raise TemplateSyntaxError(f'"with" in {bits[0]!r} tag needs at least one keyword argument.')
        elif option == "only":
            value = True
        else:
            raise TemplateSyntaxError(f"Unknown argument for {bits[0]!r} tag: {option!r}.")
        options[option] = value
    bits[1] = construct_relative_path(parser.origin.template_name, bits[1], allow_recursion=True)
    return IncludeNode(
        parser.compile_filter(bits[1]),
        extra_context=options.get("with", {}),
        isolated_context=options.get("only", False),
    )
