"""A project's own formats for one language."""

from __future__ import annotations

DATE_FORMAT = "j. F Y"
DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "."
NUMBER_GROUPING = 3
DATE_INPUT_FORMATS = ["%d.%m.%Y"]
