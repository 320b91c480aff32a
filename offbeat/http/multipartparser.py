"""The multipart/form-data parser (RFC 7578).

The bytes are split by the ``multipart`` package's push parser; this module decides what parts mean: fields and
files, their names and charsets, transfer encodings, upload handlers and limits. Limits are counted on what arrives,
before anything is kept. A body that ends early gives the parts that were complete.
"""

from __future__ import annotations

import binascii
import html
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import CoroutineType
from typing import Any

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from offbeat.concurrency import wait
from offbeat.conf import settings
from offbeat.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from offbeat.core.files.uploadhandler import SkipFile, StopFutureHandlers, StopUpload
from offbeat.core.files.utils import remaining_size
from offbeat.http.errors import MultiPartParserError
from offbeat.http.multipartwhole import Headers, plain_parts
from offbeat.http.querydict import QueryDict
from offbeat.utils.datastructures import MultiValueDict
from offbeat.utils.encoding import force_str
from offbeat.utils.http import parse_header_parameters
from offbeat.utils.lazy_pattern import lazy_pattern

__all__ = ["ChunkIter", "InputStreamExhausted", "LazyStream", "MultiPartParser", "MultiPartParserError"]

MAX_TOTAL_HEADER_SIZE = 1024
# A site's forms send the same few headers again and again; what is kept of them is only read.
_SHORT_HEADER = 128
_parse_short = lru_cache(maxsize=256)(parse_header_parameters)
_MAX_HEADERS = 16
_DEFAULT_CHUNK = 1 << 16
_BOUNDARY = lazy_pattern(r"[ -~]{0,200}[!-~]")
_BASE64_NOISE = bytes(
    byte for byte in range(256) if not ((chr(byte).isalnum() and byte < 128) or byte in b"+/=")
)


class InputStreamExhausted(Exception):
    """There is nothing left to read."""


def _settle(value: Any) -> Any:
    """What an upload handler's hook returned, waited for when the hook is a coroutine function."""
    return wait(value) if type(value) is CoroutineType else value


def _close_files(handlers: Iterable[Any]) -> None:
    for handler in handlers:
        file = getattr(handler, "file", None)
        if file is not None:
            file.close()


class ChunkIter:
    """The pieces of at most ``chunk_size`` bytes that a file-like object gives."""

    def __init__(self, flo: Any, chunk_size: int = _DEFAULT_CHUNK) -> None:
        self.flo = flo
        self.chunk_size = chunk_size

    def __iter__(self) -> ChunkIter:
        return self

    def __next__(self) -> bytes:
        data: bytes = self.flo.read(self.chunk_size)
        if not data:
            raise StopIteration
        return data


class LazyStream:
    """The body as pieces of bounded size, with ``read()`` over what the pieces hold."""

    def __init__(self, producer: Iterator[bytes]) -> None:
        self._producer = producer
        self._left = b""

    def __iter__(self) -> LazyStream:
        return self

    def __next__(self) -> bytes:
        if self._left:
            data, self._left = self._left, b""
            return data
        return next(self._producer)

    def read(self, size: int | None = None) -> bytes:
        """Up to ``size`` bytes, everything without it."""
        parts: list[bytes] = []
        missing = size
        while missing is None or missing > 0:
            data = next(self, b"")
            if not data:
                break
            if missing is not None and len(data) > missing:
                data, self._left = data[:missing], data[missing:]
            parts.append(data)
            if missing is not None:
                missing -= len(data)
        return b"".join(parts)

    def unget(self, data: bytes) -> None:
        """Put bytes back in front."""
        self._left = data + self._left


