"""Formsets of models (Django documentation: topics/forms/modelforms, "Model formsets")."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured, ValidationError
from offbeat.forms.formsets import BaseFormSet, formset_factory
from offbeat.forms.modelfields import InlineForeignKeyField, ModelChoiceField
from offbeat.forms.modelforms import ModelForm, modelform_factory
from offbeat.forms.widgets import HiddenInput
from offbeat.utils.hashable import make_hashable
from offbeat.utils.text import capfirst, get_text_list
from offbeat.utils.translation import gettext
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["BaseInlineFormSet", "BaseModelFormSet", "inlineformset_factory", "modelformset_factory"]


def _not_among_the_rows(value: Any) -> None:
    raise ValidationError(
        _("Select a valid choice. That choice is not one of the available choices."), code="invalid_choice"
    )


class BaseModelFormSet(BaseFormSet):
    """A formset for editing the rows of a queryset.

    What is changed and deleted is always one of the queryset's own rows, whatever keys were submitted.
    """

    model: Any = None
    edit_only = False
    # Fields of which no two forms may have the same value, besides the model's unique ones.
    unique_fields: Any = set()

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        auto_id: Any = "id_%s",
        prefix: str | None = None,
        queryset: Any = None,
        *,
        initial: Any = None,
        **kwargs: Any,
    ) -> None:
        self.queryset = queryset
        self.initial_extra = initial
        super().__init__(**{"data": data, "files": files, "auto_id": auto_id, "prefix": prefix, **kwargs})

    def initial_form_count(self) -> int:
        if not self.is_bound:
            return len(self.get_queryset())
        return super().initial_form_count()

    def _existing_object(self, pk: Any) -> Any:
        """The queryset's row with this key, None if there is none."""
        if not hasattr(self, "_object_dict"):
            self._object_dict = {o.pk: o for o in self.get_queryset()}
        try:
            return self._object_dict.get(pk)
        except TypeError:
            return None

    def _get_to_python(self, field: Any) -> Any:
        # A foreign key's values are those of the field it points to in the end.
        while field.remote_field is not None:
            field = field.remote_field.get_related_field()
        return field.to_python

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        pk_required = i < self.initial_form_count()
        missing = False
        if pk_required:
            if self.is_bound:
                kwargs["instance"] = self._submitted_object(i)
                missing = kwargs["instance"] is None
            else:
                kwargs["instance"] = self.get_queryset()[i]
        elif self.initial_extra:
            try:
                kwargs["initial"] = self.initial_extra[i - self.initial_form_count()]
            except IndexError:
                pass
        form = super()._construct_form(i, **kwargs)
        if pk_required:
            pk_field = form.fields[self.model._meta.pk.name]
            pk_field.required = True
            if missing:
                pk_field.validators = [*pk_field.validators, _not_among_the_rows]
        return form

    def _submitted_object(self, i: int) -> Any:
        """The row that form ``i`` says it is for, None if it is not one of ours."""
        pk_key = f"{self.add_prefix(i)}-{self.model._meta.pk.name}"
        try:
            pk_value = self._get_to_python(self.model._meta.pk)(self.data[pk_key])
        except (KeyError, ValidationError):
            return None
        return self._existing_object(pk_value)

    def get_queryset(self) -> Any:
        """The rows, in an order that is the same in the next request."""
        if not hasattr(self, "_queryset"):
            qs = self.queryset if self.queryset is not None else self.model._default_manager.get_queryset()
            if not qs.ordered:
                qs = qs.order_by(self.model._meta.pk.name)
            self._queryset = qs
        return self._queryset

    def save_new(self, form: Any, commit: bool = True) -> Any:
        """Save a new row."""
        return form.save(commit=commit)

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        """Save a changed row."""
        return form.save(commit=commit)

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        """Delete a row."""
        if commit:
            obj.delete()

    def save(self, commit: bool = True) -> list[Any]:
        """Save all changes; the rows changed and the new ones.

        Without ``commit`` nothing is written; call ``save_m2m()`` once the rows are saved.
        """
        if not commit:
            self.saved_forms: list[Any] = []

            def save_m2m() -> None:
                for form in self.saved_forms:
                    form.save_m2m()

            self.save_m2m = save_m2m
        if self.edit_only:
            return self.save_existing_objects(commit)
        return self.save_existing_objects(commit) + self.save_new_objects(commit)

    save.alters_data = True  # type: ignore[attr-defined]

    def clean(self) -> None:
        self.validate_unique()

    def validate_unique(self) -> None:
        """ValidationError if two of the forms have the same values where only one may."""
        all_unique_checks: set[Any] = set()
        all_date_checks: set[Any] = set()
        forms_to_delete = self.deleted_forms
        valid_forms = [form for form in self.forms if form.is_valid() and form not in forms_to_delete]
        for form in valid_forms:
            exclude = form._get_validation_exclusions()
            unique_checks, date_checks = form.instance._get_unique_checks(
                exclude=exclude, include_meta_constraints=True
            )
            all_unique_checks.update(unique_checks)
            all_date_checks.update(date_checks)
        errors: list[Any] = []
        for _uclass, unique_check in all_unique_checks:
            self._check_unique(valid_forms, unique_check, errors)
        for date_check in all_date_checks:
            self._check_date(valid_forms, date_check, errors)
        if errors:
            raise ValidationError(errors)

    def _check_unique(self, valid_forms: list[Any], unique_check: Any, errors: list[Any]) -> None:
        seen: set[Any] = set()
        for form in valid_forms:
            row_data = tuple(
                field if field in self.unique_fields else form.cleaned_data[field]
                for field in unique_check
                if field in form.cleaned_data
            )
            # Foreign keys by their key, and lists as something that can be in a set.
            row_data = tuple(
                value._get_pk_val() if hasattr(value, "_get_pk_val") else make_hashable(value)
                for value in row_data
            )
            if not row_data or None in row_data:
                continue
            if row_data in seen:
                self._repeated(form, self.get_unique_error_message(unique_check), unique_check, errors)
            seen.add(row_data)

    def _check_date(self, valid_forms: list[Any], date_check: Any, errors: list[Any]) -> None:
        seen: set[Any] = set()
        _uclass, lookup, field, unique_for = date_check
        for form in valid_forms:
            if (
                not form.cleaned_data
                or form.cleaned_data.get(field) is None
                or form.cleaned_data.get(unique_for) is None
            ):
                continue
            day = form.cleaned_data[unique_for]
            date_data = (day.year, day.month, day.day) if lookup == "date" else (getattr(day, lookup),)
            data = (form.cleaned_data[field], *date_data)
            if data in seen:
                self._repeated(form, self.get_date_error_message(date_check), [field], errors)
            seen.add(data)

    def _repeated(self, form: Any, message: str, fields: Any, errors: list[Any]) -> None:
        errors.append(message)
        form._errors["__all__"] = self.error_class(
            [self.get_form_error()], error_class="nonfield", renderer=self.renderer
        )
        # The values are not valid, so they are no cleaned data.
        for field in fields:
            if field in form.cleaned_data:
                del form.cleaned_data[field]

    def get_unique_error_message(self, unique_check: Any) -> str:
        """The message for values that must be unique."""
        if len(unique_check) == 1:
            return gettext("Please correct the duplicate data for %(field)s.") % {"field": unique_check[0]}
        return gettext("Please correct the duplicate data for %(field)s, which must be unique.") % {
            "field": get_text_list(unique_check, gettext("and"))
        }

    def get_date_error_message(self, date_check: Any) -> str:
        """The message for values that must be unique for a date."""
        return gettext(
            "Please correct the duplicate data for %(field_name)s which must be unique for the %(lookup)s in "
            "%(date_field)s."
        ) % {"field_name": date_check[2], "date_field": date_check[3], "lookup": str(date_check[1])}

    def get_form_error(self) -> str:
        """The message on the form itself."""
        return gettext("Please correct the duplicate values below.")

    def save_existing_objects(self, commit: bool = True) -> list[Any]:
        """Save the changed rows and delete those marked for it."""
        self.changed_objects: list[Any] = []
        self.deleted_objects: list[Any] = []
        if not self.initial_forms:
            return []
        saved_instances = []
        forms_to_delete = self.deleted_forms
        for i, form in enumerate(self.initial_forms):
            obj = form.instance
            # A row that is not ours, or is gone by now, has no object of our queryset behind it.
            if obj.pk is None or (self.is_bound and self._submitted_object(i) is not obj):
                continue
            if form in forms_to_delete:
                self.deleted_objects.append(obj)
                self.delete_existing(obj, commit=commit)
            elif form.has_changed():
                self.changed_objects.append((obj, form.changed_data))
                saved_instances.append(self.save_existing(form, obj, commit=commit))
                if not commit:
                    self.saved_forms.append(form)
        return saved_instances

    def save_new_objects(self, commit: bool = True) -> list[Any]:
        """Save the new rows."""
        self.new_objects: list[Any] = []
        for form in self.extra_forms:
            if not form.has_changed():
                continue
            # Added and marked for deletion at once.
            if self.can_delete and self._should_delete_form(form):
                continue
            self.new_objects.append(self.save_new(form, commit=commit))
            if not commit:
                self.saved_forms.append(form)
        return self.new_objects

    def add_fields(self, form: Any, index: int | None) -> None:
        """Add the hidden field with the row's key, if the form does not have it."""
        from offbeat.db.models import AutoField, ForeignKey, OneToOneField

        self._pk_field = pk = self.model._meta.pk

        def pk_is_not_editable(pk: Any) -> bool:
            return (
                (not pk.editable)
                or (pk.auto_created or isinstance(pk, AutoField))
                or (
                    pk.remote_field
                    and pk.remote_field.parent_link
                    and pk_is_not_editable(pk.remote_field.model._meta.pk)
                )
            )

        if pk_is_not_editable(pk) or pk.name not in form.fields:
            if form.is_bound:
                # The form was made with the row, so a new one has none.
                pk_value = None if form.instance._state.adding else form.instance.pk
            else:
                try:
                    pk_value = self.get_queryset()[index].pk if index is not None else None
                except IndexError:
                    pk_value = None
            if isinstance(pk, ForeignKey | OneToOneField):
                qs = pk.remote_field.model._default_manager.get_queryset()
            else:
                qs = self.model._default_manager.get_queryset()
            qs = qs.using(form.instance._state.db)
            if form._meta.widgets:
                widget = form._meta.widgets.get(self._pk_field.name, HiddenInput)
            else:
                widget = HiddenInput
            form.fields[self._pk_field.name] = ModelChoiceField(
                qs, initial=pk_value, required=False, widget=widget
            )
        super().add_fields(form, index)


