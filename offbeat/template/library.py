"""Registering tags and filters (Django documentation: howto/custom-template-tags)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from importlib import import_module
from inspect import getfullargspec, unwrap
from typing import Any, TypeVar, overload

from offbeat.template.base import Node, Template, token_kwargs
from offbeat.template.exceptions import TemplateSyntaxError
from offbeat.template.nodes import OPAQUE, Effects, writes
from offbeat.utils.html import conditional_escape

__all__ = [
    "InclusionNode",
    "InvalidTemplateLibrary",
    "Library",
    "SimpleBlockNode",
    "SimpleNode",
    "TagHelperNode",
    "import_library",
    "parse_bits",
]


_F = TypeVar("_F", bound=Callable[..., Any])


class InvalidTemplateLibrary(Exception):
    """A module that should hold a tag library does not."""


class Library:
    """The tags and filters of a module, which calls its instance ``register``."""

    def __init__(self) -> None:
        self.filters: dict[str, Callable[..., Any]] = {}
        self.tags: dict[str, Callable[..., Any]] = {}

    @overload
    def tag(self, name: _F, compile_function: None = None) -> _F: ...
    @overload
    def tag(self, name: str | None = None, compile_function: None = None) -> Callable[[_F], _F]: ...
    @overload
    def tag(self, name: str, compile_function: _F) -> _F: ...
    def tag(self, name: Any = None, compile_function: Any = None) -> Any:
        """Register a function (parser, token) -> Node. Also a decorator, with or without a name."""
        if name is None and compile_function is None:
            return self.tag_function
        if name is not None and compile_function is None:
            if callable(name):
                return self.tag_function(name)

            def decorator(func: Callable[..., Any]) -> Any:
                return self.tag(name, func)

            return decorator
        if name is not None:
            self.tags[name] = compile_function
            return compile_function
        raise ValueError(f"Unsupported arguments to Library.tag: ({name!r}, {compile_function!r})")

    def tag_function(self, func: Any) -> Any:
        """Register a tag under the function's name."""
        self.tags[func.__name__] = func
        return func

    @overload
    def filter(self, name: _F, filter_func: None = None, **flags: Any) -> _F: ...
    @overload
    def filter(
        self, name: str | None = None, filter_func: None = None, **flags: Any
    ) -> Callable[[_F], _F]: ...
    @overload
    def filter(self, name: str, filter_func: _F, **flags: Any) -> _F: ...
    def filter(self, name: Any = None, filter_func: Any = None, **flags: Any) -> Any:
        """Register a filter function. Also a decorator, with or without a name.

        ``flags``: ``is_safe``, ``needs_autoescape``, ``expects_localtime``.
        """
        if name is None and filter_func is None:

            def decorator(func: Callable[..., Any]) -> Any:
                return self.filter_function(func, **flags)

            return decorator
        if name is not None and filter_func is None:
            if callable(name):
                return self.filter_function(name, **flags)

            def named_decorator(func: Callable[..., Any]) -> Any:
                return self.filter(name, func, **flags)

            return named_decorator
        if name is not None:
            self.filters[name] = filter_func
            for attr in ("expects_localtime", "is_safe", "needs_autoescape"):
                if attr in flags:
                    setattr(filter_func, attr, flags[attr])
                    # Flags of a decorated function must be seen on the function underneath, too.
                    if hasattr(filter_func, "_decorated_function"):
                        setattr(filter_func._decorated_function, attr, flags[attr])
            filter_func._filter_name = name
            return filter_func
        raise ValueError(f"Unsupported arguments to Library.filter: ({name!r}, {filter_func!r})")

    def filter_function(self, func: Any, **flags: Any) -> Any:
        """Register a filter under the function's name."""
        return self.filter(func.__name__, func, **flags)

    @overload
    def simple_tag(self, func: _F, takes_context: bool | None = None, name: str | None = None) -> _F: ...
    @overload
    def simple_tag(
        self, func: None = None, takes_context: bool | None = None, name: str | None = None
    ) -> Callable[[_F], _F]: ...
    def simple_tag(self, func: Any = None, takes_context: bool | None = None, name: str | None = None) -> Any:
        """Register a function of the tag's arguments whose result is the output, or is kept with ``as name``."""

        def register(func: Any) -> Any:
            function_name = name or func.__name__
            spec = _Spec(func, takes_context, function_name)

            @wraps(func)
            def compile_func(parser: Any, token: Any) -> Any:
                bits = token.split_contents()[1:]
                target_var = None
                if len(bits) >= 2 and bits[-2] == "as":
                    target_var = bits[-1]
                    bits = bits[:-2]
                args, kwargs = spec.parse(parser, bits, function_name)
                return SimpleNode(func, takes_context, args, kwargs, target_var)

            self.tag(function_name, compile_func)
            return func

        return _with_or_without_arguments(func, register, "simple_tag")

    def simple_block_tag(
        self,
        func: Any = None,
        takes_context: bool | None = None,
        name: str | None = None,
        end_name: str | None = None,
    ) -> Any:
        """Register a function of the rendered ``content`` and the tag's arguments."""

        def register(func: Any) -> Any:
            function_name = name or func.__name__
            end = end_name or f"end{function_name}"
            spec = _Spec(func, takes_context, function_name, content=True)

            @wraps(func)
            def compile_func(parser: Any, token: Any) -> Any:
                bits = token.split_contents()[1:]
                target_var = None
                if len(bits) >= 2 and bits[-2] == "as":
                    target_var = bits[-1]
                    bits = bits[:-2]
                nodelist = parser.parse((end,))
                parser.delete_first_token()
                args, kwargs = spec.parse(parser, bits, function_name)
                return SimpleBlockNode(nodelist, func, takes_context, args, kwargs, target_var)

            self.tag(function_name, compile_func)
            return func

        return _with_or_without_arguments(func, register, "simple_block_tag")

    def inclusion_tag(
        self, filename: Any, func: Any = None, takes_context: bool | None = None, name: str | None = None
    ) -> Any:
        """Register a function whose result is the context that ``filename`` (a name, several, or a Template)
        is rendered with."""

        def register(func: Any) -> Any:
            function_name = name or func.__name__
            spec = _Spec(func, takes_context, function_name)

            @wraps(func)
            def compile_func(parser: Any, token: Any) -> Any:
                args, kwargs = spec.parse(parser, token.split_contents()[1:], function_name)
                return InclusionNode(func, takes_context, args, kwargs, filename)

            self.tag(function_name, compile_func)
            return func

        return register


