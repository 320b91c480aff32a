"""Set-up that every test shares."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
os.environ["OFFBEAT_SETTINGS_MODULE"] = "tests.settings"

import offbeat  # noqa: E402

offbeat.setup()
