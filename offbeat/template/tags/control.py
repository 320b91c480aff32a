"""Tags that decide what is rendered: if, for, with, autoescape, filter, spaceless, ifchanged, verbatim, comment."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Any

from offbeat.template.base import Node, NodeList, token_kwargs
from offbeat.template.compiler import LoopInfo
from offbeat.template.context import Context
from offbeat.template.exceptions import TemplateSyntaxError
from offbeat.template.library import Library
from offbeat.template.lookup import VariableDoesNotExist
from offbeat.template.nodes import NOTHING, READS, Effects
from offbeat.template.smartif import IfParser, Literal
from offbeat.utils.html import strip_spaces_between_tags

__all__ = [
    "AutoEscapeControlNode",
    "CommentNode",
    "FilterNode",
    "ForNode",
    "IfChangedNode",
    "IfNode",
    "SpacelessNode",
    "TemplateIfParser",
    "TemplateLiteral",
    "VerbatimNode",
    "WithNode",
    "register",
]

register = Library()


def _deeper(effects: Effects, by: int) -> Effects:
    return effects._replace(depth=effects.depth + by)


class AutoEscapeControlNode(Node):
    """``{% autoescape on|off %}``."""

    def __init__(self, setting: bool, nodelist: NodeList) -> None:
        self.setting = setting
        self.nodelist = nodelist

    def emit(self, gen: Any) -> None:
        saved = gen.name("autoescape")
        gen.line(f"{saved} = context.autoescape")
        gen.line(f"context.autoescape = {self.setting}")
        outer, gen.autoescape = gen.autoescape, self.setting
        with gen.block("try:"):
            gen.nodes(self.nodelist)
        gen.autoescape = outer
        with gen.block("finally:"):
            gen.line(f"context.autoescape = {saved}")

    def effects(self) -> Effects:
        return _deeper(self.nodelist.effects(), 1)


@register.tag
def autoescape(parser: Any, token: Any) -> AutoEscapeControlNode:
    """``{% autoescape on %} … {% endautoescape %}``"""
    args = token.contents.split()
    if len(args) != 2:
        raise TemplateSyntaxError("'autoescape' tag requires exactly one argument.")
    if args[1] not in ("on", "off"):
        raise TemplateSyntaxError("'autoescape' argument should be 'on' or 'off'")
    nodelist = parser.parse(("endautoescape",))
    parser.delete_first_token()
    return AutoEscapeControlNode(args[1] == "on", nodelist)


class CommentNode(Node):
    """``{% comment %}``."""

    child_nodelists = ()

    def emit(self, gen: Any) -> None:
        pass

    def effects(self) -> Effects:
        return NOTHING


@register.tag
def comment(parser: Any, token: Any) -> CommentNode:
    """``{% comment %} … {% endcomment %}``"""
    parser.skip_past("endcomment")
    return CommentNode()


class FilterNode(Node):
    """``{% filter %}``."""

    def __init__(self, filter_expr: Any, nodelist: NodeList) -> None:
        self.filter_expr = filter_expr
        self.nodelist = nodelist

    def emit(self, gen: Any) -> None:
        text = gen.capture(lambda: gen.nodes(self.nodelist))
        safe = gen.name("text")
        gen.line(f"{safe} = mark_safe({text})")
        outer, gen.private = gen.private, {"var": safe}
        gen.put(gen.value(self.filter_expr))
        gen.private = outer

    def effects(self) -> Effects:
        return self.nodelist.effects()


@register.tag("filter")
def do_filter(parser: Any, token: Any) -> FilterNode:
    """``{% filter force_escape|lower %} … {% endfilter %}``"""
    # Not split: the filters' arguments may hold spaces.
    _, rest = (*token.contents.split(None, 1), "")[:2]
    filter_expr = parser.compile_filter(f"var|{rest}")
    for func, _args in filter_expr.filters:
        filter_name = getattr(func, "_filter_name", None)
        if filter_name in ("escape", "safe"):
            raise TemplateSyntaxError(
                f'"filter {filter_name}" is not permitted.  Use the "autoescape" tag instead.'
            )
    nodelist = parser.parse(("endfilter",))
    parser.delete_first_token()
    return FilterNode(filter_expr, nodelist)


class ForNode(Node):
    """``{% for %}``."""

    child_nodelists = ("nodelist_loop", "nodelist_empty")

    def __init__(
        self,
        loopvars: list[str],
        sequence: Any,
        is_reversed: bool,
        nodelist_loop: NodeList,
        nodelist_empty: NodeList | None = None,
    ) -> None:
        self.loopvars = loopvars
        self.sequence = sequence
        self.is_reversed = is_reversed
        self.nodelist_loop = nodelist_loop
        self.nodelist_empty = NodeList() if nodelist_empty is None else nodelist_empty

    def __repr__(self) -> str:
        reversed_text = " reversed" if self.is_reversed else ""
        return (
            f"<{type(self).__name__}: for {', '.join(self.loopvars)} in {self.sequence}, "
            f"tail_len: {len(self.nodelist_loop)}{reversed_text}>"
        )

    def emit(self, gen: Any) -> None:
        body = self.nodelist_loop.effects()
        items, count = gen.name("items"), gen.name("count")
        gen.line(f"{items} = loop_items({gen.value(self.sequence)}, {self.is_reversed})")
        gen.line(f"{count} = len({items})")
        with gen.block(f"if {count}:"):
            if gen.needs_context(body, [*self.loopvars, "forloop"]):
                self._shared_loop(gen, items, count, body.opaque)
            else:
                self._local_loop(gen, items, count)
        if self.nodelist_empty:
            with gen.block("else:"):
                gen.nodes(self.nodelist_empty)

    def _targets(self, gen: Any) -> list[str]:
        return [gen.name(f"{var}_" if var.isidentifier() and var.isascii() else "x") for var in self.loopvars]

    def _unpack(self, gen: Any, value: str, targets: list[str]) -> None:
        size = len(targets)
        gen.line(
            f"{', '.join(targets)} = "
            f"{value} if type({value}) is tuple and len({value}) == {size} else unpack({value}, {size})"
        )

    def _local_loop(self, gen: Any, items: str, count: str) -> None:
        targets = self._targets(gen)
        value = targets[0] if len(targets) == 1 else gen.name("values")
        index = gen.name("i")
        outer = gen._loop_info("forloop")
        info = LoopInfo(index, count, outer)
        gen.flush()
        header = len(gen.lines)
        with gen.block(f"for {value} in {items}:"):
            if len(targets) > 1:
                self._unpack(gen, value, targets)
            with gen.scope({"forloop": info, **dict(zip(self.loopvars, targets, strict=True))}, False):
                gen.nodes(self.nodelist_loop)
        if info.used:
            level, _, token = gen.lines[header]
            gen.lines[header] = level, f"for {index}, {value} in enumerate({items}):", token

    def _shared_loop(self, gen: Any, items: str, count: str, opaque: bool) -> None:
        targets = self._targets(gen)
        value = targets[0] if len(targets) == 1 else gen.name("values")
        layer, loop, index = gen.name("layer"), gen.name("forloop"), gen.name("i")
        gen.line(f"{loop} = forloop(0, {count}, {gen.parent_loop()})")
        gen.line(f"{layer} = {{'forloop': {loop}}}")
        gen.line(f"context.dicts.append({layer})")
        with gen.block("try:"):
            with gen.block(f"for {index}, {value} in enumerate({items}):"):
                gen.line(f"update_forloop({loop}, {index}, {count})")
                if len(targets) > 1:
                    self._unpack(gen, value, targets)
                for var, target in zip(self.loopvars, targets, strict=True):
                    gen.line(f"{layer}[{var!r}] = {target}")
                names = {"forloop": loop, **dict(zip(self.loopvars, targets, strict=True))}
                with gen.scope(names, opaque):
                    gen.nodes(self.nodelist_loop)
        with gen.block("finally:"):
            gen.line("context.pop()")

    def effects(self) -> Effects:
        return _deeper(self.nodelist_loop.effects() | self.nodelist_empty.effects(), 3)


@register.tag("for")
def do_for(parser: Any, token: Any) -> ForNode:
    """``{% for x in items [reversed] %} … {% empty %} … {% endfor %}``"""
    bits = token.split_contents()
    if len(bits) < 4:
        raise TemplateSyntaxError(f"'for' statements should have at least four words: {token.contents}")
    is_reversed = bits[-1] == "reversed"
    in_index = -3 if is_reversed else -2
    if bits[in_index] != "in":
        raise TemplateSyntaxError(f"'for' statements should use the format 'for x in y': {token.contents}")
    invalid_chars = frozenset((" ", '"', "'", "|"))
    loopvars = re.split(r" *, *", " ".join(bits[1:in_index]))
    for var in loopvars:
        if not var or not invalid_chars.isdisjoint(var):
            raise TemplateSyntaxError(f"'for' tag received an invalid argument: {token.contents}")
    sequence = parser.compile_filter(bits[in_index + 1])
    nodelist_loop = parser.parse(("empty", "endfor"))
    nodelist_empty = None
    if parser.next_token().contents == "empty":
        nodelist_empty = parser.parse(("endfor",))
        parser.delete_first_token()
    return ForNode(loopvars, sequence, is_reversed, nodelist_loop, nodelist_empty)


class IfChangedNode(Node):
    """``{% ifchanged %}``."""

    child_nodelists = ("nodelist_true", "nodelist_false")

    def __init__(self, nodelist_true: NodeList, nodelist_false: NodeList, *varlist: Any) -> None:
        self.nodelist_true = nodelist_true
        self.nodelist_false = nodelist_false
        self._varlist = varlist

    def render(self, context: Any) -> str:
        # Within a loop the state belongs to that run of the loop, else to the rendering.
        state = context.get("forloop", context.render_context)
        state.setdefault(self)
        true_output = None
        if self._varlist:
            compare_to: Any = [var.resolve(context, ignore_failures=True) for var in self._varlist]
        else:
            compare_to = true_output = self.nodelist_true.render(context)
        if compare_to != state[self]:
            state[self] = compare_to
            return true_output if true_output is not None else self.nodelist_true.render(context)
        if self.nodelist_false:
            return self.nodelist_false.render(context)
        return ""

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return READS | self.nodelist_true.effects() | self.nodelist_false.effects()


@register.tag
def ifchanged(parser: Any, token: Any) -> IfChangedNode:
    """``{% ifchanged [values] %} … {% else %} … {% endifchanged %}``"""
    bits = token.split_contents()
    nodelist_true = parser.parse(("else", "endifchanged"))
    if parser.next_token().contents == "else":
        nodelist_false = parser.parse(("endifchanged",))
        parser.delete_first_token()
    else:
        nodelist_false = NodeList()
    return IfChangedNode(nodelist_true, nodelist_false, *[parser.compile_filter(bit) for bit in bits[1:]])


class TemplateLiteral(Literal):
    """An operand that is a filter expression; what is missing is None."""

    def __init__(self, value: Any, text: str) -> None:
        self.value = value
        self.text = text

    def __repr__(self) -> str:
        return f"(literal {self.text!r})"

    def eval(self, context: Any) -> Any:
        return self.value.resolve(context, ignore_failures=True)

    def code(self, gen: Any) -> str:
        return gen.value(self.value)  # type: ignore[no-any-return]


class TemplateIfParser(IfParser):
    """The parser of ``{% if %}``: its operands are filter expressions."""

    error_class = TemplateSyntaxError

    def __init__(self, parser: Any, *args: Any, **kwargs: Any) -> None:
        self.template_parser = parser
        super().__init__(*args, **kwargs)

    def create_var(self, value: Any) -> TemplateLiteral:
        return TemplateLiteral(self.template_parser.compile_filter(value), value)


class IfNode(Node):
    """``{% if %}``: (condition, nodes) pairs, the condition None for ``else``."""

    def __init__(self, conditions_nodelists: list[tuple[Any, NodeList]]) -> None:
        self.conditions_nodelists = conditions_nodelists

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __iter__(self) -> Any:
        for _, nodelist in self.conditions_nodelists:
            yield from nodelist

    @property
    def nodelist(self) -> NodeList:
        """All nodes of all branches."""
        return NodeList(self)

    def emit(self, gen: Any) -> None:
        branches = self.conditions_nodelists
        if len(branches) == 1 or (len(branches) == 2 and branches[1][0] is None):
            with gen.block(f"if {self._condition(gen, branches[0][0])}:"):
                gen.nodes(branches[0][1])
            if len(branches) == 2 and branches[1][1]:
                with gen.block("else:"):
                    gen.nodes(branches[1][1])
            return
        # Side by side rather than inside of each other: a long chain of elifs does not nest.
        done = gen.name("done")
        gen.line(f"{done} = False")
        for condition, nodelist in branches:
            with gen.block(f"if not {done}:"):
                if condition is None:
                    gen.nodes(nodelist)
                    continue
                with gen.block(f"if {self._condition(gen, condition)}:"):
                    gen.line(f"{done} = True")
                    gen.nodes(nodelist)

    def _condition(self, gen: Any, condition: Any) -> str:
        if not isinstance(condition, TemplateLiteral):
            if hasattr(condition, "code"):
                return condition.code(gen)  # type: ignore[no-any-return]
            return f"{gen.const(condition, 'condition')}.eval(context)"
        expression = condition.value
        if not expression.filters:
            return gen.value(expression, "keep")  # type: ignore[no-any-return]
        result: str = gen.name("c")
        with gen.block("try:"):
            gen.line(f"{result} = {gen.value(expression)}")
        with gen.block(f"except {gen.const(VariableDoesNotExist, 'VariableDoesNotExist')}:"):
            gen.line(f"{result} = None")
        return result

    def effects(self) -> Effects:
        effects = NOTHING
        for condition, nodelist in self.conditions_nodelists:
            effects |= nodelist.effects()
            if condition is not None and not hasattr(condition, "code"):
                effects |= READS
        return _deeper(effects, 2)


@register.tag("if")
def do_if(parser: Any, token: Any) -> IfNode:
    """``{% if a and b %} … {% elif c %} … {% else %} … {% endif %}``"""
    bits = token.split_contents()[1:]
    condition = TemplateIfParser(parser, bits).parse()
    nodelist = parser.parse(("elif", "else", "endif"))
    branches: list[tuple[Any, NodeList]] = [(condition, nodelist)]
    token = parser.next_token()
    while token.contents.startswith("elif"):
        condition = TemplateIfParser(parser, token.split_contents()[1:]).parse()
        branches.append((condition, parser.parse(("elif", "else", "endif"))))
        token = parser.next_token()
    if token.contents == "else":
        branches.append((None, parser.parse(("endif",))))
        token = parser.next_token()
    if token.contents != "endif":
        raise TemplateSyntaxError(f'Malformed template tag at line {token.lineno}: "{token.contents}"')
    return IfNode(branches)


class SpacelessNode(Node):
    """``{% spaceless %}``."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def emit(self, gen: Any) -> None:
        text = gen.capture(lambda: gen.nodes(self.nodelist))
        gen.put(f"{gen.const(strip_spaces_between_tags, 'strip_spaces')}({text}.strip())")

    def effects(self) -> Effects:
        return self.nodelist.effects()


