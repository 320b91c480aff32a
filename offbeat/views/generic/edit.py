"""Views with a form: any form, or the form of a model."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.forms import Form
from offbeat.forms import models as model_forms
from offbeat.http import HttpResponseRedirect
from offbeat.views.generic.base import ContextMixin, TemplateResponseMixin, View
from offbeat.views.generic.detail import (
    BaseDetailView,
    SingleObjectMixin,
    SingleObjectTemplateResponseMixin,
)

__all__ = [
    "BaseCreateView",
    "BaseDeleteView",
    "BaseFormView",
    "BaseUpdateView",
    "CreateView",
    "DeleteView",
    "DeletionMixin",
    "FormMixin",
    "FormView",
    "ModelFormMixin",
    "ProcessFormView",
    "UpdateView",
]

NO_URL = "No URL to redirect to. Provide a success_url."


class FormMixin(ContextMixin):
    """Makes a form and says what follows a valid or an invalid one."""

    initial: dict[str, Any] = {}
    form_class: Any = None
    success_url: Any = None
    prefix: str | None = None
    request: Any

    def get_initial(self) -> dict[str, Any]:
        """Return a copy of the initial data."""
        return self.initial.copy()

    def get_prefix(self) -> str | None:
        """Return the prefix of the form's fields."""
        return self.prefix

    def get_form_class(self) -> Any:
        """Return the form class."""
        return self.form_class

    def get_form(self, form_class: Any = None) -> Any:
        """Return the form."""
        return (form_class or self.get_form_class())(**self.get_form_kwargs())

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return the arguments for the form: initial data, prefix, and what was posted or put."""
        kwargs: dict[str, Any] = {"initial": self.get_initial(), "prefix": self.get_prefix()}
        if self.request.method in ("POST", "PUT"):
            kwargs.update(data=self.request.POST, files=self.request.FILES)
        return kwargs

    def get_success_url(self) -> str:
        """Return where to go after a valid form; ImproperlyConfigured without ``success_url``."""
        if not self.success_url:
            raise ImproperlyConfigured(NO_URL)
        return str(self.success_url)

    def form_valid(self, form: Any) -> Any:
        """Redirect."""
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: Any) -> Any:
        """Show the form with its errors."""
        return self.render_to_response(self.get_context_data(form=form))  # type: ignore[attr-defined]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the context with the form in it."""
        if "form" not in kwargs:
            kwargs["form"] = self.get_form()
        return super().get_context_data(**kwargs)


class ModelFormMixin(FormMixin, SingleObjectMixin):
    """Makes the form of a model and saves it."""

    fields: Any = None

    def get_form_class(self) -> Any:
        """Return ``form_class``, else a form for the model with ``fields``."""
        if self.fields is not None and self.form_class:
            raise ImproperlyConfigured("Specifying both 'fields' and 'form_class' is not permitted.")
        if self.form_class:
            return self.form_class
        if self.model is not None:
            model = self.model
        elif getattr(self, "object", None) is not None:
            model = self.object.__class__
        else:
            model = self.get_queryset().model
        if self.fields is None:
            raise ImproperlyConfigured(
                f"Using ModelFormMixin (base class of {self.__class__.__name__}) without the 'fields' attribute is "
                "prohibited."
            )
        return model_forms.modelform_factory(model, fields=self.fields)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return the arguments for the form, with the instance."""
        kwargs = super().get_form_kwargs()
        if hasattr(self, "object"):
            kwargs["instance"] = self.object
        return kwargs

    def get_success_url(self) -> str:
        """Return ``success_url`` filled with the object's attributes, else the object's own URL."""
        if self.success_url:
            return str(self.success_url).format(**self.object.__dict__)
        try:
            return str(self.object.get_absolute_url())
        except AttributeError as error:
            raise ImproperlyConfigured(
                "No URL to redirect to. Either provide a url or define a get_absolute_url method on the Model."
            ) from error

    def form_valid(self, form: Any) -> Any:
        """Save the object and redirect."""
        self.object = form.save()
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> Any:
        """Show the form with its errors."""
        return super().form_invalid(form)


class ProcessFormView(View):
    """GET shows the form, POST and PUT process it."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the form."""
        return self.render_to_response(self.get_context_data())  # type: ignore[attr-defined]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Process what was sent."""
        form = self.get_form()  # type: ignore[attr-defined]
        return self.form_valid(form) if form.is_valid() else self.form_invalid(form)  # type: ignore[attr-defined]

    def put(self, *args: Any, **kwargs: Any) -> Any:
        """Process what was sent; browsers can only POST."""
        return self.post(*args, **kwargs)


class BaseFormView(FormMixin, ProcessFormView):
    """Shows a form; needs a mixin that makes the response."""


class FormView(TemplateResponseMixin, BaseFormView):
    """Renders a template with a form."""


class BaseCreateView(ModelFormMixin, ProcessFormView):
    """Creates an object; needs a mixin that makes the response."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Show an empty form."""
        self.object = None
        return super().get(request, *args, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Create the object."""
        self.object = None
        return super().post(request, *args, **kwargs)


class CreateView(SingleObjectTemplateResponseMixin, BaseCreateView):
    """Renders a form that creates an object."""

    template_name_suffix = "_form"


class BaseUpdateView(ModelFormMixin, ProcessFormView):
    """Changes an object; needs a mixin that makes the response."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the object's form."""
        self.object = self.get_object()
        return super().get(request, *args, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Change the object."""
        self.object = self.get_object()
        return super().post(request, *args, **kwargs)


class UpdateView(SingleObjectTemplateResponseMixin, BaseUpdateView):
    """Renders a form that changes an object."""

    template_name_suffix = "_form"


class DeletionMixin:
    """Deletes an object on DELETE and POST."""

    success_url: Any = None
    object: Any

    def delete(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Delete the object and redirect."""
        self.object = self.get_object()  # type: ignore[attr-defined]
        # The target may be made of the object's attributes.
        success_url = self.get_success_url()
        self.object.delete()
        return HttpResponseRedirect(success_url)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Delete the object and redirect."""
        return self.delete(request, *args, **kwargs)

    def get_success_url(self) -> str:
        """Return ``success_url`` filled with the object's attributes; ImproperlyConfigured without one."""
        if not self.success_url:
            raise ImproperlyConfigured(NO_URL)
        return str(self.success_url).format(**self.object.__dict__)


class BaseDeleteView(DeletionMixin, FormMixin, BaseDetailView):
    """Deletes an object after a confirmation; needs a mixin that makes the response."""

    form_class: Any = Form

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Process the confirmation."""
        self.object = self.get_object()
        form = self.get_form()
        return self.form_valid(form) if form.is_valid() else self.form_invalid(form)

    def form_valid(self, form: Any) -> Any:
        """Delete the object and redirect."""
        success_url = self.get_success_url()
        self.object.delete()
        return HttpResponseRedirect(success_url)


class DeleteView(SingleObjectTemplateResponseMixin, BaseDeleteView):
    """Renders a confirmation page and deletes the object."""

    template_name_suffix = "_confirm_delete"
