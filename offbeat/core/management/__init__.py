"""Finding and running management commands (Django documentation: ref/django-admin)."""

from __future__ import annotations

from offbeat.core.management.base import BaseCommand, CommandError, CommandParser, handle_default_options
from offbeat.core.management.utility import (
    ManagementUtility,
    call_command,
    execute_from_command_line,
    find_commands,
    get_commands,
    load_command_class,
)

__all__ = [
    "BaseCommand",
    "CommandError",
    "CommandParser",
    "ManagementUtility",
    "call_command",
    "execute_from_command_line",
    "find_commands",
    "get_commands",
    "handle_default_options",
    "load_command_class",
]
