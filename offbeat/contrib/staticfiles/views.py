"""Serving static files while developing."""

from __future__ import annotations

import os
import posixpath
from typing import Any

from offbeat.conf import settings
from offbeat.contrib.staticfiles import finders
from offbeat.http import Http404
from offbeat.views import static


def serve(request: Any, path: str, insecure: bool = False, **kwargs: Any) -> Any:
    """The static file at ``path``, as the finders find it; Http404, also when ``DEBUG`` is off, unless ``insecure``."""
    if not settings.DEBUG and not insecure:
        raise Http404
    normalized = posixpath.normpath(path).lstrip("/")
    absolute = finders.find(normalized)
    if not absolute:
        if path.endswith("/") or path == "":
            raise Http404("Directory indexes are not allowed here.")
        raise Http404(f"'{path}' could not be found")
    document_root, name = os.path.split(absolute)
    return static.serve(request, name, document_root=document_root, **kwargs)
