"""``migrate`` and ``makemigrations`` must agree on what a change is."""

from __future__ import annotations

from typing import Any

from offbeat.core.checks.messages import CheckMessage, Error
from offbeat.core.checks.registry import Tags, register


@register(Tags.commands)
def migrate_and_makemigrations_autodetector(**kwargs: Any) -> list[CheckMessage]:
    """commands.E001."""
    from offbeat.core.management import get_commands, load_command_class

    commands: dict[str, Any] = get_commands()
    pair: list[Any] = []
    for name in ("makemigrations", "migrate"):
        found = commands[name]
        pair.append(load_command_class(found, name) if isinstance(found, str) else found)
    make, migrate = (command.autodetector for command in pair)
    if make == migrate:
        return []
    return [
        Error(
            "The migrate and makemigrations commands must have the same autodetector.",
            hint=f"makemigrations.Command.autodetector is {make.__name__}, but migrate.Command.autodetector is "
            f"{migrate.__name__}.",
            id="commands.E001",
        )
    ]
