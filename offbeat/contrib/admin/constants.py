"""Names that several parts of the admin share, and URLs and forms contain."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.contrib.admin.action_type import Action as Action  # noqa: PLC0414 - exported
else:
    __getattr__, __dir__ = lazy_names(__name__, {"offbeat.contrib.admin.action_type": ("Action",)})

HORIZONTAL, VERTICAL = 1, 2

ACTION_CHECKBOX_NAME = "_selected_action"
EMPTY_VALUE_STRING = "-"

IS_POPUP_VAR = "_popup"
TO_FIELD_VAR = "_to_field"
SOURCE_MODEL_VAR = "_source_model"
IS_FACETS_VAR = "_facets"

ALL_VAR = "all"
ORDER_VAR = "o"
PAGE_VAR = "p"
SEARCH_VAR = "q"
ERROR_FLAG = "e"


class ShowFacets(enum.Enum):
    """When a change list shows how many objects each filter would leave."""

    NEVER = "NEVER"
    ALLOW = "ALLOW"
    ALWAYS = "ALWAYS"


class ActionLocation(enum.Enum):
    """Where an action can be run."""

    CHANGE_FORM = "CHANGE_FORM"
    CHANGE_LIST = "CHANGE_LIST"
