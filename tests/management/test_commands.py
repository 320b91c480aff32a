"""Writing commands, and calling them."""

from __future__ import annotations

import os
from io import StringIO
from typing import Any

import pytest

from offbeat.core.checks import Error, Warning
from offbeat.core.management import BaseCommand, CommandError, call_command, get_commands
from offbeat.core.management.base import AppCommand, LabelCommand, OutputWrapper, SystemCheckError
from offbeat.core.management.color import no_style
from offbeat.core.management.utils import (
    find_command,
    get_random_secret_key,
    handle_extensions,
    normalize_path_patterns,
    parse_apps_and_model_labels,
    popen_wrapper,
)
from offbeat.test.utils import override_system_checks


class Greet(BaseCommand):
    help = "Greets."
    requires_system_checks: list[str] = []
    stealth_options = ("mood",)

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("names", nargs="*")
        parser.add_argument("--loud", "-l", action="store_true")
        parser.add_argument("--times", type=int, default=1, dest="count")
        parser.add_argument("--must", required=True)

    def handle(self, *args: Any, **options: Any) -> str:
        text = f"Hello {' and '.join(options['names'])}{options['must']}{options.get('mood', '')}"
        return (text.upper() if options["loud"] else text) * options["count"]


def greet(*args: Any, **options: Any) -> str:
    out = StringIO()
    returned = call_command(Greet(), *args, stdout=out, **options)
    assert out.getvalue() == f"{returned}\n"
    return str(returned)


def test_options_may_be_given_as_on_a_command_line_or_by_name() -> None:
    assert greet("Kim", "Lou", "--must=!", "--loud") == "HELLO KIM AND LOU!"
    assert greet("Kim", must="?", loud=True) == "HELLO KIM?"
    assert greet("Kim", must="?", count=2) == "Hello Kim?Hello Kim?"
    assert greet(["Kim", "Lou"], must=".", mood=" :)") == "Hello Kim and Lou. :)"


def test_unknown_options_and_commands_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Unknown option\(s\) for .* command: speed"):
        greet(must="", speed=1)
    with pytest.raises(CommandError, match="Unknown command: 'explode'"):
        call_command("explode")


def test_missing_and_wrong_arguments_are_command_errors() -> None:
    with pytest.raises(CommandError, match="--must"):
        greet("Kim")
    with pytest.raises(CommandError, match="invalid int value"):
        greet("--must=x", "--times=many")


def test_commands_of_applications_and_the_core_are_known() -> None:
    commands = get_commands()
    assert commands["migrate"] == "offbeat.core"
    assert commands["collectstatic"] == "offbeat.contrib.staticfiles"
    # The application's command wins over the core's.
    assert commands["runserver"] == "offbeat.contrib.staticfiles"


def test_output_ends_lines_once_and_can_be_styled() -> None:
    stream = StringIO()
    out = OutputWrapper(stream)
    out.write("one")
    out.write("two\n")
    out.write("three", ending="")
    out.write("four", lambda text: f"<{text}>")
    assert stream.getvalue() == "one\ntwo\nthree<four\n>"
    assert not out.isatty()


def test_colour_options_exclude_each_other() -> None:
    with pytest.raises(CommandError, match="can't be used together"):
        greet(must="", no_color=True, force_color=True)
    with pytest.raises(TypeError):
        Greet(no_color=True, force_color=True)
    assert no_style().ERROR("x") == "x"


def test_requirements_of_checks_must_be_a_list() -> None:
    class Wrong(BaseCommand):
        requires_system_checks = "models"

    with pytest.raises(TypeError, match="must be a list or tuple"):
        Wrong()


def test_failing_checks_stop_a_command() -> None:
    class Checked(BaseCommand):
        def handle(self, **options: Any) -> str:
            return "ran"

    def failing(app_configs: Any, **kwargs: Any) -> list[Any]:
        return [Error("Broken.", id="x.E1"), Warning("Odd.", id="x.W1")]

    with override_system_checks([failing]):
        with pytest.raises(SystemCheckError, match="Broken"):
            call_command(Checked(), skip_checks=False, stdout=StringIO())
        # Calls from code do not run them.
        assert call_command(Checked(), stdout=StringIO()) == "ran"


def test_commands_for_applications_and_labels() -> None:
    class Apps(AppCommand):
        requires_system_checks: list[str] = []

        def handle_app_config(self, app_config: Any, **options: Any) -> str:
            return f"<{app_config.label}>"

    class Labels(LabelCommand):
        requires_system_checks: list[str] = []

        def handle_label(self, label: str, **options: Any) -> str:
            return label.upper()

    assert call_command(Apps(), "auth", "sessions", stdout=StringIO()) == "<auth>\n<sessions>"
    with pytest.raises(CommandError, match="nowhere"):
        call_command(Apps(), "nowhere", stdout=StringIO())
    assert call_command(Labels(), "a", "b", stdout=StringIO()) == "A\nB"
    with pytest.raises(CommandError, match="Enter at least one label"):
        call_command(Labels())


def test_a_command_without_handle_is_told() -> None:
    with pytest.raises(NotImplementedError):
        call_command(BaseCommand())


def test_check_runs_by_tag_application_and_level() -> None:
    def odd(app_configs: Any, **kwargs: Any) -> list[Any]:
        return [Warning(f"Odd {[c.label for c in app_configs or ()]}.", id="x.W1")]

    odd.tags = ("odd",)  # type: ignore[attr-defined]
    with override_system_checks([odd]):
        err = StringIO()
        call_command("check", "auth", stderr=err, no_color=True)
        assert "?: (x.W1) Odd ['auth']." in err.getvalue()
        with pytest.raises(SystemCheckError):
            call_command("check", fail_level="WARNING", stderr=StringIO())
        out = StringIO()
        call_command("check", list_tags=True, stdout=out)
        assert out.getvalue() == "odd\n"
        with pytest.raises(CommandError, match='no system check with the "even" tag'):
            call_command("check", tags=["even"])


def test_diffsettings_shows_what_was_changed() -> None:
    out = StringIO()
    call_command("diffsettings", stdout=out)
    assert "ROOT_URLCONF = 'tests.urls_empty'" in out.getvalue()
    call_command("diffsettings", all=True, output="unified", stdout=out)
    assert "+ ROOT_URLCONF = 'tests.urls_empty'" in out.getvalue()


def test_helpers() -> None:
    assert handle_extensions(["html,txt", "py"]) == {".html", ".txt", ".py"}
    key = get_random_secret_key()
    assert len(key) == 50 and key != get_random_secret_key()
    assert find_command("sh") and find_command("no-such-program") is None
    assert normalize_path_patterns([f"dist{os.sep}*", "x"]) == ["dist", "x"]
    models, configs = parse_apps_and_model_labels(["auth", "sessions.Session"])
    assert [model.__name__ for model in models] == ["Session"]
    assert [config.label for config in configs] == ["auth"]
    with pytest.raises(CommandError, match="Unknown model"):
        parse_apps_and_model_labels(["auth.Nobody"])
    assert popen_wrapper(["echo", "hi"]) == ("hi\n", "", 0)
    with pytest.raises(CommandError):
        popen_wrapper(["no-such-program"])
