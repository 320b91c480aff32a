"""Templates as Python functions.

A node list becomes the source of one function, ``render(context)``. Its instructions are given
the places of the tags they came from, under the template's file name: tracebacks, debuggers and profilers
show the template itself. Set the environment variable ``OFFBEAT_TEMPLATE_CODE=1`` to see what is generated.

Variables of loops and ``with`` are Python locals wherever nothing else can see or change them; else they live in the
context, as documented. ``Node.effects()`` tells which case it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any

from offbeat.template import lookup, runtime
from offbeat.template.nodes import NodeList, has_code
from offbeat.template.program import Program, Unit, relocate
from offbeat.template.variables import Variable, is_plain_literal
from offbeat.utils.safestring import SafeData, SafeString, mark_safe
from offbeat.utils.timezone import template_localtime

__all__ = ["Generator", "Program", "Unit", "compile_nodelist", "render_node"]

# Python allows 20 nested blocks; a loop in a try statement takes two. Templates that nest deeper keep all variables
# in the context, so that their innermost parts can be functions of their own.
MAX_DEPTH = 18

_BASE: dict[str, Any] = {
    "MISSING": lookup.MISSING,
    "SafeData": SafeData,
    "as_safe": runtime.as_safe,
    "attr": lookup.attr,
    "find": runtime.find,
    "forloop": runtime.forloop,
    "invalid": runtime.invalid,
    "item": lookup.item,
    "loop_items": runtime.loop_items,
    "mark_safe": mark_safe,
    "next_in_cycle": runtime.next_in_cycle,
    "root": lookup.root,
    "root_attr": lookup.root_attr,
    "show_escaped": runtime.show_escaped,
    "show_plain": runtime.show_plain,
    "show_root_escaped": runtime.show_root_escaped,
    "show_root_plain": runtime.show_root_plain,
    "template_localtime": template_localtime,
    "unpack": runtime.unpack,
    "update_forloop": runtime.update_forloop,
}


class Generator:
    """Writes the source of one ``render`` function. What nodes may use in ``emit()`` is public here."""

    def __init__(self, unit: Unit | None = None, shared: bool = False) -> None:
        self.unit = unit
        self.namespace: dict[str, Any] = {}
        self.lines: list[tuple[int, str, Any]] = []
        self.hoisted: dict[str, str] = {}
        self.level = 1
        self.token: Any = None
        self.force_shared = shared
        self.written: frozenset[str] = frozenset()
        self.scopes: list[dict[str, Any]] = []
        # Names of the generated code's own, which no node can change.
        self.private: dict[str, str] = {}
        # None: as the context says when the function is entered.
        self.autoescape: bool | None = None
        self._parts: list[tuple[str, Any]] = []
        self._appended = False
        self._root: Any = None
        self._uses_show = False
        self._counter = 0
        self._const_names: dict[int, str] = {}

    def name(self, stem: str) -> str:
        """A fresh local name."""
        self._counter += 1
        return f"{stem}{self._counter}"

    def const(self, value: Any, stem: str = "const") -> str:
        """A name under which the code finds ``value``, or its literal."""
        if is_plain_literal(value):
            return repr(value)
        known = self._const_names.get(id(value))
        if known is None:
            known = self.name(f"{stem}_")
            self.namespace[known] = value
            self._const_names[id(value)] = known
        return known

    def line(self, code: str) -> None:
        """Add a statement, after the output that is pending."""
        self.flush()
        self.lines.append((self.level, code, self.token))

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Statements inside of ``header:``."""
        self.line(header)
        self.level += 1
        size = len(self.lines)
        yield
        self.flush()
        if len(self.lines) == size:
            self.line("pass")
        self.level -= 1

    def text(self, text: str) -> None:
        """Add literal output."""
        if text:
            body = repr('"' + text)[2:-1].replace('"', '\\"').replace("{", "{{").replace("}", "}}")
            self._parts.append((body, False))

    def put(self, expression: str) -> None:
        """Add the value of an expression, a ``str``, to the output."""
        self._parts.append((f"{{{expression}}}", self.token))

    def flush(self) -> None:
        """Write the pending output."""
        if not self._parts:
            return
        parts, self._parts = self._parts, []
        self._appended = True
        self.lines.extend(self._append_call("append(", parts, ")"))

    def _append_call(
        self, opening: str, parts: list[tuple[str, Any]], closing: str
    ) -> list[tuple[int, str, Any]]:
        """The pending output as one (joined) string literal, a line for each tag."""
        rows: list[tuple[str, Any]] = []
        text = ""
        for body, token in parts:
            if token is False:
                text += body
            else:
                rows.append((text + body, token))
                text = ""
        if text:
            rows.append((text, False))
        if all(token is False for _, token in rows):
            literal = "".join(body for body, _ in rows).replace("{{", "{").replace("}}", "}")
            return [(self.level, f'{opening}"{literal}"{closing}', None)]
        if len(rows) == 1:
            return [(self.level, f'{opening}f"{rows[0][0]}"{closing}', rows[0][1])]
        out: list[tuple[int, str, Any]] = [
            (self.level, opening.rstrip(" ") if opening[-1] == "(" else opening + "(", None)
        ]
        out.extend((self.level + 1, f'f"{body}"', token or None) for body, token in rows)
        out.append((self.level, closing or ")", None))
        return out

    def opaque(self, node: Any) -> None:
        """Call the node's own ``render``."""
        self.line(f"append({self.const(node, 'node')}.render_annotated(context))")
        self._appended = True

    def node(self, node: Any) -> None:
        """Emit any node."""
        outer = self.token
        self.token = node.token or outer
        if has_code(node) or node is self._root:
            node.emit(self)
        else:
            self.opaque(node)
        self.token = outer

    def nodes(self, nodelist: Any) -> None:
        """Emit the nodes of a list."""
        if self.force_shared and self.level > MAX_DEPTH and isinstance(nodelist, NodeList):
            self.line(f"append({self.const(nodelist, 'nodes')}.render(context))")
            return
        for node in nodelist:
            self.node(node)

    def capture(self, emit: Callable[[], None]) -> str:
        """Emit with the output going into a text of its own; the name of the local that holds it."""
        self.flush()
        saved, target = self.name("append"), self.name("out")
        self.line(f"{saved} = append; {target} = []; append = {target}.append")
        emit()
        self.line(f"append = {saved}")
        result = self.name("text")
        self.line(f"{result} = ''.join({target})")
        return result

    def value(self, expression: Any, on_missing: str = "none") -> str:
        """Code for a FilterExpression or Variable as an atom.

        ``on_missing``: ``none`` (gives None), ``invalid`` (gives the engine's text), ``raise``
        (VariableDoesNotExist), ``keep`` (gives MISSING).
        """
        if isinstance(expression, Variable):
            return self._variable(expression, on_missing)
        if not expression.filters:
            if not expression.is_var:
                return self.const(expression.var)
            return self._variable(expression.var, on_missing)
        return self._filtered(expression, on_missing)

    def output(self, expression: Any) -> None:
        """Emit ``{{ expression }}``."""
        if expression.filters or not expression.is_var:
            value = (
                self._filtered(expression, "invalid") if expression.filters else self.const(expression.var)
            )
            self._show("show", value, str(expression.var))
            return
        variable = expression.var
        if variable.lookups is None or variable.translate:
            self._show("show", self._variable(variable, "keep"), variable.var)
        elif len(variable.lookups) == 1:
            self._show("show_root", self.lookup(variable.lookups[0]), variable.var)
        else:
            self._show("show", self._path(variable.lookups), variable.var)

    def show(self, value: str) -> None:
        """Output a value that is found and called already."""
        self._show("show", value, "")

    def _show(self, kind: str, value: str, name: str) -> None:
        if self.autoescape is None:
            self._uses_show = True
            function = kind
        else:
            function = f"{kind}_escaped" if self.autoescape else f"{kind}_plain"
        quoted = repr(name)
        if '"' in quoted or "\\" in quoted:
            quoted = self.const(SafeString(name), "name")
        if any(mark in value for mark in "\"\\{}'"):
            # Python before 3.12 has rules about what may stand in an f-string.
            if "'" in value and not any(mark in value for mark in '"\\{}'):
                pass
            else:
                local = self.name("v")
                self.line(f"{local} = {value}")
                value = local
        self.put(f"{function}({value}, context, {quoted})")

    @property
    def autoescape_code(self) -> str:
        """Code for the current autoescape setting."""
        return "context.autoescape" if self.autoescape is None else str(self.autoescape)

    def lookup(self, name: str) -> str:
        """Code for the value of a name, MISSING if there is none."""
        if name in self.private:
            return self.private[name]
        for scope in reversed(self.scopes):
            if name in scope:
                found = scope[name]
                if found is None:
                    return f"find(context, {name!r})"
                return found.as_dict(self) if isinstance(found, LoopInfo) else found
        if name in ("True", "False", "None"):
            return name
        if self.opaque_all or name in self.written:
            return f"find(context, {name!r})"
        local = self.hoisted.get(name)
        if local is None:
            local = self.hoisted[name] = self.name(f"{_identifier(name)}_")
        return local

    opaque_all = False

    def is_bound(self, name: str) -> bool:
        """True if the name is a local of a loop or ``with`` here, which is never missing."""
        if name in self.private:
            return True
        return isinstance(self._scoped(name), str)

    def _scoped(self, name: str) -> Any:
        """What the innermost scope that has the name says, None if there is none or it leaves it to the context."""
        return next((scope[name] for scope in reversed(self.scopes) if name in scope), None)

    def _path(self, lookups: tuple[str, ...]) -> str:
        rest = list(lookups)
        if (loop := self._loop_info(rest[0])) is not None:
            code, rest = loop.path(self, rest[1:])
            if not rest:
                return code
            function = "attr"
        else:
            code = self.lookup(rest.pop(0))
            function = "root_attr"
        for bit in rest:
            if bit.isascii() and bit.isdecimal() and len(bit) < 10:
                if function == "root_attr":
                    code = f"root({code})"
                code = f"item({code}, {int(bit)}, {bit!r})"
            else:
                code = f"{function}({code}, {bit!r})"
            function = "attr"
        return code

    def parent_loop(self) -> str:
        """Code for the ``forloop`` of the loop around, an empty dictionary if there is none."""
        found = self._scoped("forloop")
        if found is None:
            return "(find(context, 'forloop') or {})"
        return found.as_dict(self) if isinstance(found, LoopInfo) else str(found)

    def _loop_info(self, name: str) -> LoopInfo | None:
        found = self._scoped(name)
        return found if isinstance(found, LoopInfo) else None

    def needs_context(self, body: Any, names: Iterable[str]) -> bool:
        """True if ``names``, bound around ``body``, have to be in the context."""
        return body.shared or self.force_shared or not self.written.isdisjoint(names)

    def _variable(self, variable: Variable, on_missing: str) -> str:
        if variable.lookups is None or variable.translate:
            if variable.translate:
                return f"{self.const(variable, 'variable')}.resolve(context)"
            return self.const(variable.literal)
        if on_missing == "raise":
            code = (
                self._path(variable.lookups)
                if len(variable.lookups) > 1
                else f"root({self.lookup(variable.lookups[0])})"
            )
            local = self.name("v")
            self.line(f"{local} = {code}")
            with self.block(f"if {local} is MISSING:"):
                self.line(f"{local} = {self.const(variable, 'variable')}.resolve(context)")
            return local
        if len(variable.lookups) == 1:
            code = f"root({self.lookup(variable.lookups[0])})"
        else:
            code = self._path(variable.lookups)
        if on_missing == "keep":
            return code
        local = self.name("v")
        self.line(f"{local} = {code}")
        with self.block(f"if {local} is MISSING:"):
            self.line(
                f"{local} = {f'invalid(context, {variable.var!r})' if on_missing == 'invalid' else 'None'}"
            )
        return local

    def _filtered(self, expression: Any, on_missing: str) -> str:
        local = self.name("v")
        if not expression.is_var:
            self.line(f"{local} = {self.const(expression.var)}")
        else:
            self.line(f"{local} = {self._variable(expression.var, 'keep')}")
            lookups = expression.var.lookups
            if lookups is not None and not (len(lookups) == 1 and self.is_bound(lookups[0])):
                if on_missing == "invalid":
                    name = repr(expression.var.var)
                    # A text for what is invalid is shown as it is: no filter touches it.
                    self.line(f"if {local} is MISSING and ({local} := invalid(context, {name})): pass")
                    with self.block("else:"):
                        self._filters(expression, local)
                    return local
                self.line(f"if {local} is MISSING: {local} = None")
        self._filters(expression, local)
        return local

    def _filters(self, expression: Any, local: str) -> None:
        for func, args in expression.filters:
            values = [self._variable(arg, "raise") if is_var else self.const(arg) for is_var, arg in args]
            if getattr(func, "expects_localtime", False):
                self.line(f"{local} = template_localtime({local}, context.use_tz)")
            arguments = ", ".join([local, *values])
            if getattr(func, "needs_autoescape", False):
                arguments += f", autoescape={self.autoescape_code}"
            call = f"{self.const(func, _identifier(getattr(func, '__name__', 'filter')))}({arguments})"
            if getattr(func, "is_safe", False) and not getattr(func, "always_safe", False):
                result = self.name("r")
                self.line(f"{result} = {call}")
                self.line(f"{local} = as_safe({result}) if isinstance({local}, SafeData) else {result}")
            else:
                self.line(f"{local} = {call}")

    @contextmanager
    def scope(self, names: dict[str, Any], opaque: bool) -> Iterator[None]:
        """Names bound while the body is emitted; ``opaque``: the body may change them, so the context has the say."""
        self.scopes.append(
            {name: None if opaque or name in self.written else value for name, value in names.items()}
        )
        yield
        self.scopes.pop()

    @contextmanager
    def pushed(self, layer: str) -> Iterator[None]:
        """A layer of the context, ``layer`` being code for a dictionary, around what is emitted."""
        self.line(f"context.dicts.append({layer})")
        with self.block("try:"):
            yield
        with self.block("finally:"):
            self.line("context.pop()")

    def program(self, nodelist: Any, root: Any = None) -> Program:
        """The compiled function for ``nodelist``; ``root``: a node whose code is wanted, whatever its ``render`` is."""
        self._root = root
        effects = nodelist.effects() if root is None else root.effects()
        self.force_shared = self.force_shared or effects.depth > MAX_DEPTH
        self.opaque_all = effects.opaque or self.force_shared
        self.written = effects.writes
        self.nodes(nodelist)
        tail: list[tuple[int, str, Any]]
        if not self._appended and not self.lines and self._parts:
            tail = self._append_call("return ", self._parts, "")
            head = []
        else:
            self.flush()
            head = [(1, "out = []", None), (1, "append = out.append", None)]
            tail = [(1, "return ''.join(out)", None)]
        if self._uses_show:
            head.append((1, "show, show_root = (", None))
            head.append(
                (
                    2,
                    "(show_escaped, show_root_escaped) if context.autoescape else (show_plain, show_root_plain)",
                    None,
                )
            )
            head.append((1, ")", None))
        head += [(1, f"{local} = find(context, {name!r})", None) for name, local in self.hoisted.items()]
        return self._compile([(0, "def render(context):", None), *head, *self.lines, *tail])

    def _compile(self, lines: list[tuple[int, str, Any]]) -> Program:
        source = "\n".join("    " * level + code for level, code, _ in lines) + "\n"
        if os.environ.get("OFFBEAT_TEMPLATE_CODE"):
            shown = self.unit.filename if self.unit else "<nodes>"
            sys.stderr.write(f"# {shown}\n{source}\n")
        filename = self.unit.filename if self.unit else "<template nodes>"
        module = compile(source, filename, "exec")
        code = next(const for const in module.co_consts if isinstance(const, CodeType))
        if self.unit is not None:
            code = relocate(code, lines, self.unit)
        namespace = {**_BASE, **self.namespace, "__name__": "offbeat.template.generated"}
        return Program(FunctionType(code, namespace, "render"), source, self.unit)


