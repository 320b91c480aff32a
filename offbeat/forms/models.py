"""Forms made of models, under their documented import path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.forms.modelfields import (
        InlineForeignKeyField,
        ModelChoiceField,
        ModelChoiceIterator,
        ModelChoiceIteratorValue,
        ModelMultipleChoiceField,
    )
    from offbeat.forms.modelforms import (
        ALL_FIELDS,
        BaseModelForm,
        ModelForm,
        ModelFormMetaclass,
        ModelFormOptions,
        apply_limit_choices_to_to_formfield,
        construct_instance,
        fields_for_model,
        model_to_dict,
        modelform_defines_fields,
        modelform_factory,
    )
    from offbeat.forms.modelformsets import (
        BaseInlineFormSet,
        BaseModelFormSet,
        _get_foreign_key,
        inlineformset_factory,
        modelformset_factory,
    )
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.forms.modelfields": (
                "InlineForeignKeyField",
                "ModelChoiceField",
                "ModelChoiceIterator",
                "ModelChoiceIteratorValue",
                "ModelMultipleChoiceField",
            ),
            "offbeat.forms.modelforms": (
                "ALL_FIELDS",
                "BaseModelForm",
                "ModelForm",
                "ModelFormMetaclass",
                "ModelFormOptions",
                "apply_limit_choices_to_to_formfield",
                "construct_instance",
                "fields_for_model",
                "model_to_dict",
                "modelform_defines_fields",
                "modelform_factory",
            ),
            "offbeat.forms.modelformsets": (
                "BaseInlineFormSet",
                "BaseModelFormSet",
                "_get_foreign_key",
                "inlineformset_factory",
                "modelformset_factory",
            ),
        },
    )


__all__ = [
    "ALL_FIELDS",
    "BaseInlineFormSet",
    "BaseModelForm",
    "BaseModelFormSet",
    "InlineForeignKeyField",
    "ModelChoiceField",
    "ModelChoiceIterator",
    "ModelChoiceIteratorValue",
    "ModelForm",
    "ModelFormMetaclass",
    "ModelFormOptions",
    "ModelMultipleChoiceField",
    "_get_foreign_key",
    "apply_limit_choices_to_to_formfield",
    "construct_instance",
    "fields_for_model",
    "inlineformset_factory",
    "model_to_dict",
    "modelform_defines_fields",
    "modelform_factory",
    "modelformset_factory",
]