class _Base64:
    """Decodes base64 piece by piece; white space and other foreign characters are skipped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        clean = self._rest + bytes(data).translate(None, _BASE64_NOISE)
        whole = len(clean) - len(clean) % 4
        self._rest = clean[whole:]
        return self._decode(clean[:whole])

    def finish(self) -> bytes:
        rest, self._rest = self._rest, b""
        return self._decode(rest) if rest else b""

    @staticmethod
    def _decode(data: bytes) -> bytes:
        try:
            return binascii.a2b_base64(data)
        except binascii.Error as error:
            raise MultiPartParserError("Could not decode base64 data.") from error


class _Plain:
    """The identity, in the shape of a decoder."""

    def feed(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


_PLAIN = _Plain()


class _Field:
    """A part that is a form field, kept in memory within the parser's limit."""

    def __init__(self, parser: MultiPartParser, name: str, decoder: _Base64 | _Plain) -> None:
        self.parser = parser
        self.name = name
        self.decoder = decoder
        self.data = bytearray()
        parser._count_field(len(name) + 2)

    def feed(self, data: bytes) -> None:
        self.parser._count_bytes(len(data))
        self.data += data

    def abandon(self) -> None:
        return

    def end(self) -> None:
        data = bytes(self.data)
        try:
            data = self.decoder.feed(data) + self.decoder.finish()
        except MultiPartParserError:
            # A field that is not what its header says is taken as it came.
            pass
        self.parser._keep_field(self.name, data)


class _Upload:
    """A part that is a file, handed to the upload handlers chunk by chunk."""

    def __init__(self, parser: MultiPartParser, name: str, decoder: _Base64 | _Plain) -> None:
        self.parser = parser
        self.name = name
        self.decoder = decoder
        self.handlers = parser._upload_handlers
        self.counters = [0] * len(self.handlers)
        # Those that know of this file: others may still have the one before.
        self.told: list[Any] = []
        self.skipped = False

    def begin(self, file_name: str, content_type: str, length: int | None, extra: dict[str, bytes]) -> None:
        charset = extra.get("charset")
        try:
            for handler in self.handlers:
                self.told.append(handler)
                try:
                    _settle(handler.new_file(self.name, file_name, content_type, length, charset, extra))
                except StopFutureHandlers:
                    break
        except SkipFile:
            self._skip()

    def feed(self, data: bytes) -> None:
        if self.skipped:
            return
        chunk = self.decoder.feed(data)
        if chunk:
            self._give(chunk)

    def _give(self, chunk: bytes) -> None:
        counters = self.counters
        try:
            for index, handler in enumerate(self.handlers):
                size = len(chunk)
                result = _settle(handler.receive_data_chunk(chunk, counters[index]))
                counters[index] += size
                if result is None:
                    break
                chunk = result
        except SkipFile:
            self._skip()

    def _skip(self) -> None:
        self.skipped = True
        self.abandon()

    def abandon(self) -> None:
        """Close what handlers have of this file: its end will not come."""
        _close_files(self.told)

    def end(self) -> None:
        if not self.skipped:
            rest = self.decoder.finish()
            if rest:
                self._give(rest)
        if self.skipped:
            return
        for handler, size in zip(self.handlers, self.counters, strict=False):
            file = _settle(handler.file_complete(size))
            if file:
                self.parser._files.appendlist(self.name, file)
                break


class _Ignored:
    """A part without a name, or an empty file input: read past."""

    def feed(self, data: bytes) -> None:
        return

    def abandon(self) -> None:
        return

    def end(self) -> None:
        return


