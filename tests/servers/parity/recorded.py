"""The requests, as they go over the wire."""

from __future__ import annotations

from collections.abc import Iterator

HOST = b"Host: site.example"
FORM = b"Content-Type: application/x-www-form-urlencoded"
MULTIPART = b"Content-Type: multipart/form-data; boundary=BOUND"


def wire(
    target: bytes | str, *headers: bytes, method: bytes = b"GET", body: bytes = b"", host: bytes | None = HOST
) -> bytes:
    """A request whose Content-Length is right."""
    target = target.encode() if isinstance(target, str) else target
    lines = [method + b" " + target + b" HTTP/1.1"]
    if host is not None:
        lines.append(host)
    lines += headers
    if (body or method in (b"POST", b"PUT", b"PATCH")) and not any(
        line.lower().startswith((b"content-length", b"transfer-encoding")) for line in headers
    ):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body


def post(target: str, body: bytes, *headers: bytes) -> bytes:
    """A POST."""
    return wire(target, *headers, method=b"POST", body=body)


def part(head: bytes, content: bytes = b"") -> bytes:
    """One part of a multipart body."""
    return b"--BOUND\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


def field(name: bytes, content: bytes = b"v") -> bytes:
    """A field."""
    return part(b'Content-Disposition: form-data; name="' + name + b'"', content)


def upload(name: bytes, filename: bytes, content: bytes = b"data", more: bytes = b"") -> bytes:
    """A file."""
    head = b'Content-Disposition: form-data; name="' + name + b'"; filename="' + filename + b'"'
    return part(head + b"\r\nContent-Type: text/plain" + more, content)


END = b"--BOUND--\r\n"

TARGETS = [
    "/", "/echo/", "/aecho/", "/echo", "/nothing", "/nothing/", "/items/42/", "/items/-1/", "/items/x/", "/items/٣/",
    "/items/99999999999999999999999/", "/slugs/a-b_c/", "/slugs/a%20b/", "/year/2030/", "/year/20300/", "//", "//echo/",
    "/echo//", "/./echo/", "/../echo/", "/any/../x", "/any/%2e%2e/x", "/any/a%2Fb", "/any/a%252Fb", "/any/%00", "/any/%0a",
    "/any/%0d%0aX-Injected:%201", "/any/%ff", "/any/%C3%A9", "/any/%c3%a9", "/any/%C3", "/any/%E2%82", "/any/%",
    "/any/%zz", "/any/%u00e9", "/any/a+b", "/any/a;b=c", "/any/a:b@c", "/any/%3F", "/any/%23", "/any/~'()*!$,",
    "/any/%F0%9F%8E%88", "/any/%ED%A0%80", "/any/%C0%AF", "/any/[x]", "/any/{x}|^`", "/any/\\x", "/any/%5Cx", "/any/%7F",
    "/any/x%E2%80%A8y", "/any/" + "a" * 3000, "/any/" + "%C3%A9" * 400,
    "/echo/?", "/echo/?a=1", "/echo/?a=1&a=2&b=", "/echo/?a", "/echo/?=x", "/echo/?&&&", "/echo/?a=b=c", "/echo/?a+b=c+d",
    "/echo/?a=%C3%A9", "/echo/?a=%ff", "/echo/?a=%", "/echo/?a=%zz", "/echo/?a=%00", "/echo/?a=1;b=2", "/echo/?a=?b",
    "/echo/?a=%26b", "/echo/?%61=1", "/echo/?a[]=1", "/echo/?q=" + "x" * 3000,
    "/stream/", "/file/", "/tagged/", "/page/", "/error/", "/missing/", "/cookies/", "/protected/", "/redirect/",
    "/not-modified/", "/status/204/", "/status/205/", "/status/299/", "/status/404/", "/status/418/", "/status/503/",
    "/status/599/", "/get-only/", "/post-only/", "/put-only/",
]  # fmt: skip

