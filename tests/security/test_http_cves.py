"""Published weaknesses of requests, responses, uploads and redirects, each as a test."""

from __future__ import annotations

import base64
import os
import time

import pytest

from offbeat.conf import settings
from offbeat.core.exceptions import DisallowedHost, DisallowedRedirect, TooManyFilesSent
from offbeat.core.files.uploadedfile import TemporaryUploadedFile
from offbeat.core.files.uploadhandler import FileUploadHandler
from offbeat.core.signing import BadSignature
from offbeat.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
    parse_cookie,
)
from offbeat.http.multipartparser import MultiPartParserError
from offbeat.utils.http import parse_header_parameters, url_has_allowed_host_and_scheme

from ..http.helpers import StreamRequest, Unmeasurable, file, form_request, multipart, part


def duration(fn):
    best = 1e9
    for _ in range(3):
        start = time.thread_time()
        fn()
        best = min(best, time.thread_time() - start)
    return best


class Sizes(FileUploadHandler):
    def __init__(self, request=None):
        super().__init__(request)
        self.sizes = []
        self.names = []

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.names.append(self.file_name)

    def receive_data_chunk(self, raw_data, start):
        self.sizes.append(len(raw_data))

    def file_complete(self, file_size):
        return "done"


class Endless:
    """A base64 part that is made while it is read."""

    def __init__(self, size):
        self.head = part(
            'Content-Disposition: form-data; name="f"; filename="x"\r\nContent-Transfer-Encoding: base64'
        )
        self.head = self.head[:-2]
        self.left = size

    def read(self, size):
        if self.head:
            head, self.head = self.head, b""
            return head
        size = min(size, self.left) // 4 * 4
        self.left -= size
        return b"QUJD" * (size // 4)


def test_cve_2026_108147_base64_parts_reach_handlers_in_bounded_chunks():
    handler = Sizes()
    request = form_request(Endless(8 << 20), length=None)
    request.upload_handlers = [handler]
    request._load_post_and_files()
    assert sum(handler.sizes) > 6_000_000
    assert max(handler.sizes) <= handler.chunk_size


def test_cve_2026_84429_quoted_separators_cost_linear_time():
    def parse(count):
        return duration(lambda: parse_header_parameters('a; x="' + ";" * count + '"', max_length=None))

    assert parse(50_000) < 0.2
    assert parse(50_000) < 4 * parse(25_000) + 0.01
    with pytest.raises(ValueError):
        parse_header_parameters("a; x=" + "y" * 10_001)
    header = ", ".join(['a/b; x="' + ";" * 50_000 + '"'] + ['a/b; x="' + ";" * 9_000 + '"'] * 200)
    assert duration(lambda: StreamRequest(HTTP_ACCEPT=header + ", c/d").accepts("c/d")) < 2


def test_cve_2026_6873_name_and_salt_of_a_signed_cookie_are_apart():
    response = HttpResponse()
    response.set_signed_cookie("ab", "value", salt="c")
    request = HttpRequest()
    request.COOKIES["a"] = response.cookies["ab"].value
    with pytest.raises(BadSignature):
        request.get_signed_cookie("a", salt="bc")


def test_cve_2026_33033_white_space_in_base64_costs_linear_time():
    headers = 'Content-Disposition: form-data; name="f"; filename="x"\r\nContent-Transfer-Encoding: base64'

    def parse(size):
        body = multipart(part(headers, base64.b64encode(b"x") + b" \n" * (size // 2)))
        return duration(lambda: form_request(body).FILES["f"].read())

    assert parse(1 << 20) < 1


def test_cve_2025_64458_very_long_redirects_are_refused_at_once():
    target = "/" + "é" * 5_000_000

    def redirect():
        with pytest.raises(DisallowedRedirect):
            HttpResponseRedirect(target)

    assert duration(redirect) < 0.1


def test_cve_2023_24580_the_number_of_files_is_limited(monkeypatch):
    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_NUMBER_FILES", 100)
    monkeypatch.setattr(settings, "FILE_UPLOAD_MAX_MEMORY_SIZE", 0)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(TooManyFilesSent):
        _ = form_request(multipart(*(file("f", f"{n}.txt") for n in range(1001)))).POST
    assert len(os.listdir("/proc/self/fd")) <= before + 1


def test_cve_2022_36359_a_file_name_stays_inside_its_quotes(tmp_path):
    response = FileResponse(open(os.devnull, "rb"), as_attachment=True, filename='a";dummy=".sh')
    assert response["Content-Disposition"] == r'attachment; filename="a\";dummy=\".sh"'
    response.close()


@pytest.mark.parametrize("body", [b"", b"=", b"====", b"\x00", b"A", b"A=", b"!!!!", b"QQ==QQ=="])
def test_cve_2022_23833_malformed_base64_ends(body):
    headers = 'Content-Disposition: form-data; name="f"; filename="x"\r\nContent-Transfer-Encoding: base64'
    try:
        _ = form_request(multipart(part(headers, body))).FILES
    except MultiPartParserError:
        pass


@pytest.mark.parametrize(
    "name",
    [
        "../../x",
        "..\\\\..\\\\x",
        "/etc/x",
        "a/&#47;x",
        "&bsol;x",
        "&#92;x",
        "C:\\\\x",
        "..&sol;x",
        "./x",
        "..//x",
    ],
)
def test_cve_2021_28658_handlers_never_see_a_separator(name):
    handler = Sizes()
    request = form_request(multipart(file("f", name)))
    request.upload_handlers = [handler]
    request._load_post_and_files()
    assert handler.names == ["x"]


def test_cve_2021_23336_a_semicolon_is_part_of_the_value():
    assert QueryDict("a=1;b=2").dict() == {"a": "1;b=2"}


def test_cve_2019_12781_the_proxy_decides_about_the_scheme(monkeypatch):
    class Secure(StreamRequest):
        def _get_scheme(self):
            return "https"

    monkeypatch.setattr(settings, "SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTOCOL", "https"))
    assert not Secure(HTTP_X_FORWARDED_PROTOCOL="http").is_secure()
    assert Secure(HTTP_X_FORWARDED_PROTOCOL="https").is_secure()
    assert Secure().is_secure()


@pytest.mark.parametrize("url", ["http:999999999", "https:evil", "http:///evil", "javascript:x"])
def test_cve_2017_7233_targets_without_a_host_are_not_local(url):
    assert not url_has_allowed_host_and_scheme(url, allowed_hosts={"testserver"})


def test_cve_2016_9014_debug_mode_allows_local_names_only(monkeypatch):
    monkeypatch.setattr(settings, "DEBUG", True)
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", [])
    for host in ("localhost", "sub.localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert StreamRequest(HTTP_HOST=host).get_host() == host
    with pytest.raises(DisallowedHost):
        StreamRequest(HTTP_HOST="evil.com").get_host()


def test_cve_2016_7401_cookies_are_split_at_semicolons_only():
    assert parse_cookie("ga=x]csrftoken=y") == {"ga": "x]csrftoken=y"}
    assert parse_cookie("a=b,csrftoken=y") == {"a": "b,csrftoken=y"}


def test_cve_2016_2512_a_backslash_and_user_information():
    assert not url_has_allowed_host_and_scheme("http://mysite\\@evil.com", allowed_hosts={"mysite"})


@pytest.mark.parametrize("url", ["\x08javascript:x", "\x00//evil", "\x1bhttp://testserver/", "\x7f//evil"])
def test_cve_2015_2317_a_control_character_in_front(url):
    assert not url_has_allowed_host_and_scheme(url, allowed_hosts={"testserver"})


@pytest.mark.parametrize("space", ["\n", " \n", "\t", "\r\n", "\x0b", "\x0c", "\xa0", "\u2028", "\u3000"])
@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.com", "https://evil.com"])
def test_cve_2015_0220_white_space_in_front(space, url):
    assert not url_has_allowed_host_and_scheme(space + url, allowed_hosts={"testserver"})


@pytest.mark.parametrize(
    "url",
    [
        r"http:\\\\evil.com",
        r"http:\evil.com",
        r"http:/\evil.com",
        r"http:\/evil.com",
        r"\\evil.com",
        r"/\evil.com",
    ],
)
def test_cve_2014_3730_backslashes_for_slashes(url):
    assert not url_has_allowed_host_and_scheme(url, allowed_hosts={"testserver"})


@pytest.mark.parametrize(
    "host", ["ok.com:@evil.com", "ok.com@evil.com", "ok.com:80@evil.com", "ok.com/evil", "ok.com\r\n"]
)
def test_cve_2012_4520_hosts_with_user_information(host, monkeypatch):
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["ok.com"])
    with pytest.raises(DisallowedHost):
        StreamRequest(HTTP_HOST=host).get_host()


@pytest.mark.parametrize("target", ["javascript:1", "data:text/html,x", "JavaScript:1", "vbscript:x"])
def test_cve_2012_3442_redirects_to_other_schemes(target):
    with pytest.raises(DisallowedRedirect):
        HttpResponseRedirect(target)


def test_cve_2011_4139_a_forwarded_host_counts_only_when_enabled():
    request = StreamRequest(HTTP_HOST="testserver", HTTP_X_FORWARDED_HOST="evil.com")
    assert request.build_absolute_uri("/") == "http://testserver/"


def test_an_understated_length_does_not_lift_the_limit_on_memory(monkeypatch):
    monkeypatch.setattr(settings, "FILE_UPLOAD_MAX_MEMORY_SIZE", 300)
    body = multipart(file("f", "x", b"y" * 100_000))
    request = form_request(body, length=200)
    assert isinstance(request.FILES["f"], TemporaryUploadedFile)
    request.close()
    request = form_request(Unmeasurable(body), length=200)
    assert request.FILES == {}
