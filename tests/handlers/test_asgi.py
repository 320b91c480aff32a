"""The ASGI application: requests, bodies, streams, disconnects, lifespan."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from offbeat.concurrency import in_bridge, inline, threaded
from offbeat.core.handlers import inbox, syncstream
from offbeat.core.handlers.asgi import ASGIHandler, ASGIRequest
from offbeat.core.signals import request_finished, request_started
from offbeat.http import HttpResponse, JsonResponse, StreamingHttpResponse
from offbeat.urls import include, path

from .helpers import Client, URLConf, changed, fetch, scope, urls


async def hello(request):
    return JsonResponse({"path": request.path})


async def test_an_async_view_answers_without_the_body_being_received():
    with urls(path("a/", hello)):
        client = await fetch(ASGIHandler(), "/a/")
    assert client.status == 200
    assert client.body == b'{"path": "/a/"}'
    assert client.headers["content-length"] == "15"
    assert client.receives == 0


async def test_an_async_view_runs_in_a_bridge_and_a_sync_one_in_a_thread():
    places = []

    async def view(request):
        places.append((in_bridge(), threading.current_thread() is threading.main_thread()))
        return HttpResponse()

    def sync_view(request):
        places.append((in_bridge(), threading.current_thread() is threading.main_thread()))
        return HttpResponse()

    with urls(
        path("a/", view), path("b/", sync_view), path("c/", inline(lambda request: sync_view(request)))
    ):
        app = ASGIHandler()
        for where in ("/a/", "/b/", "/c/"):
            assert (await fetch(app, where)).status == 200
        with changed(SYNC_VIEWS="inline"):
            await fetch(app, "/b/")
    assert places == [(True, True), (False, False), (True, True), (True, True)]


async def test_the_nearest_word_about_sync_views_counts():
    def view(request):
        return HttpResponse(str(in_bridge()))

    def marked(mark):
        return mark(lambda request: view(request))

    def conf(sync_views, *patterns):
        views = [path("plain/", view), path("inline/", marked(inline)), path("threaded/", marked(threaded))]
        return URLConf(urlpatterns=[*views, *patterns], sync_views=sync_views)

    inner = path("inner/", include(conf("threads", path("deeper/", include(conf(None))))))
    found = {}
    for setting in ("threads", "inline"):
        for outer in (None, "inline", "threads"):
            with changed(ROOT_URLCONF=conf(outer, inner), SYNC_VIEWS=setting):
                app = ASGIHandler()
                for where in ("plain/", "inner/plain/", "inner/deeper/plain/"):
                    found[setting, outer, where] = (await fetch(app, f"/{where}")).body == b"True"
                for where in ("", "inner/", "inner/deeper/"):
                    assert (await fetch(app, f"/{where}inline/")).body == b"True"
                    assert (await fetch(app, f"/{where}threaded/")).body == b"False"
    assert [key for key, in_the_bridge in found.items() if in_the_bridge] == [
        ("threads", "inline", "plain/"),
        ("inline", None, "plain/"),
        ("inline", "inline", "plain/"),
    ]
    with changed(ROOT_URLCONF=conf("somewhere")):
        assert (await fetch(ASGIHandler(), "/plain/")).status == 500


async def test_a_body_is_pulled_when_it_is_read():
    async def view(request):
        return HttpResponse(request.body + request.POST.get("x", "").encode())

    parts = [
        {"type": "http.request", "body": b"x=1", "more_body": True},
        {"type": "http.request", "body": b"2", "more_body": False},
    ]
    with urls(path("", view)):
        client = await fetch(
            ASGIHandler(),
            "/",
            *parts,
            method="POST",
            headers=[(b"content-type", b"application/x-www-form-urlencoded")],
        )
    assert client.body == b"x=1212"


@pytest.mark.parametrize("colour", ["async", "sync"])
async def test_a_body_beyond_the_limit_is_refused_before_it_is_all_read(colour):
    async def async_view(request):
        return HttpResponse(str(len(request.body)))

    def sync_view(request):
        return HttpResponse(str(len(request.body)))

    message = {"type": "http.request", "body": b"x" * 1000, "more_body": True}
    with (
        urls(path("", async_view if colour == "async" else sync_view)),
        changed(DATA_UPLOAD_MAX_MEMORY_SIZE=2500),
    ):
        client = await fetch(ASGIHandler(), "/", *[message] * 50, method="POST")
    assert client.status in (400, 413)
    assert client.receives <= 4


async def test_lines_and_pieces_of_a_body():
    async def view(request):
        lines = [request.readline(), request.readline(3), request.read(2), request.read()]
        return HttpResponse(b"|".join(lines))

    parts = [
        {"type": "http.request", "body": b"one\ntw", "more_body": True},
        {"type": "http.request", "body": b"o three four", "more_body": False},
    ]
    with urls(path("", view)):
        client = await fetch(ASGIHandler(), "/", *parts, method="POST")
    assert client.body == b"one\n|two| t|hree four"


async def test_an_async_stream_is_sent_piece_by_piece():
    async def view(request):
        async def pieces():
            for number in range(3):
                await asyncio.sleep(0)
                yield str(number)

        return StreamingHttpResponse(pieces())

    with urls(path("", view)):
        client = await fetch(ASGIHandler())
    assert [message["body"] for message in client.sent[1:-1]] == [b"0", b"1", b"2"]
    assert "content-length" not in client.headers


async def test_a_sync_stream_is_sent_piece_by_piece():
    def view(request):
        return StreamingHttpResponse(iter(["a", "b"]))

    with urls(path("", view)):
        client = await fetch(ASGIHandler())
    assert [message.get("body", b"") for message in client.sent[1:]] == [b"a", b"b", b""]


async def test_a_slow_sync_stream_is_not_held_back():
    import time

    def view(request):
        def pieces():
            for number in range(3):
                time.sleep(0.01)
                yield str(number)

        return StreamingHttpResponse(pieces())

    moments = []

    async def send(message):
        moments.append(time.monotonic())

    client = Client()
    with urls(path("", view)):
        await ASGIHandler()(scope(), client.receive, send)
    assert moments[2] - moments[1] > 0.005


async def test_a_piece_of_a_sync_stream_does_not_wait_for_the_next_one():
    arrived = {text: threading.Event() for text in ("a", "b", "c")}

    def view(request):
        def pieces():
            yield "a"
            assert arrived["a"].wait(10)
            yield "b"
            yield "c"
            assert arrived["b"].wait(10)
            assert arrived["c"].wait(10)
            raise RuntimeError("broken")

        return StreamingHttpResponse(pieces())

    async def send(message):
        await asyncio.sleep(0)
        if message.get("body"):
            arrived[message["body"].decode()].set()

    with urls(path("", view)), pytest.raises(RuntimeError, match="broken"):
        await ASGIHandler()(scope(), Client().receive, send)


async def test_a_subclass_may_answer_by_itself():
    class Fixed(ASGIHandler):
        def load_middleware(self, is_async=False):
            """It needs none."""

        async def get_response_async(self, request):
            return HttpResponse(f"always {request.path}")

    assert (await fetch(Fixed(), "/there")).body == b"always /there"


async def test_many_listeners_begin_over_several_turns(monkeypatch):
    monkeypatch.setattr(inbox, "TICK", 0)
    monkeypatch.setattr(inbox, "AT_ONCE", 2)
    gone = 0

    async def view(request):
        nonlocal gone
        try:
            await asyncio.sleep(30)
        finally:
            gone += 1

    async def receive():
        return {"type": "http.disconnect"}

    handler = ASGIHandler()
    with urls(path("", view)):
        await asyncio.gather(*(handler(scope(), receive, Client().send) for _ in range(9)))
    assert gone == 9


async def test_the_server_is_never_asked_for_two_messages_at_once(monkeypatch):
    monkeypatch.setattr(inbox, "TICK", 0)
    messages = [
        {"type": "http.request", "body": body, "more_body": body != b"c"} for body in (b"a", b"b", b"c")
    ]
    asked = 0

    async def receive():
        nonlocal asked
        asked += 1
        assert asked == 1
        try:
            for _ in range(5):
                await asyncio.sleep(0)
            if not messages:
                await asyncio.get_running_loop().create_future()
            return messages.pop(0)
        finally:
            asked -= 1

    async def view(request):
        await asyncio.sleep(0.001)
        return HttpResponse(request.body)

    client = Client()
    with urls(path("", view)):
        await ASGIHandler()(scope(method="POST"), receive, client.send)
    assert client.body == b"abc"


async def test_pieces_that_come_late_do_not_wait_for_the_next_one_either(monkeypatch):
    # As if the thread had begun late, and its visit were still young when the loop looked for pieces.
    monkeypatch.setattr(syncstream, "monotonic", lambda: 0.0)
    arrived = {text: threading.Event() for text in ("a", "b", "c")}
    loop = asyncio.get_running_loop()
    waited = threading.Event()

    def view(request):
        def pieces():
            loop.call_soon_threadsafe(loop.call_later, 0.02, waited.set)
            assert waited.wait(10)
            for text in ("a", "b", "c"):
                yield text
                assert arrived[text].wait(10)

        return StreamingHttpResponse(pieces())

    async def send(message):
        await asyncio.sleep(0)
        if message.get("body"):
            arrived[message["body"].decode()].set()

    with urls(path("", view)):
        await ASGIHandler()(scope(), Client().receive, send)


async def test_what_a_sync_stream_gave_before_it_failed_is_sent():
    def view(request):
        def pieces():
            yield "a"
            raise RuntimeError("broken")

        return StreamingHttpResponse(pieces())

    client = Client()
    with urls(path("", view)), pytest.raises(RuntimeError, match="broken"):
        await ASGIHandler()(scope(), client.receive, client.send)
    assert client.body == b"a"


async def test_an_endless_sync_stream_is_read_a_little_ahead_only():
    made = []

    def view(request):
        def pieces():
            while True:
                made.append(1)
                yield b"x" * 10_000

        return StreamingHttpResponse(pieces())

    async def send(message):
        if message.get("body"):
            raise OSError("the client has gone")

    client = Client()
    with urls(path("", view)), pytest.raises(OSError, match="gone"):
        await ASGIHandler()(scope(), client.receive, send)
    assert len(made) < 10


async def test_a_stream_waits_for_the_server():
    made = []
    gate = asyncio.Event()

    async def view(request):
        async def pieces():
            for number in range(3):
                made.append(number)
                yield b"x"

        return StreamingHttpResponse(pieces())

    client = Client()

    async def send(message):
        if message.get("body"):
            await gate.wait()
        await Client.send(client, message)

    with urls(path("", view)):
        task = asyncio.create_task(ASGIHandler()(scope(), client.receive, send))
        await asyncio.sleep(0.01)
        assert made == [0]
        gate.set()
        await task
    assert made == [0, 1, 2]


async def test_a_disconnect_cancels_the_view_and_runs_its_clean_up(caplog):
    events = []
    started = asyncio.Event()

    async def view(request):
        started.set()
        try:
            await asyncio.sleep(30)
        finally:
            events.append("cleaned up")
        return HttpResponse()

    client = Client()
    with urls(path("", view)), caplog.at_level(logging.DEBUG, "offbeat.request"):
        task = asyncio.create_task(ASGIHandler()(scope(), client.receive, client.send))
        await started.wait()
        client.disconnect()
        await asyncio.wait_for(task, 30)
    assert events == ["cleaned up"]
    assert client.sent == []
    assert caplog.records == []


async def test_a_cancelled_request_is_finished_too():
    seen = []

    def finished(sender, **kwargs):
        seen.append(sender)

    async def view(request):
        await asyncio.sleep(30)

    client = Client()
    request_finished.connect(finished)
    try:
        with urls(path("", view)):
            task = asyncio.create_task(ASGIHandler()(scope(), client.receive, client.send))
            await asyncio.sleep(0.01)
            client.disconnect()
            await asyncio.wait_for(task, 30)
    finally:
        request_finished.disconnect(finished)
    assert seen == [ASGIHandler]


async def test_a_stream_whose_sending_fails_is_closed():
    events = []

    async def view(request):
        async def pieces():
            try:
                yield b"x"
                yield b"y"
            finally:
                events.append("closed")

        return StreamingHttpResponse(pieces())

    async def send(message):
        if message.get("body"):
            raise OSError("the client has gone")

    client = Client()
    with urls(path("", view)), pytest.raises(OSError, match="gone"):
        await ASGIHandler()(scope(), client.receive, send)
    assert events == ["closed"]


async def test_a_disconnect_ends_a_stream_and_closes_it():
    events = []

    async def view(request):
        async def pieces():
            try:
                while True:
                    yield b"x"
                    await asyncio.sleep(0.01)
            finally:
                events.append("closed")

        response = StreamingHttpResponse(pieces())
        response._resource_closers.append(lambda: events.append("closer"))
        return response

    client = Client()
    with urls(path("", view)):
        task = asyncio.create_task(ASGIHandler()(scope(), client.receive, client.send))
        while len(client.sent) < 3:
            await asyncio.sleep(0.01)
        client.disconnect()
        await asyncio.wait_for(task, 30)
    assert events == ["closed", "closer"]


async def test_a_cancelled_server_task_stays_cancelled():
    async def view(request):
        await asyncio.sleep(30)

    client = Client()
    with urls(path("", view)):
        task = asyncio.create_task(ASGIHandler()(scope(), client.receive, client.send))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_client_that_goes_while_its_body_is_read_is_no_error(caplog):
    async def view(request):
        return HttpResponse(request.body)

    parts = [{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}]
    with urls(path("", view)), caplog.at_level(logging.DEBUG, "offbeat.request"):
        client = await fetch(ASGIHandler(), "/", *parts, method="POST")
    assert client.sent == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_signals_frame_the_request():
    seen = []

    def started(sender, **kwargs):
        seen.append(("started", sender, kwargs["scope"]["path"]))

    def finished(sender, **kwargs):
        seen.append(("finished", sender))

    request_started.connect(started)
    request_finished.connect(finished)
    try:
        with urls(path("a/", hello)):
            await fetch(ASGIHandler(), "/a/")
    finally:
        request_started.disconnect(started)
        request_finished.disconnect(finished)
    assert seen == [("started", ASGIHandler, "/a/"), ("finished", ASGIHandler)]


async def test_lifespan_and_other_protocols():
    sent = []
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message["type"])

    app = ASGIHandler()
    await app({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

    async def connect():
        return {"type": "websocket.connect"}

    await app({"type": "websocket", "path": "/"}, connect, send)
    assert sent[-1] == "websocket.close"
    with pytest.raises(ValueError, match="other"):
        await app({"type": "other"}, receive, send)


async def test_a_query_string_that_is_not_utf8_is_a_bad_request():
    with urls(path("", hello)):
        client = await fetch(ASGIHandler(), "/", query_string=b"\xff")
    assert client.status == 400


def test_meta_of_a_scope():
    request = ASGIRequest(
        scope(
            "/a/",
            headers=[
                (b"x-custom", b"1"),
                (b"x-custom", b"2"),
                (b"x_forwarded_proto", b"https"),
                (b"cookie", b"a=1"),
                (b"cookie", b"b=2"),
                (b"content-type", b"text/plain"),
            ],
            query_string=b"q=%C3%A9",
        ),
        None,
    )
    assert request.COOKIES == {"a": "1", "b": "2"}
    assert "META" not in request.__dict__
    assert request.META["HTTP_X_CUSTOM"] == "1,2"
    assert "HTTP_X_FORWARDED_PROTO" not in request.META
    assert request.META["CONTENT_TYPE"] == "text/plain"
    assert request.META["SERVER_PORT"] == "80"
    assert request.META["REMOTE_ADDR"] == "127.0.0.1"
    assert request.GET["q"] == "é"
    assert request.headers["X-Custom"] == "1,2"


@pytest.mark.parametrize(
    ("root", "where", "info"),
    [
        ("/pre", "/pre/a/", "/a/"),
        ("/pre/", "/pre/a/", "/a/"),
        ("/pre", "/prefix/a/", "/prefix/a/"),
        ("/pre", "/pre", "/"),
    ],
)
def test_the_root_path_is_taken_off_whole_segments(root, where, info):
    request = ASGIRequest(scope(where, root_path=root), None)
    assert (request.path, request.path_info, request.script_name) == (where, info, root)


async def test_a_repeated_header_takes_linear_time():
    request = ASGIRequest(scope(headers=[(b"x-a", b"1")] * 10_000), None)
    assert len(request.META["HTTP_X_A"]) == 19_999


async def test_tasks_of_a_view_may_suspend_in_sync_code():
    from offbeat.concurrency import wait

    def sync_part():
        wait(asyncio.sleep(0))
        return "done"

    async def part():
        return sync_part()

    async def view(request):
        return HttpResponse(",".join(await asyncio.gather(part(), part())))

    with urls(path("", view)):
        client = await fetch(ASGIHandler())
    assert client.body == b"done,done"
