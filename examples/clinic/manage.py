#!/usr/bin/env python
"""Command-line utility for administrative tasks."""

import os
import sys


def main() -> None:
    os.environ.setdefault("OFFBEAT_SETTINGS_MODULE", "clinic.settings")
    from offbeat.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
