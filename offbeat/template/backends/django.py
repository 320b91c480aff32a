"""The backend for templates in Django's language."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.template import TemplateDoesNotExist
from offbeat.template.backends.base import BaseEngine
from offbeat.template.base import Origin
from offbeat.template.context import make_context
from offbeat.template.engine import Engine
from offbeat.template.library import InvalidTemplateLibrary

__all__ = ["DjangoTemplates", "Template", "get_installed_libraries", "get_package_libraries"]


class DjangoTemplates(BaseEngine):
    """An Engine configured from the TEMPLATES setting."""

    app_dirname = "templates"

    def __init__(self, params: dict[str, Any]) -> None:
        from offbeat.template.utils import own_path

        params = params.copy()
        options = params.pop("OPTIONS").copy()
        options.setdefault("autoescape", True)
        options.setdefault("debug", settings.DEBUG)
        options.setdefault("file_charset", "utf-8")
        libraries = options.get("libraries", {})
        options["libraries"] = self.get_templatetag_libraries(libraries)
        for name in ("context_processors", "builtins"):
            if options.get(name):
                options[name] = [own_path(path) for path in options[name]]
        if options.get("loaders"):
            options["loaders"] = [_own_loader(loader) for loader in options["loaders"]]
        super().__init__(params)
        self.engine = Engine(self.dirs, self.app_dirs, **options)

    def check(self, **kwargs: Any) -> list[Any]:

        return [
            *self._check_string_if_invalid_is_string(),
            *self._check_for_template_tags_with_the_same_name(),
        ]

    def _check_string_if_invalid_is_string(self) -> list[Any]:
        from offbeat.template.checks import check_string_if_invalid

        return check_string_if_invalid(self)

    def _check_for_template_tags_with_the_same_name(self) -> list[Any]:
        from offbeat.template.checks import check_same_tags

        return check_same_tags(self)

    def from_string(self, template_code: Any) -> Template:
        return Template(self.engine.from_string(template_code), self)

    def get_template(self, template_name: Any) -> Template:
        try:
            return Template(self.engine.get_template(template_name), self)
        except TemplateDoesNotExist as exc:
            raise copy_exception(exc, self) from exc

    def get_templatetag_libraries(self, custom_libraries: dict[str, str]) -> dict[str, str]:
        """All libraries that templates may load, those of the options last."""
        from offbeat.template.utils import own_path

        libraries = get_installed_libraries()
        libraries.update({name: own_path(path) for name, path in custom_libraries.items()})
        return libraries


def _own_loader(loader: Any) -> Any:
    from offbeat.template.utils import own_path

    if isinstance(loader, list | tuple):
        return type(loader)(_own_loader(part) for part in loader)
    return own_path(loader)


class Template:
    """A template with the face that all backends share."""

    def __init__(self, template: Any, backend: Any) -> None:
        self.template = template
        self.backend = backend

    @property
    def origin(self) -> Origin:
        """Where it comes from."""
        return self.template.origin  # type: ignore[no-any-return]

    def render(self, context: dict[str, Any] | None = None, request: Any = None) -> Any:
        """The text rendered with a dict, and the context processors if there is a request."""
        made = make_context(context, request, autoescape=self.backend.engine.autoescape)
        try:
            return self.template.render(made)
        except TemplateDoesNotExist as exc:
            raise copy_exception(exc, self.backend) from exc


def copy_exception(exc: TemplateDoesNotExist, backend: Any = None) -> TemplateDoesNotExist:
    """A TemplateDoesNotExist like ``exc`` that knows the backend."""
    backend = backend or exc.backend
    copied = type(exc)(*exc.args, tried=exc.tried, backend=backend, chain=exc.chain)  # type: ignore[misc]
    if hasattr(exc, "template_debug"):
        copied.template_debug = exc.template_debug  # type: ignore[attr-defined]
    return copied


def get_template_tag_modules() -> Any:
    """(name, path) of the libraries in ``templatetags`` packages."""
    candidates = ["offbeat.templatetags"]
    candidates.extend(f"{app_config.name}.templatetags" for app_config in apps.get_app_configs())
    for candidate in candidates:
        try:
            package = import_module(candidate)
        except ImportError as e:
            # Only the missing package itself is no error.
            if e.name is not None and (candidate == e.name or candidate.startswith(e.name + ".")):
                continue
            raise
        if hasattr(package, "__path__"):
            for name in get_package_libraries(package):
                yield name.removeprefix(candidate).lstrip("."), name


def get_installed_libraries() -> dict[str, str]:
    """Dotted paths of all libraries in the installed applications, by the name used in ``load``."""
    return dict(get_template_tag_modules())


def get_package_libraries(pkg: Any) -> Any:
    """Dotted paths of the modules of a package that have a ``register``."""
    from pkgutil import walk_packages

    for entry in walk_packages(pkg.__path__, pkg.__name__ + "."):
        try:
            module = import_module(entry[1])
        except ImportError as e:
            raise InvalidTemplateLibrary(
                f"Invalid template library specified. ImportError raised when trying to load '{entry[1]}': {e}"
            ) from e
        if hasattr(module, "register"):
            yield entry[1]
