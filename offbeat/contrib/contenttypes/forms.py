"""Formsets of objects that refer to others by a generic foreign key (Django documentation: ref/contrib/contenttypes)."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.contenttypes.models import ContentType
from offbeat.db import models
from offbeat.forms import ModelForm, modelformset_factory
from offbeat.forms.models import BaseModelFormSet

__all__ = ["BaseGenericInlineFormSet", "generic_inlineformset_factory"]


class BaseGenericInlineFormSet(BaseModelFormSet):
    """The objects that refer to ``instance`` by a generic foreign key."""

    ct_field: Any
    ct_fk_field: Any
    for_concrete_model: bool

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        instance: Any = None,
        save_as_new: bool = False,
        prefix: str | None = None,
        queryset: Any = None,
        **kwargs: Any,
    ) -> None:
        self.instance = instance
        opts = self.model._meta
        self.rel_name = f"{opts.app_label}-{opts.model_name}-{self.ct_field.name}-{self.ct_fk_field.name}"
        self.save_as_new = save_as_new
        if self.instance is None or not self.instance._is_pk_set():
            queryset = self.model._default_manager.none()
        else:
            if queryset is None:
                queryset = self.model._default_manager
            queryset = queryset.filter(
                **{self.ct_field.name: self._content_type(), self.ct_fk_field.name: self.instance.pk}
            )
        super().__init__(queryset=queryset, data=data, files=files, prefix=prefix, **kwargs)

    def _content_type(self) -> Any:
        return ContentType.objects.get_for_model(self.instance, for_concrete_model=self.for_concrete_model)

    def initial_form_count(self) -> int:
        return 0 if self.save_as_new else super().initial_form_count()

    @classmethod
    def get_default_prefix(cls) -> str:
        opts = cls.model._meta
        return f"{opts.app_label}-{opts.model_name}-{cls.ct_field.name}-{cls.ct_fk_field.name}"

    def save_new(self, form: Any, commit: bool = True) -> Any:
        setattr(form.instance, self.ct_field.get_attname(), self._content_type().pk)
        setattr(form.instance, self.ct_fk_field.get_attname(), self.instance.pk)
        return form.save(commit=commit)


def generic_inlineformset_factory(
    model: Any,
    form: Any = ModelForm,
    formset: Any = BaseGenericInlineFormSet,
    ct_field: str = "content_type",
    fk_field: str = "object_id",
    fields: Any = None,
    exclude: Any = None,
    extra: int = 3,
    can_order: bool = False,
    can_delete: bool = True,
    max_num: int | None = None,
    formfield_callback: Any = None,
    validate_max: bool = False,
    for_concrete_model: bool = True,
    min_num: int | None = None,
    validate_min: bool = False,
    absolute_max: int | None = None,
    can_delete_extra: bool = True,
) -> Any:
    """The class of a formset of objects that refer to another by a generic foreign key.

    ``ct_field`` and ``fk_field``: the fields of the content type and the key; Exception when the former is not a
    foreign key to ContentType.
    """
    opts = model._meta
    type_field = opts.get_field(ct_field)
    is_type = isinstance(type_field, models.ForeignKey) and type_field.remote_field.model == ContentType
    if not is_type:
        raise Exception(f"fk_name '{type_field}' is not a ForeignKey to ContentType")
    key_field = opts.get_field(fk_field)
    made = modelformset_factory(
        model,
        form=form,
        formfield_callback=formfield_callback,
        formset=formset,
        extra=extra,
        can_delete=can_delete,
        can_order=can_order,
        fields=fields,
        exclude=[*(exclude or ()), type_field.name, key_field.name],
        max_num=max_num,
        validate_max=validate_max,
        min_num=min_num,
        validate_min=validate_min,
        absolute_max=absolute_max,
        can_delete_extra=can_delete_extra,
    )
    made.ct_field = type_field
    made.ct_fk_field = key_field
    made.for_concrete_model = for_concrete_model
    return made