@register.tag
def spaceless(parser: Any, token: Any) -> SpacelessNode:
    """``{% spaceless %} … {% endspaceless %}``"""
    nodelist = parser.parse(("endspaceless",))
    parser.delete_first_token()
    return SpacelessNode(nodelist)


class VerbatimNode(Node):
    """``{% verbatim %}``."""

    child_nodelists = ()

    def __init__(self, content: str) -> None:
        self.content = content

    def emit(self, gen: Any) -> None:
        gen.text(self.content)

    def effects(self) -> Effects:
        return NOTHING


@register.tag
def verbatim(parser: Any, token: Any) -> VerbatimNode:
    """``{% verbatim [name] %} … {% endverbatim [name] %}``"""
    nodelist = parser.parse(("endverbatim",))
    parser.delete_first_token()
    return VerbatimNode(nodelist.render(Context()))


class WithNode(Node):
    """``{% with %}``."""

    def __init__(
        self, var: Any, name: Any, nodelist: NodeList, extra_context: dict[str, Any] | None = None
    ) -> None:
        self.nodelist = nodelist
        self.extra_context = extra_context or {}
        if name:
            self.extra_context[name] = var

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def emit(self, gen: Any) -> None:
        names: dict[str, str] = {}
        for key, expression in self.extra_context.items():
            value = gen.value(expression, "invalid")
            names[key] = gen.name("with")
            gen.line(f"{names[key]} = {value}")
        body = self.nodelist.effects()
        with ExitStack() as stack:
            if gen.needs_context(body, names):
                layer = ", ".join(f"{key!r}: {local}" for key, local in names.items())
                stack.enter_context(gen.pushed(f"{{{layer}}}"))
            stack.enter_context(gen.scope(names, body.opaque))
            gen.nodes(self.nodelist)

    def effects(self) -> Effects:
        return _deeper(self.nodelist.effects(), 2)


@register.tag("with")
def do_with(parser: Any, token: Any) -> WithNode:
    """``{% with total=business.employees.count %} … {% endwith %}``"""
    bits = token.split_contents()
    remaining_bits = bits[1:]
    extra_context = token_kwargs(remaining_bits, parser, support_legacy=True)
    if not extra_context:
        raise TemplateSyntaxError(f"{bits[0]!r} expected at least one variable assignment")
    if remaining_bits:
        raise TemplateSyntaxError(f"{bits[0]!r} received an invalid token: {remaining_bits[0]!r}")
    nodelist = parser.parse(("endwith",))
    parser.delete_first_token()
    return WithNode(None, None, nodelist, extra_context=extra_context)
