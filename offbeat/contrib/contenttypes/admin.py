"""Objects that refer to others by a generic foreign key, edited on their pages (ref/contrib/contenttypes)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offbeat.contrib.admin.options import InlineModelAdmin
from offbeat.contrib.admin.options.base import LazyClass
from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.contrib.contenttypes.admin_checks import GenericInlineModelAdminChecks
else:
    __getattr__, __dir__ = lazy_names(
        __name__, {"offbeat.contrib.contenttypes.admin_checks": ("GenericInlineModelAdminChecks",)}
    )

__all__ = [
    "GenericInlineModelAdmin",
    "GenericInlineModelAdminChecks",
    "GenericStackedInline",
    "GenericTabularInline",
]


class GenericInlineModelAdmin(InlineModelAdmin):
    """An inline whose objects refer to the page's object by a generic foreign key."""

    ct_field = "content_type"
    ct_fk_field = "object_id"
    formset: Any = LazyClass("offbeat.contrib.contenttypes.forms", "BaseGenericInlineFormSet")
    checks_class: Any = LazyClass(
        "offbeat.contrib.contenttypes.admin_checks", "GenericInlineModelAdminChecks"
    )

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        options = self._formset_options(
            request, obj, kwargs, ct_field=self.ct_field, fk_field=self.ct_fk_field
        )
        from offbeat.contrib.contenttypes.forms import generic_inlineformset_factory

        return generic_inlineformset_factory(self.model, **options)


class GenericStackedInline(GenericInlineModelAdmin):
    """Forms one below the other."""

    template = "admin/edit_inline/stacked.html"


class GenericTabularInline(GenericInlineModelAdmin):
    """Forms as rows of a table."""

    template = "admin/edit_inline/tabular.html"