def _with_or_without_arguments(func: Any, register: Callable[[Any], Any], kind: str) -> Any:
    if func is None:
        return register
    if callable(func):
        return register(func)
    raise ValueError(f"Invalid arguments provided to {kind}")


class _Spec:
    """A tag function's parameters."""

    def __init__(self, func: Any, takes_context: bool | None, tag: str, content: bool = False) -> None:
        self.takes_context = takes_context
        spec = getfullargspec(unwrap(func))
        self.params = list(spec.args)
        self.varargs, self.varkw, self.defaults = spec.varargs, spec.varkw, spec.defaults
        self.kwonly, self.kwonly_defaults = spec.kwonlyargs, spec.kwonlydefaults
        if content:
            self._take_content(tag)
        elif takes_context and self.params[:1] != ["context"]:
            raise TemplateSyntaxError(
                f"'{tag}' is decorated with takes_context=True so it must have a first argument of 'context'"
            )

    def _take_content(self, tag: str) -> None:
        leading = ["context", "content"] if self.takes_context else ["content"]
        if self.params[: len(leading)] != leading:
            if self.takes_context:
                raise TemplateSyntaxError(
                    f"{tag!r} is decorated with takes_context=True so it must have a first argument of 'context' "
                    "and a second argument of 'content'"
                )
            raise TemplateSyntaxError(f"{tag!r} must have a first argument of 'content'")
        self.params.remove("content")

    def parse(self, parser: Any, bits: list[str], name: str) -> tuple[list[Any], dict[str, Any]]:
        return parse_bits(
            parser,
            bits,
            self.params,
            self.varargs,
            self.varkw,
            self.defaults,
            self.kwonly,
            self.kwonly_defaults,
            self.takes_context,
            name,
        )


