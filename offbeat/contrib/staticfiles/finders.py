"""Where static files are found (Django documentation: ref/contrib/staticfiles)."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import Any

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.contrib.staticfiles import utils
from offbeat.core.checks import Error, Warning
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.files.storage import FileSystemStorage, Storage, default_storage
from offbeat.utils._os import safe_join
from offbeat.utils.functional import LazyObject, empty
from offbeat.utils.module_loading import import_string

# The places that the last find() looked at.
searched_locations: list[Any] = []


class BaseFinder:
    """A place to look: define ``find(path, find_all=False)`` and ``list(ignore_patterns)``."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Messages about the finder's settings."""
        raise NotImplementedError(
            "subclasses may provide a check() method to verify the finder is configured correctly."
        )

    def find(self, path: str, find_all: bool = False) -> Any:
        """The full path of a file, or a list of all of them."""
        raise NotImplementedError("subclasses of BaseFinder must provide a find() method")

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Any]]:
        """(path, storage) of all files."""
        raise NotImplementedError("subclasses of BaseFinder must provide a list() method")


class FileSystemFinder(BaseFinder):
    """Files in the folders of ``STATICFILES_DIRS``."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        self.locations: list[tuple[str, str]] = []
        self.storages: dict[str, Any] = {}
        for root in settings.STATICFILES_DIRS:
            prefix, folder = root if isinstance(root, list | tuple) else ("", root)
            if (prefix, folder) not in self.locations:
                self.locations.append((prefix, folder))
        for prefix, folder in self.locations:
            storage = FileSystemStorage(location=folder)
            storage.prefix = prefix  # type: ignore[attr-defined]
            self.storages[folder] = storage

    def check(self, **kwargs: Any) -> list[Any]:
        errors: list[Any] = []
        if not isinstance(settings.STATICFILES_DIRS, list | tuple):
            return [
                Error(
                    "The STATICFILES_DIRS setting is not a tuple or list.",
                    hint="Perhaps you forgot a trailing comma?",
                    id="staticfiles.E001",
                )
            ]
        for root in settings.STATICFILES_DIRS:
            folder = root
            if isinstance(root, list | tuple):
                prefix, folder = root
                if prefix.endswith("/"):
                    errors.append(
                        Error(
                            f"The prefix {prefix!r} in the STATICFILES_DIRS setting must not end with a slash.",
                            id="staticfiles.E003",
                        )
                    )
            if settings.STATIC_ROOT and os.path.abspath(settings.STATIC_ROOT) == os.path.abspath(folder):
                errors.append(
                    Error(
                        "The STATICFILES_DIRS setting should not contain the STATIC_ROOT setting.",
                        id="staticfiles.E002",
                    )
                )
            if not os.path.isdir(folder):
                errors.append(
                    Warning(
                        f"The directory '{folder}' in the STATICFILES_DIRS setting does not exist.",
                        id="staticfiles.W004",
                    )
                )
        return errors

    def find(self, path: str, find_all: bool = False) -> Any:
        matches = []
        for prefix, root in self.locations:
            if root not in searched_locations:
                searched_locations.append(root)
            found = self.find_location(root, path, prefix)
            if found:
                if not find_all:
                    return found
                matches.append(found)
        return matches

    def find_location(self, root: str, path: str, prefix: str | None = None) -> str | None:
        """The file's full path below ``root``, if it is there."""
        if prefix:
            prefix = f"{prefix}{os.sep}"
            if not path.startswith(prefix):
                return None
            path = path.removeprefix(prefix)
        full = safe_join(root, path)
        return str(full) if os.path.exists(full) else None

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Any]]:
        for _, root in self.locations:
            if os.path.isdir(root):
                storage = self.storages[root]
                for path in utils.get_files(storage, ignore_patterns):
                    yield path, storage


class AppDirectoriesFinder(BaseFinder):
    """Files in the folder ``static`` of each application."""

    storage_class = FileSystemStorage
    source_dir = "static"

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        self.apps: list[str] = []
        self.storages: dict[str, Any] = {}
        for config in apps.get_app_configs():
            if app_names and config.name not in app_names:
                continue
            storage = self.storage_class(os.path.join(config.path, self.source_dir))
            self.storages[config.name] = storage
            if os.path.isdir(storage.location):
                self.apps.append(config.name)

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Any]]:
        for storage in self.storages.values():
            if storage.exists(""):
                for path in utils.get_files(storage, ignore_patterns):
                    yield path, storage

    def find(self, path: str, find_all: bool = False) -> Any:
        matches = []
        for app in self.apps:
            location = self.storages[app].location
            if location not in searched_locations:
                searched_locations.append(location)
            found = self.find_in_app(app, path)
            if found:
                if not find_all:
                    return found
                matches.append(found)
        return matches

    def find_in_app(self, app: str, path: str) -> str | None:
        """The file's full path in an application, if it is there."""
        storage = self.storages.get(app)
        return storage.path(path) if storage and storage.exists(path) else None


class BaseStorageFinder(BaseFinder):
    """Files of a storage."""

    storage: Any = None

    def __init__(self, storage: Any = None, *args: Any, **kwargs: Any) -> None:
        if storage is not None:
            self.storage = storage
        if self.storage is None:
            raise ImproperlyConfigured(
                f"The staticfiles storage finder {type(self)!r} doesn't have a storage class assigned."
            )
        if not isinstance(self.storage, Storage | LazyObject):
            self.storage = self.storage()

    def find(self, path: str, find_all: bool = False) -> Any:
        try:
            self.storage.path("")
        except NotImplementedError:
            return []
        if self.storage.location not in searched_locations:
            searched_locations.append(self.storage.location)
        if not self.storage.exists(path):
            return []
        match = self.storage.path(path)
        return [match] if find_all else match

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Any]]:
        for path in utils.get_files(self.storage, ignore_patterns):
            yield path, self.storage


class DefaultStorageFinder(BaseStorageFinder):
    """Files of the default storage."""

    storage = default_storage

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        location = getattr(self.storage, "base_location", empty)
        if not location:
            raise ImproperlyConfigured(
                f"The storage backend of the staticfiles finder {type(self)!r} doesn't have a valid location."
            )


def find(path: str, find_all: bool = False) -> Any:
    """The full path of a static file, or None; with ``find_all`` a list of all of them."""
    searched_locations[:] = []
    matches: list[Any] = []
    for finder in get_finders():
        result = finder.find(path, find_all=find_all)
        if not find_all and result:
            return result
        matches.extend(result if isinstance(result, list | tuple) else [result])
    return matches or ([] if find_all else None)


def get_finders() -> Iterator[Any]:
    """The finders that ``STATICFILES_FINDERS`` names."""
    for path in settings.STATICFILES_FINDERS:
        yield get_finder(path)


@functools.cache
def get_finder(import_path: str) -> Any:
    """An instance of a finder class; ImproperlyConfigured for anything else."""
    finder = import_string(import_path)
    if not issubclass(finder, BaseFinder):
        raise ImproperlyConfigured(f'Finder "{finder}" is not a subclass of "{BaseFinder}"')
    return finder()
