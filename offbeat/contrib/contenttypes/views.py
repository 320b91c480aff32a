"""The view behind "view on site" links."""

from __future__ import annotations

from typing import Any

from offbeat.apps import apps
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.core.exceptions import ObjectDoesNotExist
from offbeat.http import Http404, HttpResponseRedirect
from offbeat.utils.module_loading import import_string
from offbeat.utils.translation import gettext as _

__all__ = ["shortcut"]


def shortcut(request: Any, content_type_id: Any, object_id: Any) -> HttpResponseRedirect:
    """Redirect to the page of an object, on the site it belongs to; Http404 when there is none."""
    try:
        content_type: Any = ContentType.objects.get(pk=content_type_id)
        if not content_type.model_class():
            raise Http404(
                _("Content type %(ct_id)s object has no associated model") % {"ct_id": content_type_id}
            )
        obj = content_type.get_object_for_this_type(pk=object_id)
    except (ObjectDoesNotExist, ValueError):
        raise Http404(
            _("Content type %(ct_id)s object %(obj_id)s doesn’t exist")
            % {"ct_id": content_type_id, "obj_id": object_id}
        ) from None
    try:
        get_absolute_url = obj.get_absolute_url
    except AttributeError:
        raise Http404(
            _("%(ct_name)s objects don’t have a get_absolute_url() method") % {"ct_name": content_type.name}
        ) from None
    url = get_absolute_url()
    # A full address, with or without a scheme, is left alone.
    if url.startswith(("http://", "https://", "//")):
        return HttpResponseRedirect(url)
    domain = _domain_of(request, obj)
    if domain is None:
        return HttpResponseRedirect(url)
    return HttpResponseRedirect(f"{request.scheme}://{domain}{url}")


def _domain_of(request: Any, obj: Any) -> str | None:
    """Return the domain of the object's site: by a relation to Site, or else that of the current site."""
    object_domain = None
    if apps.is_installed("offbeat.contrib.sites"):
        site_model = apps.get_model("sites.Site")
        opts = obj._meta
        for field in opts.many_to_many:
            if field.remote_field.model is site_model:
                site = getattr(obj, field.name).first()
                if site is not None:
                    object_domain = site.domain
                    break
        if object_domain is None:
            for field in opts.fields:
                if field.remote_field and field.remote_field.model is site_model:
                    try:
                        site = getattr(obj, field.name)
                    except site_model.DoesNotExist:
                        continue
                    if site is not None:
                        object_domain = site.domain
                        break
    if object_domain is None:
        try:
            get_current_site = import_string("offbeat.contrib.sites.shortcuts.get_current_site")
        except ImportError:
            return str(request.get_host())
        try:
            object_domain = get_current_site(request).domain
        except ObjectDoesNotExist:
            pass
    return object_domain
