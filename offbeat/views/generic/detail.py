"""Views of a single object."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.http import Http404
from offbeat.utils.translation import gettext as _
from offbeat.views.generic.base import ContextMixin, TemplateResponseMixin, View

__all__ = [
    "BaseDetailView",
    "DetailView",
    "SingleObjectMixin",
    "SingleObjectTemplateResponseMixin",
]


def is_model(value: Any) -> bool:
    """Tell whether a value is a model class or an instance of one."""
    return hasattr(value, "_meta") and hasattr(value._meta, "model_name")


class SingleObjectMixin(ContextMixin):
    """Finds one object by the primary key or the slug of the URL."""

    model: Any = None
    queryset: Any = None
    slug_field = "slug"
    context_object_name: str | None = None
    slug_url_kwarg = "slug"
    pk_url_kwarg = "pk"
    query_pk_and_slug = False
    kwargs: dict[str, Any]
    object: Any

    def get_object(self, queryset: Any = None) -> Any:
        """Return the object; Http404 when there is none, AttributeError when the URL names neither key."""
        if queryset is None:
            queryset = self.get_queryset()
        pk = self.kwargs.get(self.pk_url_kwarg)
        slug = self.kwargs.get(self.slug_url_kwarg)
        if pk is not None:
            queryset = queryset.filter(pk=pk)
        if slug is not None and (pk is None or self.query_pk_and_slug):
            queryset = queryset.filter(**{self.get_slug_field(): slug})
        if pk is None and slug is None:
            raise AttributeError(
                f"Generic detail view {self.__class__.__name__} must be called with either an object pk or a slug "
                "in the URLconf."
            )
        try:
            return queryset.get()
        except queryset.model.DoesNotExist:
            raise Http404(
                _("No %(verbose_name)s found matching the query")
                % {"verbose_name": queryset.model._meta.verbose_name}
            ) from None

    def get_queryset(self) -> Any:
        """Return the queryset to look in; ImproperlyConfigured without ``queryset`` and ``model``."""
        if self.queryset is not None:
            return self.queryset.all()
        if self.model:
            return self.model._default_manager.all()
        name = self.__class__.__name__
        raise ImproperlyConfigured(
            f"{name} is missing a QuerySet. Define {name}.model, {name}.queryset, or override "
            f"{name}.get_queryset()."
        )

    def get_slug_field(self) -> str:
        """Return the name of the slug field."""
        return self.slug_field

    def get_context_object_name(self, obj: Any) -> str | None:
        """Return the object's name in the context."""
        if self.context_object_name:
            return self.context_object_name
        return obj._meta.model_name if is_model(obj) else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the context with the object in it."""
        context: dict[str, Any] = {}
        if self.object:
            context["object"] = self.object
            name = self.get_context_object_name(self.object)
            if name:
                context[name] = self.object
        context.update(kwargs)
        return super().get_context_data(**context)


class BaseDetailView(SingleObjectMixin, View):
    """Shows one object; needs a mixin that makes the response."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the object."""
        self.object = self.get_object()
        return self.render_to_response(self.get_context_data(object=self.object))  # type: ignore[attr-defined]


class SingleObjectTemplateResponseMixin(TemplateResponseMixin):
    """Chooses the template after the object or its model."""

    template_name_field: str | None = None
    template_name_suffix = "_detail"
    object: Any
    model: Any

    def get_template_names(self) -> list[str]:
        """Return ``template_name``, else the object's template field and ``app/model_suffix.html``."""
        try:
            return super().get_template_names()
        except ImproperlyConfigured:
            names = []
        obj = getattr(self, "object", None)
        if obj and self.template_name_field:
            name = getattr(obj, self.template_name_field, None)
            if name:
                names.append(name)
        model = obj if is_model(obj) else getattr(self, "model", None)
        if is_model(model):
            meta = model._meta  # type: ignore[union-attr]
            names.append(f"{meta.app_label}/{meta.model_name}{self.template_name_suffix}.html")
        if not names:
            raise ImproperlyConfigured(
                "SingleObjectTemplateResponseMixin requires a definition of 'template_name', "
                "'template_name_field', or 'model'; or an implementation of 'get_template_names()'."
            )
        return names


class DetailView(SingleObjectTemplateResponseMixin, BaseDetailView):
    """Renders a template for one object."""
