"""Checks of what ``check --deploy`` looks at."""
