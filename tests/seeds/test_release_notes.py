"""[A] What a release's notes name: entry points, servers, new things of the ORM, security, upgrading, Channels beside it."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from offbeat.contrib.auth import aauthenticate, authenticate
from offbeat.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher, make_password
from offbeat.contrib.auth.models import User
from offbeat.core.exceptions import ValidationError
from offbeat.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, Value
from offbeat.db.models.functions import Concat, Length, Reverse
from offbeat.forms import modelform_factory
from offbeat.http import HttpResponse
from offbeat.test.utils import override_settings
from tests.seeds.models import Article, Grade, Kind, Stage
from tests.seeds.running import RUN, free_port, run, script, serving

SERVERS = {
    "uvicorn": ["uvicorn", "myproject.asgi:application"],
    "daphne": ["daphne", "myproject.asgi:application"],
    "hypercorn": ["hypercorn", "myproject.asgi:application"],
}
PORTS = {"uvicorn": "--port {}", "daphne": "-p {}", "hypercorn": "--bind 127.0.0.1:{}"}


@pytest.mark.server
@pytest.mark.xdist_group("servers")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", SERVERS)
def test_asgi_entry_point_on_each_server_command(name, project, tmp_path):
    port = free_port()
    command = [*SERVERS[name], *PORTS[name].format(port).split()]
    with serving(*command, port=port, cwd=project, log=tmp_path / "log") as url:
        assert httpx.get(f"{url}/").json() == {"status": "ok", "rooms": 0}
        assert httpx.get(f"{url}/sync/").json() == {"rooms": 0}
        with (
            connect(url.replace("http", "ws") + "/ws/chat/lobby/") as one,
            connect(url.replace("http", "ws") + "/ws/chat/lobby/") as other,
        ):
            one.send(json.dumps({"message": "hello"}))
            assert json.loads(one.recv(5)) == json.loads(other.recv(5)) == {"message": "hello", "to": ""}


def test_settings_module_variable_under_its_old_name(project):
    out = script("from django.conf import settings; print(settings.ROOT_URLCONF)", project)
    assert out.strip() == "myproject.urls"
    (project / "other.py").write_text("from myproject.settings import *\nROOT_URLCONF = 'other'\n")
    out = script(
        "from django.conf import settings; print(settings.ROOT_URLCONF)",
        project,
        DJANGO_SETTINGS_MODULE="other",
    )
    assert out.strip() == "other"


async def test_wsgi_style_code_keeps_working_under_asgi(rows, serve):
    order = []

    class Middleware:
        def __init__(self, get_response):
            self.get_response = get_response

        def __call__(self, request):
            order.append("in")
            response = self.get_response(request)
            order.append("out")
            response["X-Articles"] = str(Article.objects.count())
            return response

    def view(request):
        Article.objects.create(title="made in a sync view")
        return HttpResponse(Article.objects.get().title)

    sys.modules[__name__].Middleware = Middleware
    site = serve(view, MIDDLEWARE=[f"{__name__}.Middleware"])
    response = await site.async_.get("/")
    assert response.content == b"made in a sync view"
    assert response["X-Articles"] == "1"
    assert order == ["in", "out"]


def test_constraints_of_the_model_are_made_by_migrate(project):
    out = script(
        """
from django.db import IntegrityError, transaction
from myapp.models import Booking, Room
room = Room.objects.create(name="blue")
Booking.objects.create(room=room, first=1, last=2)
for first, last in ((1, 3), (5, 4)):
    try:
        with transaction.atomic():
            Booking.objects.create(room=room, first=first, last=last)
    except IntegrityError as error:
        print(error)
