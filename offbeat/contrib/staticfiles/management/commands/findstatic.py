"""``findstatic``: where a static file comes from."""

from __future__ import annotations

import os
from typing import Any

from offbeat.contrib.staticfiles import finders
from offbeat.core.management.base import CommandParser, LabelCommand


class Command(LabelCommand):
    help = "Finds the absolute paths for the given static file(s)."
    label = "staticfile"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--first",
            action="store_false",
            dest="all",
            help="Only return the first match for each static file.",
        )

    def handle_label(self, label: str, **options: Any) -> str | None:
        verbosity = options["verbosity"]
        result = finders.find(label, find_all=options["all"])
        looked = ""
        if verbosity >= 2:
            places = "\n  ".join(str(place) for place in finders.searched_locations)
            looked = f"Looking in the following locations:\n  {places}"
        if result:
            found = [
                os.path.realpath(each) for each in (result if isinstance(result, list | tuple) else [result])
            ]
            if verbosity < 1:
                return "\n".join(found)
            return "\n  ".join([f"Found '{label}' here:", *found]) + (f"\n{looked}" if looked else "")
        message = [f"No matching file found for '{label}'."]
        if verbosity >= 2:
            message.append(looked)
        if verbosity >= 1:
            self.stderr.write("\n".join(message))
        return None
