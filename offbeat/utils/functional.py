"""Laziness: cached properties, lazy objects, lazily evaluated function results.

Nothing here holds a lock: a lock held while the code inside suspends would stop every other task on the loop.
"""

from __future__ import annotations

import copy
import itertools
import operator
from collections.abc import Callable, Iterable
from functools import total_ordering, wraps
from typing import Any, Generic, TypeVar, overload

_T = TypeVar("_T")
_F = TypeVar("_F", bound=Callable[..., Any])


class cached_property(Generic[_T]):
    """A property computed once and kept in the instance's ``__dict__``.

    Two threads may both compute it; the last value stays.
    """

    name: str | None = None

    def __init__(self, func: Callable[[Any], _T]) -> None:
        self.real_func = func
        self.func = func
        self.__doc__ = getattr(func, "__doc__", None)

    def __set_name__(self, owner: type, name: str) -> None:
        if self.name is None:
            self.name = name
        elif name != self.name:
            raise TypeError(
                f"Cannot assign the same cached_property to two different names ({self.name!r} and {name!r})."
            )

    @overload
    def __get__(self, instance: None, cls: Any = None) -> cached_property[_T]: ...
    @overload
    def __get__(self, instance: object, cls: Any = None) -> _T: ...
    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        if self.name is None:
            raise TypeError("Cannot use cached_property instance without calling __set_name__() on it.")
        value = instance.__dict__[self.name] = self.func(instance)
        return value


class classproperty:
    """A property of the class: the getter takes the class."""

    def __init__(self, method: Callable[[Any], Any] | None = None) -> None:
        self.fget = method

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        assert self.fget is not None
        return self.fget(cls)

    def getter(self, method: Callable[[Any], Any]) -> classproperty:
        """Replace the getter."""
        self.fget = method
        return self


class Promise:
    """Base of the objects that ``lazy()`` returns, so that they can be recognised."""

    def _evaluate(self) -> Any:
        raise NotImplementedError("only what lazy() returns can be evaluated")


def lazy(func: Callable[..., Any], *resultclasses: type) -> Callable[..., Any]:
    """A function that returns a stand-in, which calls ``func`` whenever its value is needed.

    ``resultclasses`` are the types the value may have; their methods work on the stand-in.
    """
    proxy: Any = None

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal proxy
        if proxy is None:
            proxy = _make_proxy_class(func, resultclasses)
        return proxy(args, kwargs)

    return wrapper


def _restore_lazy(func: Callable[..., Any], args: Any, kwargs: Any, *resultclasses: type) -> Any:
    return lazy(func, *resultclasses)(*args, **kwargs)


def _make_proxy_class(func: Callable[..., Any], resultclasses: tuple[type, ...]) -> type:
    names = {name for resultclass in resultclasses for klass in resultclass.mro() for name in vars(klass)}
    delegates = {
        name: _delegate(func, name)
        for name in names
        if name == "__class_getitem__" or (name != "__slots__" and not hasattr(Promise, name))
    }
    # A base of their own, made at once: adding methods to a class one by one is slow.
    base: Any = type("__delegates__", (Promise,), delegates)

    @total_ordering
    class __proxy__(base):  # type: ignore[misc]
        def __init__(self, args: Any, kwargs: Any) -> None:
            self._args = args
            self._kw = kwargs

        def __reduce__(self) -> Any:
            return _restore_lazy, (func, self._args, self._kw, *resultclasses)

        def __deepcopy__(self, memo: dict[int, Any]) -> Any:
            memo[id(self)] = self
            return self

        def _evaluate(self) -> Any:
            return func(*self._args, **self._kw)

        def __str__(self) -> str:
            return str(self._evaluate())

        def __repr__(self) -> str:
            return repr(self._evaluate())

        def __eq__(self, other: object) -> bool:
            return bool(self._evaluate() == _evaluated(other))

        def __ne__(self, other: object) -> bool:
            return bool(self._evaluate() != _evaluated(other))

        def __lt__(self, other: object) -> bool:
            return bool(self._evaluate() < _evaluated(other))

        def __hash__(self) -> int:
            return hash(self._evaluate())

        def __format__(self, spec: str) -> str:
            return format(self._evaluate(), spec)

        def __add__(self, other: Any) -> Any:
            return self._evaluate() + _evaluated(other)

        def __radd__(self, other: Any) -> Any:
            return other + self._evaluate()

        def __mod__(self, other: Any) -> Any:
            return self._evaluate() % other

        def __mul__(self, other: Any) -> Any:
            return self._evaluate() * other

    return __proxy__


