"""How the documentation is built."""

from __future__ import annotations

import offbeat

project = "Offbeat"
copyright = "2026, the Offbeat authors"
release = version = offbeat.__version__
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Offbeat"
