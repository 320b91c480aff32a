"""Small helpers used by models, fields and querysets."""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = [
    "AltersData",
    "create_namedtuple_class",
    "get_blank_choice_label",
    "make_model_tuple",
    "resolve_callables",
    "unpickle_named_row",
]


def make_model_tuple(model: Any) -> tuple[str, str]:
    """Return (app_label, lower-case model name) for a model class, "app.Model" or such a tuple.

    ValueError says what was expected when the value has another form.
    """
    if isinstance(model, tuple):
        if len(model) == 2:
            return model[0], model[1].lower()
    elif isinstance(model, str):
        label, dot, name = model.partition(".")
        if dot and label and name and "." not in name:
            return label, name.lower()
    else:
        meta = getattr(model, "_meta", None)
        if meta is not None:
            return meta.app_label, meta.model_name
    raise ValueError(
        f"Invalid model reference '{model}'. String model references must be of the form 'app_label.ModelName'."
    )


def resolve_callables(mapping: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the items of `mapping`, with callable values called."""
    for key, value in mapping.items():
        yield key, value() if callable(value) else value


@functools.lru_cache(maxsize=512)
def create_namedtuple_class(*names: str) -> type[Any]:
    """Return the row class of values_list(named=True) for `names`; its rows can be pickled."""

    def __reduce__(self: tuple[Any, ...]) -> tuple[Any, ...]:
        return unpickle_named_row, (names, tuple(self))

    return type("Row", (namedtuple("Row", names),), {"__reduce__": __reduce__, "__slots__": ()})


def unpickle_named_row(names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """Rebuild a row of values_list(named=True)."""
    return create_namedtuple_class(*names)(*values)


class AltersData:
    """Keeps `alters_data` on methods that a subclass overrides, so that templates refuse to call them."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, member in vars(cls).items():
            if not callable(member) or "alters_data" in getattr(member, "__dict__", {}):
                continue
            for base in cls.__mro__[1:]:
                inherited: Callable[..., Any] | None = vars(base).get(name)
                if inherited is None:
                    continue
                flag = getattr(inherited, "alters_data", None)
                if flag is not None:
                    try:
                        member.alters_data = flag
                    except AttributeError:
                        pass
                    break


def get_blank_choice_label() -> Any:
    """Return the label of the empty choice of a select box (setting USE_BLANK_CHOICE_DASH)."""
    from offbeat.conf import settings
    from offbeat.db.models.fields import BLANK_CHOICE_DASH, BLANK_CHOICE_LABEL

    return BLANK_CHOICE_DASH[0][1] if settings.USE_BLANK_CHOICE_DASH else BLANK_CHOICE_LABEL


def table_name_that_fits(name: str) -> str:
    """The name, shortened to what the default database allows.

    Every supported database takes 30 characters: only longer names ask, and so need its backend to be loaded.
    """
    if len(name) <= 30:
        return name
    from offbeat.db import connection
    from offbeat.db.backends.utils import truncate_name

    return truncate_name(name, connection.ops.max_name_length())
