"""``dumpdata``: write the rows of the database as a fixture."""

from __future__ import annotations

import gzip
import os
import warnings
from collections.abc import Iterator
from typing import Any

from offbeat.apps import apps
from offbeat.core import serializers
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.core.management.utils import parse_apps_and_model_labels
from offbeat.db import DEFAULT_DB_ALIAS, connections, router


class ProxyModelWarning(Warning):
    """A proxy model was asked for, whose rows belong to another model."""


class Command(BaseCommand):
    help = "Output the contents of the database as a fixture of the given format (each model's default manager is used unless --all is specified)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "args",
            metavar="app_label[.ModelName]",
            nargs="*",
            help="Restricts dumped data to the specified app_label or app_label.ModelName.",
        )
        parser.add_argument("--format", default="json", help="The serialization format of the output.")
        parser.add_argument("--indent", type=int, help="Columns of indentation of the output.")
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help="The database to dump from.",
        )
        parser.add_argument(
            "-e",
            "--exclude",
            action="append",
            default=[],
            help="An app_label or app_label.ModelName to leave out. Can be used multiple times.",
        )
        parser.add_argument(
            "--natural-foreign",
            action="store_true",
            dest="use_natural_foreign_keys",
            help="Use natural foreign keys where they are available.",
        )
        parser.add_argument(
            "--natural-primary",
            action="store_true",
            dest="use_natural_primary_keys",
            help="Leave primary keys out where natural ones are available.",
        )
        parser.add_argument(
            "-a",
            "--all",
            action="store_true",
            dest="use_base_manager",
            help="Use the base manager, so that rows that a default manager hides are dumped too.",
        )
        parser.add_argument(
            "--pks",
            dest="primary_keys",
            help="Only dump objects with these primary keys, separated by commas. Works with one model.",
        )
        parser.add_argument(
            "-o", "--output", help="The file to write to; its ending may ask for compression."
        )

    def handle(self, *app_labels: str, **options: Any) -> None:
        format = options["format"]
        self.using = options["database"]
        self.use_base_manager = options["use_base_manager"]
        self.natural_foreign = options["use_natural_foreign_keys"]
        primary_keys = options["primary_keys"]
        self.primary_keys = [pk.strip() for pk in primary_keys.split(",")] if primary_keys else []
        self.excluded_models, self.excluded_apps = parse_apps_and_model_labels(options["exclude"])
        app_list = self._select(app_labels)
        if format not in serializers.get_public_serializer_formats():
            try:
                serializers.get_serializer(format)
            except KeyError:
                pass
            raise CommandError(f"Unknown serialization format: {format}")
        try:
            self._write(format, app_list, options)
        except CommandError:
            raise
        except Exception as error:
            if options["traceback"]:
                raise
            raise CommandError(f"Unable to serialize database: {error}") from error

    def _select(self, app_labels: Any) -> dict[Any, Any]:
        """Models to dump by application; None stands for all of them."""
        if not app_labels:
            if self.primary_keys:
                raise CommandError("You can only use --pks option with one model")
            return {
                config: None
                for config in apps.get_app_configs()
                if config.models_module is not None and config not in self.excluded_apps
            }
        if len(app_labels) > 1 and self.primary_keys:
            raise CommandError("You can only use --pks option with one model")
        selected: dict[Any, Any] = {}
        for label in app_labels:
            app_label, dot, model_label = label.partition(".") if label.count(".") == 1 else (label, "", "")
            if self.primary_keys and not dot:
                raise CommandError("You can only use --pks option with one model")
            try:
                config = apps.get_app_config(app_label)
            except LookupError as error:
                raise CommandError(str(error)) from None
            if config.models_module is None or config in self.excluded_apps:
                continue
            if not dot:
                selected[config] = None
                continue
            try:
                model = config.get_model(model_label)
            except LookupError:
                raise CommandError(f"Unknown model: {app_label}.{model_label}") from None
            models = selected.setdefault(config, [])
            if models is not None and model not in models:
                models.append(model)
        return selected

    def _models(self, app_list: dict[Any, Any]) -> list[Any]:
        if self.natural_foreign:
            # What a natural key points to must be loaded first; cycles are resolved by forward references.
            return serializers.sort_dependencies(app_list.items(), allow_cycles=True)
        found: list[Any] = []
        for config, models in app_list.items():
            found.extend(config.get_models() if models is None else models)
        return found

    def _querysets(self, app_list: dict[Any, Any]) -> Iterator[Any]:
        models = self._models(app_list)
        for model in models:
            if model in self.excluded_models:
                continue
            meta = model._meta
            if meta.proxy:
                if meta.proxy_for_model not in models:
                    warnings.warn(
                        f"{meta.label} is a proxy model and won't be serialized.",
                        category=ProxyModelWarning,
                        stacklevel=2,
                    )
                continue
            if not router.allow_migrate_model(self.using, model):
                continue
            manager = model._base_manager if self.use_base_manager else model._default_manager
            queryset = manager.using(self.using).order_by(meta.pk.name)
            yield queryset.filter(pk__in=self.primary_keys) if self.primary_keys else queryset

    def _objects(self, app_list: dict[Any, Any]) -> Iterator[Any]:
        for queryset in self._querysets(app_list):
            yield from queryset.iterator(chunk_size=2000 if queryset._prefetch_related_lookups else None)

    def _write(self, format: str, app_list: dict[Any, Any], options: dict[str, Any]) -> None:
        # The serializer ends its own lines.
        self.stdout.ending = ""
        progress: Any = None
        count = 0
        output = options["output"]
        if output and self.stdout.isatty() and options["verbosity"] > 0:
            progress = self.stdout
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ProxyModelWarning)
                count = sum(queryset.order_by().count() for queryset in self._querysets(app_list))
        stream = self._open(output) if output else None
        try:
            serializers.serialize(
                format,
                self._objects(app_list),
                indent=options["indent"],
                use_natural_foreign_keys=self.natural_foreign,
                use_natural_primary_keys=options["use_natural_primary_keys"],
                stream=stream or self.stdout,
                progress_output=progress,
                object_count=count,
            )
        finally:
            if stream:
                stream.close()

    @staticmethod
    def _open(output: str) -> Any:
        path, extension = os.path.splitext(output)
        if extension == ".gz":
            return gzip.open(output, "wt")
        if extension == ".bz2":
            import bz2

            return bz2.open(output, "wt")
        if extension in (".lzma", ".xz"):
            import lzma

            format = lzma.FORMAT_ALONE if extension == ".lzma" else lzma.FORMAT_XZ
            return lzma.open(output, "wt", format=format)
        if extension == ".zip":
            warnings.warn(
                f"Unsupported file extension ({extension}). Fixtures saved in '{os.path.basename(path)}'.",
                RuntimeWarning,
                stacklevel=2,
            )
            output = path
        return open(output, "w")
