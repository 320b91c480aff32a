"""Tags that output or set values: firstof, cycle, regroup, now, url, querystring, widthratio, lorem, load, debug …"""

from __future__ import annotations

import sys
from collections import namedtuple
from datetime import datetime
from itertools import cycle as itertools_cycle
from itertools import groupby
from typing import Any

from offbeat.conf import settings
from offbeat.template.base import (
    BLOCK_TAG_END,
    BLOCK_TAG_START,
    COMMENT_TAG_END,
    COMMENT_TAG_START,
    SINGLE_BRACE_END,
    SINGLE_BRACE_START,
    VARIABLE_TAG_END,
    VARIABLE_TAG_START,
    Node,
)
from offbeat.template.exceptions import TemplateSyntaxError
from offbeat.template.filters.dates import date
from offbeat.template.library import Library
from offbeat.template.lookup import VariableDoesNotExist
from offbeat.template.nodes import NOTHING, READS, Effects, writes
from offbeat.template.runtime import next_in_cycle, render_value_in_context
from offbeat.utils import timezone
from offbeat.utils.html import escape
from offbeat.utils.lorem_ipsum import paragraphs, words

__all__ = [
    "CycleNode",
    "DebugNode",
    "FirstOfNode",
    "GroupedResult",
    "LoremNode",
    "NowNode",
    "ReadingNode",
    "RegroupNode",
    "ResetCycleNode",
    "TemplateTagNode",
    "WidthRatioNode",
    "register",
]

register = Library()

GroupedResult = namedtuple("GroupedResult", ["grouper", "list"])


class ReadingNode(Node):
    """Base of the nodes that need the context as a whole; they are called, but change nothing in it."""

    child_nodelists = ()

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return READS


class CycleNode(Node):
    """``{% cycle %}``."""

    child_nodelists = ()

    def __init__(self, cyclevars: list[Any], variable_name: str | None = None, silent: bool = False) -> None:
        self.cyclevars = cyclevars
        self.variable_name = variable_name
        self.silent = silent

    def emit(self, gen: Any) -> None:
        value = gen.name("v")
        node = gen.const(self, "cycle")
        gen.line(f"{value} = next_in_cycle(context, {node}).resolve(context)")
        if self.variable_name:
            gen.line(f"context.set_upward({self.variable_name!r}, {value})")
        if not self.silent:
            gen.show(value)

    def effects(self) -> Effects:
        constant = all(not expression.is_var for expression in self.cyclevars)
        return writes(self.variable_name) | (NOTHING if constant else READS)

    def reset(self, context: Any) -> None:
        """Begin anew."""
        context.render_context[self] = itertools_cycle(self.cyclevars)

    def advance(self, context: Any) -> Any:
        """The next value."""
        return next_in_cycle(context, self).resolve(context)


@register.tag
def cycle(parser: Any, token: Any) -> CycleNode:
    """``{% cycle 'row1' 'row2' [as name [silent]] %}``"""
    args = token.split_contents()
    if len(args) < 2:
        raise TemplateSyntaxError("'cycle' tag requires at least two arguments")
    named: dict[str, CycleNode] = parser.__dict__.setdefault("_named_cycle_nodes", {})
    if len(args) == 2:
        name = args[1]
        if not named:
            raise TemplateSyntaxError(f"No named cycles in template. {name!r} is not defined")
        if name not in named:
            raise TemplateSyntaxError(f"Named cycle {name!r} does not exist")
        return named[name]
    as_form = False
    silent = False
    if len(args) > 4:
        if args[-3] == "as":
            if args[-1] != "silent":
                raise TemplateSyntaxError(
                    f"Only 'silent' flag is allowed after cycle's name, not '{args[-1]}'."
                )
            as_form = silent = True
            args = args[:-1]
        elif args[-2] == "as":
            as_form = True
    if as_form:
        name = args[-1]
        node = CycleNode([parser.compile_filter(arg) for arg in args[1:-2]], name, silent=silent)
        named[name] = node
    else:
        node = CycleNode([parser.compile_filter(arg) for arg in args[1:]])
    parser._last_cycle_node = node
    return node


class ResetCycleNode(Node):
    """``{% resetcycle %}``."""

    child_nodelists = ()

    def __init__(self, node: CycleNode) -> None:
        self.node = node

    def emit(self, gen: Any) -> None:
        gen.line(f"{gen.const(self.node, 'cycle')}.reset(context)")

    def effects(self) -> Effects:
        return NOTHING