class MultiPartParser:
    """Parses a multipart body: ``parse()`` gives the pair (POST, FILES).

    ``META``: with ``CONTENT_TYPE`` and perhaps ``CONTENT_LENGTH``; ``input_data``: anything with ``read(size)``;
    ``upload_handlers``: called in order for each file; ``encoding``: of the fields (``DEFAULT_CHARSET``).
    Hooks of a handler may be coroutine functions.
    """

    boundary_re = _BOUNDARY

    def __init__(
        self, META: dict[str, Any], input_data: Any, upload_handlers: list[Any], encoding: str | None = None
    ) -> None:
        content_type = META.get("CONTENT_TYPE", "")
        if not content_type.startswith("multipart/"):
            raise MultiPartParserError(f"Invalid Content-Type: {content_type}")
        if not content_type.isascii():
            raise MultiPartParserError(
                f"Invalid non-ASCII Content-Type in multipart: {force_str(content_type)}"
            )
        try:
            _, params = parse_header_parameters(content_type)
        except ValueError:
            raise MultiPartParserError("Invalid Content-Type in multipart: too long")
        boundary = params.get("boundary")
        if not boundary or not self.boundary_re.fullmatch(boundary):
            raise MultiPartParserError(f"Invalid boundary in multipart: {boundary}")
        try:
            content_length = int(META.get("CONTENT_LENGTH", 0))
        except (ValueError, TypeError):
            content_length = 0
        if content_length < 0:
            raise MultiPartParserError(f"Invalid content length: {content_length!r}")

        self._meta = META
        self._input_data = input_data
        self._boundary = boundary.encode("ascii")
        self._content_length = content_length
        self._encoding = encoding or settings.DEFAULT_CHARSET
        self._upload_handlers = upload_handlers
        sizes = [handler.chunk_size for handler in upload_handlers if handler.chunk_size]
        # Some servers cannot read more than a signed 32-bit number at once; a multiple of four suits base64.
        self._chunk_size = min(2**31 - 4, *sizes) if sizes else _DEFAULT_CHUNK
        self._max_bytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        self._max_fields = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        self._max_files = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        self._post = QueryDict(mutable=True)
        self._files = MultiValueDict()
        self._bytes = self._fields = self._uploads = 0

    def parse(self) -> tuple[QueryDict, MultiValueDict]:
        """Read and parse everything; on an error or a cancellation the files handled so far are closed."""
        try:
            return self._parse()
        except BaseException:
            _close_files(self._upload_handlers)
            for _, files in self._files.lists():
                for file in files:
                    file.close()
            raise

    def _parse(self) -> tuple[QueryDict, MultiValueDict]:
        post = self._post
        post._encoding = self._encoding
        handlers = self._upload_handlers
        # An empty body is an empty form; some clients send the header all the same.
        if self._content_length == 0 and "CONTENT_LENGTH" in self._meta:
            post._mutable = False
            return post, self._files
        for handler in handlers:
            result = _settle(
                handler.handle_raw_input(
                    self._input_data, self._meta, self._content_length, self._boundary, self._encoding
                )
            )
            if result is not None:
                return result[0], result[1]
        stream = LazyStream(self._pieces())
        uploaded_everything = True
        exhaust = True
        try:
            self._read_parts(stream)
        except StopUpload as stop:
            _close_files(self._upload_handlers)
            uploaded_everything = False
            exhaust = not stop.connection_reset
        if exhaust:
            # What follows must be read too, lest the client's next request be taken for it.
            for _ in stream:
                pass
        for handler in handlers:
            result = _settle(
                handler.upload_complete() if uploaded_everything else handler.upload_interrupted()
            )
            if uploaded_everything and result:
                break
        post._mutable = False
        return post, self._files

    def _pieces(self) -> Iterator[bytes]:
        """The body in pieces, to its declared length: upload handlers relied on that one."""
        source = self._input_data
        left = self._content_length
        if left <= 0 or remaining_size(getattr(source, "_stream", source)) is not None:
            yield from ChunkIter(source, self._chunk_size)
            return
        while left > 0 and (data := source.read(self._chunk_size)):
            data = data[:left]
            left -= len(data)
            yield data
            del data

    def _read_parts(self, stream: LazyStream) -> None:
        """Read all parts; a body that has come in one piece is split at once if it is plain."""
        first = next(stream, b"")
        if len(first) == self._content_length:
            parts = plain_parts(first, self._boundary, self._encoding)
            if parts is not None:
                for headers, start, end in parts:
                    self._take_whole(headers, first[start:end])
                return
        stream.unget(first)
        # Nothing is held while more is waited for: slow clients may be many.
        del first
        self._push_parts(stream)

    def _take_whole(self, headers: Headers, content: bytes) -> None:
        name = headers["content-disposition"][1]["name"].strip()
        filename = headers["content-disposition"][1].get("filename")
        if not filename:
            self._count_field(len(name) + 2)
            self._count_bytes(len(content))
            self._keep_field(name, content)
            return
        part = self._begin_upload(name, filename, headers, _PLAIN)
        if content:
            part.feed(content)
        part.end()

    def _keep_field(self, name: str, content: bytes) -> None:
        self._post._append_text(name, content.decode(self._encoding, "replace"))

    def _push_parts(self, stream: LazyStream) -> None:
        parser = PushMultipartParser(
            self._boundary,
            header_charset="latin-1",
            max_header_size=8192,
            max_header_count=_MAX_HEADERS,
        )
        part: _Field | _Upload | _Ignored | None = None
        try:
            while data := next(stream, b""):
                part = self._take(parser.parse(data), part)
                del data
                if parser.closed:
                    break
            if part is not None:
                part.abandon()
        except ParserLimitReached as error:
            raise MultiPartParserError(f"Multipart limit reached: {error}") from error
        except MultipartError as error:
            raise MultiPartParserError(f"Invalid multipart data: {error}") from error

    def _take(
        self, events: Iterator[Any], part: _Field | _Upload | _Ignored | None
    ) -> _Field | _Upload | _Ignored | None:
        """What a piece of the body holds; the part that it leaves open."""
        for event in events:
            if event is None:
                if part is not None:
                    part.end()
                part = None
            elif isinstance(event, MultipartSegment):
                part = self._begin_part(event.headerlist)
            elif part is not None:
                part.feed(event)
        return part

    def _begin_part(self, headerlist: list[tuple[str, str]]) -> _Field | _Upload | _Ignored:
        headers: Headers = {}
        total = 0
        for name, value in headerlist:
            total += len(name) + len(value)
            if total > MAX_TOTAL_HEADER_SIZE:
                raise MultiPartParserError("Request max total header size exceeded.")
            text = value.encode("latin-1").decode(self._encoding, "replace")
            try:
                short = len(text) <= _SHORT_HEADER
                headers[name.lower()] = _parse_short(text) if short else parse_header_parameters(text)
            except ValueError:
                return _Ignored()
        disposition, params = headers.get("content-disposition", ("", {}))
        field_name = params.get("name")
        if disposition != "form-data" or field_name is None:
            return _Ignored()
        field_name = field_name.strip()
        transfer = headers.get("content-transfer-encoding", ("", {}))[0]
        decoder = _Base64() if transfer == "base64" else _PLAIN
        filename = params.get("filename")
        if not filename:
            # Browsers send a file input that was left empty with an empty name.
            return _Field(self, field_name, decoder)
        return self._begin_upload(field_name, filename, headers, decoder)

    def _begin_upload(
        self,
        name: str,
        raw_file_name: str,
        headers: Headers,
        decoder: _Base64 | _Plain,
    ) -> _Upload | _Ignored:
        self._uploads += 1
        if self._max_files is not None and self._uploads > self._max_files:
            raise TooManyFilesSent("The number of files exceeded settings.DATA_UPLOAD_MAX_NUMBER_FILES.")
        clean_name = self.sanitize_file_name(raw_file_name)
        if not clean_name:
            return _Ignored()
        content_type, params = headers.get("content-type", ("", {}))
        # Handlers get these as bytes, as they came.
        extra = {key: value.encode(self._encoding, "replace") for key, value in params.items()}
        length = None
        if "content-length" in headers:
            try:
                length = int(headers["content-length"][0])
            except ValueError:
                pass
        upload = _Upload(self, name, decoder)
        upload.begin(clean_name, content_type.strip(), length, extra)
        return upload

    def _count_field(self, overhead: int) -> None:
        self._fields += 1
        if self._max_fields is not None and self._fields > self._max_fields:
            raise TooManyFieldsSent(
                "The number of GET/POST parameters exceeded settings.DATA_UPLOAD_MAX_NUMBER_FIELDS."
            )
        self._count_bytes(overhead)

    def _count_bytes(self, size: int) -> None:
        self._bytes += size
        if self._max_bytes is not None and self._bytes > self._max_bytes:
            raise RequestDataTooBig("Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE.")

    def sanitize_file_name(self, file_name: str) -> str | None:
        """The last component of a file name, of either system, without control characters; None if nothing is left."""
        file_name = html.unescape(file_name)
        file_name = file_name.rsplit("/")[-1]
        file_name = file_name.rsplit("\\")[-1]
        if not file_name.isprintable():
            file_name = "".join(char for char in file_name if char.isprintable())
        return None if file_name in {"", ".", ".."} else file_name

    IE_sanitize = sanitize_file_name
