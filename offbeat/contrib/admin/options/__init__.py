"""How models are administered: ModelAdmin and inlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.contrib.admin.constants import (
    HORIZONTAL,
    IS_FACETS_VAR,
    IS_POPUP_VAR,
    SOURCE_MODEL_VAR,
    TO_FIELD_VAR,
    VERTICAL,
    ActionLocation,
    ShowFacets,
)
from offbeat.contrib.admin.exceptions import IncorrectLookupParameters
from offbeat.contrib.admin.options.base import (
    FORMFIELD_FOR_DBFIELD_DEFAULTS,
    BaseModelAdmin,
    get_content_type_for_model,
    get_ul_class,
)
from offbeat.contrib.admin.options.changeform import csrf_protect_m
from offbeat.contrib.admin.options.inlines import InlineModelAdmin, StackedInline, TabularInline
from offbeat.contrib.admin.options.model_admin import ModelAdmin
from offbeat.contrib.admin.utils import flatten_fieldsets
from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.contrib.admin.action_type import Action
    from offbeat.forms.formsets import all_valid
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {"offbeat.contrib.admin.action_type": ("Action",), "offbeat.forms.formsets": ("all_valid",)},
    )

__all__ = [
    "FORMFIELD_FOR_DBFIELD_DEFAULTS",
    "HORIZONTAL",
    "IS_FACETS_VAR",
    "IS_POPUP_VAR",
    "SOURCE_MODEL_VAR",
    "TO_FIELD_VAR",
    "VERTICAL",
    "Action",
    "ActionLocation",
    "BaseModelAdmin",
    "IncorrectLookupParameters",
    "InlineModelAdmin",
    "ModelAdmin",
    "ShowFacets",
    "StackedInline",
    "TabularInline",
    "all_valid",
    "csrf_protect_m",
    "flatten_fieldsets",
    "get_content_type_for_model",
    "get_ul_class",
]
