"""``collectstatic``: bring all static files together in ``STATIC_ROOT``."""

from __future__ import annotations

import os
from typing import Any

from offbeat.apps import apps
from offbeat.contrib.staticfiles.finders import get_finders
from offbeat.contrib.staticfiles.storage import staticfiles_storage
from offbeat.core.checks import Tags
from offbeat.core.files.storage import FileSystemStorage
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.core.management.color import no_style
from offbeat.utils.functional import cached_property


class Command(BaseCommand):
    help = "Collect static files in a single location."
    requires_system_checks = [Tags.staticfiles]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.copied_files: list[str] = []
        self.symlinked_files: list[str] = []
        self.unmodified_files: list[str] = []
        self.post_processed_files: list[str] = []
        self.skipped_files: list[str] = []
        self.deleted_files: list[str] = []
        self.storage = staticfiles_storage
        self.style = no_style()

    @cached_property
    def local(self) -> bool:
        """Whether the storage is a folder."""
        try:
            self.storage.path("")
        except NotImplementedError:
            return False
        return True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do NOT prompt the user.",
        )
        parser.add_argument(
            "--no-post-process",
            action="store_false",
            dest="post_process",
            help="Do NOT post process collected files.",
        )
        parser.add_argument(
            "-i",
            "--ignore",
            action="append",
            default=[],
            dest="ignore_patterns",
            metavar="PATTERN",
            help="Ignore files or directories matching this glob-style pattern.",
        )
        parser.add_argument(
            "-n", "--dry-run", action="store_true", help="Do everything except modify the filesystem."
        )
        parser.add_argument(
            "-c",
            "--clear",
            action="store_true",
            help="Clear the existing files using the storage before trying to copy or link.",
        )
        parser.add_argument(
            "-l",
            "--link",
            action="store_true",
            help="Create a symbolic link to each file instead of copying.",
        )
        parser.add_argument(
            "--no-default-ignore",
            action="store_false",
            dest="use_default_ignore_patterns",
            help="Don't ignore the common private glob-style patterns.",
        )

    def set_options(self, **options: Any) -> None:
        """Keep the options."""
        self.interactive = options["interactive"]
        self.verbosity = options["verbosity"]
        self.symlink = options["link"]
        self.clear = options["clear"]
        self.dry_run = options["dry_run"]
        patterns = options["ignore_patterns"]
        if options["use_default_ignore_patterns"]:
            patterns = [*patterns, *apps.get_app_config("staticfiles").ignore_patterns]  # type: ignore[attr-defined]
        self.ignore_patterns = list(dict.fromkeys(os.path.normpath(pattern) for pattern in patterns))
        self.post_process = options["post_process"]

    def collect(self) -> dict[str, list[str]]:
        """Copy or link all files; returns what was done with which."""
        if self.symlink and not self.local:
            raise CommandError("Can't symlink to a remote destination.")
        if self.clear:
            self.clear_dir("")
        handler = self.link_file if self.symlink else self.copy_file
        found: dict[str, Any] = {}
        for finder in get_finders():
            for path, storage in finder.list(self.ignore_patterns):
                prefixed = os.path.join(storage.prefix, path) if getattr(storage, "prefix", None) else path
                if prefixed not in found:
                    found[prefixed] = (storage, path)
                    handler(path, prefixed, storage)
                else:
                    self.skipped_files.append(prefixed)
                    self.log(
                        f"Found another file with the destination path '{prefixed}'. It will be ignored since only the "
                        "first encountered file is collected. If this is not what you want, make sure every static file "
                        "has a unique path.",
                        level=2,
                    )
        if self.post_process and hasattr(self.storage, "post_process"):
            for original, processed_path, processed in self.storage.post_process(found, dry_run=self.dry_run):
                if isinstance(processed, Exception):
                    self.stderr.write(f"Post-processing '{original}' failed!")
                    self.stderr.write()
                    raise processed
                if processed:
                    self.log(f"Post-processed '{original}' as '{processed_path}'", level=2)
                    self.post_processed_files.append(original)
                else:
                    self.log(f"Skipped post-processing '{original}'")
        return {
            "modified": self.copied_files + self.symlinked_files,
            "unmodified": self.unmodified_files,
            "post_processed": self.post_processed_files,
            "skipped": self.skipped_files,
            "deleted": self.deleted_files,
        }

    def handle(self, **options: Any) -> str | None:
        self.set_options(**options)
        if self.interactive and not self.dry_run and (question := self._question()):
            if input(question) != "yes":
                raise CommandError("Collecting static files cancelled.")
        collected = self.collect()
        if self.verbosity < 1:
            return None
        modified, unmodified = len(collected["modified"]), len(collected["unmodified"])
        processed, deleted = len(collected["post_processed"]), len(collected["deleted"])
        where = f" to '{self.storage.location}'" if self.local else ""
        return (
            f"\n{modified} static file{'' if modified == 1 else 's'} {'symlinked' if self.symlink else 'copied'}{where}"
            + (f", {unmodified} unmodified" if unmodified else "")
            + (f", {processed} post-processed" if processed else "")
            + (f", {deleted} deleted" if deleted else "")
            + "."
        )

    def _question(self) -> str:
        """What to ask before files are overwritten or deleted; '' when nothing is there."""
        if self.local:
            place = self.storage.location
            if not (os.path.isdir(place) and os.listdir(place)):
                return ""
            shown = f":\n\n    {place}\n\n"
        else:
            shown = ".\n\n"
        danger = "DELETE ALL FILES in this location" if self.clear else "overwrite existing files"
        return (
            "You have requested to collect static files at the destination\nlocation as specified in your settings"
            f"{shown}This will {danger}!\nAre you sure you want to do this?\n\nType 'yes' to continue, or 'no' to cancel: "
        )

    def log(self, msg: str, level: int = 2) -> None:
        """Show a message from this verbosity up."""
        if self.verbosity >= level:
            self.stdout.write(msg)

    def clear_dir(self, path: str) -> None:
        """Delete all files below a folder of the storage."""
        if not self.storage.exists(path):
            return
        directories, files = self.storage.listdir(path)
        for name in files:
            full = os.path.join(path, name)
            self.deleted_files.append(full)
            if self.dry_run:
                self.log(f"Pretending to delete '{full}'", level=1)
                continue
            self.log(f"Deleting '{full}'", level=1)
            try:
                location = self.storage.path(full)
            except NotImplementedError:
                self.storage.delete(full)
            else:
                # A broken link is not a file to the storage.
                if not os.path.exists(location) and os.path.lexists(location):
                    os.unlink(location)
                else:
                    self.storage.delete(full)
        for name in directories:
            self.clear_dir(os.path.join(path, name))

    def delete_file(self, path: str, prefixed_path: str, source_storage: Any) -> bool:
        """Whether the file is to be written: an old one is deleted, a current one stays."""
        if not self.storage.exists(prefixed_path):
            return True
        try:
            target_modified = self.storage.get_modified_time(prefixed_path)
            source_modified = source_storage.get_modified_time(path)
        except (OSError, NotImplementedError):
            pass
        else:
            full = self.storage.path(prefixed_path) if self.local else None
            is_link = bool(full and os.path.islink(full))
            current = target_modified.replace(microsecond=0) >= source_modified.replace(microsecond=0)
            if current and is_link == self.symlink:
                if prefixed_path not in self.unmodified_files:
                    self.unmodified_files.append(prefixed_path)
                self.log(f"Skipping '{path}' (not modified)")
                return False
        if self.dry_run:
            self.log(f"Pretending to delete '{prefixed_path}'")
        else:
            self.log(f"Deleting '{prefixed_path}'")
            self.storage.delete(prefixed_path)
        return True

    def link_file(self, path: str, prefixed_path: str, source_storage: Any) -> None:
        """Link one file."""
        if prefixed_path in self.symlinked_files:
            return self.log(f"Skipping '{path}' (already linked earlier)")
        if not self.delete_file(path, prefixed_path, source_storage):
            return None
        source = source_storage.path(path)
        if self.dry_run:
            self.log(f"Pretending to link '{source}'", level=1)
        else:
            self.log(f"Linking '{source}'", level=2)
            full = self.storage.path(prefixed_path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            if os.path.lexists(full):
                os.unlink(full)
            os.symlink(source, full)
        if prefixed_path not in self.symlinked_files:
            self.symlinked_files.append(prefixed_path)
        return None

    def copy_file(self, path: str, prefixed_path: str, source_storage: Any) -> None:
        """Copy one file."""
        if prefixed_path in self.copied_files:
            return self.log(f"Skipping '{path}' (already copied earlier)")
        if not self.delete_file(path, prefixed_path, source_storage):
            return None
        source = source_storage.path(path) if isinstance(source_storage, FileSystemStorage) else path
        if self.dry_run:
            self.log(f"Pretending to copy '{source}'", level=1)
        else:
            self.log(f"Copying '{source}'", level=2)
            with source_storage.open(path) as source_file:
                self.storage.save(prefixed_path, source_file)
        self.copied_files.append(prefixed_path)
        return None
