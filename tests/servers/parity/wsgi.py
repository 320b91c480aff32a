"""The site for WSGI servers."""

from __future__ import annotations

from offbeat.core.wsgi import get_wsgi_application

application = get_wsgi_application()
