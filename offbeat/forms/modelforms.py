"""Forms made of models (Django documentation: topics/forms/modelforms)."""

from __future__ import annotations

from itertools import chain
from typing import Any

from offbeat.core.exceptions import NON_FIELD_ERRORS, FieldError, ImproperlyConfigured, ValidationError
from offbeat.forms.forms import BaseForm, DeclarativeFieldsMetaclass
from offbeat.forms.modelfields import InlineForeignKeyField
from offbeat.forms.utils import ErrorList

__all__ = [
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
]

ALL_FIELDS = "__all__"


def _wanted(name: str, fields: Any, exclude: Any) -> bool:
    return (fields is None or name in fields) and not (exclude and name in exclude)


def construct_instance(form: Any, instance: Any, fields: Any = None, exclude: Any = None) -> Any:
    """Set the cleaned data on ``instance`` (it is not saved) and return it."""
    from offbeat.db import models

    cleaned_data = form.cleaned_data
    files = []
    for f in instance._meta.fields:
        if (
            not f.editable
            or isinstance(f, models.AutoField)
            or f.name not in cleaned_data
            or not _wanted(f.name, fields, exclude)
        ):
            continue
        # A field that was not in the submitted data keeps its default.
        if (
            f.has_default()
            and form[f.name].field.widget.value_omitted_from_data(
                form.data, form.files, form.add_prefix(f.name)
            )
            and cleaned_data.get(f.name) in form[f.name].field.empty_values
        ):
            continue
        # Files last: upload_to may use the other values.
        if isinstance(f, models.FileField):
            files.append(f)
        else:
            f.save_form_data(instance, cleaned_data[f.name])
    for f in files:
        f.save_form_data(instance, cleaned_data[f.name])
    return instance


def model_to_dict(instance: Any, fields: Any = None, exclude: Any = None) -> dict[str, Any]:
    """The instance's values as a form's initial data."""
    opts = instance._meta
    return {
        f.name: f.value_from_object(instance)
        for f in chain(opts.concrete_fields, opts.private_fields, opts.many_to_many)
        if getattr(f, "editable", False) and _wanted(f.name, fields, exclude)
    }


def apply_limit_choices_to_to_formfield(formfield: Any) -> None:
    """Restrict the field's queryset by its ``limit_choices_to``."""
    from offbeat.db.models import Exists, OuterRef, Q

    if not (hasattr(formfield, "queryset") and hasattr(formfield, "get_limit_choices_to")):
        return
    limit_choices_to = formfield.get_limit_choices_to()
    if limit_choices_to:
        complex_filter = limit_choices_to
        if not isinstance(complex_filter, Q):
            complex_filter = Q(**limit_choices_to)
        complex_filter &= Q(pk=OuterRef("pk"))
        # EXISTS, as joins could repeat rows.
        formfield.queryset = formfield.queryset.filter(
            Exists(formfield.queryset.model._base_manager.filter(complex_filter))
        )


def fields_for_model(
    model: Any,
    fields: Any = None,
    exclude: Any = None,
    widgets: Any = None,
    formfield_callback: Any = None,
    localized_fields: Any = None,
    labels: Any = None,
    help_texts: Any = None,
    error_messages: Any = None,
    field_classes: Any = None,
    *,
    apply_limit_choices_to: bool = True,
    form_declared_fields: Any = None,
) -> dict[str, Any]:
    """Form fields for the fields of a model, in order; None for a name in ``fields`` that there is no field for.

    Raises FieldError for a field that is not editable.
    """
    from offbeat.db.models import Field as ModelField

    form_declared_fields = form_declared_fields or {}
    field_dict: dict[str, Any] = {}
    ignored = []
    opts = model._meta
    private_fields = [f for f in opts.private_fields if isinstance(f, ModelField)]
    options = {
        "label": labels,
        "help_text": help_texts,
        "error_messages": error_messages,
        "form_class": field_classes,
    }
    for f in sorted(chain(opts.concrete_fields, private_fields, opts.many_to_many)):
        if not getattr(f, "editable", False):
            if fields is not None and f.name in fields and (exclude is None or f.name not in exclude):
                raise FieldError(
                    f"'{f.name}' cannot be specified for {model.__name__} model form as it is a non-editable field"
                )
            continue
        if not _wanted(f.name, fields, exclude):
            continue
        if f.name in form_declared_fields:
            field_dict[f.name] = form_declared_fields[f.name]
            continue
        kwargs: dict[str, Any] = {}
        if widgets and f.name in widgets:
            kwargs["widget"] = widgets[f.name]
        if localized_fields == ALL_FIELDS or (localized_fields and f.name in localized_fields):
            kwargs["localize"] = True
        for option, values in options.items():
            if values and f.name in values:
                kwargs[option] = values[f.name]
        if formfield_callback is None:
            formfield = f.formfield(**kwargs)
        elif not callable(formfield_callback):
            raise TypeError("formfield_callback must be a function or callable")
        else:
            formfield = formfield_callback(f, **kwargs)
        if formfield:
            if apply_limit_choices_to:
                apply_limit_choices_to_to_formfield(formfield)
            field_dict[f.name] = formfield
        else:
            ignored.append(f.name)
    if fields:
        field_dict = {
            f: field_dict.get(f) for f in fields if (not exclude or f not in exclude) and f not in ignored
        }
    return field_dict