def modelformset_factory(
    model: Any,
    form: Any = ModelForm,
    formfield_callback: Any = None,
    formset: Any = BaseModelFormSet,
    extra: int = 1,
    can_delete: bool = False,
    can_order: bool = False,
    max_num: int | None = None,
    fields: Any = None,
    exclude: Any = None,
    widgets: Any = None,
    validate_max: bool = False,
    localized_fields: Any = None,
    labels: Any = None,
    help_texts: Any = None,
    error_messages: Any = None,
    min_num: int | None = None,
    validate_min: bool = False,
    field_classes: Any = None,
    absolute_max: int | None = None,
    can_delete_extra: bool = True,
    renderer: Any = None,
    edit_only: bool = False,
) -> Any:
    """A formset class for a model."""
    meta = getattr(form, "Meta", None)
    if getattr(meta, "fields", fields) is None and getattr(meta, "exclude", exclude) is None:
        raise ImproperlyConfigured(
            "Calling modelformset_factory without defining 'fields' or 'exclude' explicitly is prohibited."
        )
    form = modelform_factory(
        model,
        form=form,
        fields=fields,
        exclude=exclude,
        formfield_callback=formfield_callback,
        widgets=widgets,
        localized_fields=localized_fields,
        labels=labels,
        help_texts=help_texts,
        error_messages=error_messages,
        field_classes=field_classes,
    )
    formset_class = formset_factory(
        form,
        formset,
        extra=extra,
        min_num=min_num,
        max_num=max_num,
        can_order=can_order,
        can_delete=can_delete,
        validate_min=validate_min,
        validate_max=validate_max,
        absolute_max=absolute_max,
        can_delete_extra=can_delete_extra,
        renderer=renderer,
    )
    formset_class.model = model
    formset_class.edit_only = edit_only
    return formset_class


