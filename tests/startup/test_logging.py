"""The default logging is the same, whoever applies it."""

from __future__ import annotations

import json
import subprocess
import sys

# Loggers as code that ran before may have left them, then the defaults; printed is what came of it.
CODE = """
import json, logging, sys
before = logging.StreamHandler()
for name in ("offbeat", "offbeat.request", "offbeat.db.backends", "offbeat.server", "other", "other.below"):
    logger = logging.getLogger(name)
    logger.addHandler(before)
    logger.setLevel("CRITICAL")
    logger.disabled = True
    logger.propagate = False
logging.getLogger("offbeat.security.Deep.Down")
from offbeat.conf import settings
settings.configure()
if sys.argv[1] == "standard":
    import logging.config
from offbeat.utils.log import configure_logging
configure_logging("logging.config.dictConfig", {})
assert ("logging.config" in sys.modules) is (sys.argv[1] == "standard")

def shown(handler):
    formatter = handler.formatter
    return [
        type(handler).__name__,
        handler.name,
        handler.level,
        [type(each).__name__ for each in handler.filters],
        formatter and [type(formatter).__name__, formatter._fmt, type(formatter._style).__name__],
        getattr(handler, "stream", sys.stderr) is sys.stderr,
    ]

print(json.dumps({
    name: [logger.level, logger.disabled, logger.propagate, [shown(each) for each in logger.handlers]]
    for name, logger in sorted(logging.root.manager.loggerDict.items())
    if isinstance(logger, logging.Logger) and name.startswith(("offbeat", "other"))
}))
"""


def configured(how):
    done = subprocess.run([sys.executable, "-c", CODE, how], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_defaults_do_what_the_standard_configurator_does_with_them():
    found = configured("own")
    assert found["offbeat"][3][1][:3] == ["AdminEmailHandler", "mail_admins", 40]
    assert found == configured("standard")


def test_changed_defaults_are_applied_as_they_are():
    code = """
import logging
from offbeat.conf import settings
settings.configure()
from offbeat.utils.log import DEFAULT_LOGGING, configure_logging
DEFAULT_LOGGING["loggers"]["offbeat"]["level"] = "ERROR"
configure_logging("logging.config.dictConfig", {})
assert logging.getLogger("offbeat").level == logging.ERROR
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
