"""A loader that keeps what other loaders found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from offbeat.template.exceptions import TemplateDoesNotExist
from offbeat.template.loaders.base import Loader as BaseLoader
from offbeat.utils.functional import cached_property

__all__ = ["Loader"]

# A site may ask for templates by names that come from requests: what is not there must not fill the memory.
_MAX_MISSES = 2000


class Loader(BaseLoader):
    """Compiles each template once, and remembers which do not exist."""

    def __init__(self, engine: Any, loaders: Sequence[Any]) -> None:
        self.get_template_cache: dict[Any, Any] = {}
        self._misses = 0
        self._loader_specs = loaders
        super().__init__(engine)

    @cached_property
    def loaders(self) -> list[Any]:
        """The loaders behind this one."""
        return self.engine.get_template_loaders(self._loader_specs)  # type: ignore[no-any-return]

    def get_dirs(self) -> Iterator[Any]:
        """The directories of all loaders that have some."""
        for loader in self.loaders:
            if hasattr(loader, "get_dirs"):
                yield from loader.get_dirs()

    def get_contents(self, origin: Any) -> str:
        return origin.loader.get_contents(origin)  # type: ignore[no-any-return]

    def get_template(self, template_name: Any, skip: Any = None) -> Any:
        key = self.cache_key(template_name, skip)
        cached = self.get_template_cache.get(key)
        if cached is not None:
            # The error itself would keep its traceback, and all that hangs on it, alive.
            if isinstance(cached, type) and issubclass(cached, TemplateDoesNotExist):
                raise cached(template_name)
            if isinstance(cached, TemplateDoesNotExist):
                raise TemplateDoesNotExist(  # type: ignore[misc]
                    *cached.args, tried=cached.tried, backend=cached.backend, chain=cached.chain
                )
            return cached
        try:
            template = super().get_template(template_name, skip)
        except TemplateDoesNotExist as e:
            if self._misses < _MAX_MISSES:
                self._misses += 1
                self.get_template_cache[key] = (
                    TemplateDoesNotExist(*e.args, tried=e.tried, backend=e.backend, chain=e.chain)  # type: ignore[misc]
                    if self.engine.debug
                    else TemplateDoesNotExist
                )
            raise
        self.get_template_cache[key] = template
        return template

    def get_template_sources(self, template_name: Any) -> Iterator[Any]:
        for loader in self.loaders:
            yield from loader.get_template_sources(template_name)

    def cache_key(self, template_name: Any, skip: Any = None) -> Any:
        """The key of a template; one that passes over origins is another template."""
        if not skip:
            return str(template_name)
        skipped = tuple(sorted(origin.name for origin in skip if origin.template_name == template_name))
        return (str(template_name), skipped) if skipped else str(template_name)

    def reset(self) -> None:
        self.get_template_cache.clear()
        self._misses = 0
