"""Serving files while developing; a web server does it in production."""

from __future__ import annotations

import mimetypes
import posixpath
import re
from pathlib import Path
from typing import Any

from offbeat.http import FileResponse, Http404, HttpResponse, HttpResponseNotModified
from offbeat.template import Context, Engine, TemplateDoesNotExist, loader
from offbeat.utils._os import safe_join
from offbeat.utils.http import http_date, parse_http_date
from offbeat.utils.translation import gettext as _

__all__ = ["directory_index", "serve", "was_modified_since"]

INDEX_PAGE = """{% load i18n %}<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="robots" content="NONE,NOARCHIVE">
<title>{% blocktranslate %}Index of {{ directory }}{% endblocktranslate %}</title>
</head>
<body>
<h1>{% blocktranslate %}Index of {{ directory }}{% endblocktranslate %}</h1>
<ul>{% if directory != "./" %}
<li><a href="../">../</a></li>{% endif %}{% for name in file_list %}
<li><a href="{{ name|urlencode }}">{{ name }}</a></li>{% endfor %}
</ul>
</body>
</html>
"""


def serve(request: Any, path: str, document_root: Any = None, show_indexes: bool = False) -> Any:
    """Return the file at ``path`` below ``document_root``; Http404 when there is none.

    A directory gives a list of its files with ``show_indexes``, which the template
    ``static/directory_index.html`` can replace. A path never leads out of the root, nor to a redirect.
    """
    path = posixpath.normpath(path).lstrip("/")
    full_path = Path(safe_join(document_root, path))
    if full_path.is_dir():
        if show_indexes:
            return directory_index(path, full_path)
        raise Http404(_("Directory indexes are not allowed here."))
    if not full_path.exists():
        raise Http404(_("“%(path)s” does not exist") % {"path": full_path})
    stat = full_path.stat()
    if not was_modified_since(request.META.get("HTTP_IF_MODIFIED_SINCE"), stat.st_mtime):
        return HttpResponseNotModified()
    content_type, encoding = mimetypes.guess_type(str(full_path))
    response = FileResponse(
        full_path.open("rb"),
        content_type=content_type or "application/octet-stream",
        headers={"Last-Modified": http_date(stat.st_mtime)},
        # Only who wants a part is told that there are parts.
        request=request if "HTTP_RANGE" in request.META else None,
    )
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return response


def directory_index(path: str, fullpath: Path) -> HttpResponse:
    """Return a page with the names in a directory, without hidden ones."""
    names = [
        f"{entry.name}/" if entry.is_dir() else entry.name
        for entry in sorted(fullpath.iterdir())
        if not entry.name.startswith(".")
    ]
    context = {"directory": f"{path}/", "file_list": names}
    try:
        template = loader.select_template(["static/directory_index.html", "static/directory_index"])
    except TemplateDoesNotExist:
        engine = Engine(libraries={"i18n": "offbeat.templatetags.i18n"})
        return HttpResponse(engine.from_string(INDEX_PAGE).render(Context(context)))
    return HttpResponse(template.render(context))


def was_modified_since(header: str | None = None, mtime: float = 0) -> bool:
    """Tell whether a file changed after the time of an If-Modified-Since header (RFC 9110 §13.1.3)."""
    if header is None:
        return True
    # Old browsers add the length of what they have.
    date = re.sub(r";.*$", "", header, flags=re.DOTALL)
    try:
        return int(mtime) > parse_http_date(date)
    except (ValueError, OverflowError):
        return True
