"""``showmigrations``: which migrations there are, and which are applied."""

from __future__ import annotations

import sys
from typing import Any

from offbeat.apps import apps
from offbeat.core.management.base import BaseCommand, CommandParser
from offbeat.db import DEFAULT_DB_ALIAS, connections
from offbeat.db.migrations.loader import MigrationLoader
from offbeat.db.migrations.recorder import MigrationRecorder


class Command(BaseCommand):
    help = "Shows all available migrations for the current project"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_label", nargs="*", help="App labels of applications to limit the output to.")
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help="The database to look at.",
        )
        formats = parser.add_mutually_exclusive_group()
        formats.add_argument(
            "--list",
            "-l",
            action="store_const",
            dest="format",
            const="list",
            help="Shows a list of all migrations and which are applied.",
        )
        formats.add_argument(
            "--plan",
            "-p",
            action="store_const",
            dest="format",
            const="plan",
            help="Shows all migrations in the order they will be applied.",
        )
        parser.set_defaults(format="list")

    def handle(self, *args: Any, **options: Any) -> None:
        self.verbosity = options["verbosity"]
        connection = connections[options["database"]]
        labels = options["app_label"]
        self._check_labels(labels)
        if options["format"] == "plan":
            self.show_plan(connection, labels)
        else:
            self.show_list(connection, labels)

    def _check_labels(self, labels: list[str]) -> None:
        failed = False
        for label in labels:
            try:
                apps.get_app_config(label)
            except LookupError as error:
                self.stderr.write(str(error))
                failed = True
        if failed:
            sys.exit(2)

    def show_list(self, connection: Any, app_names: Any = None) -> None:
        """The migrations by application, applied ones marked."""
        loader = MigrationLoader(connection, ignore_no_migrations=True)
        recorded = MigrationRecorder(connection).applied_migrations()
        style: Any = self.style
        for app_name in app_names or sorted(loader.migrated_apps):
            self.stdout.write(app_name, style.MIGRATE_LABEL)
            keys: dict[Any, None] = {}
            for leaf in loader.graph.leaf_nodes(app_name):
                keys |= {key: None for key in loader.graph.forwards_plan(leaf) if key[0] == app_name}
            if not keys:
                self.stdout.write(" (no migrations)", style.ERROR)
            for key in keys:
                title = key[1]
                migration = loader.graph.nodes[key]
                if migration.replaces:
                    title += f" ({len(migration.replaces)} squashed migrations)"
                record = loader.applied_migrations.get(key)
                if record:
                    if key in recorded:
                        shown = f" [X] {title}"
                    else:
                        title += " run 'manage.py migrate' to finish recording."
                        shown = f" [-] {title}"
                    if self.verbosity >= 2 and hasattr(record, "applied"):
                        shown += f" (applied at {record.applied:%Y-%m-%d %H:%M:%S})"
                    self.stdout.write(shown)
                else:
                    self.stdout.write(f" [ ] {title}")

    def show_plan(self, connection: Any, app_names: Any = None) -> None:
        """The migrations in the order in which they are applied."""
        loader = MigrationLoader(connection)
        graph = loader.graph
        targets = graph.leaf_nodes()
        if app_names:
            targets = [key for key in targets if key[0] in app_names]
        plan: dict[Any, None] = {}
        for target in targets:
            plan |= dict.fromkeys(graph.forwards_plan(target))
        style: Any = self.style
        for key in plan:
            needs = ""
            parents = sorted(node.key for node in graph.node_map[key].parents)
            if self.verbosity >= 2 and parents:
                needs = f" ... ({', '.join(f'{app}.{name}' for app, name in parents)})"
            mark = "X" if key in loader.applied_migrations else " "
            self.stdout.write(f"[{mark}]  {key[0]}.{key[1]}{needs}")
        if not plan:
            self.stdout.write("(no migrations)", style.ERROR)
