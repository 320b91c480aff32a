"""``diffsettings``: settings that differ from the defaults."""

from __future__ import annotations

from typing import Any

from offbeat.conf import Settings, global_settings, settings
from offbeat.core.management.base import BaseCommand, CommandParser


def module_to_dict(
    module: Any, omittable: Any = lambda name: name.startswith("_") or not name.isupper()
) -> dict[str, str]:
    """Names to the ``repr()`` of their values."""
    return {
        name: repr(getattr(module, name))
        for name in dir(module)
        if not omittable(name) and hasattr(module, name)
    }


class Command(BaseCommand):
    help = "Displays differences between the current settings.py and the default settings."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help='Display all settings; defaults are prefixed by "###".'
        )
        parser.add_argument(
            "--default",
            metavar="MODULE",
            help="The settings module to compare with, instead of the defaults.",
        )
        parser.add_argument(
            "--output", default="hash", choices=("hash", "unified"), help="Select the output format."
        )

    def handle(self, **options: Any) -> str:
        settings._setup() if not settings.configured else None
        user = module_to_dict(settings._wrapped)
        default = module_to_dict(Settings(options["default"]) if options["default"] else global_settings)
        lines = (
            self._hash(user, default, options)
            if options["output"] == "hash"
            else self._unified(user, default, options)
        )
        return "\n".join(lines)

    def _hash(self, user: dict[str, str], default: dict[str, str], options: dict[str, Any]) -> list[str]:
        lines = []
        for key in sorted(user):
            if key not in default:
                lines.append(f"{key} = {user[key]}  ###")
            elif user[key] != default[key]:
                lines.append(f"{key} = {user[key]}")
            elif options["all"]:
                lines.append(f"### {key} = {user[key]}")
        return lines

    def _unified(self, user: dict[str, str], default: dict[str, str], options: dict[str, Any]) -> list[str]:
        style: Any = self.style
        lines = []
        for key in sorted(user):
            if key not in default:
                lines.append(style.SUCCESS(f"+ {key} = {user[key]}"))
            elif user[key] != default[key]:
                lines.append(style.ERROR(f"- {key} = {default[key]}"))
                lines.append(style.SUCCESS(f"+ {key} = {user[key]}"))
            elif options["all"]:
                lines.append(f"  {key} = {user[key]}")
        return lines
