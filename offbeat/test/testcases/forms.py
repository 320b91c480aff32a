"""Assertions about forms and fields."""

from __future__ import annotations

import unittest
from collections.abc import Mapping
from typing import Any

__all__ = ["FormAssertions"]

__unittest = True


class FormAssertions(unittest.TestCase):
    """Mixed into SimpleTestCase."""

    def assertFormError(self, form: Any, field: str | None, errors: Any, msg_prefix: str = "") -> None:
        """The errors of a field, or with None those of the form as a whole, are exactly these."""
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        if not form.is_bound:
            self.fail(f"{prefix}The form {form!r} is not bound, it will never have any errors.")
        self._check_form(form, field, errors, prefix, f"form {form!r}")

    def assertFormSetError(
        self, formset: Any, form_index: int | None, field: str | None, errors: Any, msg_prefix: str = ""
    ) -> None:
        """The same for a form of a formset; with None for both, the errors of the formset as a whole."""
        if form_index is None and field is not None:
            raise ValueError("You must use field=None with form_index=None.")
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        if not formset.is_bound:
            self.fail(f"{prefix}The formset {formset!r} is not bound, it will never have any errors.")
        if form_index is None:
            failure = f"{prefix}The non-form errors of formset {formset!r} don't match."
            self.assertEqual(formset.non_form_errors(), _listed(errors), failure)
            return
        count = formset.total_form_count()
        if form_index >= count:
            forms = "form" if count == 1 else "forms"
            self.fail(f"{prefix}The formset {formset!r} only has {count} {forms}.")
        self._check_form(
            formset.forms[form_index], field, errors, prefix, f"form {form_index} of formset {formset!r}"
        )

    def _check_form(self, form: Any, field: str | None, errors: Any, prefix: str, what: str) -> None:
        if field is None:
            failure = f"{prefix}The non-field errors of {what} don't match."
            self.assertEqual(form.non_field_errors(), _listed(errors), failure)
            return
        if field not in form.fields:
            self.fail(f"{prefix}The {what} does not contain the field {field!r}.")
        failure = f"{prefix}The errors of field {field!r} on {what} don't match."
        self.assertEqual(form.errors.get(field, []), _listed(errors), failure)

    def assertFieldOutput(
        self,
        fieldclass: Any,
        valid: Mapping[Any, Any],
        invalid: Mapping[Any, Any],
        field_args: Any = None,
        field_kwargs: Mapping[str, Any] | None = None,
        empty_value: Any = "",
    ) -> None:
        """A form field cleans these inputs to these values, and refuses those with those messages."""
        from offbeat.core.exceptions import ValidationError

        args = field_args or []
        kwargs = dict(field_kwargs or {})
        required = fieldclass(*args, **kwargs)
        optional = fieldclass(*args, **{**kwargs, "required": False})
        for value, cleaned in valid.items():
            self.assertEqual(required.clean(value), cleaned)
            self.assertEqual(optional.clean(value), cleaned)
        for value, messages in invalid.items():
            for field in (required, optional):
                with self.assertRaises(ValidationError) as caught:
                    field.clean(value)
                self.assertEqual(caught.exception.messages, messages)
        needed = [required.error_messages["required"]]
        for empty in required.empty_values:
            with self.assertRaises(ValidationError) as caught:
                required.clean(empty)
            self.assertEqual(caught.exception.messages, needed)
            self.assertEqual(optional.clean(empty), empty_value)


def _listed(errors: Any) -> list[Any]:
    return [errors] if isinstance(errors, str) else list(errors)
