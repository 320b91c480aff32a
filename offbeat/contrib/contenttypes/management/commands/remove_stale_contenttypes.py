"""``remove_stale_contenttypes``: delete the content types of models that are gone."""

from __future__ import annotations

import itertools
from typing import Any

from offbeat.apps import apps
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.core.management import BaseCommand
from offbeat.db import DEFAULT_DB_ALIAS, connections, router
from offbeat.db.models.deletion import Collector


class Command(BaseCommand):
    help = "Deletes stale content types in the database."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do NOT prompt the user.",
        )
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help='The database to use; "default" if left out.',
        )
        parser.add_argument(
            "--include-stale-apps",
            action="store_true",
            help="Also delete content types of applications that are no longer installed.",
        )

    def handle(self, **options: Any) -> None:
        """Find the stale content types, show what depends on them, ask, delete."""
        using = options["database"]
        verbosity = options["verbosity"]
        if not router.allow_migrate_model(using, ContentType):
            return
        ContentType.objects.clear_cache()
        found = ContentType.objects.using(using).order_by("app_label", "model")
        for app_label, group in itertools.groupby(found, lambda content_type: content_type.app_label):
            if not options["include_stale_apps"] and app_label not in apps.app_configs:
                if verbosity >= 2:
                    self.stdout.write(
                        f"Skipping stale content types of application {app_label}, not installed."
                    )
                continue
            stale = [content_type for content_type in group if content_type.model_class() is None]
            if stale and (not options["interactive"] or self._confirmed(stale, using)):
                for content_type in stale:
                    if verbosity >= 1:
                        self.stdout.write(
                            f"Deleting stale content type '{content_type.app_label} | {content_type.model}'"
                        )
                    content_type.delete()
            elif stale and verbosity >= 1:
                self.stdout.write("Stale content types remain.")

    def _confirmed(self, stale: list[Any], using: str) -> bool:
        self.stdout.write("Some content types in your database are stale and can be deleted.")
        self.stdout.write("Any objects that depend on these content types will also be deleted.")
        self.stdout.write("The content types and dependent objects that would be deleted are:\n")
        for content_type in stale:
            self.stdout.write(f"    - Content type for {content_type.app_label}.{content_type.model}")
            collector = _CountingCollector(using=using, origin=content_type)
            collector.collect([content_type])
            for model, objs in collector.data.items():
                if objs and model is not ContentType:
                    self.stdout.write(f"    - {len(objs)} {model._meta.label} object(s)")
        self.stdout.write(
            "\nThis list doesn't include any cascade deletions to data outside of Django's models."
        )
        answer = input(
            "\nAre you sure you want to delete these content types?\nType 'yes' to continue, or 'no' to cancel: "
        )
        return answer == "yes"


class _CountingCollector(Collector):
    """Loads everything, so that it can be counted."""

    def can_fast_delete(self, objs: Any, from_field: Any = None) -> bool:
        return False