HEADERS: dict[str, tuple[bytes, ...]] = {
    "a custom header": (b"X-Custom: yes",),
    "a header in odd case": (b"x-cUSTOM: yes",),
    "an empty header": (b"X-Custom:",),
    "spaces around a value": (b"X-Custom:   a  b   ",),
    "tabs around a value": (b"X-Custom:\ta\t",),
    "a repeated header": (b"X-Custom: 1", b"X-Other: x", b"X-Custom: 2"),
    "a header in Latin-1": (b"X-Custom: \xe9",),
    "a header in UTF-8": (b"X-Custom: \xc3\xa9",),
    "a header with an underscore": (b"X_Custom: forged",),
    "both spellings of a header": (b"X_Custom: forged", b"X-Custom: true"),
    "a long header": (b"X-Custom: " + b"a" * 4000,),
    "many headers": tuple(b"X-Many-%d: x" % number for number in range(60)),
    "a cookie": (b"Cookie: a=1; b=2",),
    "two cookie headers": (b"Cookie: a=1", b"Cookie: b=2"),
    "a repeated cookie": (b"Cookie: a=1; a=2",),
    "a cookie without a name": (b"Cookie: =x; y",),
    "a cookie in quotes": (b'Cookie: a="x\\"y; z"; b="c"',),
    "odd cookies": (b"Cookie: ;;; a; b==; c=d=e; f[g]=h; i:j=k; ,l=m; \xff=n",),
    "a cookie in UTF-8": (b"Cookie: a=\xc3\xa9",),
    "a cookie with escapes": (b'Cookie: a="\\303\\251\\012"',),
    "accept anything": (b"Accept: */*",),
    "accept JSON only": (b"Accept: application/json",),
    "a broken accept": (b"Accept: ,;q=x, text/*;q=0.5, /;",),
    "a referer": (b"Referer: http://elsewhere.example/x?y=z",),
    "a proxy says HTTPS": (b"X-Forwarded-Proto: https", b"X-Forwarded-Host: evil.example"),
    "credentials": (b"Authorization: Basic dTpw",),
    "an odd content type": (b"Content-Type: text/plain; charset=nonsense; a=\"b;c\"",),
    "a charset": (b"Content-Type: text/plain; charset=latin-1",),
    "expect continue without a body": (b"Expect: 100-continue",),
    "an unknown expectation": (b"Expect: the-unexpected",),
    "an upgrade to something unknown": (b"Upgrade: gopher",),
    "TE trailers": (b"TE: trailers",),
}  # fmt: skip

RANGES = [
    "bytes=0-9", "bytes=1000-", "bytes=-5", "bytes=5000-", "bytes=9-1", "bytes=0-1,5-6",
    "lines=0-1", "bytes=abc", "bytes=-0", "bytes=", "bytes=0-0", "bytes=1023-1024", "bytes= 0 - 9", "BYTES=0-9", "bytes=0-9,",
    "bytes=00-09", "bytes=+1-9", "bytes=0-" + "9" * 40, "bytes=" + "9" * 40 + "-", "bytes=-" + "9" * 40, "bytes=0x0-9",
    "bytes=0-9;q=1", "bytes 0-9",
]  # fmt: skip

CONDITIONS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "if none match": ("/tagged/", (b'If-None-Match: "tag"',)),
    "if none match any": ("/tagged/", (b"If-None-Match: *",)),
    "if none match weak": ("/tagged/", (b'If-None-Match: W/"tag", "x"',)),
    "if none match other": ("/tagged/", (b'If-None-Match: "other"',)),
    "if none match broken": ("/tagged/", (b"If-None-Match: tag",)),
    "if match": ("/tagged/", (b'If-Match: "tag"',)),
    "if match other": ("/tagged/", (b'If-Match: "other"',)),
    "if modified since nonsense": ("/tagged/", (b"If-Modified-Since: yesterday",)),
    "no compression": ("/page/", (b"Accept-Encoding: identity",)),
    "a compression nobody knows": ("/page/", (b"Accept-Encoding: x-nothing",)),
}