class ModelFormOptions:
    """A ModelForm's ``Meta``."""

    def __init__(self, options: Any = None) -> None:
        self.model = getattr(options, "model", None)
        self.fields = getattr(options, "fields", None)
        self.exclude = getattr(options, "exclude", None)
        self.widgets = getattr(options, "widgets", None)
        self.localized_fields = getattr(options, "localized_fields", None)
        self.labels = getattr(options, "labels", None)
        self.help_texts = getattr(options, "help_texts", None)
        self.error_messages = getattr(options, "error_messages", None)
        self.field_classes = getattr(options, "field_classes", None)
        self.formfield_callback = getattr(options, "formfield_callback", None)


class ModelFormMetaclass(DeclarativeFieldsMetaclass):
    """Adds fields for the model's fields to those that are declared."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        new_class = super().__new__(mcs, name, bases, attrs)
        if bases == (BaseModelForm,):
            return new_class
        opts = new_class._meta = ModelFormOptions(getattr(new_class, "Meta", None))
        # fields = ("name") is a common slip.
        for opt in ("fields", "exclude", "localized_fields"):
            value = getattr(opts, opt)
            if isinstance(value, str) and value != ALL_FIELDS:
                raise TypeError(
                    f"{new_class.__name__}.Meta.{opt} cannot be a string. Did you mean to type: ('{value}',)?"
                )
        if not opts.model:
            new_class.base_fields = new_class.declared_fields
            return new_class
        # A form that takes every field by chance is a security problem, so it must be said.
        if opts.fields is None and opts.exclude is None:
            raise ImproperlyConfigured(
                "Creating a ModelForm without either the 'fields' attribute or the 'exclude' attribute is "
                f"prohibited; form {name} needs updating."
            )
        if opts.fields == ALL_FIELDS:
            opts.fields = None
        fields = fields_for_model(
            opts.model,
            opts.fields,
            opts.exclude,
            opts.widgets,
            opts.formfield_callback,
            opts.localized_fields,
            opts.labels,
            opts.help_texts,
            opts.error_messages,
            opts.field_classes,
            # The restriction is applied per form, as a callable may give something else each time.
            apply_limit_choices_to=False,
            form_declared_fields=new_class.declared_fields,
        )
        none_model_fields = {k for k, v in fields.items() if not v}
        missing_fields = none_model_fields.difference(new_class.declared_fields)
        if missing_fields:
            raise FieldError(
                f"Unknown field(s) ({', '.join(sorted(missing_fields))}) specified for {opts.model.__name__}"
            )
        fields.update(new_class.declared_fields)
        new_class.base_fields = fields
        return new_class


class BaseModelForm(BaseForm):
    """A ModelForm's behaviour."""

    _meta: ModelFormOptions

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        auto_id: Any = "id_%s",
        prefix: str | None = None,
        initial: dict[str, Any] | None = None,
        error_class: Any = ErrorList,
        label_suffix: Any = None,
        empty_permitted: bool = False,
        instance: Any = None,
        use_required_attribute: bool | None = None,
        renderer: Any = None,
    ) -> None:
        opts = self._meta
        if opts.model is None:
            raise ValueError("ModelForm has no model class specified.")
        if instance is None:
            self.instance = opts.model()
            object_data: dict[str, Any] = {}
        else:
            self.instance = instance
            object_data = model_to_dict(instance, opts.fields, opts.exclude)
        if initial is not None:
            object_data.update(initial)
        # clean() sets them; an overridden one that does not call it leaves these checks out.
        self._validate_unique = False
        self._validate_constraints = False
        super().__init__(
            data,
            files,
            auto_id,
            prefix,
            object_data,
            error_class,
            label_suffix,
            empty_permitted,
            use_required_attribute=use_required_attribute,
            renderer=renderer,
        )
        for formfield in self.fields.values():
            apply_limit_choices_to_to_formfield(formfield)

    def _get_validation_exclusions(self) -> set[str]:
        """The model fields that the form does not validate."""
        exclude: set[str] = set()
        for f in self.instance._meta.fields:
            field = f.name
            if (
                field not in self.fields
                or not _wanted(field, self._meta.fields, self._meta.exclude)
                or field in self._errors
            ):
                exclude.add(f.name)
            else:
                # An optional form field left empty is no reason to complain about a model field that is required.
                form_field = self.fields[field]
                field_value = self.cleaned_data.get(field)
                if not f.blank and not form_field.required and field_value in form_field.empty_values:
                    exclude.add(f.name)
        return exclude

    def clean(self) -> Any:
        self._validate_unique = True
        self._validate_constraints = True
        return self.cleaned_data

    def _update_errors(self, errors: ValidationError) -> None:
        # The form's messages go before the model's.
        opts = self._meta
        error_dict: dict[str, Any] = getattr(errors, "error_dict", None) or {
            NON_FIELD_ERRORS: errors.error_list
        }
        for field, messages in error_dict.items():
            if field == NON_FIELD_ERRORS and opts.error_messages and NON_FIELD_ERRORS in opts.error_messages:
                error_messages = opts.error_messages[NON_FIELD_ERRORS]
            elif field in self.fields:
                error_messages = self.fields[field].error_messages
            else:
                continue
            for message in messages:
                if isinstance(message, ValidationError) and message.code in error_messages:
                    message.message = error_messages[message.code]
        self.add_error(None, errors)

    def _post_clean(self) -> None:
        opts = self._meta
        exclude = self._get_validation_exclusions()
        # An inline's parent may not be saved yet, so that its key cannot be checked.
        exclude.update(
            name for name, field in self.fields.items() if isinstance(field, InlineForeignKeyField)
        )
        try:
            self.instance = construct_instance(self, self.instance, opts.fields, opts.exclude)
        except ValidationError as e:
            self._update_errors(e)
        try:
            self.instance.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
        except ValidationError as e:
            self._update_errors(e)
        if self._validate_unique:
            self.validate_unique()
        if self._validate_constraints:
            self.validate_constraints()

    def validate_unique(self) -> None:
        """Check the instance's unique fields, and put the errors on the form."""
        exclude = self._get_validation_exclusions()
        try:
            self.instance.validate_unique(exclude=exclude)
        except ValidationError as e:
            self._update_errors(e)

    def validate_constraints(self) -> None:
        """Check the instance's constraints, and put the errors on the form."""
        exclude = self._get_validation_exclusions()
        try:
            self.instance.validate_constraints(exclude=exclude)
        except ValidationError as e:
            self._update_errors(e)

    def _save_m2m(self) -> None:
        cleaned_data = self.cleaned_data
        opts = self.instance._meta
        for f in chain(opts.many_to_many, opts.private_fields):
            if not hasattr(f, "save_form_data") or not _wanted(f.name, self._meta.fields, self._meta.exclude):
                continue
            if f.name in cleaned_data:
                f.save_form_data(self.instance, cleaned_data[f.name])

    def save(self, commit: bool = True) -> Any:
        """Save the instance and return it.

        Without ``commit`` it is not saved; call ``save_m2m()`` once it is. Raises ValueError if there are errors.
        """
        if self.errors:
            done = "created" if self.instance._state.adding else "changed"
            raise ValueError(
                f"The {self.instance._meta.object_name} could not be {done} because the data didn't validate."
            )
        if commit:
            self.instance.save()
            self._save_m2m()
        else:
            self.save_m2m = self._save_m2m
        return self.instance

    save.alters_data = True  # type: ignore[attr-defined]