class TagHelperNode(Node):
    """Base of the nodes that call a function with resolved arguments."""

    child_nodelists: tuple[str, ...] = ()

    def __init__(
        self, func: Any, takes_context: bool | None, args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        self.func = func
        self.takes_context = takes_context
        self.args = args
        self.kwargs = kwargs

    def get_resolved_arguments(self, context: Any) -> tuple[list[Any], dict[str, Any]]:
        """The arguments' values, the context first if the function takes it."""
        args = [var.resolve(context) for var in self.args]
        if self.takes_context:
            args = [context, *args]
        return args, {name: var.resolve(context) for name, var in self.kwargs.items()}

    def call_code(self, gen: Any, *leading: str) -> str:
        """Code that calls the function."""
        arguments = ["context"] if self.takes_context else []
        arguments += leading
        arguments += [gen.value(var, "invalid") for var in self.args]
        named = [f"{name!r}: {gen.value(var, 'invalid')}" for name, var in self.kwargs.items()]
        if named:
            # Names may be words of Python, such as "class".
            arguments.append(f"**{{{', '.join(named)}}}")
        return f"{gen.const(self.func, 'tag')}({', '.join(arguments)})"


def as_output(value: Any, context: Any) -> str:
    """A tag function's result as text, escaped if the context says so."""
    return conditional_escape(value) if context.autoescape else str(value)


class SimpleNode(TagHelperNode):
    """A tag made by ``simple_tag``."""

    def __init__(
        self,
        func: Any,
        takes_context: bool | None,
        args: list[Any],
        kwargs: dict[str, Any],
        target_var: str | None,
    ) -> None:
        super().__init__(func, takes_context, args, kwargs)
        self.target_var = target_var

    def emit(self, gen: Any) -> None:
        self.emit_call(gen, self.call_code(gen))

    def emit_call(self, gen: Any, code: str) -> None:
        """Emit the call and what becomes of its result."""
        if self.target_var is not None:
            gen.line(f"context[{self.target_var!r}] = {code}")
            return
        result = gen.name("v")
        gen.line(f"{result} = {code}")
        gen.put(f"{gen.const(as_output, 'as_output')}({result}, context)")

    def effects(self) -> Effects:
        return OPAQUE if self.takes_context else writes(self.target_var)


class SimpleBlockNode(SimpleNode):
    """A tag made by ``simple_block_tag``."""

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.nodelist = nodelist

    def get_resolved_arguments(self, context: Any) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = super().get_resolved_arguments(context)
        args.insert(1 if self.takes_context else 0, self.nodelist.render(context))
        return args, kwargs

    def emit(self, gen: Any) -> None:
        content = gen.name("content")
        text = gen.capture(lambda: gen.nodes(self.nodelist))
        gen.line(f"{content} = mark_safe({text})")
        self.emit_call(gen, self.call_code(gen, content))

    def effects(self) -> Effects:
        return super().effects() | self.nodelist.effects()  # type: ignore[no-any-return]


class InclusionNode(TagHelperNode):
    """A tag made by ``inclusion_tag``."""

    def __init__(
        self, func: Any, takes_context: bool | None, args: list[Any], kwargs: dict[str, Any], filename: Any
    ) -> None:
        super().__init__(func, takes_context, args, kwargs)
        self.filename = filename

    def render_with(self, context: Any, values: Any) -> str:
        """The template rendered with the function's result."""
        template = context.render_context.get(self)
        if template is None:
            template = self._find(context.template.engine)
            context.render_context[self] = template
        new_context = context.new(values)
        # A form inside of the tag's template needs the token.
        csrf_token = context.get("csrf_token")
        if csrf_token is not None:
            new_context["csrf_token"] = csrf_token
        return template.render(new_context)  # type: ignore[no-any-return]

    def _find(self, engine: Any) -> Any:
        if isinstance(self.filename, Template):
            return self.filename
        if isinstance(getattr(self.filename, "template", None), Template):
            return self.filename.template
        if not isinstance(self.filename, str) and isinstance(self.filename, Iterable):
            return engine.select_template(self.filename)
        return engine.get_template(self.filename)

    def emit(self, gen: Any) -> None:
        result = gen.name("v")
        gen.line(f"{result} = {self.call_code(gen)}")
        gen.put(f"{gen.const(self, 'node')}.render_with(context, {result})")

    def effects(self) -> Effects:
        return OPAQUE if self.takes_context else Effects()


def parse_bits(
    parser: Any,
    bits: list[str],
    params: Sequence[str],
    varargs: str | None,
    varkw: str | None,
    defaults: Sequence[Any] | None,
    kwonly: Sequence[str],
    kwonly_defaults: dict[str, Any] | None,
    takes_context: bool | None,
    name: str,
) -> tuple[list[Any], dict[str, Any]]:
    """A tag's words as (positional, keyword) FilterExpressions for a function with the given parameters.

    Raises TemplateSyntaxError where Python would raise TypeError at the call.
    """
    if takes_context:
        if not params or params[0] != "context":
            raise TemplateSyntaxError(
                f"'{name}' is decorated with takes_context=True so it must have a first argument of 'context'"
            )
        params = params[1:]
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    open_params = list(params)
    open_kwonly = [kwarg for kwarg in kwonly if not kwonly_defaults or kwarg not in kwonly_defaults]
    for bit in bits:
        keyword = token_kwargs([bit], parser)
        if keyword:
            ((param, value),) = keyword.items()
            if param not in params and param not in kwonly and varkw is None:
                raise TemplateSyntaxError(f"'{name}' received unexpected keyword argument '{param}'")
            if param in kwargs:
                raise TemplateSyntaxError(f"'{name}' received multiple values for keyword argument '{param}'")
            kwargs[str(param)] = value
            if param in open_params:
                open_params.remove(param)
            elif param in open_kwonly:
                open_kwonly.remove(param)
            continue
        if kwargs:
            raise TemplateSyntaxError(
                f"'{name}' received some positional argument(s) after some keyword argument(s)"
            )
        args.append(parser.compile_filter(bit))
        try:
            open_params.pop(0)
        except IndexError:
            if varargs is None:
                raise TemplateSyntaxError(f"'{name}' received too many positional arguments") from None
    if defaults is not None:
        # Parameters with a default may stay open; they are the last ones.
        optional = set(params[len(params) - len(defaults) :])
        open_params = [param for param in open_params if param not in optional]
    if open_params or open_kwonly:
        missing = ", ".join(f"'{param}'" for param in [*open_params, *open_kwonly])
        raise TemplateSyntaxError(f"'{name}' did not receive value(s) for the argument(s): {missing}")
    return args, kwargs


def import_library(name: str) -> Library:
    """The library of a module; InvalidTemplateLibrary if there is no such module, or it has no ``register``."""
    try:
        module = import_module(name)
    except ImportError as e:
        raise InvalidTemplateLibrary(
            f"Invalid template library specified. ImportError raised when trying to load '{name}': {e}"
        ) from e
    try:
        return module.register  # type: ignore[no-any-return]
    except AttributeError:
        raise InvalidTemplateLibrary(f"Module  {name} does not have a variable named 'register'") from None