@register.tag
def resetcycle(parser: Any, token: Any) -> ResetCycleNode:
    """``{% resetcycle [name] %}``"""
    args = token.split_contents()
    if len(args) > 2:
        raise TemplateSyntaxError(f"{args[0]!r} tag accepts at most one argument.")
    if len(args) == 2:
        try:
            return ResetCycleNode(parser._named_cycle_nodes[args[1]])
        except (AttributeError, KeyError):
            raise TemplateSyntaxError(f"Named cycle {args[1]!r} does not exist.") from None
    try:
        return ResetCycleNode(parser._last_cycle_node)
    except AttributeError:
        raise TemplateSyntaxError("No cycles in template.") from None


class DebugNode(ReadingNode):
    """``{% debug %}``: the context and the modules, escaped, and only while DEBUG is on."""

    def render(self, context: Any) -> str:
        if not settings.DEBUG:
            return ""
        from pprint import pformat

        output: list[str] = [escape(pformat(layer)) for layer in context]
        output += ["\n\n", escape(pformat(sys.modules))]
        return "".join(output)


@register.tag
def debug(parser: Any, token: Any) -> DebugNode:
    """``{% debug %}``"""
    return DebugNode()


class FirstOfNode(Node):
    """``{% firstof %}``."""

    child_nodelists = ()

    def __init__(self, variables: list[Any], asvar: str | None = None) -> None:
        self.vars = variables
        self.asvar = asvar

    def render(self, context: Any) -> str:
        first = ""
        for var in self.vars:
            value = var.resolve(context, ignore_failures=True)
            if value:
                first = render_value_in_context(value, context)
                break
        if self.asvar:
            context[self.asvar] = first
            return ""
        return first

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return READS | writes(self.asvar)


@register.tag
def firstof(parser: Any, token: Any) -> FirstOfNode:
    """``{% firstof var1 var2 "fallback" [as name] %}``"""
    bits = token.split_contents()[1:]
    asvar = None
    if not bits:
        raise TemplateSyntaxError("'firstof' statement requires at least one argument")
    if len(bits) >= 2 and bits[-2] == "as":
        asvar = bits[-1]
        bits = bits[:-2]
    return FirstOfNode([parser.compile_filter(bit) for bit in bits], asvar)


class LoremNode(ReadingNode):
    """``{% lorem %}``."""

    def __init__(self, count: Any, method: str, common: bool) -> None:
        self.count = count
        self.method = method
        self.common = common

    def render(self, context: Any) -> str:
        try:
            count = int(self.count.resolve(context))
        except (ValueError, TypeError):
            count = 1
        if self.method == "w":
            return words(count, common=self.common)
        paras = paragraphs(count, common=self.common)
        if self.method == "p":
            paras = [f"<p>{para}</p>" for para in paras]
        return "\n\n".join(paras)


@register.tag
def lorem(parser: Any, token: Any) -> LoremNode:
    """``{% lorem [count] [method] [random] %}``"""
    bits = list(token.split_contents())
    tagname = bits[0]
    common = bits[-1] != "random"
    if not common:
        bits.pop()
    method = bits.pop() if bits[-1] in ("w", "p", "b") else "b"
    count = bits.pop() if len(bits) > 1 else "1"
    if len(bits) != 1:
        raise TemplateSyntaxError(f"Incorrect format for {tagname!r} tag")
    return LoremNode(parser.compile_filter(count), method, common)


class NowNode(Node):
    """``{% now %}``."""

    child_nodelists = ()

    def __init__(self, format_string: str, asvar: str | None = None) -> None:
        self.format_string = format_string
        self.asvar = asvar

    def now(self) -> str:
        """The time now."""
        tzinfo = timezone.get_current_timezone() if settings.USE_TZ else None
        return str(date(datetime.now(tz=tzinfo), self.format_string))

    def emit(self, gen: Any) -> None:
        code = f"{gen.const(self, 'now')}.now()"
        if self.asvar:
            gen.line(f"context[{self.asvar!r}] = {code}")
        else:
            gen.put(code)

    def effects(self) -> Effects:
        return writes(self.asvar)


@register.tag
def now(parser: Any, token: Any) -> NowNode:
    """``{% now "jS F Y H:i" [as name] %}``"""
    bits = token.split_contents()
    asvar = None
    if len(bits) == 4 and bits[-2] == "as":
        asvar = bits[-1]
        bits = bits[:-2]
    if len(bits) != 2:
        raise TemplateSyntaxError("'now' statement takes one argument")
    return NowNode(bits[1][1:-1], asvar)


