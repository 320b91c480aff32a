"""The alias: Django's and Channels' names give this package's modules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def python(code: str, *, cwd: Path = ROOT, **environment: str) -> str:
    """Output of a fresh interpreter."""
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_aliased_names_are_the_very_same_modules() -> None:
    out = python(
        "import offbeat.as_django\n"
        "import django.http, offbeat.http, django.core.exceptions, offbeat.core.exceptions\n"
        "from django.urls import path\n"
        "from offbeat.urls import path as own\n"
        "import channels.exceptions, offbeat.channels.exceptions\n"
        "print(django.http is offbeat.http, django.core.exceptions is offbeat.core.exceptions, path is own,\n"
        "      channels.exceptions is offbeat.channels.exceptions)\n"
    )
    assert out.split() == ["True"] * 4


def test_modules_keep_their_own_name_and_spec() -> None:
    out = python(
        "import offbeat.as_django\n"
        "import django.utils.text as t\n"
        "print(t.__name__, t.__spec__.name, t.__package__)\n"
    )
    assert out.split() == ["offbeat.utils.text", "offbeat.utils.text", "offbeat.utils"]


def test_a_real_package_of_that_name_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "django").mkdir()
    (tmp_path / "django" / "__init__.py").write_text("raise RuntimeError('the other one')")
    out = python(
        "import offbeat.as_django, django, offbeat; print(django is offbeat)", PYTHONPATH=f"{tmp_path}:{ROOT}"
    )
    assert out.strip() == "True"


def test_a_name_that_does_not_exist_says_so_under_both_names() -> None:
    out = python(
        "import offbeat.as_django\n"
        "try:\n    import django.nonsense\n"
        "except ModuleNotFoundError as error:\n    print(error.name, error)\n"
    )
    assert out.startswith("django.nonsense No module named 'django.nonsense'")
    assert "offbeat.nonsense" in out


def test_the_alias_refuses_to_come_after_the_real_package(tmp_path: Path) -> None:
    (tmp_path / "django").mkdir()
    (tmp_path / "django" / "__init__.py").write_text("")
    out = python(
        "import django\n"
        "try:\n    import offbeat.as_django\n"
        "except RuntimeError as error:\n    print(error)\n",
        PYTHONPATH=f"{tmp_path}:{ROOT}",
    )
    assert "already imported" in out


SITE_WITH_LOGGING = """
import logging
held = logging.getLogger("offbeat.request")
import offbeat.as_django
from django.conf import settings
settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x",
    LOGGING={{
        "version": 1,
        "disable_existing_loggers": {disable},
        "formatters": {{"f": {{"format": "%(name)s %(levelname)s %(message)s"}}}},
        "handlers": {{"out": {{"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "f"}}}},
        "loggers": {{"{name}": {{"handlers": ["out"], "level": "DEBUG", "propagate": False}}}},
    }},
)
urlpatterns = []
import django
django.setup()
from django.test import Client
Client().get("/missing/")
held.warning("from one held before")
print(logging.getLogger("django.request") is logging.getLogger("offbeat.request"),
      logging.getLogger("django").getChild("request") is logging.getLogger("django.request"))
"""


@pytest.mark.parametrize("disable", [True, False])
@pytest.mark.parametrize("name", ["django.request", "django"])
def test_logging_is_configured_by_the_names_that_projects_know(name: str, disable: bool) -> None:
    out = python(SITE_WITH_LOGGING.format(name=name, disable=disable), OFFBEAT_SETTINGS_MODULE="")
    assert out.splitlines() == [
        "django.request WARNING Not Found: /missing/",
        "django.request WARNING from one held before",
        "True True",
    ]


def test_without_the_alias_loggers_have_their_own_names() -> None:
    out = python("import logging, offbeat; print(logging.getLogger('offbeat.request').name)")
    assert out.strip() == "offbeat.request"


def offbeat_run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "OFFBEAT_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "-m", "offbeat", "run", *arguments],
        cwd=cwd,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_run_switches_the_alias_on_for_any_command(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import django.utils.text as t; print(t.__name__)")
    result = offbeat_run("python", "program.py", cwd=tmp_path)
    assert result.stdout.strip() == "offbeat.utils.text", result.stderr


def test_run_keeps_the_sitecustomize_that_it_hides(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os.environ['SEEN'] = 'yes'")
    (tmp_path / "program.py").write_text("import os, django; print(os.environ.get('SEEN'), django.__name__)")
    result = subprocess.run(
        [sys.executable, "-m", "offbeat", "run", "python", "program.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout.split() == ["yes", "offbeat"], result.stderr


@pytest.mark.parametrize(
    ("arguments", "status"), [((), 2), (("--help",), 0), (("no-such-program-here",), 127)]
)
def test_run_explains_itself(arguments: tuple[str, ...], status: int, tmp_path: Path) -> None:
    result = offbeat_run(*arguments, cwd=tmp_path)
    assert result.returncode == status
    assert "offbeat run" in result.stdout + result.stderr


DJANGO_PROJECT = {
    "manage.py": (
        "import os, sys\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n"
        "from django.core.management import execute_from_command_line\n"
        "execute_from_command_line(sys.argv)\n"
    ),
    "site_settings.py": (
        "SECRET_KEY = 'x'\n"
        "INSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth', 'shop']\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\n"
        "DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n"
    ),
    "shop/__init__.py": "",
    "shop/models.py": (
        "from django.contrib.auth import get_user_model\n"
        "from django.db import models\n"
        "class Order(models.Model):\n"
        "    owner = models.ForeignKey('auth.User', models.CASCADE)\n"
        "    total = models.DecimalField(max_digits=8, decimal_places=2)\n"
    ),
}


def test_a_django_project_makes_and_runs_its_migrations_unchanged(tmp_path: Path) -> None:
    for name, text in DJANGO_PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    made = offbeat_run("python", "manage.py", "makemigrations", "shop", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    migration = (tmp_path / "shop" / "migrations" / "0001_initial.py").read_text()
    assert "from django.db import migrations, models" in migration
    assert "offbeat" not in migration
    assert "settings.AUTH_USER_MODEL" in migration
    migrated = offbeat_run("python", "manage.py", "migrate", cwd=tmp_path)
    assert migrated.returncode == 0, migrated.stderr
    assert "Applying shop.0001_initial... OK" in migrated.stdout
    again = offbeat_run("python", "manage.py", "makemigrations", "--check", cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr


def test_asgirefs_own_adapters_suspend_where_requests_run() -> None:
    out = python(
        "import offbeat.as_django\n"
        "import sys\n"
        "print('asgiref.sync' in sys.modules)\n"
        "import asyncio, threading\n"
        "import django.utils.functional\n"
        "from asgiref.sync import async_to_sync, sync_to_async\n"
        "from offbeat.concurrency import spawn\n"
        "async def later():\n"
        "    await asyncio.sleep(0)\n"
        "    return threading.get_ident()\n"
        "async def main():\n"
        "    here = await spawn(async_to_sync(later))\n"
        "    there = await sync_to_async(threading.get_ident)()\n"
        "    print(here == threading.get_ident(), there != threading.get_ident())\n"
        "asyncio.run(main())\n"
        "print(async_to_sync(later)() is not None)\n"
    )
    assert out.split() == ["False", "True", "True", "True"]
