"""[D] News of opening up to async, step by step."""

from __future__ import annotations

import asyncio
import threading

import pytest
from asgiref.sync import iscoroutinefunction, sync_to_async

from offbeat.contrib.auth import aauthenticate, alogin, alogout
from offbeat.contrib.auth.models import User
from offbeat.db import models, transaction
from offbeat.dispatch import Signal
from offbeat.http import HttpResponse, JsonResponse
from offbeat.test.utils import override_settings
from offbeat.utils.decorators import (
    async_only_middleware,
    sync_and_async_middleware,
    sync_only_middleware,
)
from tests.seeds.conftest import ACCOUNTS
from tests.seeds.models import Article

HERE = f"{__name__}."


def test_sync_code_stays_in_one_thread_from_start_to_finish(rows, serve):
    seen = []

    class Noting:
        def __init__(self, get_response):
            self.get_response = get_response

        def __call__(self, request):
            seen.append(threading.get_ident())
            response = self.get_response(request)
            seen.append(threading.get_ident())
            return response

    def view(request):
        seen.append(threading.get_ident())
        with transaction.atomic():
            Article.objects.create(title="x")
        return HttpResponse()

    globals()["Noting"] = Noting
    serve(view, MIDDLEWARE=[HERE + "Noting"]).sync.get("/")
    assert seen == [threading.get_ident()] * 3


async def test_sync_views_run_in_a_pool_of_threads_under_asgi(rows, serve, threads):
    """A blocking view holds up neither the loop nor the other views."""
    barrier = threading.Barrier(3)
    # An in-memory database refuses a writer while another one writes, instead of letting it wait.
    writing = threading.Lock()

    def view(request):
        barrier.wait(5)
        with writing:
            Article.objects.create(title="x")
        return JsonResponse({"thread": threading.get_ident()})

    site = serve(view)
    answers = await asyncio.gather(*(site.async_.get("/") for _ in range(3)))
    idents = {answer.json()["thread"] for answer in answers}
    assert len(idents) == 3
    assert threading.get_ident() not in idents
    assert threads
    assert await Article.objects.acount() == 3


async def test_async_views_are_functions_and_run_on_the_loop(serve, threads):
    async def view(request):
        return JsonResponse({"thread": threading.get_ident()})

    assert (await serve(view).async_.get("/")).json()["thread"] == threading.get_ident()
    assert threads == []


@sync_only_middleware
def plain(get_response):
    def middleware(request):
        response = get_response(request)
        response["X-Plain"] = "1"
        return response

    return middleware


@async_only_middleware
def awaiting(get_response):
    async def middleware(request):
        response = await get_response(request)
        response["X-Awaiting"] = "1"
        return response

    return middleware


@sync_and_async_middleware
def either(get_response):
    if iscoroutinefunction(get_response):

        async def middleware(request):
            response = await get_response(request)
            response["X-Either"] = "async"
            return response
    else:

        def middleware(request):
            response = get_response(request)
            response["X-Either"] = "sync"
            return response

    return middleware


@pytest.mark.parametrize("order", [["plain", "awaiting", "either"], ["either", "awaiting", "plain"]])
async def test_both_kinds_of_middleware_mix(serve, order):
    async def view(request):
        return HttpResponse("ok")

    site = serve(view, MIDDLEWARE=[HERE + name for name in order])
    response = await site.async_.get("/")
    assert response["X-Plain"] == response["X-Awaiting"] == "1"
    assert response["X-Either"] in ("sync", "async")


def test_both_kinds_of_middleware_mix_under_wsgi(serve):
    site = serve(
        lambda request: HttpResponse(), MIDDLEWARE=[HERE + n for n in ("plain", "awaiting", "either")]
    )
    response = site.sync.get("/")
    assert response["X-Plain"] == response["X-Awaiting"] == "1"


async def test_signals_send_asynchronously(rows):
    signal, heard = Signal(), []

    def plain_receiver(sender, article, **kwargs):
        heard.append(("sync", article.author.username))

    async def async_receiver(sender, article, **kwargs):
        await asyncio.sleep(0)
        heard.append(("async", article.author.username))

    async def failing(sender, **kwargs):
        raise RuntimeError("broken")

    author = await User.objects.acreate(username="ann")
    created = await Article.objects.acreate(title="x", author=author)
    article = await Article.objects.aget(pk=created.pk)
    for receiver in (plain_receiver, async_receiver):
        signal.connect(receiver)
    await signal.asend(sender=None, article=article)
    assert sorted(heard) == [("async", "ann"), ("sync", "ann")]
    signal.connect(failing)
    results = dict(await signal.asend_robust(sender=None, article=article))
    assert isinstance(results[failing], RuntimeError)
    with pytest.raises(RuntimeError):
        await signal.asend(sender=None, article=article)


