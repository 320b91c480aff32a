"""Compression of responses."""

from __future__ import annotations

import re
from typing import Any

from offbeat.utils import text
from offbeat.utils.cache import patch_vary_headers
from offbeat.utils.deprecation import MiddlewareMixin

__all__ = ["GZipMiddleware"]

re_accepts_gzip = re.compile(r"\bgzip\b")
MINIMUM = 200


class GZipMiddleware(MiddlewareMixin):
    """Compresses what the client accepts compressed.

    Up to ``max_random_bytes`` of padding hide the exact length, which makes guessing a secret in the page from its
    compressed size far harder (BREACH, with the "Heal the Breach" mitigation).
    """

    max_random_bytes = 100

    def process_response(self, request: Any, response: Any) -> Any:
        """Compress the content unless it is short, compressed already, or would grow."""
        if not response.streaming and len(response.content) < MINIMUM:
            return response
        # A part of a file is a part of it as it is.
        if response.has_header("Content-Encoding") or response.has_header("Content-Range"):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        if not re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            return response
        if response.streaming:
            self._compress_stream(response)
        else:
            compressed = text.compress_string(response.content, max_random_bytes=self.max_random_bytes)
            if len(compressed) >= len(response.content):
                return response
            response.content = compressed
            response.headers["Content-Length"] = str(len(response.content))
        etag = response.get("ETag")
        if etag and etag.startswith('"'):
            # The padding makes the bytes differ from one time to the next (RFC 9110 §8.8.1).
            response.headers["ETag"] = f"W/{etag}"
        response.headers["Content-Encoding"] = "gzip"
        # Parts would be of the plain content, which no client can put together with the compressed one.
        del response.headers["Accept-Ranges"]
        return response

    def _compress_stream(self, response: Any) -> None:
        original = response.streaming_content
        if response.is_async:
            response.streaming_content = text.acompress_sequence(
                original, max_random_bytes=self.max_random_bytes
            )
        else:
            response.streaming_content = text.compress_sequence(
                original, max_random_bytes=self.max_random_bytes
            )
        del response.headers["Content-Length"]
