"""The stack of dictionaries that a template is rendered with (Django documentation: ref/templates/api)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any

__all__ = [
    "BaseContext",
    "Context",
    "ContextDict",
    "ContextPopException",
    "RenderContext",
    "RequestContext",
    "make_context",
]

# Hard-coded because the csrf token must reach every template that has a request.
_builtin_context_processors = ("offbeat.template.context_processors.csrf",)

_BUILTINS = {"True": True, "False": False, "None": None}


class ContextPopException(Exception):
    """pop() was called more often than push()."""


class ContextDict(dict[str, Any]):
    """A layer of a context; as a context manager it pops itself at the end."""

    def __init__(self, context: BaseContext, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        context.dicts.append(self)
        self.context = context

    def __enter__(self) -> ContextDict:
        return self

    def __exit__(self, *args: Any, **kwargs: Any) -> None:
        self.context.pop()


class BaseContext:
    """A stack of dictionaries, looked up from the top."""

    dicts: list[Any]

    def __init__(self, dict_: Any = None) -> None:
        self._reset_dicts(dict_)

    def _reset_dicts(self, value: Any = None) -> None:
        self.dicts = [dict(_BUILTINS)]
        if isinstance(value, BaseContext):
            self.dicts += value.dicts[1:]
        elif value is not None:
            self.dicts.append(value)

    def __copy__(self) -> Any:
        duplicate = BaseContext.__new__(type(self))
        duplicate.__dict__ = self.__dict__.copy()
        duplicate.dicts = self.dicts[:]
        return duplicate

    def __repr__(self) -> str:
        return repr(self.dicts)

    def __iter__(self) -> Iterator[Any]:
        return reversed(self.dicts)  # type: ignore[no-any-return]

    def push(self, *args: Any, **kwargs: Any) -> ContextDict:
        """Put a new layer on top; also a context manager."""
        layers: list[Any] = []
        for layer in args:
            if isinstance(layer, BaseContext):
                layers += layer.dicts[1:]
            else:
                layers.append(layer)
        return ContextDict(self, *layers, **kwargs)

    def pop(self) -> Any:
        """Take the top layer away; ContextPopException at the bottom."""
        if len(self.dicts) == 1:
            raise ContextPopException
        return self.dicts.pop()

    def __setitem__(self, key: Any, value: Any) -> None:
        self.dicts[-1][key] = value

    def set_upward(self, key: Any, value: Any) -> None:
        """Set ``key`` in the highest layer that has it, or in the top one."""
        for layer in reversed(self.dicts):
            if key in layer:
                layer[key] = value
                return
        self.dicts[-1][key] = value

    def __getitem__(self, key: Any) -> Any:
        for layer in reversed(self.dicts):
            if key in layer:
                return layer[key]
        raise KeyError(key)

    def __delitem__(self, key: Any) -> None:
        del self.dicts[-1][key]

    def __contains__(self, key: Any) -> bool:
        return any(key in layer for layer in self.dicts)

    def get(self, key: Any, otherwise: Any = None) -> Any:
        """The value of ``key``, or ``otherwise``."""
        for layer in reversed(self.dicts):
            if key in layer:
                return layer[key]
        return otherwise

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """The value of ``key``, set to ``default`` if there was none."""
        try:
            return self[key]
        except KeyError:
            self[key] = default
        return default

    def new(self, values: Any = None) -> Any:
        """A context of the same kind and properties with only ``values`` in it."""
        context = copy(self)
        context._reset_dicts(values)
        return context

    def flatten(self) -> dict[str, Any]:
        """All layers as one dictionary."""
        flat: dict[str, Any] = {}
        for layer in self.dicts:
            flat.update(layer)
        return flat

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseContext):
            return NotImplemented
        return self.flatten() == other.flatten()

    __hash__ = None  # type: ignore[assignment]


class Context(BaseContext):
    """A context with rendering options: ``autoescape``, ``use_l10n``, ``use_tz`` (None: as the settings say)."""

    def __init__(
        self,
        dict_: Any = None,
        autoescape: bool = True,
        use_l10n: bool | None = None,
        use_tz: bool | None = None,
    ) -> None:
        self.autoescape = autoescape
        self.use_l10n = use_l10n
        self.use_tz = use_tz
        self.template_name: str | None = "unknown"
        self.render_context = RenderContext()
        # Set while a template renders: its engine decides about invalid variables.
        self.template: Any = None
        super().__init__(dict_)

    @contextmanager
    def bind_template(self, template: Any) -> Iterator[None]:
        """Make ``template`` the one being rendered; RuntimeError if there is one already."""
        if self.template is not None:
            raise RuntimeError("Context is already bound to a template")
        self.template = template
        try:
            yield
        finally:
            self.template = None

    def __copy__(self) -> Any:
        duplicate = super().__copy__()
        duplicate.render_context = copy(self.render_context)
        return duplicate

    def update(self, other_dict: Any) -> ContextDict:
        """Push a layer with the contents of ``other_dict``."""
        if not hasattr(other_dict, "__getitem__"):
            raise TypeError("other_dict must be a mapping (dictionary-like) object.")
        if isinstance(other_dict, BaseContext):
            other_dict = other_dict.dicts[1:].pop()
        return ContextDict(self, other_dict)


class RenderContext(BaseContext):
    """Private state of nodes during one rendering; only the top layer is seen, so templates do not share it."""

    template: Any = None

    def __iter__(self) -> Iterator[Any]:
        yield from self.dicts[-1]

    def __contains__(self, key: Any) -> bool:
        return key in self.dicts[-1]

    def get(self, key: Any, otherwise: Any = None) -> Any:
        return self.dicts[-1].get(key, otherwise)

    def __getitem__(self, key: Any) -> Any:
        return self.dicts[-1][key]

    @contextmanager
    def push_state(self, template: Any, isolated_context: bool = True) -> Iterator[None]:
        """Render ``template`` with a layer of its own (if isolated), then restore what was."""
        initial = self.template
        self.template = template
        if isolated_context:
            self.push()
        try:
            yield
        finally:
            self.template = initial
            if isolated_context:
                self.pop()


class RequestContext(Context):
    """A context that the context processors fill from a request when a template is bound to it."""

    def __init__(
        self,
        request: Any,
        dict_: Any = None,
        processors: Sequence[Callable[[Any], Any]] | None = None,
        use_l10n: bool | None = None,
        use_tz: bool | None = None,
        autoescape: bool = True,
    ) -> None:
        super().__init__(dict_, use_l10n=use_l10n, use_tz=use_tz, autoescape=autoescape)
        self.request = request
        self._processors = () if processors is None else tuple(processors)
        self._processors_index = len(self.dicts)
        # A layer for the processors' output, and one so that tags at the top level do not write into it.
        self.update({})
        self.update({})

    @contextmanager
    def bind_template(self, template: Any) -> Iterator[None]:
        if self.template is not None:
            raise RuntimeError("Context is already bound to a template")
        self.template = template
        updates: dict[str, Any] = {}
        for processor in template.engine.template_context_processors + self._processors:
            values = processor(self.request)
            try:
                updates.update(values)
            except TypeError as e:
                raise TypeError(
                    f"Context processor {processor.__qualname__} didn't return a dictionary."
                ) from e
        self.dicts[self._processors_index] = updates
        try:
            yield
        finally:
            self.template = None
            # Processors run again for the next template.
            self.dicts[self._processors_index] = {}

    def new(self, values: Any = None) -> Any:
        fresh = super().new(values)
        # It is bound already: there will be no processors' layer to fill.
        if hasattr(fresh, "_processors_index"):
            del fresh._processors_index
        return fresh


def make_context(context: Any, request: Any = None, **kwargs: Any) -> Context:
    """A Context from a dict, or a RequestContext if there is a request; TypeError for anything but a dict."""
    if context is not None and not isinstance(context, dict):
        raise TypeError(f"context must be a dict rather than {type(context).__name__}.")
    if request is None:
        return Context(context, **kwargs)
    # The view's data goes above the processors' output, so it wins.
    original = context
    made = RequestContext(request, **kwargs)
    if original:
        made.push(original)
    return made