async def test_authentication_asynchronously(rows, serve):
    async def view(request):
        told = [(await request.auser()).is_anonymous]
        user = await aauthenticate(request, username="ann", password="pw")
        await alogin(request, user)
        told.append((await request.auser()).username)
        await alogout(request)
        told.append((await request.auser()).is_anonymous)
        return JsonResponse({"told": told})

    with override_settings(PASSWORD_HASHERS=["offbeat.contrib.auth.hashers.MD5PasswordHasher"]):
        await User.objects.acreate_user("ann", password="pw")
        response = await serve(view, MIDDLEWARE=ACCOUNTS).async_.get("/")
    assert response.json()["told"] == [True, "ann", True]


async def test_querysets_managers_and_relations_from_both_sides(rows, threads):
    from offbeat.concurrency import spawn

    ann = await User.objects.acreate(username="ann")
    await ann.articles.acreate(title="x")
    await Article.objects.abulk_create([Article(title=f"n{n}", author=ann) for n in range(3)])
    by_hand = [article.title async for article in ann.articles.order_by("title")]

    def sync_side():
        return [article.title for article in User.objects.get().articles.order_by("title")]

    assert await spawn(sync_side) == by_hand == ["n0", "n1", "n2", "x"]
    assert threads == []


async def test_lazy_relation_in_an_async_view(rows, serve, threads):
    async def view(request):
        article = await Article.objects.aget(title="x")
        return HttpResponse(article.author.username)

    await Article.objects.acreate(title="x", author=await User.objects.acreate(username="ann"))
    assert (await serve(view).async_.get("/")).content == b"ann"
    assert threads == []


async def test_bridge_to_the_orm_stays_supported(rows):
    await sync_to_async(Article.objects.create)(title="x")
    assert await sync_to_async(lambda: [a.title for a in Article.objects.all()])() == ["x"]


async def test_native_async_orm_down_to_the_driver(rows, threads):
    async with transaction.atomic():
        created = await Article.objects.acreate(title="x")
        assert await Article.objects.filter(title="x").aexists()
        created.title = "y"
        await created.asave()
    with pytest.raises(RuntimeError):
        async with transaction.atomic():
            await Article.objects.acreate(title="rolled back")
            raise RuntimeError
    assert [a.title async for a in Article.objects.all()] == ["y"]
    assert (await Article.objects.aaggregate(n=models.Count("pk")))["n"] == 1
    assert await Article.objects.aupdate(title="z") == 1
    assert (await Article.objects.afirst()).title == "z"
    assert (await Article.objects.aget_or_create(title="z"))[1] is False
    await created.arefresh_from_db()
    assert created.title == "z"
    await created.adelete()
    assert await Article.objects.acount() == 0
    assert threads == []


async def test_a_slow_outside_service_holds_up_nobody_else(serve):
    slow = asyncio.Event()

    async def view(request):
        if "slow" in request.GET:
            await slow.wait()
        return HttpResponse("ok")

    site = serve(view)
    waiting = asyncio.ensure_future(site.async_.get("/", {"slow": 1}))
    await asyncio.sleep(0)
    for _ in range(20):
        assert (await site.async_.get("/")).content == b"ok"
    assert not waiting.done()
    slow.set()
    assert (await waiting).content == b"ok"


async def test_an_existing_application_works_on_both_sides_without_a_change(rows, serve):
    from offbeat.concurrency import in_thread

    def old_view(request):
        if request.method == "POST":
            Article.objects.create(title=request.POST["title"])
        return HttpResponse(",".join(article.title for article in Article.objects.order_by("id")))

    site = serve(old_view, MIDDLEWARE=["offbeat.middleware.common.CommonMiddleware", *ACCOUNTS])
    assert (await in_thread(site.sync.post, "/", {"title": "a"})).content == b"a"
    assert (await site.async_.post("/", {"title": "b"})).content == b"a,b"
    assert (await in_thread(site.sync.get, "/")).content == b"a,b"
