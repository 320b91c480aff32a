"""ASGI application: HTTP, and WebSockets of this site's own pages only."""

import os

from offbeat.core.asgi import get_asgi_application

os.environ.setdefault("OFFBEAT_SETTINGS_MODULE", "clinic.settings")
http_application = get_asgi_application()

from wards.routing import websocket_urlpatterns  # noqa: E402

from offbeat.channels.auth import AuthMiddlewareStack  # noqa: E402
from offbeat.channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from offbeat.channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