class ModelForm(BaseModelForm, metaclass=ModelFormMetaclass):
    """A form for a model, as its ``Meta`` says."""


def modelform_factory(
    model: Any,
    form: Any = ModelForm,
    fields: Any = None,
    exclude: Any = None,
    formfield_callback: Any = None,
    widgets: Any = None,
    localized_fields: Any = None,
    labels: Any = None,
    help_texts: Any = None,
    error_messages: Any = None,
    field_classes: Any = None,
) -> Any:
    """A ModelForm class for a model; ``fields`` or ``exclude`` must be given, here or in ``form``."""
    attrs: dict[str, Any] = {"model": model}
    options = {
        "fields": fields,
        "exclude": exclude,
        "widgets": widgets,
        "localized_fields": localized_fields,
        "labels": labels,
        "help_texts": help_texts,
        "error_messages": error_messages,
        "field_classes": field_classes,
    }
    attrs.update({name: value for name, value in options.items() if value is not None})
    bases = (form.Meta,) if hasattr(form, "Meta") else ()
    meta = type("Meta", bases, attrs)
    if formfield_callback:
        meta.formfield_callback = staticmethod(formfield_callback)  # type: ignore[attr-defined]
    if getattr(meta, "fields", None) is None and getattr(meta, "exclude", None) is None:
        raise ImproperlyConfigured(
            "Calling modelform_factory without defining 'fields' or 'exclude' explicitly is prohibited."
        )
    return type(form)(model.__name__ + "Form", (form,), {"Meta": meta})


def modelform_defines_fields(form_class: Any) -> bool:
    """Whether a form class says which fields it has."""
    return hasattr(form_class, "_meta") and (
        form_class._meta.fields is not None or form_class._meta.exclude is not None
    )
