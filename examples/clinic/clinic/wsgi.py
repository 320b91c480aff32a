"""WSGI application: the same views, without WebSockets."""

import os

from offbeat.core.wsgi import get_wsgi_application

os.environ.setdefault("OFFBEAT_SETTINGS_MODULE", "clinic.settings")

application = get_wsgi_application()