print(Booking.objects.count())
room.delete()
print(Booking.objects.count())
""",
        project,
    )
    unique, check, count, after = out.splitlines()
    assert "UNIQUE" in unique
    assert "ends_after_start" in check
    assert (count, after) == ("1", "0")


def test_foreign_key_with_cascade(rows):
    ann = User.objects.create(username="ann")
    Article.objects.create(title="x", author=ann)
    assert ann.articles.get().author == ann
    ann.delete()
    assert not Article.objects.exists()


def test_boolean_expressions_directly_in_filter(rows):
    ann = User.objects.create(username="ann")
    User.objects.create(username="bob")
    Article.objects.create(title="x", author=ann)
    has_articles = Exists(Article.objects.filter(author=OuterRef("pk")))
    assert [user.username for user in User.objects.filter(has_articles)] == ["ann"]
    assert [user.username for user in User.objects.filter(~has_articles)] == ["bob"]
    short = ExpressionWrapper(Q(title__startswith="x"), output_field=BooleanField())
    assert Article.objects.filter(short).count() == 1
    assert User.objects.annotate(n=Count("articles")).filter(has_articles, n=1).count() == 1


def test_value_expression(rows):
    Article.objects.create(title="x")
    found = Article.objects.annotate(shout=Concat("title", Value("!")), three=Value(3)).get()
    assert (found.shout, found.three) == ("x!", 3)


def test_text_functions_reverse_and_length(rows):
    Article.objects.create(title="abc")
    found = Article.objects.annotate(reversed_title=Reverse("title"), size=Length("title")).get()
    assert (found.reversed_title, found.size) == ("cba", 3)
    assert Article.objects.annotate(back=Reverse("title")).filter(back__startswith="c").exists()


def test_choices_from_a_python_enum(rows):
    article = Article(title="x")
    assert article.stage == "draft"
    assert article.get_stage_display() == "DRAFT"
    form = modelform_factory(Article, fields=["stage"])
    assert '<option value="printed">PRINTED</option>' in str(form())
    assert form({"stage": Stage.PRINTED.value}).is_valid()
    assert not form({"stage": "burnt"}).is_valid()
    with pytest.raises(ValidationError):
        Article(title="x", stage="burnt").full_clean()


def test_choices_from_an_enum_are_kept_in_the_migration(project):
    written = (project / "myapp" / "migrations" / "0001_initial.py").read_text()
    assert "('draft', 'DRAFT'), ('printed', 'PRINTED')" in written.replace('"', "'").replace("\n", "")
    assert "No changes detected" in run("python", "manage.py", "makemigrations", "--check", cwd=project)


def test_enumeration_types(rows):
    assert Kind.choices == [("N", "News"), ("E", "Essay")]
    assert (Kind.labels, Kind.values, Kind.ESSAY.label) == (["News", "Essay"], ["N", "E"], "Essay")
    assert Grade.HIGH == 2
    article = Article.objects.create(title="x", kind=Kind.ESSAY, grade=Grade.HIGH)
    article.refresh_from_db()
    assert article.kind == Kind.ESSAY == "E"
    assert article.get_kind_display() == "Essay"
    assert Article.objects.filter(kind=Kind.ESSAY, grade=Grade.HIGH).exists()
    # One field takes the class, the other its choices.
    for wrong in ({"kind": "X"}, {"grade": 3}):
        with pytest.raises(ValidationError):
            Article(title="x", **wrong).full_clean()


def test_password_hashing_is_pbkdf2_with_many_iterations():
    with override_settings(PASSWORD_HASHERS=["offbeat.contrib.auth.hashers.PBKDF2PasswordHasher"]):
        assert isinstance(get_hasher(), PBKDF2PasswordHasher)
        name, iterations, _, _ = make_password("x").split("$")
    assert name == "pbkdf2_sha256"
    assert int(iterations) >= 1_500_000


class Cheap(PBKDF2PasswordHasher):
    iterations = 20


@pytest.mark.parametrize("side", ["sync", "async"])
async def test_password_upgrade_on_login(rows, side):
    from offbeat.concurrency import spawn

    old = PBKDF2PasswordHasher().encode("pw", "s" * 22, 5)
    await User.objects.acreate(username="ann", password=old)
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.Cheap"]):
        if side == "sync":
            assert await spawn(authenticate, username="ann", password="pw")
        else:
            assert await aauthenticate(username="ann", password="pw")
    assert (await User.objects.aget()).password.startswith("pbkdf2_sha256$20$")


def test_referrer_policy_header(serve):
    site = serve(
        lambda request: HttpResponse(),
        MIDDLEWARE=["offbeat.middleware.security.SecurityMiddleware"],
        SECURE_REFERRER_POLICY="no-referrer",
    )
    assert site.sync.get("/")["Referrer-Policy"] == "no-referrer"


def test_tests_run_with_warnings_shown(project):
    out = run("python", "-Wd", "manage.py", "test", cwd=project)
    assert "DeprecationWarning: the old way goes away" in out
    assert "Ran 3 tests" in out
    assert "OK" in out


OLD_MIGRATION = """
# -*- coding: utf-8 -*-
from __future__ import unicode_literals