class BaseInlineFormSet(BaseModelFormSet):
    """A formset for the rows that point to one parent."""

    fk: Any
    # Set by the factory, as deleting is usual here.
    unique_fields: Any

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
        if instance is None:
            self.instance = self.fk.remote_field.model()
        else:
            self.instance = instance
        self.save_as_new = save_as_new
        if queryset is None:
            queryset = self.model._default_manager
        if self.instance._is_pk_set():
            qs = queryset.filter(**{self.fk.name: self.instance})
        else:
            qs = queryset.none()
        self.unique_fields = {self.fk.name}
        super().__init__(data, files, prefix=prefix, queryset=qs, **kwargs)
        # The parent must be in the form for the model's validation to know it.
        if self.form._meta.fields and self.fk.name not in self.form._meta.fields:
            self.form._meta.fields = list(self.form._meta.fields)
            self.form._meta.fields.append(self.fk.name)

    def initial_form_count(self) -> int:
        if self.save_as_new:
            return 0
        return super().initial_form_count()

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        if self.save_as_new:
            mutable = getattr(form.data, "_mutable", None)
            # Keys of the rows that are copied must not be used again.
            if mutable is not None:
                form.data._mutable = True
            form.data[form.add_prefix(self._pk_field.name)] = None
            form.data[form.add_prefix(self.fk.name)] = None
            if mutable is not None:
                form.data._mutable = mutable
        # The parent's key, so that the model's validation sees it.
        fk_value = self.instance.pk
        if self.fk.remote_field.field_name != self.fk.remote_field.model._meta.pk.name:
            fk_value = getattr(self.instance, self.fk.remote_field.field_name)
            fk_value = getattr(fk_value, "pk", fk_value)
        setattr(form.instance, self.fk.attname, fk_value)
        return form

    @classmethod
    def get_default_prefix(cls) -> str:
        return cls.fk.remote_field.get_accessor_name(model=cls.model).replace("+", "")  # type: ignore[no-any-return]

    def save_new(self, form: Any, commit: bool = True) -> Any:
        # The parent may have been saved after the form was made.
        setattr(form.instance, self.fk.name, self.instance)
        return super().save_new(form, commit=commit)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if self._pk_field == self.fk:
            name = self._pk_field.name
            kwargs: dict[str, Any] = {"pk_field": True}
        else:
            name = self.fk.name
            kwargs = {
                "label": getattr(form.fields.get(name), "label", capfirst(self.fk.verbose_name)),
            }
        # The target must be given where it is not the primary key.
        if self.fk.remote_field.field_name != self.fk.remote_field.model._meta.pk.name:
            kwargs["to_field"] = self.fk.remote_field.field_name
        # A new parent has no key yet that its rows could name, unless it has a default.
        if self.instance._state.adding:
            if kwargs.get("to_field") is not None:
                to_field = self.instance._meta.get_field(kwargs["to_field"])
            else:
                to_field = self.instance._meta.pk
            if to_field.has_default() and (
                # A key that the user did give stays.
                to_field.attname not in self.data or not self.data.get(to_field.attname)
            ):
                setattr(self.instance, to_field.attname, None)
        form.fields[name] = InlineForeignKeyField(self.instance, **kwargs)

    def get_unique_error_message(self, unique_check: Any) -> str:
        unique_check = [field for field in unique_check if field != self.fk.name]
        return super().get_unique_error_message(unique_check)


