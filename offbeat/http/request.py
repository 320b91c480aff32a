"""HttpRequest: what came in.

Every attribute that is derived from the headers or the body is made when it is first read. A server interface's
subclass does not call ``__init__()``; it sets ``method`` and ``path_info``, gives three things, and may override the rest
for speed:

``_load_meta()``
    the CGI-like dictionary for ``META``;
``_load_headers()``
    the ``HttpHeaders`` (by default from META);
``_open_stream()``
    the body, an object with ``read(size)`` and ``readline(size)``, and ``close()`` if it holds anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from offbeat.conf import settings
from offbeat.core import signing
from offbeat.core.exceptions import (
    BadRequest,
    DisallowedHost,
    ImproperlyConfigured,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from offbeat.core.files.utils import remaining_size
from offbeat.http.accept import MediaType, parse_accept
from offbeat.http.cookie import parse_cookie
from offbeat.http.errors import MultiPartParserError
from offbeat.http.gifts import Gift
from offbeat.http.headers import HttpHeaders
from offbeat.http.host import host_validation_re, split_domain_port, validate_host
from offbeat.http.querydict import QueryDict, bytes_to_text
from offbeat.utils.datastructures import ImmutableList, MultiValueDict
from offbeat.utils.encoding import escape_uri_path, iri_to_uri
from offbeat.utils.functional import cached_property
from offbeat.utils.http import is_same_domain, parse_header_parameters

if TYPE_CHECKING:
    from offbeat.core.files.arriving import ArrivingFile
    from offbeat.http.multipartparser import MultiPartParser

__all__ = [
    "HttpHeaders",
    "HttpRequest",
    "MediaType",
    "QueryDict",
    "RawPostDataException",
    "UnreadablePostError",
    "bytes_to_text",
    "host_validation_re",
    "is_same_domain",
    "split_domain_port",
    "validate_host",
]

RAISE_ERROR = object()
UNSET: Any = object()
_READ_SIZE = 1 << 16


class UnreadablePostError(OSError):
    """The body ended early, most often because the client went away."""


class RawPostDataException(Exception):
    """``body`` was asked for after the body had been read as a stream."""


class HttpRequest:
    """A request. Made without arguments it is empty, and every attribute can be set."""

    # What every request sets has no default here: a default would double what setting and reading it costs.
    method: str | None
    path_info: str
    # What the path leads to: a ResolverMatch, or that of which one is made.
    _found: Any
    # That of the handler, on its way out.
    _response: Any
    # Middleware of this package and of others sets these, or says how they are made.
    session: Any = Gift()
    user: Any = Gift()
    # Like a bound method: the request would be in a circle with it.
    auser: Any = Gift(kept=False)
    _messages: Any = Gift()
    site: Any
    _gifts: Mapping[str, Callable[[Any], Any]] = {}
    # Whether what is given is found here, and META and get_host() are these: not where a subclass has its own.
    _takes_gifts = True
    csrf_processing_done = False
    _dont_enforce_csrf_checks = False

    # What cannot be pickled, or would be another one's after it.
    non_picklable_attrs = frozenset({"resolver_match", "_found", "_stream"})

    _upload_handlers: list[Any] | None = None
    _multipart_parser_class: type[MultiPartParser] | None = None
    _read_started = False
    _form_read = False
    _urlconf: Any = UNSET
    # Set for every request: without a default here, reading and writing it costs less.
    _get: QueryDict | None
    _encoding_was_set = False
    _post: QueryDict
    _files: MultiValueDict
    _body: bytes

    def __init__(self) -> None:
        self.GET = QueryDict(mutable=True)
        self._post = QueryDict(mutable=True)
        self.COOKIES = {}
        self.META = {}
        self._files = MultiValueDict()
        self.path = ""
        self.path_info = ""
        self.method = self._found = None
        self.content_type = None
        self.content_params = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = vars(cls).keys() & vars(HttpRequest)
        if own & {"META", "get_host"} or any(isinstance(vars(HttpRequest)[name], Gift) for name in own):
            cls._takes_gifts = False

    def __repr__(self) -> str:
        if self.method is None or not self.get_full_path():
            return f"<{self.__class__.__name__}>"
        return f"<{self.__class__.__name__}: {self.method} {self.get_full_path()!r}>"

    def __getstate__(self) -> dict[str, Any]:
        gifts = {name: getattr(self, name) for name in self._gifts}
        state = {**gifts, **self.__dict__}
        state.pop("_gifts", None)
        for name in self.non_picklable_attrs:
            state.pop(name, None)
        meta = state.get("META")
        if meta is not None:
            state["META"] = {key: value for key, value in meta.items() if not key.startswith("wsgi.")}
        return state

    def __copy__(self) -> HttpRequest:
        # The session is one for both.
        self._make_gifts()
        result = self.__class__.__new__(self.__class__)
        result.__dict__.update(self.__dict__)
        return result

    def _make_gifts(self) -> None:
        """Make what was given and not read yet."""
        for name in self._gifts:
            getattr(self, name)

    def _load_meta(self) -> dict[str, Any]:
        return {}

    def _load_headers(self) -> HttpHeaders:
        return HttpHeaders(self.META)

    def _open_stream(self) -> Any:
        return BytesIO()

    def _body_is_outstanding(self) -> bool:
        """Whether reading the body may have to wait for the client."""
        return False

    def _look_for_body(self) -> None:
        """Take up what has arrived of the body: it will be read in a thread."""

    def _gather_body(self) -> None:
        """Wait until all of the body has arrived."""

    def _meta_value(self, key: str) -> Any:
        """One value of META; a subclass may find it without making META."""
        return self.META.get(key)

    def _has_cookies(self) -> bool:
        """Whether there are cookies: those of the request, or others that took their place."""
        cookies = self.__dict__.get("COOKIES")
        return bool(self._meta_value("HTTP_COOKIE") if cookies is None else cookies)

    @cached_property
    def META(self) -> dict[str, Any]:
        meta = self.META = self._load_meta()
        complete = self._gifts.get("META")
        if complete is not None:
            complete(self)
        return meta

    @property
    def resolver_match(self) -> Any:
        """The ResolverMatch of the request, None until its path is resolved."""
        found = self.__dict__.get("_found")
        if type(found) is tuple:
            found = self._found = found[0].made(found)
        return found

    @resolver_match.setter
    def resolver_match(self, match: Any) -> None:
        self._found = match

    @property
    def urlconf(self) -> Any:
        """The URLconf that middleware wants for this request; AttributeError where none has been set."""
        if self._urlconf is UNSET:
            raise AttributeError(f"{self.__class__.__name__!r} object has no attribute 'urlconf'")
        return self._urlconf

    @urlconf.setter
    def urlconf(self, urlconf: Any) -> None:
        self._urlconf = urlconf

    @urlconf.deleter
    def urlconf(self) -> None:
        self._urlconf = UNSET

    @cached_property
    def headers(self) -> HttpHeaders:
        """The headers, case-insensitive."""
        return self._load_headers()

    @cached_property
    def _stream(self) -> Any:
        return self._open_stream()

    @cached_property
    def path(self) -> str:
        return str(self._meta_value("SCRIPT_NAME") or "") + self.path_info

    def _load_get(self) -> QueryDict:
        return QueryDict(self._meta_value("QUERY_STRING") or "", encoding=self.encoding)

    @property
    def GET(self) -> QueryDict:
        """The parameters of the query string."""
        try:
            query = self._get
        except AttributeError:  # the __init__() of a subclass that knows nothing of it
            query = None
        if query is None:
            query = self._get = self._load_get()
        return query

    @GET.setter
    def GET(self, parameters: QueryDict) -> None:
        self._get = parameters

    @cached_property
    def COOKIES(self) -> dict[str, str]:
        """The cookies by name."""
        header = self._meta_value("HTTP_COOKIE")
        return parse_cookie(header) if header else {}

    @property
    def POST(self) -> QueryDict:
        """The fields of a form in the body of a POST request; reading it reads the body."""
        if "_post" not in self.__dict__:
            self._load_post_and_files()
        return self._post

    @POST.setter
    def POST(self, post: QueryDict) -> None:
        self._post = post

    @property
    def FILES(self) -> MultiValueDict:
        """The files of a multipart form in the body of a POST request."""
        if "_files" not in self.__dict__:
            self._load_post_and_files()
        return self._files

    @FILES.setter
    def FILES(self, files: MultiValueDict) -> None:
        self._files = files

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Take ``content_type``, ``content_params`` and the encoding from ``meta``."""
        self.content_type, self.content_params = _parse_content_type(meta.get("CONTENT_TYPE", ""))
        self._encoding = _known_charset(self.content_params)

    @cached_property
    def content_type(self) -> str | None:
        """The media type of the body, lower case, without parameters."""
        self.content_type, self.content_params = _parse_content_type(self._meta_value("CONTENT_TYPE") or "")
        return self.content_type

    @cached_property
    def content_params(self) -> dict[str, str] | None:
        """The parameters of the ``Content-Type`` header."""
        self.content_type, self.content_params = _parse_content_type(self._meta_value("CONTENT_TYPE") or "")
        return self.content_params

    @cached_property
    def _encoding(self) -> str | None:
        # Most requests have no such header.
        return _known_charset(self.content_params) if self._meta_value("CONTENT_TYPE") else None

    @property
    def encoding(self) -> str | None:
        """The charset of form data, None for ``DEFAULT_CHARSET``. Setting it drops what was decoded before."""
        return self._encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        self._encoding = value
        self._encoding_was_set = True
        self._get = None
        self.__dict__.pop("_post", None)

    @cached_property
    def accepted_types(self) -> list[MediaType]:
        """The media ranges of the Accept header, the most wanted first."""
        header = self._meta_value("HTTP_ACCEPT")
        return list(parse_accept("*/*" if header is None else header))

    @cached_property
    def accepted_types_by_precedence(self) -> list[MediaType]:
        """The media ranges of the Accept header, the most specific first (RFC 9110 §12.5.1)."""
        return sorted(self.accepted_types, key=lambda media: (media.specificity, media.quality), reverse=True)

    def accepted_type(self, media_type: str) -> MediaType | None:
        """The range of the Accept header that decides about ``media_type``; None if none includes it."""
        wanted = MediaType(media_type)
        return next((media for media in self.accepted_types_by_precedence if wanted.match(media)), None)

    def get_preferred_type(self, media_types: list[str]) -> str | None:
        """The one of ``media_types`` that the client likes best; None if it accepts none."""
        if not media_types or not self.accepted_types:
            return None
        order = self.accepted_types
        found = [
            (order.index(accepted), media_type)
            for media_type in media_types
            if (accepted := self.accepted_type(media_type)) is not None
        ]
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def accepts(self, media_type: str) -> bool:
        """Whether the client accepts the media type."""
        return self.accepted_type(media_type) is not None

    def _get_raw_host(self) -> str:
        """The host the client named, not checked."""
        if settings.USE_X_FORWARDED_HOST:
            host = self._meta_value("HTTP_X_FORWARDED_HOST")
            if host is not None:
                return str(host)
        host = self._meta_value("HTTP_HOST")
        if host is not None:
            return str(host)
        host = str(self.META["SERVER_NAME"])
        port = self.get_port()
        return host if port == ("443" if self.is_secure() else "80") else f"{host}:{port}"

    def get_host(self) -> str:
        """The host, with its port if it named one; DisallowedHost unless in ``ALLOWED_HOSTS``."""
        host = self._get_raw_host()
        allowed_hosts = settings.ALLOWED_HOSTS
        if not allowed_hosts and settings.DEBUG:
            allowed_hosts = [".localhost", "127.0.0.1", "[::1]"]
        domain, _ = split_domain_port(host)
        if domain and validate_host(domain, allowed_hosts):
            return host
        message = f"Invalid HTTP_HOST header: {host!r}."
        if domain:
            message += f" You may need to add {domain!r} to ALLOWED_HOSTS."
        else:
            message += " The domain name provided is not valid according to RFC 1034/1035."
        raise DisallowedHost(message)

    def get_port(self) -> str:
        """The port, as text."""
        if settings.USE_X_FORWARDED_PORT:
            port = self._meta_value("HTTP_X_FORWARDED_PORT")
            if port is not None:
                return str(port)
        return str(self.META["SERVER_PORT"])

    def get_full_path(self, force_append_slash: bool = False) -> str:
        """The path with the query string."""
        return self._get_full_path(self.path, force_append_slash)

    def get_full_path_info(self, force_append_slash: bool = False) -> str:
        """The path below the script's prefix, with the query string."""
        return self._get_full_path(self.path_info, force_append_slash)

    def _get_full_path(self, path: str, force_append_slash: bool) -> str:
        # Query strings come escaped from the server; the path does not.
        query = self._meta_value("QUERY_STRING")
        slash = "/" if force_append_slash and not path.endswith("/") else ""
        suffix = "?" + (iri_to_uri(query) or "") if query else ""
        return f"{escape_uri_path(path)}{slash}{suffix}"

    def get_signed_cookie(
        self, key: str, default: Any = RAISE_ERROR, salt: str = "", max_age: Any = None
    ) -> Any:
        """The value of a signed cookie.

        Without ``default``: KeyError when absent, BadSignature or SignatureExpired when not trusted.
        """
        try:
            cookie_value = self.COOKIES[key]
        except KeyError:
            if default is not RAISE_ERROR:
                return default
            raise
        try:
            return signing.unsign_cookie(key, cookie_value, salt=salt, max_age=max_age)
        except signing.BadSignature:
            if default is not RAISE_ERROR:
                return default
            raise

    def build_absolute_uri(self, location: str | None = None) -> str:
        """The absolute URI of ``location``, by default of this request."""
        if location is None:
            # The two slashes keep a path that begins with slashes from naming a host.
            location = "//" + self.get_full_path()
        else:
            location = str(location)
        bits = urlsplit(location)
        if bits.scheme and bits.netloc:
            return iri_to_uri(location) or ""
        if (
            bits.path.startswith("/")
            and not bits.scheme
            and not bits.netloc
            and "/./" not in bits.path
            and "/../" not in bits.path
        ):
            location = self._current_scheme_host + location.removeprefix("//")
        else:
            location = urljoin(self._current_scheme_host + self.path, location)
        return iri_to_uri(location) or ""

    @property
    def _current_scheme_host(self) -> str:
        return f"{self.scheme}://{self.get_host()}"

    def _get_scheme(self) -> str:
        """The scheme as the server saw it; subclasses override it."""
        return "http"

    @property
    def scheme(self) -> str:
        """``http`` or ``https``, honouring ``SECURE_PROXY_SSL_HEADER``."""
        configured = settings.SECURE_PROXY_SSL_HEADER
        if configured:
            try:
                header, secure_value = configured
            except ValueError:
                raise ImproperlyConfigured(
                    "The SECURE_PROXY_SSL_HEADER setting must be a tuple containing two values."
                )
            value = self._meta_value(header)
            if value is not None:
                # With several proxies the first value is of the one nearest to the client.
                first = value.split(",", 1)[0]
                return "https" if first.strip() == secure_value else "http"
        return self._get_scheme()

    def is_secure(self) -> bool:
        """Whether the client used HTTPS."""
        return self.scheme == "https"

    @property
    def upload_handlers(self) -> list[Any]:
        """The handlers of uploaded files; they can be changed until the body is read."""
        if not self._upload_handlers:
            self._initialize_handlers()
        return self._upload_handlers  # type: ignore[return-value]

    @upload_handlers.setter
    def upload_handlers(self, upload_handlers: list[Any]) -> None:
        if self._form_read:
            raise AttributeError("You cannot set the upload handlers after the upload has been processed.")
        self._upload_handlers = upload_handlers

    def _initialize_handlers(self) -> None:
        from offbeat.core.files import uploadhandler

        self._upload_handlers = [
            uploadhandler.load_handler(handler, self) for handler in settings.FILE_UPLOAD_HANDLERS
        ]

    @property
    def multipart_parser_class(self) -> type[MultiPartParser]:
        """The class that parses ``multipart/form-data``; it can be changed until the body is read."""
        if self._multipart_parser_class is None:
            from offbeat.http.multipartparser import MultiPartParser

            return MultiPartParser
        return self._multipart_parser_class

    @multipart_parser_class.setter
    def multipart_parser_class(self, parser_class: type[MultiPartParser]) -> None:
        if self._form_read:
            raise RuntimeError(
                "You cannot set the multipart parser class after the upload has been processed."
            )
        self._multipart_parser_class = parser_class

    def parse_file_upload(self, META: dict[str, Any], post_data: Any) -> tuple[QueryDict, MultiValueDict]:
        """(fields, files) of a multipart body."""
        handlers: Any = ImmutableList(
            self.upload_handlers,
            warning="You cannot alter upload handlers after the upload has been processed.",
        )
        self.upload_handlers = handlers
        parser = self.multipart_parser_class(META, post_data, self.upload_handlers, self.encoding)
        return parser.parse()

    def _check_data_too_big(self, length: int) -> None:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if limit is not None and length > limit:
            raise RequestDataTooBig("Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE.")

    @property
    def body(self) -> bytes:
        """The raw body, read into memory; RequestDataTooBig beyond ``DATA_UPLOAD_MAX_MEMORY_SIZE``."""
        if "_body" not in self.__dict__:
            if self._read_started:
                raise RawPostDataException("You cannot access body after reading from request's data stream")
            size = remaining_size(self._stream)
            if size is None:
                size = _content_length(self._meta_value("CONTENT_LENGTH"))
            self._check_data_too_big(size)
            self._body = self._read_body()
            self._stream = BytesIO(self._body)
        return self._body

    def _read_body(self) -> bytes:
        """Everything, counted while it arrives, for a length may be absent or wrong."""
        whole = b""
        arriving: ArrivingFile | None = None
        received = 0
        try:
            while chunk := self.read(_READ_SIZE):
                received += len(chunk)
                self._check_data_too_big(received)
                if arriving is None and not whole and not self._body_is_outstanding():
                    whole = chunk
                else:
                    if arriving is None:
                        from offbeat.core.files.arriving import ArrivingFile

                        arriving = ArrivingFile()
                        arriving.write(whole)
                        whole = b""
                    arriving.write(chunk)
                # Nothing is held while more is waited for: slow clients may be many.
                del chunk
            return whole if arriving is None else arriving.complete().getvalue()
        except OSError as error:
            raise UnreadablePostError(*error.args) from error
        finally:
            if arriving is not None:
                arriving.close()
            self._close_stream()

    def _close_stream(self) -> None:
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()

    def _mark_post_parse_error(self) -> None:
        self._post = QueryDict()
        self._files = MultiValueDict()

    def _load_post_and_files(self) -> None:
        """Read the form in the body into ``_post`` and ``_files``."""
        try:
            self._read_form()
        finally:
            self._form_read = True

    def _read_form(self) -> None:
        if self.method != "POST":
            self._post, self._files = QueryDict(encoding=self.encoding), MultiValueDict()
            return
        if self._read_started and "_body" not in self.__dict__:
            self._mark_post_parse_error()
            return
        if self.content_type == "multipart/form-data":
            data = BytesIO(self._body) if "_body" in self.__dict__ else self
            try:
                self._post, self._files = self.parse_file_upload(self.META, data)
            except (MultiPartParserError, TooManyFilesSent, TooManyFieldsSent, RequestDataTooBig):
                # Code that handles the error may show the request; it must not be parsed again.
                self._mark_post_parse_error()
                raise
        elif self.content_type == "application/x-www-form-urlencoded":
            # The media type has no charset parameter: such forms are always UTF-8 (WHATWG URL §5).
            if self.encoding is not None and self.encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
                raise BadRequest(
                    "HTTP requests with the 'application/x-www-form-urlencoded' content type must be UTF-8 "
                    "encoded."
                )
            self._post = QueryDict(self.body, encoding="utf-8")
            self._files = MultiValueDict()
        else:
            self._post, self._files = QueryDict(encoding=self.encoding), MultiValueDict()

    def close(self) -> None:
        """Close the uploaded files, which removes temporary ones."""
        # They hold this request, and what they have taken of it.
        self._upload_handlers = None
        files = self.__dict__.get("_files")
        if files:
            for _, uploads in files.lists():
                for upload in uploads:
                    upload.close()

    def read(self, *args: Any, **kwargs: Any) -> bytes:
        """Up to ``size`` bytes of the body; UnreadablePostError when it cannot be read."""
        self._read_started = True
        try:
            return self._stream.read(*args, **kwargs)  # type: ignore[no-any-return]
        except OSError as error:
            raise UnreadablePostError(*error.args) from error

    def readline(self, *args: Any, **kwargs: Any) -> bytes:
        """A line of the body."""
        self._read_started = True
        try:
            return self._stream.readline(*args, **kwargs)  # type: ignore[no-any-return]
        except OSError as error:
            raise UnreadablePostError(*error.args) from error

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def readlines(self) -> list[bytes]:
        """All lines of the body."""
        return list(self)


def _content_length(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0


def _parse_content_type(value: str) -> tuple[str, dict[str, str]]:
    try:
        return parse_header_parameters(value)
    except ValueError:
        raise BadRequest("Invalid Content-Type header.")


def _known_charset(params: dict[str, str] | None) -> str | None:
    """The charset parameter, if Python knows it."""
    charset = params.get("charset") if params else None
    return charset if charset and _can_decode(charset) else None


@lru_cache(maxsize=64)
def _can_decode(charset: str) -> bool:
    """Whether any bytes can be decoded so; "hex" and "idna", for instance, are known but cannot."""
    try:
        b"a\xff".decode(charset, "replace")
    except (LookupError, ValueError):
        return False
    return True