def _identifier(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else "x"


class LoopInfo:
    """The ``forloop`` of a loop whose variables are locals: its values are computed only where they are used."""

    def __init__(self, index: str, count: str, parent: LoopInfo | None) -> None:
        self.index = index
        self.count = count
        self.parent = parent
        self.used = False

    def path(self, gen: Generator, bits: list[str]) -> tuple[str, list[str]]:
        """Code for ``forloop.bits``, and the bits that are left to look up."""
        self.used = True
        loop = self
        while bits and bits[0] == "parentloop" and loop.parent is not None:
            loop, bits = loop.parent, bits[1:]
            loop.used = True
        direct = {
            "counter": f"({loop.index} + 1)",
            "counter0": loop.index,
            "revcounter": f"({loop.count} - {loop.index})",
            "revcounter0": f"({loop.count} - {loop.index} - 1)",
            "first": f"({loop.index} == 0)",
            "last": f"({loop.index} == {loop.count} - 1)",
            "length": loop.count,
        }
        if bits and bits[0] in direct:
            return direct[bits[0]], bits[1:]
        return loop.as_dict(gen), bits

    def as_dict(self, gen: Generator) -> str:
        """Code for the whole dictionary."""
        self.used = True
        if self.parent is not None:
            parent = self.parent.as_dict(gen)
        else:
            parent = "(find(context, 'forloop') or {})"
        return f"forloop({self.index}, {self.count}, {parent})"


def compile_nodelist(nodelist: Any) -> Program:
    """The program of a node list."""
    unit = nodelist.unit
    if unit is None:
        unit = next((node.unit for node in nodelist if node.unit is not None), None)
    return Generator(unit).program(nodelist)


def render_node(node: Any, context: Any) -> str:
    """Render one node by itself."""
    program = node.__dict__.get("_program")
    if program is None:
        program = node.__dict__["_program"] = Generator(node.unit).program(NodeList([node]), root=node)
    return program.run(context)  # type: ignore[no-any-return]
