"""Several forms of one kind (Django documentation: topics/forms/formsets)."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import ValidationError
from offbeat.forms.fields import BooleanField, IntegerField
from offbeat.forms.forms import Form
from offbeat.forms.renderers import get_default_renderer
from offbeat.forms.utils import ErrorList, RenderableFormMixin
from offbeat.forms.widgets import CheckboxInput, HiddenInput, NumberInput
from offbeat.utils.functional import cached_property
from offbeat.utils.translation import gettext_lazy as _
from offbeat.utils.translation import ngettext_lazy

__all__ = ["BaseFormSet", "ManagementForm", "all_valid", "formset_factory"]

TOTAL_FORM_COUNT = "TOTAL_FORMS"
INITIAL_FORM_COUNT = "INITIAL_FORMS"
MIN_NUM_FORM_COUNT = "MIN_NUM_FORMS"
MAX_NUM_FORM_COUNT = "MAX_NUM_FORMS"
ORDERING_FIELD_NAME = "ORDER"
DELETION_FIELD_NAME = "DELETE"
DEFAULT_MIN_NUM = 0
# The client says how many forms there are: that may not cost more memory than this.
DEFAULT_MAX_NUM = 1000


class ManagementForm(Form):
    """The hidden fields that say how many forms there are."""

    TOTAL_FORMS = IntegerField(widget=HiddenInput)
    INITIAL_FORMS = IntegerField(widget=HiddenInput)
    # Sent for scripts only; not used.
    MIN_NUM_FORMS = IntegerField(required=False, widget=HiddenInput)
    MAX_NUM_FORMS = IntegerField(required=False, widget=HiddenInput)

    template_name = "django/forms/div.html"

    def clean(self) -> Any:
        cleaned_data = super().clean()
        # Without counts, there are none.
        cleaned_data.setdefault(TOTAL_FORM_COUNT, 0)
        cleaned_data.setdefault(INITIAL_FORM_COUNT, 0)
        return cleaned_data


class BaseFormSet(RenderableFormMixin):
    """A row of forms."""

    deletion_widget: Any = CheckboxInput
    ordering_widget: Any = NumberInput
    default_error_messages: dict[str, Any] = {
        "missing_management_form": _(
            "ManagementForm data is missing or has been tampered with. Missing fields: %(field_names)s. You may need "
            "to file a bug report if the issue persists."
        ),
        "too_many_forms": ngettext_lazy(
            "Please submit at most %(num)d form.", "Please submit at most %(num)d forms.", "num"
        ),
        "too_few_forms": ngettext_lazy(
            "Please submit at least %(num)d form.", "Please submit at least %(num)d forms.", "num"
        ),
    }
    template_name_div = "django/forms/formsets/div.html"
    template_name_p = "django/forms/formsets/p.html"
    template_name_table = "django/forms/formsets/table.html"
    template_name_ul = "django/forms/formsets/ul.html"

    form: Any
    extra: int
    can_order: bool
    can_delete: bool
    can_delete_extra: bool
    min_num: int
    max_num: int
    absolute_max: int
    validate_min: bool
    validate_max: bool

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        auto_id: Any = "id_%s",
        prefix: str | None = None,
        initial: Any = None,
        error_class: Any = ErrorList,
        form_kwargs: dict[str, Any] | None = None,
        error_messages: dict[str, Any] | None = None,
    ) -> None:
        self.is_bound = data is not None or files is not None
        self.prefix = prefix or self.get_default_prefix()
        self.auto_id = auto_id
        self.data = data or {}
        self.files = files or {}
        self.initial = initial
        self.form_kwargs = form_kwargs or {}
        self.error_class = error_class
        self._errors: Any = None
        self._non_form_errors: Any = None
        self.form_renderer = self.renderer
        self.renderer = self.renderer or get_default_renderer()
        messages: dict[str, Any] = {}
        for cls in reversed(type(self).__mro__):
            messages.update(getattr(cls, "default_error_messages", {}))
        if error_messages is not None:
            messages.update(error_messages)
        self.error_messages = messages

    def __iter__(self) -> Any:
        """The forms, in the order they are shown."""
        return iter(self.forms)

    def __getitem__(self, index: Any) -> Any:
        return self.forms[index]

    def __len__(self) -> int:
        return len(self.forms)

    def __bool__(self) -> bool:
        # The management form is always there.
        return True

    def __repr__(self) -> str:
        if self._errors is None:
            is_valid: Any = "Unknown"
        else:
            is_valid = self.is_bound and not self._non_form_errors and not any(self._errors)
        return f"<{self.__class__.__qualname__}: bound={self.is_bound} valid={is_valid} total_forms={self.total_form_count()}>"

    @cached_property
    def management_form(self) -> Any:
        """The ManagementForm."""
        if self.is_bound:
            form = ManagementForm(self.data, auto_id=self.auto_id, prefix=self.prefix, renderer=self.renderer)
            form.full_clean()
            return form
        return ManagementForm(
            auto_id=self.auto_id,
            prefix=self.prefix,
            initial={
                TOTAL_FORM_COUNT: self.total_form_count(),
                INITIAL_FORM_COUNT: self.initial_form_count(),
                MIN_NUM_FORM_COUNT: self.min_num,
                MAX_NUM_FORM_COUNT: self.max_num,
            },
            renderer=self.renderer,
        )

    def total_form_count(self) -> int:
        """How many forms there are, those for new data included."""
        if self.is_bound:
            # What the client says, with a limit.
            return min(self.management_form.cleaned_data[TOTAL_FORM_COUNT], self.absolute_max)  # type: ignore[no-any-return]
        initial_forms = self.initial_form_count()
        total_forms = max(initial_forms, self.min_num) + self.extra
        # All initial data is shown, be it more than max_num.
        if initial_forms > self.max_num >= 0:
            total_forms = initial_forms
        elif total_forms > self.max_num >= 0:
            total_forms = self.max_num
        return total_forms

    def initial_form_count(self) -> int:
        """How many forms have data already."""
        if self.is_bound:
            return self.management_form.cleaned_data[INITIAL_FORM_COUNT]  # type: ignore[no-any-return]
        return len(self.initial) if self.initial else 0

    @cached_property
    def forms(self) -> list[Any]:
        """The forms."""
        return [self._construct_form(i, **self.get_form_kwargs(i)) for i in range(self.total_form_count())]

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Arguments for a form; ``index`` is None for the empty one."""
        return self.form_kwargs.copy()

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        defaults: dict[str, Any] = {
            "auto_id": self.auto_id,
            "prefix": self.add_prefix(i),
            "error_class": self.error_class,
            # A form that may stay empty must not be stopped by the browser.
            "use_required_attribute": False,
        }
        if self.form_renderer:
            defaults["renderer"] = self.form_renderer
        if self.is_bound:
            defaults["data"] = self.data
            defaults["files"] = self.files
        if self.initial and "initial" not in kwargs:
            try:
                defaults["initial"] = self.initial[i]
            except IndexError:
                pass
        # Extra forms may be left empty.
        if i >= self.initial_form_count() and i >= self.min_num:
            defaults["empty_permitted"] = True
        defaults.update(kwargs)
        form = self.form(**defaults)
        self.add_fields(form, i)
        return form

    @property
    def initial_forms(self) -> list[Any]:
        """The forms with data."""
        return self.forms[: self.initial_form_count()]

    @property
    def extra_forms(self) -> list[Any]:
        """The forms for new data."""
        return self.forms[self.initial_form_count() :]

    @property
    def empty_form(self) -> Any:
        """A form whose prefix has ``__prefix__`` for the number, for scripts."""
        form_kwargs = {
            **self.get_form_kwargs(None),
            "auto_id": self.auto_id,
            "prefix": self.add_prefix("__prefix__"),
            "empty_permitted": True,
            "use_required_attribute": False,
        }
        if self.form_renderer:
            form_kwargs["renderer"] = self.form_renderer
        form = self.form(**form_kwargs)
        self.add_fields(form, None)
        return form

    @property
    def cleaned_data(self) -> list[Any]:
        """The forms' cleaned data; AttributeError for an invalid formset."""
        if not self.is_valid():
            raise AttributeError(f"'{self.__class__.__name__}' object has no attribute 'cleaned_data'")
        return [form.cleaned_data for form in self.forms]

    @property
    def deleted_forms(self) -> list[Any]:
        """The forms marked for deletion."""
        if not self.is_valid() or not self.can_delete:
            return []
        if not hasattr(self, "_deleted_form_indexes"):
            # Extra forms that nobody touched are not there, so they cannot be deleted.
            self._deleted_form_indexes = [
                i
                for i, form in enumerate(self.forms)
                if not (i >= self.initial_form_count() and not form.has_changed())
                and self._should_delete_form(form)
            ]
        return [self.forms[i] for i in self._deleted_form_indexes]

    @property
    def ordered_forms(self) -> list[Any]:
        """The forms in the order the user gave; AttributeError for an invalid formset."""
        if not self.is_valid() or not self.can_order:
            raise AttributeError(f"'{self.__class__.__name__}' object has no attribute 'ordered_forms'")
        if not hasattr(self, "_ordering"):
            ordering = []
            for i, form in enumerate(self.forms):
                if i >= self.initial_form_count() and not form.has_changed():
                    continue
                if self.can_delete and self._should_delete_form(form):
                    continue
                ordering.append((i, form.cleaned_data[ORDERING_FIELD_NAME]))
            # Forms without a number go last.
            ordering.sort(key=lambda pair: (pair[1] is None, pair[1] or 0))
            self._ordering = ordering
        return [self.forms[i] for i, _order in self._ordering]

    @classmethod
    def get_default_prefix(cls) -> str:
        """The prefix if none is given."""
        return "form"

    @classmethod
    def get_deletion_widget(cls) -> Any:
        """The widget of the deletion field."""
        return cls.deletion_widget

    @classmethod
    def get_ordering_widget(cls) -> Any:
        """The widget of the ordering field."""
        return cls.ordering_widget

    def non_form_errors(self) -> Any:
        """The errors that belong to no form."""
        if self._non_form_errors is None:
            self.full_clean()
        return self._non_form_errors

    @property
    def errors(self) -> Any:
        """The errors of each form."""
        if self._errors is None:
            self.full_clean()
        return self._errors

    def total_error_count(self) -> int:
        """How many errors there are."""
        return len(self.non_form_errors()) + sum(len(form_errors) for form_errors in self.errors)

    def _should_delete_form(self, form: Any) -> bool:
        return form.cleaned_data.get(DELETION_FIELD_NAME, False)  # type: ignore[no-any-return]

    def is_valid(self) -> bool:
        """Whether every form is valid, those to be deleted aside."""
        if not self.is_bound:
            return False
        # Validates all forms.
        self.errors  # noqa: B018
        forms_valid = all(
            form.is_valid() for form in self.forms if not (self.can_delete and self._should_delete_form(form))
        )
        return forms_valid and not self.non_form_errors()

    def full_clean(self) -> None:
        """Validate everything."""
        self._errors = []
        self._non_form_errors = self.error_class(error_class="nonform", renderer=self.renderer)
        empty_forms_count = 0
        if not self.is_bound:
            return
        if not self.management_form.is_valid():
            error = ValidationError(
                self.error_messages["missing_management_form"],
                params={
                    "field_names": ", ".join(
                        self.management_form.add_prefix(field_name)
                        for field_name in self.management_form.errors
                    ),
                },
                code="missing_management_form",
            )
            self._non_form_errors.append(error)
        for i, form in enumerate(self.forms):
            if not form.has_changed() and i >= self.initial_form_count():
                empty_forms_count += 1
            # Asked for here, so that the form is validated.
            form_errors = form.errors
            if self.can_delete and self._should_delete_form(form):
                continue
            self._errors.append(form_errors)
        try:
            self._check_counts(empty_forms_count)
            self.clean()
        except ValidationError as e:
            self._non_form_errors = self.error_class(
                e.error_list, error_class="nonform", renderer=self.renderer
            )

    def _check_counts(self, empty_forms_count: int) -> None:
        total = self.total_form_count()
        claimed = self.management_form.cleaned_data[TOTAL_FORM_COUNT]
        if (
            self.validate_max and total - len(self.deleted_forms) > self.max_num
        ) or claimed > self.absolute_max:
            raise ValidationError(
                self.error_messages["too_many_forms"] % {"num": self.max_num}, code="too_many_forms"
            )
        if self.validate_min and total - len(self.deleted_forms) - empty_forms_count < self.min_num:
            raise ValidationError(
                self.error_messages["too_few_forms"] % {"num": self.min_num}, code="too_few_forms"
            )

    def clean(self) -> None:
        """Validation of the whole."""

    def has_changed(self) -> bool:
        """Whether any form changed."""
        return any(form.has_changed() for form in self)

    def add_fields(self, form: Any, index: int | None) -> None:
        """Add the fields for order and deletion to a form."""
        initial_form_count = self.initial_form_count()
        if self.can_order:
            # The number that the form has now, nothing for an extra one.
            initial = {"initial": index + 1} if index is not None and index < initial_form_count else {}
            form.fields[ORDERING_FIELD_NAME] = IntegerField(
                label=_("Order"), required=False, widget=self.get_ordering_widget(), **initial
            )
        if self.can_delete and (self.can_delete_extra or (index is not None and index < initial_form_count)):
            form.fields[DELETION_FIELD_NAME] = BooleanField(
                label=_("Delete"), required=False, widget=self.get_deletion_widget()
            )

    def add_prefix(self, index: Any) -> str:
        """The prefix of a form."""
        return f"{self.prefix}-{index}"

    def is_multipart(self) -> bool:
        """Whether the formset needs ``enctype="multipart/form-data"``."""
        if self.forms:
            return self.forms[0].is_multipart()  # type: ignore[no-any-return]
        return self.empty_form.is_multipart()  # type: ignore[no-any-return]

    @property
    def media(self) -> Any:
        """The assets of the forms, which all are the same."""
        if self.forms:
            return self.forms[0].media
        return self.empty_form.media

    @property
    def template_name(self) -> Any:
        """The template of the whole formset."""
        return self.renderer.formset_template_name

    def get_context(self) -> dict[str, Any]:
        return {"formset": self}