HOSTS: dict[str, bytes | None] = {
    "a port": b"Host: site.example:8080",
    "upper case": b"Host: SITE.example",
    "a trailing dot": b"Host: site.example.",
    "a subdomain": b"Host: a.sub.example",
    "IPv6": b"Host: [::1]:80",
    "another": b"Host: evil.example",
    "user information": b"Host: evil.example@site.example",
    "a path": b"Host: site.example/evil",
    "a bad port": b"Host: site.example:port",
    "empty": b"Host:",
    "spaces": b"Host: site example",
    "none": None,
    "two": b"Host: site.example\r\nHost: evil.example",
}

BODIES: dict[str, bytes] = {
    "a body": post("/body/", b"hello"),
    "an async view and a body": post("/abody/", b"hello"),
    "an empty body": post("/body/", b""),
    "a body of zeros": post("/body/", b"\x00" * 1000),
    "a body at the limit": post("/body/", b"x" * 20_000),
    "a body beyond the limit": post("/body/", b"x" * 20_001),
    "an async view and a body beyond the limit": post("/abody/", b"x" * 30_000),
    "a GET with a body": wire("/body/", body=b"hello"),
    "a PUT": wire("/body/", method=b"PUT", body=b"hello"),
    "a PATCH": wire("/body/", method=b"PATCH", body=b"hello"),
    "chunks": post("/body/", b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "chunks for an async view": post("/abody/", b"5\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "chunks with extensions": post("/body/", b"5;a=b\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "chunks of one byte": post("/body/", b"1\r\nx\r\n" * 300 + b"0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "chunks beyond the limit": post("/body/", b"2710\r\n" + b"x" * 10_000 + b"\r\n2710\r\n" + b"x" * 10_000 + b"\r\n1\r\nx\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "no chunks at all": post("/body/", b"0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "a form in chunks": post("/form/", b"3\r\na=1\r\n4\r\n&b=2\r\n0\r\n\r\n", b"Transfer-Encoding: chunked", FORM),
    "a chunk size that is none": post("/body/", b"zz\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "a length and chunks": post("/body/", b"5\r\nhello\r\n0\r\n\r\n", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "two lengths": post("/body/", b"hello", b"Content-Length: 5", b"Content-Length: 6"),
    "a negative length": post("/body/", b"hello", b"Content-Length: -5"),
    "a length that is none": post("/body/", b"hello", b"Content-Length: five"),
    "expect continue": post("/body/", b"hello", b"Expect: 100-continue"),
    "a form": post("/form/", b"a=1&a=2&b=%C3%A9&c=d+e&=f&g", FORM),
    "a form for an async view": post("/aform/", b"a=1&a=2&b=%C3%A9", FORM),
    "a form with broken escapes": post("/form/", b"a=%&b=%zz&c=%ff&d=\xff&e=%00", FORM),
    "a form in Latin-1": post("/form/", b"a=%E9", FORM + b"; charset=latin-1"),
    "a form in an unknown charset": post("/form/", b"a=%E9", FORM + b"; charset=nonsense"),
    "a form with too many fields": post("/form/", b"&".join(b"f%d=x" % number for number in range(60)), FORM),
    "a form that is too big": post("/form/", b"a=" + b"x" * 21_000, FORM),
    "a form of another type": post("/form/", b"a=1", b"Content-Type: text/plain"),
    "a form without a type": post("/form/", b"a=1"),
    "JSON": post("/form/", b'{"a": 1}', b"Content-Type: application/json"),
    "multipart": post("/form/", field(b"a") + field(b"b", b"\xc3\xa9") + upload(b"f", b"x.txt") + END, MULTIPART),
    "multipart for an async view": post("/aform/", field(b"a") + upload(b"f", b"x.txt") + END, MULTIPART),
    "a big file": post("/form/", upload(b"f", b"x.txt", b"x" * 50_000) + END, MULTIPART),
    "an empty file": post("/form/", upload(b"f", b"x.txt", b"") + END, MULTIPART),
    "a file without a name": post("/form/", upload(b"f", b"") + END, MULTIPART),
    "a file with a path": post("/form/", upload(b"f", b"../../etc/passwd") + END, MULTIPART),
    "a file with a Windows path": post("/form/", upload(b"f", b"C:\\\\x\\\\y.txt") + END, MULTIPART),
    "a file with a name in UTF-8": post("/form/", upload(b"f", b"\xc3\xa9.txt") + END, MULTIPART),
    "a file with an encoded name": post("/form/", part(b"Content-Disposition: form-data; name=f; filename*=UTF-8''%C3%A9.txt", b"x") + END, MULTIPART),
    "base64": post("/form/", upload(b"f", b"x", b"aGVsbG8=", b"\r\nContent-Transfer-Encoding: base64") + END, MULTIPART),
    "broken base64": post("/form/", upload(b"f", b"x", b"a", b"\r\nContent-Transfer-Encoding: base64") + END, MULTIPART),
    "too many files": post("/form/", b"".join(upload(b"f", b"x%d" % number) for number in range(6)) + END, MULTIPART),
    "too many parts": post("/form/", b"".join(field(b"f%d" % number) for number in range(60)) + END, MULTIPART),
    "a field beyond the limit": post("/form/", field(b"a", b"x" * 21_000) + END, MULTIPART),
    "a part without a name": post("/form/", part(b"Content-Disposition: form-data", b"x") + END, MULTIPART),
    "a part without headers": post("/form/", b"--BOUND\r\n\r\nx\r\n" + END, MULTIPART),
    "a part with a broken header": post("/form/", part(b"nonsense", b"x") + END, MULTIPART),
    "multipart without an end": post("/form/", field(b"a"), MULTIPART),
    "multipart cut in a header": post("/form/", b"--BOUND\r\nContent-Dispo", MULTIPART),
    "multipart with a preamble": post("/form/", b"preamble\r\n" + field(b"a") + END + b"epilogue", MULTIPART),
    "multipart without a boundary": post("/form/", field(b"a") + END, b"Content-Type: multipart/form-data"),
    "multipart with another boundary": post("/form/", field(b"a") + END, b"Content-Type: multipart/form-data; boundary=OTHER"),
    "multipart with an odd boundary": post("/form/", field(b"a") + END, b"Content-Type: multipart/form-data; boundary=\"\xff\""),
    "multipart with a giant boundary": post("/form/", field(b"a") + END, b"Content-Type: multipart/form-data; boundary=" + b"B" * 300),
    "multipart that is empty": post("/form/", b"", MULTIPART),
    "multipart that is garbage": post("/form/", bytes(range(256)) * 8, MULTIPART),
    "multipart with bare line feeds": post("/form/", (field(b"a") + END).replace(b"\r\n", b"\n"), MULTIPART),
    "a protected form without a token": post("/protected/", b"a=1", FORM),
    "a protected form with a forged token": post("/protected/", b"csrfmiddlewaretoken=" + b"a" * 32, FORM, b"Cookie: csrftoken=" + b"b" * 32),
    "a protected form with the token": post("/protected/", b"csrfmiddlewaretoken=" + b"a" * 32, FORM, b"Cookie: csrftoken=" + b"a" * 32),
    "a protected form from elsewhere": post("/protected/", b"csrfmiddlewaretoken=" + b"a" * 32, FORM, b"Cookie: csrftoken=" + b"a" * 32, b"Origin: http://evil.example"),
}  # fmt: skip

CHUNKED = b"5\r\nhello\r\n0\r\n\r\n"
# Where a message ends, said in ways that two parties may understand differently.
FRAMING: dict[str, bytes] = {
    "chunks in capitals": post("/body/", CHUNKED, b"Transfer-Encoding: CHUNKED"),
    "chunks twice": post("/body/", CHUNKED, b"Transfer-Encoding: chunked, chunked"),
    "chunks and something else": post("/body/", CHUNKED, b"Transfer-Encoding: chunked, identity"),
    "an unknown coding": post("/body/", CHUNKED, b"Transfer-Encoding: xchunked"),
    "an unknown coding and chunks": post("/body/", CHUNKED, b"Transfer-Encoding: x, chunked"),
    "two headers of chunks": post("/body/", CHUNKED, b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "a coding with a tab": post("/body/", CHUNKED, b"Transfer-Encoding:\tchunked"),
    "a coding with a control character": post("/body/", CHUNKED, b"Transfer-Encoding: \x0bchunked"),
    "a space before the coding's colon": post("/body/", CHUNKED, b"Transfer-Encoding : chunked"),
    "chunks in HTTP/1.0": post("/body/", CHUNKED, b"Transfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "a negative chunk size": post("/body/", b"-5\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "a chunk size with a sign": post("/body/", b"+5\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "a chunk size with a prefix": post("/body/", b"0x5\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "a chunk that is too long": post("/body/", b"3\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "chunks with trailers": post("/body/", b"5\r\nhello\r\n0\r\nX-Custom: late\r\n\r\n", b"Transfer-Encoding: chunked"),
    "the same length twice": post("/body/", b"hello", b"Content-Length: 5", b"Content-Length: 5"),
    "a list of lengths": post("/body/", b"hello", b"Content-Length: 5, 5"),
    "a length with a sign": post("/body/", b"hello", b"Content-Length: +5"),
    "a length in hex": post("/body/", b"hello", b"Content-Length: 0x5"),
    "a length with an underscore": post("/body/", b"hello", b"Content-Length: 0_5"),
    "a length in other digits": post("/body/", b"hello", "Content-Length: \u0665".encode()),
    "an empty length": post("/body/", b"", b"Content-Length:"),
    "a giant length": post("/body/", b"hello", b"Content-Length: 99999999999999999999999999"),
    "a length with an underscore in its name": post("/body/", b"hello", b"Content_Length: 3", b"Content-Length: 5"),
}  # fmt: skip

STREAMS: dict[str, bytes] = {
    "an async stream": wire("/astream/"),
    "events": wire("/events/"),
    "async events": wire("/aevents/"),
    "events again": wire("/events/", b"Last-Event-ID: 41"),
    "async events again, from an odd one": wire("/aevents/", b"Last-Event-ID: \xc3\xa9"),
    "HEAD of events": wire("/events/", method=b"HEAD"),
    "a compressed stream": wire("/stream/", b"Accept-Encoding: gzip"),
    "compressed events": wire("/aevents/", b"Accept-Encoding: gzip;q=1.0"),
    "a stream in HTTP/1.0": b"GET /stream/ HTTP/1.0\r\nHost: site.example\r\n\r\n",
    "a range of a stream": wire("/stream/", b"Range: bytes=0-1"),
    "a part of what has changed": wire("/file/", b"Range: bytes=0-1", b'If-Range: "x"'),
    "a part since a date that is none": wire("/file/", b"Range: bytes=0-1", b"If-Range: yesterday"),
    "HEAD with a range": wire("/file/", b"Range: bytes=0-1", method=b"HEAD"),
    "POST with a range": post("/body/", b"x", b"Range: bytes=0-1"),
}  # fmt: skip

FORGERIES: dict[str, bytes] = {
    name: post("/protected/", b"csrfmiddlewaretoken=" + token, FORM, b"Cookie: csrftoken=" + cookie, *more)
    for name, token, cookie, more in (
        ("a masked token", b"b" * 32 + b"l" * 32, b"k" * 32, ()),
        ("a token that is too short", b"a" * 31, b"a" * 31, ()),
        ("a token of odd characters", b"a" * 31 + b"-", b"a" * 31 + b"-", ()),
        ("a token that is not ASCII", b"%C3%A9" * 32, b"\xc3\xa9" * 32, ()),
        ("a giant token", b"a" * 9_000, b"a" * 32, ()),
        ("an origin that is null", b"a" * 32, b"a" * 32, (b"Origin: null",)),
        ("an origin that is none", b"a" * 32, b"a" * 32, (b"Origin: http://[",)),
        ("the right origin", b"a" * 32, b"a" * 32, (b"Origin: http://site.example",)),
        ("an origin with a port", b"a" * 32, b"a" * 32, (b"Origin: http://site.example:8080",)),
        ("a referer that is none", b"a" * 32, b"a" * 32, (b"Referer: http://[",)),
        ("a token in the header", b"", b"a" * 32, (b"X-CSRFToken: " + b"a" * 32,)),
        ("two cookies of tokens", b"a" * 32, b"b" * 32 + b"; csrftoken=" + b"a" * 32, ()),
    )
}  # fmt: skip

METHODS = [b"HEAD", b"OPTIONS", b"DELETE", b"TRACE", b"QUERY", b"PROPFIND", b"FOO", b"get", b"X-Y"]

RAW = {
    "HTTP/1.0": b"GET /echo/ HTTP/1.0\r\nHost: site.example\r\n\r\n",
    "HTTP/1.0 without a host": b"GET /echo/ HTTP/1.0\r\n\r\n",
    "an absolute target": b"GET http://site.example/echo/?a=1 HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n",
    "an absolute target elsewhere": b"GET http://evil.example/echo/ HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n",
    "the asterisk": b"OPTIONS * HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: site.example\r\n\r\n",
    "garbage": b"\x00\x01\x02\r\n\r\n",
    "bare line feeds": b"GET /echo/ HTTP/1.1\nHost: site.example\nConnection: close\n\n",
    "raw UTF-8 in the path": b"GET /any/\xc3\xa9 HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n",
    "raw Latin-1 in the path": b"GET /any/\xe9 HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n",
    "raw UTF-8 in the query": b"GET /echo/?a=\xc3\xa9 HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n",
    "raw Latin-1 in the query": b"GET /echo/?a=\xe9 HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n",
    "a null in a header": b"GET /echo/ HTTP/1.1\r\nHost: site.example\r\nX-Custom: a\x00b\r\nConnection: close\r\n\r\n",
    "a header without a colon": b"GET /echo/ HTTP/1.1\r\nHost: site.example\r\nnonsense\r\nConnection: close\r\n\r\n",
    "a space before a colon": b"GET /echo/ HTTP/1.1\r\nHost: site.example\r\nX-Custom : a\r\nConnection: close\r\n\r\n",
    "a folded header": b"GET /echo/ HTTP/1.1\r\nHost: site.example\r\nX-Custom: a\r\n b\r\nConnection: close\r\n\r\n",
    "a URL that is far too long": wire("/any/" + "a" * 70_000),
    "a header that is far too long": wire("/echo/", b"X-Custom: " + b"a" * 70_000),
    "far too many headers": wire("/echo/", *[b"X-Many-%d: x" % number for number in range(2_000)]),
    "an unknown version": b"GET /echo/ HTTP/3.7\r\nHost: site.example\r\n\r\n",
}  # fmt: skip


def requests() -> Iterator[tuple[str, bytes]]:
    """All of them, with names."""
    for target in TARGETS:
        yield f"GET {target[:60]}", wire(target)
    for target in ("/", "/stream/", "/file/", "/page/", "/status/204/", "/error/", "/missing/", "/echo"):
        yield f"HEAD {target}", wire(target, method=b"HEAD")
    for method in METHODS:
        yield f"the method {method.decode()}", wire("/echo/", method=method)
    for method in (b"POST", b"DELETE", b"OPTIONS"):
        yield f"{method.decode()} where only GET is allowed", wire("/get-only/", method=method)
    for name, headers in HEADERS.items():
        yield name, wire("/echo/", *headers)
    for wanted in RANGES:
        yield f"Range: {wanted}", wire("/file/", b"Range: " + wanted.encode())
    for name, (target, headers) in CONDITIONS.items():
        yield name, wire(target, *headers)
    for name, host in HOSTS.items():
        yield f"a host with {name}", wire("/echo/", host=host)
    yield from BODIES.items()
    yield from FRAMING.items()
    yield from STREAMS.items()
    yield from FORGERIES.items()
    yield from RAW.items()
