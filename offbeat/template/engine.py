"""The engine: options, libraries and loaders of templates (Django documentation: ref/templates/api)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.template.base import Template
from offbeat.template.context import Context, _builtin_context_processors
from offbeat.template.exceptions import TemplateDoesNotExist
from offbeat.template.library import import_library
from offbeat.utils.functional import cached_property
from offbeat.utils.module_loading import import_string

__all__ = ["Engine"]


class Engine:
    """Finds, compiles and renders templates with one set of options."""

    default_builtins = [
        "offbeat.template.defaulttags",
        "offbeat.template.defaultfilters",
        "offbeat.template.loader_tags",
    ]

    def __init__(
        self,
        dirs: Sequence[Any] | None = None,
        app_dirs: bool = False,
        context_processors: Sequence[str] | None = None,
        debug: bool = False,
        loaders: Sequence[Any] | None = None,
        string_if_invalid: Any = "",
        file_charset: str = "utf-8",
        libraries: dict[str, str] | None = None,
        builtins: Sequence[str] | None = None,
        autoescape: bool = True,
    ) -> None:
        if loaders is None:
            loaders = ["offbeat.template.loaders.filesystem.Loader"]
            if app_dirs:
                loaders = [*loaders, "offbeat.template.loaders.app_directories.Loader"]
            loaders = [("offbeat.template.loaders.cached.Loader", loaders)]
        elif app_dirs:
            raise ImproperlyConfigured("app_dirs must not be set when loaders is defined.")
        self.dirs = [] if dirs is None else dirs
        self.app_dirs = app_dirs
        self.autoescape = autoescape
        self.context_processors = [] if context_processors is None else context_processors
        self.debug = debug
        self.loaders = loaders
        self.string_if_invalid = string_if_invalid
        self.file_charset = file_charset
        self.libraries = {} if libraries is None else libraries
        self.template_libraries = self.get_template_libraries(self.libraries)
        self.builtins = self.default_builtins + list(builtins or ())
        self.template_builtins = self.get_template_builtins(self.builtins)

    def __repr__(self) -> str:
        options = (
            (f"dirs={self.dirs!r} " if self.dirs else "")
            + f"app_dirs={self.app_dirs!r}"
            + (f" context_processors={self.context_processors!r}" if self.context_processors else "")
            + f" debug={self.debug!r} loaders={self.loaders!r} string_if_invalid={self.string_if_invalid!r}"
            + f" file_charset={self.file_charset!r}"
            + (f" libraries={self.libraries!r}" if self.libraries else "")
            + f" builtins={self.builtins!r} autoescape={self.autoescape!r}"
        )
        return f"<{type(self).__qualname__}: {options}>"

    @staticmethod
    @functools.lru_cache
    def get_default() -> Engine:
        """The first configured engine of this kind; ImproperlyConfigured if there is none."""
        from offbeat.template import engines
        from offbeat.template.backends.django import DjangoTemplates

        for engine in engines.all():
            if isinstance(engine, DjangoTemplates):
                return engine.engine
        raise ImproperlyConfigured("No DjangoTemplates backend is configured.")

    @cached_property
    def template_context_processors(self) -> tuple[Callable[[Any], Any], ...]:
        """The context processors, the built-in ones first."""
        return tuple(import_string(path) for path in (*_builtin_context_processors, *self.context_processors))

    def get_template_builtins(self, builtins: Sequence[str]) -> list[Any]:
        """The libraries that every template has."""
        return [import_library(path) for path in builtins]

    def get_template_libraries(self, libraries: dict[str, str]) -> dict[str, Any]:
        """The libraries that can be loaded, by name."""
        return {name: import_library(path) for name, path in libraries.items()}

    @cached_property
    def template_loaders(self) -> list[Any]:
        """The loaders."""
        return self.get_template_loaders(self.loaders)

    def get_template_loaders(self, template_loaders: Sequence[Any]) -> list[Any]:
        """Loader objects for a list of loader specifications."""
        loaders = (self.find_template_loader(loader) for loader in template_loaders)
        return [loader for loader in loaders if loader is not None]

    def find_template_loader(self, loader: Any) -> Any:
        """The loader for a dotted path, or for a sequence of one and its arguments."""
        if isinstance(loader, tuple | list):
            loader, *args = loader
        else:
            args = []
        if isinstance(loader, str):
            return import_string(loader)(self, *args)
        raise ImproperlyConfigured(f"Invalid value in template loaders configuration: {loader!r}")

    def find_template(self, name: Any, dirs: Any = None, skip: Any = None) -> tuple[Any, Any]:
        """(template, origin) from the first loader that has it, ``skip`` being origins to pass over."""
        tried: list[Any] = []
        for loader in self.template_loaders:
            try:
                template = loader.get_template(name, skip=skip)
            except TemplateDoesNotExist as e:
                tried.extend(e.tried)
            else:
                return template, template.origin
        raise TemplateDoesNotExist(name, tried=tried)

    def from_string(self, template_code: Any) -> Template:
        """A template made from its source."""
        return Template(template_code, engine=self)

    def get_template(self, template_name: Any) -> Any:
        """The template of a name, or a part of it for ``name#part``; TemplateDoesNotExist if there is none."""
        original = template_name
        try:
            template_name, _, partial_name = template_name.partition("#")
        except AttributeError:
            raise TemplateDoesNotExist(original) from None
        if not template_name:
            raise TemplateDoesNotExist(original)
        template, _origin = self.find_template(template_name)
        if not hasattr(template, "render"):
            # A loader may return the source instead.
            template = Template(template, _origin, template_name, engine=self)
        if not partial_name:
            return template
        try:
            return template.extra_data["partials"][partial_name]
        except (AttributeError, KeyError, TypeError):
            raise TemplateDoesNotExist(partial_name, tried=[(_origin, template_name)]) from None

    def render_to_string(self, template_name: Any, context: Any = None) -> Any:
        """Load a template (the first of several names that exists) and render it."""
        if isinstance(template_name, list | tuple):
            template = self.select_template(template_name)
        else:
            template = self.get_template(template_name)
        if isinstance(context, Context):
            return template.render(context)
        return template.render(Context(context, autoescape=self.autoescape))

    def select_template(self, template_name_list: Any) -> Any:
        """The first template that exists; TemplateDoesNotExist if none does."""
        if not template_name_list:
            raise TemplateDoesNotExist("No template names provided")
        not_found: list[str] = []
        for template_name in template_name_list:
            try:
                return self.get_template(template_name)
            except TemplateDoesNotExist as e:
                if e.args[0] not in not_found:
                    not_found.append(e.args[0])
        raise TemplateDoesNotExist(", ".join(not_found))
