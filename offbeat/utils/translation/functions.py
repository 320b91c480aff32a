"""gettext and its relatives, at once and lazily."""

from __future__ import annotations

from typing import Any

from offbeat.utils.functional import lazy
from offbeat.utils.translation.trans_real import current_catalog


def gettext_noop(message: str) -> str:
    """Mark text for translation; it is returned as it is."""
    return message


def gettext(message: Any) -> str:
    """``message`` in the current language."""
    text = str(message)
    if not text:
        # The empty message id holds the catalog's own header.
        return text
    catalog = current_catalog()
    return text if catalog is None else catalog.gettext(text)


def ngettext(singular: str, plural: str, number: Any) -> str:
    """The form of the message that goes with ``number``."""
    catalog = current_catalog()
    if catalog is None:
        return singular if number == 1 else plural
    return catalog.ngettext(singular, plural, number)


def pgettext(context: str, message: str) -> str:
    """``message`` in the meaning that ``context`` gives it."""
    catalog = current_catalog()
    return str(message) if catalog is None else catalog.pgettext(context, str(message))


def npgettext(context: str, singular: str, plural: str, number: Any) -> str:
    """``pgettext`` and ``ngettext`` in one."""
    catalog = current_catalog()
    if catalog is None:
        return singular if number == 1 else plural
    return catalog.npgettext(context, singular, plural, number)


gettext_lazy = lazy(gettext, str)
pgettext_lazy = lazy(pgettext, str)


class _LazyNumber(str):
    """Text whose plural form is chosen when it is formatted with a number."""

    __slots__ = ("_forms", "_key")

    _forms: tuple[Any, ...]
    _key: Any

    def __new__(cls, forms: tuple[Any, ...], key: Any) -> _LazyNumber:
        self = super().__new__(cls, forms[-2])
        self._forms = forms
        self._key = key
        return self

    def _translate(self, number: Any) -> str:
        *context, singular, plural, _ = self._forms
        if context[0] is not None:
            return npgettext(context[0], singular, plural, number)
        return ngettext(singular, plural, number)

    def _number(self, values: Any) -> Any:
        if isinstance(values, dict) and self._key:
            try:
                return values[self._key]
            except KeyError:
                raise KeyError(
                    f"Your dictionary lacks key '{self._key}'. Please provide it, because it is required to "
                    "determine whether string is singular or plural."
                )
        return values

    def __mod__(self, values: Any) -> str:
        text: str = self._translate(self._number(values))
        try:
            return str(text % values)
        except TypeError:
            # The form for this number does not show it.
            return text

    def format(self, *args: Any, **kwargs: Any) -> str:
        number = kwargs[self._key] if kwargs and self._key else args[0]
        return self._translate(number).format(*args, **kwargs)

    def __reduce__(self) -> Any:
        return _LazyNumber, (self._forms, self._key)


def _lazy_plural(context: str | None, singular: Any, plural: Any, number: Any) -> Any:
    if isinstance(number, int):
        if context is None:
            return lazy(ngettext, str)(singular, plural, number)
        return lazy(npgettext, str)(context, singular, plural, number)
    return _LazyNumber((context, singular, plural, None), number)


def ngettext_lazy(singular: Any, plural: Any, number: Any = None) -> Any:
    """Lazy ``ngettext``; ``number`` may be a number, or the key of the number in what the text is formatted with."""
    return _lazy_plural(None, singular, plural, number)


def npgettext_lazy(context: str, singular: Any, plural: Any, number: Any = None) -> Any:
    """Lazy ``npgettext``, as ``ngettext_lazy``."""
    return _lazy_plural(context, singular, plural, number)