def _delegate(func: Callable[..., Any], name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(func(*self._args, **self._kw), name)(*args, **kwargs)

    method.__name__ = name
    return method


def _evaluated(value: Any) -> Any:
    return value._evaluate() if isinstance(value, Promise) else value


def lazystr(text: Any) -> Any:
    """``str(text)``, evaluated when used."""
    return lazy(str, str)(text)


def keep_lazy(*resultclasses: type) -> Callable[[_F], _F]:
    """Decorator: called with a lazy argument, the function gives a lazy result."""
    if not resultclasses:
        raise TypeError("You must pass at least one argument to keep_lazy().")

    def decorator(func: _F) -> _F:
        lazy_func = lazy(func, *resultclasses)

        @wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            for arg in itertools.chain(args, kwargs.values()):
                if isinstance(arg, Promise):
                    return lazy_func(*args, **kwargs)
            return func(*args, **kwargs)

        return wrapper  # type: ignore[return-value]

    return decorator


def keep_lazy_text(func: _F) -> _F:
    """``keep_lazy`` for functions that return text."""
    return keep_lazy(str)(func)


empty: Any = object()


def new_method_proxy(func: Callable[..., Any]) -> Callable[..., Any]:
    """A method that evaluates the lazy object, then applies ``func`` to what it wraps."""

    def inner(self: Any, *args: Any) -> Any:
        wrapped = self._wrapped
        if wrapped is empty:
            self._setup()
            wrapped = self._wrapped
        return func(wrapped, *args)

    inner._mask_wrapped = False  # type: ignore[attr-defined]
    return inner


class LazyObject:
    """Wraps an object that is made at its first use; subclasses define ``_setup()``."""

    _wrapped: Any = None

    def __init__(self) -> None:
        self._wrapped = empty

    def __getattribute__(self, name: str) -> Any:
        if name == "_wrapped":
            return super().__getattribute__(name)
        value = super().__getattribute__(name)
        # Dunder methods looked up as attributes must not hide an AttributeError of the wrapped object.
        if not getattr(value, "_mask_wrapped", True):
            raise AttributeError
        return value

    __getattr__ = new_method_proxy(getattr)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_wrapped":
            self.__dict__["_wrapped"] = value
        else:
            if self._wrapped is empty:
                self._setup()
            setattr(self._wrapped, name, value)

    def __delattr__(self, name: str) -> None:
        if name == "_wrapped":
            raise TypeError("can't delete _wrapped.")
        if self._wrapped is empty:
            self._setup()
        delattr(self._wrapped, name)

    def _setup(self) -> None:
        """Make the wrapped object and put it into ``self._wrapped``."""
        raise NotImplementedError("subclasses of LazyObject must provide a _setup() method")

    def __reduce__(self) -> Any:
        if self._wrapped is empty:
            self._setup()
        return (unpickle_lazyobject, (self._wrapped,))

    def __copy__(self) -> Any:
        if self._wrapped is empty:
            return type(self)()
        return copy.copy(self._wrapped)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self._wrapped is empty:
            result = type(self)()
            memo[id(self)] = result
            return result
        return copy.deepcopy(self._wrapped, memo)

    __bytes__ = new_method_proxy(bytes)
    __str__ = new_method_proxy(str)
    __bool__ = new_method_proxy(bool)
    __dir__ = new_method_proxy(dir)
    __class__ = property(new_method_proxy(operator.attrgetter("__class__")))
    __eq__ = new_method_proxy(operator.eq)
    __lt__ = new_method_proxy(operator.lt)
    __gt__ = new_method_proxy(operator.gt)
    __ne__ = new_method_proxy(operator.ne)
    __hash__ = new_method_proxy(hash)
    __getitem__ = new_method_proxy(operator.getitem)
    __setitem__ = new_method_proxy(operator.setitem)
    __delitem__ = new_method_proxy(operator.delitem)
    __iter__ = new_method_proxy(iter)
    __len__ = new_method_proxy(len)
    __contains__ = new_method_proxy(operator.contains)


def unpickle_lazyobject(wrapped: Any) -> Any:
    """The object itself: a pickled lazy object comes back evaluated."""
    return wrapped


class SimpleLazyObject(LazyObject):
    """A lazy object made by calling ``func()``."""

    def __init__(self, func: Callable[[], Any]) -> None:
        # Past __setattr__() and __getattribute__(), which are for the wrapped object.
        object.__setattr__(self, "_setupfunc", func)
        object.__setattr__(self, "_wrapped", empty)

    def _setup(self) -> None:
        self._wrapped = self._setupfunc()

    def __repr__(self) -> str:
        shown = self._setupfunc if self._wrapped is empty else self._wrapped
        return f"<{type(self).__name__}: {shown!r}>"

    def __copy__(self) -> Any:
        if self._wrapped is empty:
            return SimpleLazyObject(self._setupfunc)
        return copy.copy(self._wrapped)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self._wrapped is empty:
            result = SimpleLazyObject(self._setupfunc)
            memo[id(self)] = result
            return result
        return copy.deepcopy(self._wrapped, memo)

    __add__ = new_method_proxy(operator.add)

    @new_method_proxy
    def __radd__(self, other: Any) -> Any:
        return other + self


def partition(predicate: Callable[[_T], Any], values: Iterable[_T]) -> tuple[list[_T], list[_T]]:
    """Values split into (those for which ``predicate`` is false, those for which it is true)."""
    results: tuple[list[_T], list[_T]] = ([], [])
    for item in values:
        results[bool(predicate(item))].append(item)
    return results
