"""Set-up that every test shares."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
os.environ["OFFBEAT_SETTINGS_MODULE"] = "tests.settings"

import offbeat  # noqa: E402

offbeat.setup()

with suppress(ImportError):
    from hypothesis import settings

    # How long an example takes says more about the other work of the machine than about the code.
    settings.register_profile("tests", deadline=None)
    settings.load_profile("tests")
