"""Assets of forms: style sheets and scripts (Django documentation: topics/forms/media)."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from itertools import chain
from typing import Any

from offbeat.forms.utils import flatatt
from offbeat.utils.html import format_html, html_safe
from offbeat.utils.safestring import mark_safe

__all__ = [
    "MEDIA_TYPES",
    "Media",
    "MediaAsset",
    "MediaDefiningClass",
    "MediaOrderConflictWarning",
    "Script",
    "Stylesheet",
]

MEDIA_TYPES = ("css", "js")


class MediaOrderConflictWarning(RuntimeWarning):
    """Two Media objects ask for the same files in opposite order."""


@html_safe
class MediaAsset:
    """One element that loads a file."""

    element_template = "{path}"

    def __init__(self, path: str, **attributes: Any) -> None:
        self._path = path
        self.attributes = attributes

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            # A path by itself is the same file.
            return self._path == other
        return (
            self.__class__ is other.__class__
            and self._path == other._path
            and self.attributes == other.attributes
        )

    def __hash__(self) -> int:
        if not self.attributes:
            return hash(self._path)
        return hash((self._path, frozenset(self.attributes.items())))

    def __str__(self) -> str:
        return self.render()

    def render(self, attrs: dict[str, Any] | None = None) -> str:
        """The element, with more attributes."""
        if attrs and (both := sorted(self.attributes.keys() & attrs.keys())):
            raise ValueError(f"{type(self).__qualname__} has conflicting attributes: {', '.join(both)}")
        attributes = {**self.attributes, **(attrs or {})}
        return format_html(self.element_template, path=self.path, attributes=flatatt(attributes))

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({self._path!r})"

    @property
    def path(self) -> str:
        """The URL: absolute paths as they are, others as static files."""
        if self._path.startswith(("http://", "https://", "/")):
            return self._path
        from offbeat.templatetags.static import static

        return static(self._path)


class Script(MediaAsset):
    """A ``<script>`` element."""

    element_template = '<script src="{path}"{attributes}></script>'

    def __init__(self, src: str, **attributes: Any) -> None:
        super().__init__(src, **attributes)


class Stylesheet(MediaAsset):
    """A ``<link>`` element for a style sheet."""

    element_template = '<link href="{path}"{attributes}>'

    def __init__(self, href: str, **attributes: Any) -> None:
        super().__init__(href, **{"rel": "stylesheet", **attributes})


@html_safe
class Media:
    """Lists of assets, which can be added to each other; the order that each asks for is kept."""

    def __init__(self, media: Any = None, css: Any = None, js: Any = None) -> None:
        if media is not None:
            css = getattr(media, "css", {})
            js = getattr(media, "js", [])
        else:
            css = {} if css is None else css
            js = [] if js is None else js
        self._css_lists = [css]
        self._js_lists = [js]

    def __repr__(self) -> str:
        return f"Media(css={self._css!r}, js={self._js!r})"

    def __str__(self) -> str:
        return self.render()

    @property
    def _css(self) -> dict[str, list[Any]]:
        lists: dict[str, list[Any]] = {}
        for css in self._css_lists:
            for medium, sublist in css.items():
                lists.setdefault(medium, []).append([self._normalize_css(medium, path) for path in sublist])
        return {medium: self.merge(*sublists) for medium, sublists in lists.items()}

    @property
    def _js(self) -> list[Any]:
        return self.merge(*[[self._normalize_js(path) for path in js] for js in self._js_lists])

    def _normalize_css(self, medium: str, path: Any) -> Any:
        return path if hasattr(path, "__html__") else Stylesheet(path, media=medium)

    def _normalize_js(self, path: Any) -> Any:
        return path if hasattr(path, "__html__") else Script(path)

    def render(self, *, attrs: dict[str, Any] | None = None) -> str:
        """All elements, a line each; ``attrs``: attributes for each of them, such as a nonce."""
        return mark_safe(  # type: ignore[no-any-return]
            "\n".join(
                chain.from_iterable(getattr(self, f"render_{name}")(attrs=attrs) for name in MEDIA_TYPES)
            )
        )

    def render_js(self, *, attrs: dict[str, Any] | None = None) -> list[str]:
        """The script elements."""
        return [_render_asset(path, attrs) for path in self._js]

    def render_css(self, *, attrs: dict[str, Any] | None = None) -> Iterable[str]:
        """The link elements, by medium."""
        css = self._css
        # Sorted, so that the output does not depend on the order of definition.
        return [_render_asset(path, attrs) for medium in sorted(css) for path in css[medium]]

    def absolute_path(self, path: str) -> str:
        """The URL of a path."""
        if path.startswith(("http://", "https://", "/")):
            return path
        from offbeat.templatetags.static import static

        return static(path)

    def __getitem__(self, name: str) -> Media:
        """Only one type of assets."""
        if name in MEDIA_TYPES:
            return Media(**{str(name): getattr(self, f"_{name}")})
        raise KeyError(f'Unknown media type "{name}"')

    @staticmethod
    def merge(*lists: Any) -> list[Any]:
        """One list in which what precedes in any list precedes; a warning if that is impossible."""
        from graphlib import CycleError, TopologicalSorter

        sorter: TopologicalSorter[Any] = TopologicalSorter()
        for sublist in filter(None, lists):
            head = sublist[0]
            sorter.add(head)
            for item in sublist:
                if head != item:
                    sorter.add(item, head)
                head = item
        try:
            return list(sorter.static_order())
        except CycleError:
            shown = ", ".join(repr(sublist) for sublist in lists if sublist)
            warnings.warn(
                f"Detected duplicate Media files in an opposite order: {shown}",
                MediaOrderConflictWarning,
                stacklevel=2,
            )
            return list(dict.fromkeys(chain.from_iterable(filter(None, lists))))

    def __add__(self, other: Media) -> Media:
        if not isinstance(other, Media):
            return NotImplemented
        combined = Media()
        combined._css_lists = self._css_lists[:]
        combined._js_lists = self._js_lists[:]
        for item in other._css_lists:
            if item and item not in self._css_lists:
                combined._css_lists.append(item)
        for item in other._js_lists:
            if item and item not in self._js_lists:
                combined._js_lists.append(item)
        return combined


def _render_asset(asset: Any, attrs: dict[str, Any] | None) -> str:
    if attrs and isinstance(asset, MediaAsset):
        return asset.render(attrs)
    return asset.__html__()  # type: ignore[no-any-return]


def media_property(cls: type) -> property:
    """The ``media`` of a class: what its base has, and its own ``Media``."""

    def _media(self: Any) -> Media:
        sup_cls = super(cls, self)
        try:
            base = sup_cls.media  # type: ignore[attr-defined]
        except AttributeError:
            base = Media()
        definition = getattr(cls, "Media", None)
        if definition:
            extend = getattr(definition, "extend", True)
            if extend:
                inherited = base if extend is True else Media()
                if extend is not True:
                    for medium in extend:
                        inherited += base[medium]
                return inherited + Media(definition)
            return Media(definition)
        return base  # type: ignore[no-any-return]

    return property(_media)


class MediaDefiningClass(type):
    """Metaclass of classes that may have a ``Media`` inside."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        new_class = super().__new__(mcs, name, bases, attrs)
        if "media" not in attrs:
            new_class.media = media_property(new_class)  # type: ignore[attr-defined]
        return new_class