def _get_foreign_key(
    parent_model: Any, model: Any, fk_name: str | None = None, can_fail: bool = False
) -> Any:
    """The foreign key from ``model`` to ``parent_model``; ValueError unless there is exactly one, or that named."""
    from offbeat.db.models import ForeignKey

    opts = model._meta
    parents = {parent_model, *parent_model._meta.all_parents}
    if fk_name:
        named = [f for f in opts.fields if f.name == fk_name]
        if len(named) != 1:
            raise ValueError(f"'{opts.label}' has no field named '{fk_name}'.")
        fk = named[0]
        targets = {parent_model._meta.concrete_model, *parents}
        if (
            not isinstance(fk, ForeignKey)
            or (fk.remote_field.model._meta.proxy and fk.remote_field.model not in parents)
            or (
                not fk.remote_field.model._meta.proxy
                and fk.remote_field.model not in targets
                and fk.remote_field.model not in parent_model._meta.all_parents
            )
        ):
            raise ValueError(f"fk_name '{fk_name}' is not a ForeignKey to '{parent_model._meta.label}'.")
        return fk
    candidates = [
        f
        for f in opts.fields
        if isinstance(f, ForeignKey)
        and (
            f.remote_field.model in parents
            or (f.remote_field.model._meta.concrete_model == parent_model._meta.concrete_model)
        )
    ]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        if can_fail:
            return None
        raise ValueError(f"'{opts.label}' has no ForeignKey to '{parent_model._meta.label}'.")
    raise ValueError(
        f"'{opts.label}' has more than one ForeignKey to '{parent_model._meta.label}'. You must specify a 'fk_name' "
        "attribute."
    )


