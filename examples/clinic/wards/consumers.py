"""The chat of a ward."""

from __future__ import annotations

from typing import Any

from offbeat.channels.generic.websocket import AsyncJsonWebsocketConsumer
from wards.forms import MessageForm
from wards.models import Message, Ward

NOT_ALLOWED = 4401
NO_SUCH_WARD = 4404


class ChatConsumer(AsyncJsonWebsocketConsumer):
    """Staff of one ward talk; every message is kept and reaches everybody in the order it was kept."""

    ward: Ward
    group: str | None = None

    async def connect(self) -> None:
        if not self.scope["user"].is_authenticated:
            await self.close(code=NOT_ALLOWED)
            return
        ward = await Ward.objects.filter(slug=self.scope["url_route"]["kwargs"]["slug"]).afirst()
        if ward is None:
            await self.close(code=NO_SUCH_WARD)
            return
        self.ward = ward
        self.group = f"ward_{ward.pk}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.group is not None:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        try:
            return await super().decode_json(text_data)
        except ValueError:
            return None

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        form = MessageForm(content if isinstance(content, dict) else {})
        if not form.is_valid():
            await self.send_json({"errors": form.errors.get_json_data()})
            return
        message = await Message.objects.acreate(
            ward=self.ward, author=self.scope["user"], text=form.cleaned_data["text"]
        )
        event = {"type": "chat.message", "message": message.as_event()}
        await self.channel_layer.group_send(self.group, event)

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send_json({"message": event["message"]})
