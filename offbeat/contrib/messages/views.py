"""A message on success, for form views."""

from __future__ import annotations

from typing import Any

from offbeat.contrib import messages


class SuccessMessageMixin:
    """Adds ``success_message``, formatted with the cleaned data, when a form was valid."""

    success_message = ""
    request: Any

    def form_valid(self, form: Any) -> Any:
        """The view's response, with the message added to the request."""
        response = super().form_valid(form)  # type: ignore[misc]
        success_message = self.get_success_message(form.cleaned_data)
        if success_message:
            messages.success(self.request, success_message)
        return response

    def get_success_message(self, cleaned_data: dict[str, Any]) -> str:
        """The text of the message."""
        return self.success_message % cleaned_data
