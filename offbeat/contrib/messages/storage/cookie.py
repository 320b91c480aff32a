"""Messages in a signed cookie."""

from __future__ import annotations

import binascii
import json
from typing import Any

from offbeat.conf import settings
from offbeat.contrib.messages.storage.base import BaseStorage, Message
from offbeat.core import signing
from offbeat.utils.functional import cached_property
from offbeat.utils.safestring import SafeData, mark_safe

__all__ = ["CookieStorage", "MessageDecoder", "MessageEncoder", "MessageSerializer"]


class MessageEncoder(json.JSONEncoder):
    """Writes a message as a list that starts with a mark."""

    message_key = "__json_message"

    def default(self, obj: Any) -> Any:
        """The list form of a message."""
        if isinstance(obj, Message):
            # Whether the text is safe HTML must survive.
            is_safedata = 1 if isinstance(obj.message, SafeData) else 0
            message = [self.message_key, is_safedata, obj.level, obj.message]
            if obj.extra_tags is not None:
                message.append(obj.extra_tags)
            return message
        return super().default(obj)


class MessageDecoder(json.JSONDecoder):
    """Reads messages back, at any depth."""

    def process_messages(self, obj: Any) -> Any:
        """The structure with marked lists made messages."""
        if isinstance(obj, list) and obj:
            if obj[0] == MessageEncoder.message_key:
                if obj[1]:
                    obj[3] = mark_safe(obj[3])
                return Message(*obj[2:])
            return [self.process_messages(item) for item in obj]
        if isinstance(obj, dict):
            return {key: self.process_messages(value) for key, value in obj.items()}
        return obj

    def decode(self, s: str, *args: Any, **kwargs: Any) -> Any:
        """The messages of a text."""
        return self.process_messages(super().decode(s, *args, **kwargs))


class MessageSerializer:
    """Messages as compact JSON."""

    def dumps(self, obj: Any) -> bytes:
        return json.dumps(obj, separators=(",", ":"), cls=MessageEncoder).encode("latin-1")

    def loads(self, data: bytes) -> Any:
        return json.loads(data.decode("latin-1"), cls=MessageDecoder)


class CookieStorage(BaseStorage):
    """Keeps messages in the cookie ``messages``, as many as a cookie holds."""

    cookie_name = "messages"
    # Browsers take 4096 bytes with everything; this leaves room for the name and the attributes.
    max_cookie_size = 2048
    not_finished = "__messagesnotfinished__"
    key_salt = "django.contrib.messages"

    @cached_property
    def signer(self) -> Any:
        return signing.get_cookie_signer(salt=self.key_salt)

    def _get(self, *args: Any, **kwargs: Any) -> tuple[list[Any] | None, bool]:
        """The messages in the cookie; a mark at the end says that some are elsewhere."""
        messages = self._decode(self.request.COOKIES.get(self.cookie_name))
        all_retrieved = not (messages and messages[-1] == self.not_finished)
        if messages and not all_retrieved:
            messages.pop()
        return messages, all_retrieved

    def _update_cookie(self, encoded_data: str, response: Any) -> None:
        if encoded_data:
            response.set_cookie(
                self.cookie_name,
                encoded_data,
                domain=settings.SESSION_COOKIE_DOMAIN,
                secure=settings.SESSION_COOKIE_SECURE or None,
                httponly=settings.SESSION_COOKIE_HTTPONLY or None,
                samesite=settings.SESSION_COOKIE_SAMESITE,
            )
        else:
            response.delete_cookie(
                self.cookie_name,
                domain=settings.SESSION_COOKIE_DOMAIN,
                samesite=settings.SESSION_COOKIE_SAMESITE,
            )

    def _store(
        self,
        messages: list[Any],
        response: Any,
        remove_oldest: bool = True,
        *args: Any,
        **kwargs: Any,
    ) -> list[Any]:
        """Store as many messages as fit, leaving out the oldest (or the newest)."""
        unstored: list[Any] = []
        encoded_data = self._encode(messages)
        if self.max_cookie_size and encoded_data and self._length(encoded_data) > self.max_cookie_size:
            fitting, unstored = self._split(messages, remove_oldest)
            encoded_data = self._encode([*fitting, self.not_finished])
        self._update_cookie(encoded_data, response)
        return unstored

    @staticmethod
    def _length(value: str) -> int:
        from offbeat.http import SimpleCookie

        # In a cookie, some characters take more than one byte.
        return len(SimpleCookie().value_encode(value)[1])

    def _split(self, messages: list[Any], remove_oldest: bool) -> tuple[list[Any], list[Any]]:
        """The most messages that fit, and the others, found by bisection."""
        low, high = 0, len(messages)
        while low < high:
            count = (low + high + 1) // 2
            kept = messages[-count:] if remove_oldest else messages[:count]
            if self._length(self._encode([*kept, self.not_finished])) <= self.max_cookie_size:
                low = count
            else:
                high = count - 1
        rest = len(messages) - low
        if remove_oldest:
            return messages[rest:], messages[:rest]
        return messages[:low], messages[low:]

    def _encode(self, messages: list[Any], encode_empty: bool = False) -> str:
        """The messages signed; empty text for none."""
        if not messages and not encode_empty:
            return ""
        return str(self.signer.sign_object(messages, serializer=MessageSerializer, compress=True))

    def _decode(self, data: str | None) -> list[Any] | None:
        """The messages of a cookie; None, and the cookie is removed, if it is not trusted."""
        if not data:
            return None
        try:
            return self.signer.unsign_object(data, serializer=MessageSerializer)  # type: ignore[no-any-return]
        except (signing.BadSignature, binascii.Error, json.JSONDecodeError, ValueError, TypeError):
            # Storing again will replace it.
            self.used = True
            return None
