"""``loaddata``: install fixtures in the database (Django documentation: topics/db/fixtures)."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from offbeat.core import serializers
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.core.management.color import no_style
from offbeat.core.management.fixtures import STDIN, FixtureFinder, described, readers
from offbeat.core.management.utils import parse_apps_and_model_labels
from offbeat.db import DEFAULT_DB_ALIAS, DatabaseError, IntegrityError, connections, router, transaction


class Command(BaseCommand):
    help = "Installs the named fixture(s) in the database."
    missing_args_message = (
        "No database fixture specified. Please provide the path of at least one fixture in the command line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("args", metavar="fixture", nargs="+", help="Fixture labels.")
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help="The database to load fixtures into.",
        )
        parser.add_argument(
            "--app", dest="app_label", help="Look for fixtures in the fixtures directory of this app only."
        )
        parser.add_argument(
            "--ignorenonexistent",
            "-i",
            action="store_true",
            dest="ignore",
            help="Ignore fields and models of the fixture that do not exist.",
        )
        parser.add_argument(
            "-e",
            "--exclude",
            action="append",
            default=[],
            help="An app_label or app_label.ModelName to leave out. Can be used multiple times.",
        )
        parser.add_argument("--format", help="Format of data read from standard input.")

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        self.ignore = options["ignore"]
        self.using = options["database"]
        self.app_label = options["app_label"]
        self.verbosity = options["verbosity"]
        self.excluded_models, self.excluded_apps = parse_apps_and_model_labels(options["exclude"])
        self.format = options["format"]
        with transaction.atomic(using=self.using):
            self.loaddata(fixture_labels)
        # Nothing that the load set on the connection shall live on in the caller's, unless it is mid-transaction.
        if transaction.get_autocommit(self.using):
            connections[self.using].close()

    def loaddata(self, fixture_labels: Any) -> None:
        """Load the fixtures, check the constraints, put the sequences right."""
        connection = connections[self.using]
        self.fixture_count = 0
        self.loaded_object_count = 0
        self.fixture_object_count = 0
        self.models: set[Any] = set()
        self.objs_with_deferred_fields: list[Any] = []
        self.serialization_formats = serializers.get_public_serializer_formats()
        self.compression_formats = readers()
        finder = FixtureFinder(
            self.using, self.serialization_formats, self.compression_formats, self.app_label, self._say
        )
        # A label that is wrong from the start shall not cost a switching of the constraint checks.
        finder.find(fixture_labels[0])
        if STDIN in fixture_labels and not self.format:
            raise CommandError("--format must be specified when reading from stdin.")
        with connection.constraint_checks_disabled():
            for label in fixture_labels:
                self._load_label(finder, finder.find(label))
            for obj in self.objs_with_deferred_fields:
                obj.save_deferred_fields(using=self.using)
        # A forward reference in the data may have been right in the end, hence only now.
        try:
            connection.check_constraints(table_names=[model._meta.db_table for model in self.models])
        except Exception as error:
            error.args = (f"Problem installing fixtures: {error}",)
            raise
        if self.loaded_object_count > 0:
            self.reset_sequences(connection, self.models)
        if self.verbosity >= 1:
            self._summarize()

    def _say(self, level: int, text: str) -> None:
        if self.verbosity >= level:
            self.stdout.write(text)

    def _summarize(self) -> None:
        of = (
            ""
            if self.fixture_object_count == self.loaded_object_count
            else f" (of {self.fixture_object_count})"
        )
        self.stdout.write(
            f"Installed {self.loaded_object_count} object(s){of} from {self.fixture_count} fixture(s)"
        )

    def reset_sequences(self, connection: Any, models: Any) -> None:
        """Let each sequence go on after the highest value that was loaded."""
        statements = connection.ops.sequence_reset_sql(no_style(), models)
        if statements:
            self._say(2, "Resetting sequences")
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    def _load_label(self, finder: FixtureFinder, files: Any) -> None:
        for path, directory, name in files:
            format: Any
            if path == STDIN:
                format, stream = self.format, sys.stdin
            else:
                _, format, compression = finder.parse_name(path, self.format)
                open_method, mode = self.compression_formats[compression]
                stream = open_method(path, mode)
            self.fixture_count += 1
            self._say(2, f"Installing {format} fixture '{name}' from {described(directory)}.")
            try:
                count = self._load_stream(stream, format)
            except CommandError:
                raise
            except Exception as error:
                error.args = (f"Problem installing fixture '{path}': {error}",)
                raise
            finally:
                if path != STDIN:
                    stream.close()
            # An empty fixture is more often a mistake than meant.
            if count == 0:
                warnings.warn(
                    f"No fixture data found for '{name}'. (File format may be invalid.)",
                    RuntimeWarning,
                    stacklevel=2,
                )

    def _load_stream(self, stream: Any, format: str) -> int:
        objects = serializers.deserialize(
            format,
            stream,
            using=self.using,
            ignorenonexistent=self.ignore,
            handle_forward_references=True,
        )
        count = loaded = 0
        for obj in objects:
            count += 1
            if self.save_obj(obj):
                loaded += 1
                if self.verbosity >= 3:
                    self.stdout.write(f"\rProcessed {loaded} object(s).", ending="")
        if count and self.verbosity >= 3:
            self.stdout.write()
        self.fixture_object_count += count
        self.loaded_object_count += loaded
        return count

    def save_obj(self, obj: Any) -> bool:
        """Save one object if it is wanted in this database."""
        model = obj.object.__class__
        if model._meta.app_config in self.excluded_apps or model in self.excluded_models:
            return False
        if not router.allow_migrate_model(self.using, model):
            return False
        self.models.add(model)
        try:
            obj.save(using=self.using)
        except (DatabaseError, IntegrityError, ValueError) as error:
            error.args = (f"Could not load {obj.object._meta.label}(pk={obj.object.pk}): {error}",)
            raise
        if obj.deferred_fields:
            self.objs_with_deferred_fields.append(obj)
        return True
