"""``startproject``: a new project folder."""

from __future__ import annotations

from typing import Any

from offbeat.core.checks.security.base import SECRET_KEY_INSECURE_PREFIX
from offbeat.core.management.templates import TemplateCommand
from offbeat.core.management.utils import get_random_secret_key


class Command(TemplateCommand):
    help = "Creates a project directory structure for the given project name in the current directory or optionally in the given directory."
    missing_args_message = "You must provide a project name."

    def handle(self, **options: Any) -> None:  # type: ignore[override]
        name = options.pop("name")
        target = options.pop("directory")
        # A key of its own for each project; marked so that it does not reach production by mistake.
        options["secret_key"] = SECRET_KEY_INSECURE_PREFIX + get_random_secret_key()
        super().handle("project", name, target, **options)