def inlineformset_factory(
    parent_model: Any,
    model: Any,
    form: Any = ModelForm,
    formset: Any = BaseInlineFormSet,
    fk_name: str | None = None,
    fields: Any = None,
    exclude: Any = None,
    extra: int = 3,
    can_order: bool = False,
    can_delete: bool = True,
    max_num: int | None = None,
    formfield_callback: Any = None,
    widgets: Any = None,
    validate_max: bool = False,
    localized_fields: Any = None,
    labels: Any = None,
    help_texts: Any = None,
    error_messages: Any = None,
    min_num: int | None = None,
    validate_min: bool = False,
    field_classes: Any = None,
    absolute_max: int | None = None,
    can_delete_extra: bool = True,
    renderer: Any = None,
    edit_only: bool = False,
) -> Any:
    """A formset class for the rows of ``model`` that point to one ``parent_model``."""
    fk = _get_foreign_key(parent_model, model, fk_name=fk_name)
    # A unique foreign key can have one row.
    if fk.unique:
        max_num = 1
    formset_class = modelformset_factory(
        model,
        form=form,
        formfield_callback=formfield_callback,
        formset=formset,
        extra=extra,
        can_delete=can_delete,
        can_order=can_order,
        fields=fields,
        exclude=exclude,
        min_num=min_num,
        max_num=max_num,
        widgets=widgets,
        validate_min=validate_min,
        validate_max=validate_max,
        localized_fields=localized_fields,
        labels=labels,
        help_texts=help_texts,
        error_messages=error_messages,
        field_classes=field_classes,
        absolute_max=absolute_max,
        can_delete_extra=can_delete_extra,
        renderer=renderer,
        edit_only=edit_only,
    )
    formset_class.fk = fk
    return formset_class
