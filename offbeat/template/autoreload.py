"""Template files and the development server's reloader: a changed template needs new loaders, not a new process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from offbeat.template import engines
from offbeat.template.backends.django import DjangoTemplates

__all__ = ["get_template_directories", "reset_loaders", "template_changed", "watch_for_template_changes"]


def _loaders() -> Any:
    for backend in engines.all():
        if isinstance(backend, DjangoTemplates):
            yield from backend.engine.template_loaders


def get_template_directories() -> set[Path]:
    """The directories that templates are loaded from."""
    cwd = Path.cwd()
    directories: set[Path] = set()
    for backend in engines.all():
        if not isinstance(backend, DjangoTemplates):
            continue
        directories.update(cwd / Path(str(directory)) for directory in backend.engine.dirs if directory)
        for loader in backend.engine.template_loaders:
            if hasattr(loader, "get_dirs"):
                directories.update(
                    cwd / Path(str(directory))
                    for directory in loader.get_dirs()
                    if directory and not _is_own_directory(directory)
                )
    return directories


def _is_own_directory(path: Any) -> bool:
    import offbeat

    return Path(offbeat.__file__).parent in Path(str(path)).parents


def reset_loaders() -> None:
    """Forget all compiled templates, those of form widgets too."""
    for loader in _loaders():
        loader.reset()
    from offbeat.forms.renderers import get_default_renderer

    renderer_engine = getattr(get_default_renderer(), "engine", None)
    if isinstance(renderer_engine, DjangoTemplates):
        for loader in renderer_engine.engine.template_loaders:
            loader.reset()


def watch_for_template_changes(sender: Any, **kwargs: Any) -> None:
    """Ask the reloader ``sender`` to watch all template directories."""
    for directory in get_template_directories():
        sender.watch_dir(directory, "**/*")


def template_changed(sender: Any, file_path: Path, **kwargs: Any) -> bool | None:
    """True if ``file_path`` is a template, so that the process need not be restarted."""
    if file_path.suffix == ".py":
        return None
    for directory in get_template_directories():
        if directory in file_path.parents:
            reset_loaders()
            return True
    return None