def formset_factory(
    form: Any,
    formset: Any = BaseFormSet,
    extra: int = 1,
    can_order: bool = False,
    can_delete: bool = False,
    max_num: int | None = None,
    validate_max: bool = False,
    min_num: int | None = None,
    validate_min: bool = False,
    absolute_max: int | None = None,
    can_delete_extra: bool = True,
    renderer: Any = None,
) -> Any:
    """A formset class for a form class."""
    if min_num is None:
        min_num = DEFAULT_MIN_NUM
    if max_num is None:
        max_num = DEFAULT_MAX_NUM
    # Beyond the limit by so much that a user sees the error rather than nothing.
    if absolute_max is None:
        absolute_max = max_num + DEFAULT_MAX_NUM
    if max_num > absolute_max:
        raise ValueError("'absolute_max' must be greater or equal to 'max_num'.")
    attrs = {
        "form": form,
        "extra": extra,
        "can_order": can_order,
        "can_delete": can_delete,
        "can_delete_extra": can_delete_extra,
        "min_num": min_num,
        "max_num": max_num,
        "absolute_max": absolute_max,
        "validate_min": validate_min,
        "validate_max": validate_max,
        "renderer": renderer,
    }
    form_name = form.__name__
    if form_name.endswith("Form"):
        form_name = form_name.removesuffix("Form")
    return type(f"{form_name}FormSet", (formset,), attrs)


def all_valid(formsets: Any) -> bool:
    """Whether all formsets are valid; every one is validated."""
    # A list, so that validation does not stop at the first.
    return all([formset.is_valid() for formset in formsets])  # noqa: C419
