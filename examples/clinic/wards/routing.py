"""Routes of WebSockets."""

from offbeat.urls import path
from wards.consumers import ChatConsumer

websocket_urlpatterns = [
    path("ws/wards/<slug:slug>/chat/", ChatConsumer.as_asgi()),
]
