"""Validators of usernames."""

from __future__ import annotations

import re

from offbeat.core import validators
from offbeat.utils.deconstruct import deconstructible
from offbeat.utils.translation import gettext_lazy as _


@deconstructible
class ASCIIUsernameValidator(validators.RegexValidator):
    """ASCII letters, digits and @ . + - _."""

    regex = r"^[\w.@+-]+\Z"
    message = _(
        "Enter a valid username. This value may contain only unaccented lowercase a-z and uppercase A-Z letters, numbers, "
        "and @/./+/-/_ characters."
    )
    flags = re.ASCII


@deconstructible
class UnicodeUsernameValidator(validators.RegexValidator):
    """Letters and digits of any script, and @ . + - _."""

    regex = r"^[\w.@+-]+\Z"
    message = _(
        "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
    )
    flags = 0