from django.conf import settings
from django.db import migrations, models
import django.core.validators
import django.db.models.deletion


def forwards(apps, schema_editor):
    apps.get_model("legacy", "Note").objects.create(text="from the migration")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("contenttypes", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=30, validators=[django.core.validators.MinLengthValidator(1)])),
                ("owner", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={"ordering": ["text"]},
        ),
        migrations.AlterUniqueTogether(name="note", unique_together=set([("text", "owner")])),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
"""
OLD_MODEL = """
from __future__ import unicode_literals

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils.encoding import force_str


class Note(models.Model):
    text = models.CharField(max_length=30, validators=[MinLengthValidator(1)])
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)

    class Meta:
        ordering = ["text"]
        unique_together = [("text", "owner")]
"""
OLD_URLS = """
from django.conf.urls import include
from django.http import HttpResponse
from django.urls import re_path


def note(request, pk):
    return HttpResponse("note %s" % pk)


urlpatterns = [re_path(r"^notes/", include([re_path(r"^(?P<pk>[0-9]+)/$", note, name="note")]))]
"""


def test_a_project_in_the_style_of_older_releases_loads(project):
    app = project / "legacy"
    (app / "migrations").mkdir(parents=True)
    (app / "__init__.py").touch()
    (app / "migrations" / "__init__.py").touch()
    (app / "migrations" / "0001_initial.py").write_text(OLD_MIGRATION)
    (app / "models.py").write_text(OLD_MODEL)
    (app / "urls.py").write_text(OLD_URLS)
    with (project / "myproject" / "settings.py").open("a") as settings:
        settings.write(
            "\nINSTALLED_APPS += ['legacy']\nROOT_URLCONF = 'legacy.urls'\n"
            "DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\n"
        )
    run("python", "manage.py", "migrate", "legacy", cwd=project)
    out = script(
        "from legacy.models import Note; print(Note.objects.get().text)\n"
        "from django.test import Client; print(Client().get('/notes/12/').content.decode())\n"
        "from django.urls import reverse; print(reverse('note', kwargs={'pk': 3}))\n",
        project,
    )
    assert out.splitlines() == ["from the migration", "note 12", "/notes/3/"]
    assert "No changes detected" in run(
        "python", "manage.py", "makemigrations", "legacy", "--check", cwd=project
    )


async def test_one_application_object_serves_both_protocols_from_a_routing_module(project):
    out = script(
        """
import asyncio
from myproject.asgi import application
from myapp.routing import websocket_urlpatterns
from channels.testing import HttpCommunicator, WebsocketCommunicator
assert isinstance(websocket_urlpatterns, list)
async def main():
    headers = [(b"host", b"localhost")]
    answer = await HttpCommunicator(application, "GET", "/", headers=headers).get_response()
    print(answer["body"].decode())
    socket = WebsocketCommunicator(application, "/ws/chat/lobby/")
    print((await socket.connect())[0])
    await socket.send_json_to({"message": "hello"})
    print((await socket.receive_json_from())["message"])
    await socket.disconnect()
asyncio.run(main())
""",
        project,
    )
    assert out.splitlines() == ['{"status": "ok", "rooms": 0}', "True", "hello"]


def test_the_python_versions_that_are_promised():
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert sys.version_info >= (3, 11)
    assert RUN[0] == sys.executable


async def test_full_async_without_breaking_sync_code(rows, threads):
    """The same function, written once, from a sync and from an async caller: neither needs a thread."""
    from offbeat.concurrency import spawn

    def titles():
        return [article.title for article in Article.objects.all()], threading.get_ident()

    await Article.objects.acreate(title="x")
    assert await spawn(titles) == (["x"], threading.get_ident())
    assert [article.title async for article in Article.objects.all()] == ["x"]
    assert threads == []


def test_full_async_without_breaking_sync_callers(rows):
    Article.objects.create(title="x")
    assert Article.objects.get().title == "x"