class RegroupNode(Node):
    """``{% regroup %}``."""

    child_nodelists = ()

    def __init__(self, target: Any, expression: Any, var_name: str) -> None:
        self.target = target
        self.expression = expression
        self.var_name = var_name

    def resolve_expression(self, obj: Any, context: Any) -> Any:
        """The value that ``obj`` is grouped by."""
        # The attribute may have filters, so it is an expression on a variable that is set here.
        context[self.var_name] = obj
        return self.expression.resolve(context, ignore_failures=True)

    def render(self, context: Any) -> str:
        obj_list = self.target.resolve(context, ignore_failures=True)
        if obj_list is None:
            context[self.var_name] = []
            return ""
        context[self.var_name] = [
            GroupedResult(grouper=key, list=list(values))
            for key, values in groupby(obj_list, lambda obj: self.resolve_expression(obj, context))
        ]
        return ""

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return writes(self.var_name)


@register.tag
def regroup(parser: Any, token: Any) -> RegroupNode:
    """``{% regroup cities by country as country_list %}``"""
    bits = token.split_contents()
    if len(bits) != 6:
        raise TemplateSyntaxError("'regroup' tag takes five arguments")
    target = parser.compile_filter(bits[1])
    if bits[2] != "by":
        raise TemplateSyntaxError("second argument to 'regroup' tag must be 'by'")
    if bits[4] != "as":
        raise TemplateSyntaxError("next-to-last argument to 'regroup' tag must be 'as'")
    var_name = bits[5]
    expression = parser.compile_filter(f"{var_name}.{bits[3]}")
    return RegroupNode(target, expression, var_name)


class TemplateTagNode(Node):
    """``{% templatetag %}``."""

    child_nodelists = ()
    mapping = {
        "openblock": BLOCK_TAG_START,
        "closeblock": BLOCK_TAG_END,
        "openvariable": VARIABLE_TAG_START,
        "closevariable": VARIABLE_TAG_END,
        "openbrace": SINGLE_BRACE_START,
        "closebrace": SINGLE_BRACE_END,
        "opencomment": COMMENT_TAG_START,
        "closecomment": COMMENT_TAG_END,
    }

    def __init__(self, tagtype: str) -> None:
        self.tagtype = tagtype

    def emit(self, gen: Any) -> None:
        gen.text(self.mapping.get(self.tagtype, ""))

    def effects(self) -> Effects:
        return NOTHING


@register.tag
def templatetag(parser: Any, token: Any) -> TemplateTagNode:
    """``{% templatetag openblock %}``"""
    bits = token.contents.split()
    if len(bits) != 2:
        raise TemplateSyntaxError("'templatetag' statement takes one argument")
    if bits[1] not in TemplateTagNode.mapping:
        raise TemplateSyntaxError(
            f"Invalid templatetag argument: '{bits[1]}'. Must be one of: {list(TemplateTagNode.mapping)}"
        )
    return TemplateTagNode(bits[1])


class WidthRatioNode(Node):
    """``{% widthratio %}``."""

    child_nodelists = ()

    def __init__(self, val_expr: Any, max_expr: Any, max_width: Any, asvar: str | None = None) -> None:
        self.val_expr = val_expr
        self.max_expr = max_expr
        self.max_width = max_width
        self.asvar = asvar

    def ratio(self, context: Any) -> str:
        """The result as text."""
        try:
            value = self.val_expr.resolve(context)
            max_value = self.max_expr.resolve(context)
            max_width = int(self.max_width.resolve(context))
        except VariableDoesNotExist:
            return ""
        except (ValueError, TypeError):
            raise TemplateSyntaxError("widthratio final argument must be a number") from None
        try:
            return str(round(float(value) / float(max_value) * max_width))
        except ZeroDivisionError:
            return "0"
        except (ValueError, TypeError, OverflowError):
            return ""

    def render(self, context: Any) -> str:
        result = self.ratio(context)
        if self.asvar:
            context[self.asvar] = result
            return ""
        return result

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return READS | writes(self.asvar)


@register.tag
def widthratio(parser: Any, token: Any) -> WidthRatioNode:
    """``{% widthratio this_value max_value max_width [as name] %}``"""
    bits = token.split_contents()
    asvar = None
    if len(bits) == 6:
        if bits[4] != "as":
            raise TemplateSyntaxError("Invalid syntax in widthratio tag. Expecting 'as' keyword")
        asvar = bits[5]
    elif len(bits) != 4:
        raise TemplateSyntaxError("widthratio takes at least three arguments")
    expressions = [parser.compile_filter(bit) for bit in bits[1:4]]
    return WidthRatioNode(expressions[0], expressions[1], expressions[2], asvar)
