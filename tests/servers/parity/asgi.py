"""The site for ASGI servers."""

from __future__ import annotations

from offbeat.core.asgi import get_asgi_application

application = get_asgi_application()
