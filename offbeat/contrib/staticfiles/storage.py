"""Storages of collected static files (Django documentation: ref/contrib/staticfiles, "Storages")."""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Iterator
from hashlib import md5
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit, urlunsplit

from offbeat.conf import STATICFILES_STORAGE_ALIAS, settings
from offbeat.contrib.staticfiles.utils import check_settings, matches_patterns
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.files.base import ContentFile
from offbeat.core.files.storage import FileSystemStorage, storages
from offbeat.utils.functional import LazyObject


class StaticFilesStorage(FileSystemStorage):
    """Files below ``STATIC_ROOT``, at ``STATIC_URL``."""

    def __init__(self, location: Any = None, base_url: str | None = None, *args: Any, **kwargs: Any) -> None:
        if location is None:
            location = settings.STATIC_ROOT
        if base_url is None:
            base_url = settings.STATIC_URL
        check_settings(base_url)
        super().__init__(location, base_url, *args, **kwargs)
        if not location:
            self.base_location = None
            self.location = None  # type: ignore[assignment]

    def path(self, name: str) -> str:
        if not self.location:
            raise ImproperlyConfigured(
                "You're using the staticfiles app without having set the STATIC_ROOT setting to a filesystem path."
            )
        return super().path(name)


class HashedFilesMixin:
    """Puts a hash of the content into each file's name, and into the references between files.

    A file whose references change gets another hash; passes are repeated until nothing changes.
    """

    default_template = 'url("%(url)s")'
    max_post_process_passes = 5
    support_js_module_import_aggregation = False
    _js_module_patterns: tuple[Any, ...] = (
        "*.js",
        (
            (
                r"""(?P<matched>import(?P<import>[\s{][^"';]*?)\s*from\s*["'](?P<url>[./][^"']*?)["']\s*;)""",
                """import%(import)s from "%(url)s";""",
            ),
            (
                r"""(?P<matched>export(?P<exports>[\s{][^"';]*?)\s*from\s*["'](?P<url>[./][^"']*?)["']\s*;)""",
                """export%(exports)s from "%(url)s";""",
            ),
            (r"""(?P<matched>import\s*["'](?P<url>[./][^"']*?)["']\s*;)""", """import"%(url)s";"""),
            (r"""(?P<matched>import\(["'](?P<url>[^"']*?)["']\))""", """import("%(url)s")"""),
        ),
    )
    patterns: tuple[Any, ...] = (
        (
            "*.css",
            (
                r"""(?P<matched>url\((?P<quote>['"]{0,1})\s*(?P<url>.*?)(?P=quote)\))""",
                (r"""(?P<matched>@import\s*["']\s*(?P<url>.*?)["'])""", """@import url("%(url)s")"""),
                (
                    r"(?m)^(?P<matched>/\*#[ \t](?-i:sourceMappingURL)=(?P<url>.*)[ \t]*\*/)$",
                    "/*# sourceMappingURL=%(url)s */",
                ),
            ),
        ),
        (
            "*.js",
            ((r"(?m)^(?P<matched>//# (?-i:sourceMappingURL)=(?P<url>.*))$", "//# sourceMappingURL=%(url)s"),),
        ),
    )
    keep_intermediate_files = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.support_js_module_import_aggregation:
            self.patterns = (*self.patterns, self._js_module_patterns)
        super().__init__(*args, **kwargs)
        self._patterns: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        self.hashed_files: dict[str, str] = {}
        for extension, patterns in self.patterns:
            for pattern in patterns:
                source, template = (
                    pattern if isinstance(pattern, list | tuple) else (pattern, self.default_template)
                )
                self._patterns.setdefault(extension, []).append((re.compile(source, re.IGNORECASE), template))

    def file_hash(self, name: str | None, content: Any = None) -> str | None:
        """The hash of the content: twelve hexadecimal digits of its MD5."""
        if content is None:
            return None
        hasher = md5(usedforsecurity=False)
        for chunk in content.chunks():
            hasher.update(chunk)
        return hasher.hexdigest()[:12]

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        """The name with the hash of the file before its suffix; ValueError when there is no such file."""
        parts = urlsplit(name)
        clean_name = parts.path.strip()
        filename = (filename and urlsplit(filename).path.strip()) or clean_name
        opened = content is None
        if opened:
            if not self.exists(filename):  # type: ignore[attr-defined]
                raise ValueError(f"The file {filename!r} could not be found with {self!r}.")
            try:
                content = self.open(filename)  # type: ignore[attr-defined]
            except OSError:
                return name
        try:
            digest = self.file_hash(clean_name, content)
        finally:
            if opened:
                content.close()
        path, base = os.path.split(clean_name)
        root, extension = os.path.splitext(base)
        hashed = os.path.join(path, f"{root}{f'.{digest}' if digest else ''}{extension}")
        unparsed = urlunsplit((*parts[:2], hashed, *parts[3:]))
        # url() with "?#" is a trick of web fonts; urlunsplit() drops the question mark.
        if "?#" in name and not parts.query:
            unparsed = unparsed.replace("#", "?#", 1) if "#" in unparsed else unparsed + "?"
        return unparsed

    def _url(self, hashed_name_func: Any, name: str, force: bool = False, hashed_files: Any = None) -> str:
        if settings.DEBUG and not force:
            hashed_name, fragment = name, ""
        else:
            clean_name, fragment = urldefrag(name)
            if urlsplit(clean_name).path.endswith("/"):
                hashed_name = name
            else:
                args = (clean_name,) if hashed_files is None else (clean_name, hashed_files)
                hashed_name = hashed_name_func(*args)
        final_url: str = super().url(hashed_name)  # type: ignore[misc]
        query_fragment = "?#" in name
        if fragment or query_fragment:
            parts = list(urlsplit(final_url))
            if fragment and not parts[4]:
                parts[4] = fragment
            if query_fragment and not parts[3]:
                parts[2] += "?"
            final_url = urlunsplit(parts)
        return unquote(final_url)

    def url(self, name: str, force: bool = False) -> str:
        """The URL of a file; with its hashed name unless ``DEBUG`` is on."""
        return self._url(self.stored_name, name, force)

    def url_converter(
        self, name: str, hashed_files: dict[str, str], template: str, comment_blocks: Any = ()
    ) -> Any:
        """A function for ``re.sub()`` that puts hashed names into references of the file ``name``."""

        def converter(match: re.Match[str]) -> str:
            matches = match.groupdict()
            matched, url = matches["matched"], matches["url"]
            if any(start <= match.start("url") < end for start, end in comment_blocks):
                return matched
            # Absolute URLs, data URLs and pure fragments are somebody else's.
            if re.match(r"^[a-z]+:", url) or url.startswith(("//", "#")) or not url:
                return matched
            if url.startswith("/") and not url.startswith(settings.STATIC_URL):
                return matched
            url_path, fragment = urldefrag(url)
            if not url_path:
                return matched
            if url_path.startswith("/"):
                target = url_path.removeprefix(settings.STATIC_URL)
            else:
                source = name if os.sep == "/" else name.replace(os.sep, "/")
                target = posixpath.join(posixpath.dirname(source), url_path)
            hashed_url = self._url(self._stored_name, unquote(target), force=True, hashed_files=hashed_files)
            transformed = "/".join([*url_path.split("/")[:-1], hashed_url.split("/")[-1]])
            if fragment:
                transformed += ("?#" if "?#" in url else "#") + fragment
            matches["url"] = transformed
            return template % matches

        return converter

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Save every file under its hashed name; yields (name, hashed name, processed or error)."""
        if dry_run:
            return
        hashed_files: dict[str, str] = {}
        adjustable = [path for path in paths if matches_patterns(path, self._patterns)]
        processed: dict[str, Any] = {}
        for name, hashed_name, done, _ in self._post_process(paths, adjustable, hashed_files):
            processed[name] = (name, hashed_name, done)
        substitutions = False
        for _pass in range(self.max_post_process_passes):
            substitutions = False
            for name, hashed_name, done, changed in self._post_process(paths, adjustable, hashed_files):
                processed[name] = (name, hashed_name, done)
                substitutions = substitutions or changed
            if not substitutions:
                break
        if substitutions:
            yield "All", None, RuntimeError("Max post-process passes exceeded.")
        self.hashed_files.update(hashed_files)
        yield from processed.values()

    def _post_process(self, paths: Any, adjustable: Any, hashed_files: dict[str, str]) -> Iterator[Any]:
        # Deepest first: a file mostly refers to files below it.
        for name in sorted(paths, key=lambda path: len(path.split(os.sep)), reverse=True):
            storage, path = paths[name]
            with storage.open(path) as original:
                key = self.hash_key(self.clean_name(name))
                if key not in hashed_files:
                    hashed_name = self.hashed_name(name, original)
                else:
                    hashed_name = hashed_files[key]
                if hasattr(original, "seek"):
                    original.seek(0)
                exists = self.exists(hashed_name)  # type: ignore[attr-defined]
                done = False
                if name in adjustable:
                    before = hashed_name
                    try:
                        content_file = self._adjusted(name, original, hashed_files)
                    except UnicodeDecodeError as error:
                        yield name, None, error, False
                        continue
                    except ValueError as error:
                        yield name, None, error, False
                        continue
                    if exists and not self.keep_intermediate_files:
                        self.delete(hashed_name)  # type: ignore[attr-defined]
                    hashed_name = self.hashed_name(name, content_file)
                    if self.exists(hashed_name):  # type: ignore[attr-defined]
                        self.delete(hashed_name)  # type: ignore[attr-defined]
                    hashed_name = self.clean_name(self._save(hashed_name, content_file))  # type: ignore[attr-defined]
                    changed = before != hashed_name
                    done = True
                else:
                    changed = False
                    if not exists:
                        done = True
                        hashed_name = self.clean_name(self._save(hashed_name, original))  # type: ignore[attr-defined]
                hashed_files[key] = hashed_name
                yield name, hashed_name, done, changed

    def _adjusted(self, name: str, original: Any, hashed_files: dict[str, str]) -> ContentFile:
        text = original.read().decode("utf-8")
        for extension, patterns in self._patterns.items():
            if matches_patterns(name, (extension,)):
                for pattern, template in patterns:
                    comments = (
                        [match.span() for match in re.finditer(r"/\*.*?\*/", text, re.DOTALL)]
                        if "sourceMapping" not in template
                        else ()
                    )
                    text = pattern.sub(self.url_converter(name, hashed_files, template, comments), text)
        return ContentFile(text.encode())

    def clean_name(self, name: str) -> str:
        """The name with forward slashes."""
        return name.replace("\\", "/")

    def hash_key(self, name: str) -> str:
        """The key of a name in ``hashed_files``."""
        return name

    def _stored_name(self, name: str, hashed_files: dict[str, str]) -> str:
        name = posixpath.normpath(name)
        clean_name = self.clean_name(name)
        known = hashed_files.get(self.hash_key(clean_name))
        return known if known is not None else self.clean_name(self.hashed_name(name))

    def stored_name(self, name: str) -> str:
        """The hashed name of a file."""
        clean_name = self.clean_name(name)
        key = self.hash_key(clean_name)
        if key in self.hashed_files:
            return self.hashed_files[key]
        hashed = self.clean_name(self.hashed_name(name))
        self.hashed_files[key] = hashed
        return hashed


class ManifestFilesMixin(HashedFilesMixin):
    """Keeps the hashed names in a file, so that serving need not look at files."""

    manifest_version = "1.1"
    manifest_name = "staticfiles.json"
    manifest_strict = True
    keep_intermediate_files = False

    def __init__(self, *args: Any, manifest_storage: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manifest_storage: Any = self if manifest_storage is None else manifest_storage
        self.hashed_files, self.manifest_hash = self.load_manifest()

    def read_manifest(self) -> str | None:
        """The manifest's text, None when there is none."""
        try:
            with self.manifest_storage.open(self.manifest_name) as manifest:
                return str(manifest.read().decode())
        except (FileNotFoundError, ImproperlyConfigured):
            return None

    def load_manifest(self) -> tuple[dict[str, str], str]:
        """(hashed names, hash of them all); ValueError for a manifest that cannot be read."""
        content = self.read_manifest()
        if content is None:
            return {}, ""
        try:
            stored = json.loads(content)
        except json.JSONDecodeError:
            stored = {}
        if stored.get("version") in ("1.0", "1.1"):
            return stored.get("paths", {}), stored.get("hash", "")
        raise ValueError(f"Couldn't load manifest '{self.manifest_name}' (version {self.manifest_version})")

    def post_process(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self.hashed_files = {}
        yield from super().post_process(*args, **kwargs)
        if not kwargs.get("dry_run"):
            self.save_manifest()

    def save_manifest(self) -> None:
        """Write the manifest."""
        ordered = dict(sorted(self.hashed_files.items()))
        content = ContentFile(json.dumps(sorted(ordered.items())).encode())
        self.manifest_hash = self.file_hash(None, content) or ""
        payload = {"paths": ordered, "version": self.manifest_version, "hash": self.manifest_hash}
        if self.manifest_storage.exists(self.manifest_name):
            self.manifest_storage.delete(self.manifest_name)
        self.manifest_storage._save(self.manifest_name, ContentFile(json.dumps(payload).encode()))

    def stored_name(self, name: str) -> str:
        parts = urlsplit(unquote(name))
        clean_name = parts.path.strip()
        hashed = self.hashed_files.get(self.hash_key(clean_name))
        if hashed is None:
            if self.manifest_strict:
                raise ValueError(f"Missing staticfiles manifest entry for '{clean_name}'")
            hashed = self.clean_name(self.hashed_name(name))
        unparsed = urlunsplit((*parts[:2], hashed, *parts[3:]))
        if "?#" in name and not parts.query:
            unparsed += "?"
        return unparsed


class ManifestStaticFilesStorage(ManifestFilesMixin, StaticFilesStorage):  # type: ignore[misc]
    """Static files under hashed names."""


class ConfiguredStorage(LazyObject):
    """The storage that ``STORAGES["staticfiles"]`` names."""

    def _setup(self) -> None:
        self._wrapped = storages[STATICFILES_STORAGE_ALIAS]


staticfiles_storage: Any = ConfiguredStorage()
