"""Splitting lists into pages (Django documentation: ref/paginator)."""

from __future__ import annotations

import collections.abc
import inspect
import warnings
from collections.abc import AsyncIterator, Iterator
from math import ceil
from typing import Any

from offbeat.concurrency import async_face, spawn
from offbeat.utils.deprecation import RemovedInNextVersionWarning
from offbeat.utils.functional import cached_property
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "AsyncPage",
    "AsyncPaginator",
    "EmptyPage",
    "InvalidPage",
    "Page",
    "PageNotAnInteger",
    "Paginator",
    "UnorderedObjectListWarning",
]


class UnorderedObjectListWarning(RuntimeWarning):
    """The objects have no order, so that the pages may overlap."""


class InvalidPage(Exception):
    """There is no such page."""


class PageNotAnInteger(InvalidPage):
    """The page number is not an integer."""


class EmptyPage(InvalidPage):
    """The page number is out of range."""


class Paginator:
    """Pages of ``per_page`` objects; ``orphans`` left over at the end join the page before."""

    ELLIPSIS = _("…")
    default_error_messages = {
        "invalid_page": _("That page number is not an integer"),
        "min_page": _("That page number is less than 1"),
        "no_results": _("That page contains no results"),
    }

    def __init__(
        self,
        object_list: Any,
        per_page: Any,
        orphans: Any = 0,
        allow_empty_first_page: bool = True,
        error_messages: dict[str, Any] | None = None,
    ) -> None:
        self.object_list = object_list
        self._check_object_list_is_ordered()
        self.per_page = int(per_page)
        self.orphans = int(orphans)
        self.allow_empty_first_page = allow_empty_first_page
        self.error_messages = {**self.default_error_messages, **(error_messages or {})}
        if self.per_page <= self.orphans:
            warnings.warn(
                "Support for the orphans argument being larger than or equal to the per_page argument is "
                "deprecated. This will raise a ValueError in Django 7.0.",
                RemovedInNextVersionWarning,
                stacklevel=2,
            )

    def _check_object_list_is_ordered(self) -> None:
        if getattr(self.object_list, "ordered", None) is not False:
            return
        name = self.object_list.__class__.__name__
        if hasattr(self.object_list, "model"):
            name = f"{self.object_list.model} {name}"
        warnings.warn(
            f"Pagination may yield inconsistent results with an unordered object_list: {name}.",
            UnorderedObjectListWarning,
            stacklevel=4,
        )

    def __iter__(self) -> Iterator[Any]:
        for number in self.page_range:
            yield self.page(number)

    @cached_property
    def count(self) -> int:
        """The number of objects."""
        count = getattr(self.object_list, "count", None)
        if callable(count) and not inspect.isbuiltin(count) and _takes_nothing(count):
            return int(count())
        return len(self.object_list)

    @cached_property
    def num_pages(self) -> int:
        """The number of pages."""
        if self.count == 0 and not self.allow_empty_first_page:
            return 0
        return ceil(max(1, self.count - self.orphans) / self.per_page)

    @property
    def page_range(self) -> range:
        """The page numbers."""
        return range(1, self.num_pages + 1)

    def validate_number(self, number: Any) -> int:
        """Return the number as an integer; PageNotAnInteger or EmptyPage when there is no such page."""
        try:
            if isinstance(number, float) and not number.is_integer():
                raise ValueError
            number = int(number)
        except (TypeError, ValueError):
            raise PageNotAnInteger(self.error_messages["invalid_page"]) from None
        if number < 1:
            raise EmptyPage(self.error_messages["min_page"])
        if number > self.num_pages:
            raise EmptyPage(self.error_messages["no_results"])
        return int(number)

    def get_page(self, number: Any) -> Any:
        """Return a page for any number: the first for none, the last for one out of range."""
        try:
            number = self.validate_number(number)
        except PageNotAnInteger:
            number = 1
        except EmptyPage:
            number = self.num_pages
        return self.page(number)

    def page(self, number: Any) -> Any:
        """Return the page with a number; InvalidPage when there is none."""
        number = self.validate_number(number)
        bottom = (number - 1) * self.per_page
        top = bottom + self.per_page
        if top + self.orphans >= self.count:
            top = self.count
        return self._get_page(self.object_list[bottom:top], number, self)

    def _get_page(self, *args: Any, **kwargs: Any) -> Any:
        """Make the page; a subclass may make another kind."""
        return Page(*args, **kwargs)

    def get_elided_page_range(
        self, number: Any = 1, *, on_each_side: int = 3, on_ends: int = 2
    ) -> Iterator[Any]:
        """Yield page numbers around ``number`` and at both ends, with an ellipsis where some are left out."""
        number = self.validate_number(number)
        last = self.num_pages
        if last <= (on_each_side + on_ends) * 2:
            yield from self.page_range
            return
        if number > (1 + on_each_side + on_ends) + 1:
            yield from range(1, on_ends + 1)
            yield self.ELLIPSIS
            yield from range(number - on_each_side, number + 1)
        else:
            yield from range(1, number + 1)
        if number < (last - on_each_side - on_ends) - 1:
            yield from range(number + 1, number + on_each_side + 1)
            yield self.ELLIPSIS
            yield from range(last - on_ends + 1, last + 1)
        else:
            yield from range(number + 1, last + 1)


