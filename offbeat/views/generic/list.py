"""Views of many objects, with pages."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.paginator import InvalidPage, Paginator
from offbeat.http import Http404
from offbeat.utils.translation import gettext as _
from offbeat.views.generic.base import ContextMixin, TemplateResponseMixin, View

__all__ = ["BaseListView", "ListView", "MultipleObjectMixin", "MultipleObjectTemplateResponseMixin"]


class MultipleObjectMixin(ContextMixin):
    """Finds the objects, orders and paginates them."""

    allow_empty = True
    queryset: Any = None
    model: Any = None
    paginate_by: int | None = None
    paginate_orphans = 0
    context_object_name: str | None = None
    paginator_class: type[Any] = Paginator
    page_kwarg = "page"
    ordering: Any = None
    object_list: Any
    kwargs: dict[str, Any]
    request: Any

    def get_queryset(self) -> Any:
        """Return the objects, which need not be a queryset; ImproperlyConfigured without any."""
        if self.queryset is not None:
            queryset = self.queryset
            if hasattr(queryset, "_fetch_all") and hasattr(queryset, "all"):
                queryset = queryset.all()
        elif self.model is not None:
            queryset = self.model._default_manager.all()
        else:
            name = self.__class__.__name__
            raise ImproperlyConfigured(
                f"{name} is missing a QuerySet. Define {name}.model, {name}.queryset, or override "
                f"{name}.get_queryset()."
            )
        ordering = self.get_ordering()
        if ordering:
            queryset = queryset.order_by(*((ordering,) if isinstance(ordering, str) else ordering))
        return queryset

    def get_ordering(self) -> Any:
        """Return the field or fields to order by."""
        return self.ordering

    def paginate_queryset(self, queryset: Any, page_size: int) -> tuple[Any, Any, Any, bool]:
        """Return ``(paginator, page, objects, is_paginated)``; Http404 for a page that does not exist."""
        paginator = self.get_paginator(
            queryset,
            page_size,
            orphans=self.get_paginate_orphans(),
            allow_empty_first_page=self.get_allow_empty(),
        )
        wanted = self.kwargs.get(self.page_kwarg) or self.request.GET.get(self.page_kwarg) or 1
        try:
            number = int(wanted)
        except ValueError:
            if wanted != "last":
                raise Http404(_("Page is not “last”, nor can it be converted to an int.")) from None
            number = paginator.num_pages
        try:
            page = paginator.page(number)
        except InvalidPage as error:
            raise Http404(
                _("Invalid page (%(page_number)s): %(message)s")
                % {"page_number": number, "message": str(error)}
            ) from error
        return paginator, page, page.object_list, page.has_other_pages()

    def get_paginate_by(self, queryset: Any) -> int | None:
        """Return the objects per page, None for no pages."""
        return self.paginate_by

    def get_paginator(
        self,
        queryset: Any,
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Return the paginator."""
        return self.paginator_class(
            queryset, per_page, orphans=orphans, allow_empty_first_page=allow_empty_first_page, **kwargs
        )

    def get_paginate_orphans(self) -> int:
        """Return how many objects the last page may have over."""
        return self.paginate_orphans

    def get_allow_empty(self) -> bool:
        """Return whether an empty list is shown; if not, it is a 404."""
        return self.allow_empty

    def get_context_object_name(self, object_list: Any) -> str | None:
        """Return the list's name in the context."""
        if self.context_object_name:
            return self.context_object_name
        if hasattr(object_list, "model"):
            return f"{object_list.model._meta.model_name}_list"
        return None

    def get_context_data(self, *, object_list: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Return the context with the objects of the page."""
        queryset = object_list if object_list is not None else self.object_list
        page_size = self.get_paginate_by(queryset)
        name = self.get_context_object_name(queryset)
        paginator = page = None
        is_paginated = False
        if page_size:
            paginator, page, queryset, is_paginated = self.paginate_queryset(queryset, page_size)
        context = {
            "paginator": paginator,
            "page_obj": page,
            "is_paginated": is_paginated,
            "object_list": queryset,
        }
        if name is not None:
            context[name] = queryset
        context.update(kwargs)
        return super().get_context_data(**context)


class BaseListView(MultipleObjectMixin, View):
    """Shows the objects; needs a mixin that makes the response."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the list; Http404 for an empty one without ``allow_empty``."""
        self.object_list = self.get_queryset()
        if not self.get_allow_empty() and self._is_empty():
            raise Http404(
                _("Empty list and “%(class_name)s.allow_empty” is False.")
                % {"class_name": self.__class__.__name__}
            )
        return self.render_to_response(self.get_context_data())  # type: ignore[attr-defined]

    def _is_empty(self) -> bool:
        # With pages, a query for one row is cheaper than loading all of them here.
        if self.get_paginate_by(self.object_list) is not None and hasattr(self.object_list, "exists"):
            return not self.object_list.exists()
        return not self.object_list


class MultipleObjectTemplateResponseMixin(TemplateResponseMixin):
    """Chooses the template after the model."""

    template_name_suffix = "_list"
    object_list: Any

    def get_template_names(self) -> list[str]:
        """Return ``template_name`` and ``app/model_suffix.html``."""
        try:
            names = super().get_template_names()
        except ImproperlyConfigured:
            names = []
        if hasattr(self.object_list, "model"):
            meta = self.object_list.model._meta
            names.append(f"{meta.app_label}/{meta.model_name}{self.template_name_suffix}.html")
        elif not names:
            name = self.__class__.__name__
            raise ImproperlyConfigured(
                f"{name} requires either a 'template_name' attribute or a get_queryset() method that returns a "
                "QuerySet."
            )
        return names


class ListView(MultipleObjectTemplateResponseMixin, BaseListView):
    """Renders a template for a list of objects."""