def _takes_nothing(method: Any) -> bool:
    try:
        inspect.signature(method).bind()
    except (TypeError, ValueError):
        return False
    return True


class Page(collections.abc.Sequence[Any]):
    """One page: a sequence of its objects."""

    def __init__(self, object_list: Any, number: int, paginator: Any) -> None:
        self.object_list = object_list
        self.number = number
        self.paginator = paginator

    def __repr__(self) -> str:
        return f"<Page {self.number} of {self.paginator.num_pages}>"

    def __len__(self) -> int:
        return len(self.object_list)

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, (int, slice)):
            raise TypeError(f"Page indices must be integers or slices, not {type(index).__name__}.")
        # A list, so that each access does not make a query.
        if not isinstance(self.object_list, list):
            self.object_list = list(self.object_list)
        return self.object_list[index]

    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return bool(self.number < self.paginator.num_pages)

    def has_previous(self) -> bool:
        """Whether there is a page before this one."""
        return self.number > 1

    def has_other_pages(self) -> bool:
        """Whether there is more than this page."""
        return self.has_previous() or self.has_next()

    def next_page_number(self) -> int:
        """Return the number of the next page; InvalidPage when there is none."""
        return self.paginator.validate_number(self.number + 1)  # type: ignore[no-any-return]

    def previous_page_number(self) -> int:
        """Return the number of the previous page; InvalidPage when there is none."""
        return self.paginator.validate_number(self.number - 1)  # type: ignore[no-any-return]

    def start_index(self) -> int:
        """Return the position of the page's first object, counted from one; 0 without objects."""
        if self.paginator.count == 0:
            return 0
        return int(self.paginator.per_page * (self.number - 1) + 1)

    def end_index(self) -> int:
        """Return the position of the page's last object, counted from one."""
        if self.number == self.paginator.num_pages:
            return int(self.paginator.count)
        return int(self.number * self.paginator.per_page)


class AsyncPaginator(Paginator):
    """The same with asynchronous methods, which may query the database."""

    def _get_page(self, *args: Any, **kwargs: Any) -> Any:
        return AsyncPage(*args, **kwargs)

    async def __aiter__(self) -> AsyncIterator[Any]:
        for number in await self.apage_range():
            yield await self.apage(number)

    async def acount(self) -> int:
        """``count``."""
        return await spawn(getattr, self, "count")

    async def anum_pages(self) -> int:
        """``num_pages``."""
        return await spawn(getattr, self, "num_pages")

    async def apage_range(self) -> range:
        """``page_range``."""
        return await spawn(getattr, self, "page_range")

    avalidate_number = async_face(Paginator.validate_number)
    aget_page = async_face(Paginator.get_page)
    apage = async_face(Paginator.page)

    async def aget_elided_page_range(
        self, number: Any = 1, *, on_each_side: int = 3, on_ends: int = 2
    ) -> AsyncIterator[Any]:
        """``get_elided_page_range()``."""
        await self.acount()
        for item in self.get_elided_page_range(number, on_each_side=on_each_side, on_ends=on_ends):
            yield item


class AsyncPage(Page):
    """A page of an AsyncPaginator. Its objects are there after ``aget_object_list()`` or ``async for``."""

    def __repr__(self) -> str:
        return f"<Async Page {self.number}>"

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in await self.aget_object_list():
            yield item

    def _loaded(self) -> None:
        if not isinstance(self.object_list, list):
            raise TypeError(
                "AsyncPage used as a sequence before its objects were loaded: await aget_object_list()."
            )

    def __len__(self) -> int:
        self._loaded()
        return super().__len__()

    def __reversed__(self) -> Iterator[Any]:
        self._loaded()
        return reversed(self.object_list)  # type: ignore[no-any-return]

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, (int, slice)):
            raise TypeError(f"AsyncPage indices must be integers or slices, not {type(index).__name__}.")
        self._loaded()
        return super().__getitem__(index)

    async def aget_object_list(self) -> list[Any]:
        """Return the objects as a list, which is also kept."""
        if not isinstance(self.object_list, list):
            self.object_list = await spawn(list, self.object_list)
        return self.object_list

    ahas_next = async_face(Page.has_next)
    ahas_previous = async_face(Page.has_previous)
    ahas_other_pages = async_face(Page.has_other_pages)
    anext_page_number = async_face(Page.next_page_number)
    aprevious_page_number = async_face(Page.previous_page_number)
    astart_index = async_face(Page.start_index)
    aend_index = async_face(Page.end_index)
