from __future__ import annotations

import os
import sys
import time
import unittest
import warnings

import pytest

from offbeat.conf import settings
from offbeat.test.signals import setting_changed
from offbeat.test.utils import (
    Approximate,
    ContextList,
    TestContextDecorator,
    captured_stderr,
    captured_stdin,
    captured_stdout,
    compare_xml,
    extend_sys_path,
    freeze_time,
    ignore_warnings,
    modify_settings,
    override_script_prefix,
    override_settings,
    tag,
)
from offbeat.urls import get_script_prefix


def test_settings_are_overridden_and_restored():
    before = settings.DEBUG
    with override_settings(DEBUG=not before, SOME_THING=1):
        assert settings.DEBUG is not before
        assert settings.SOME_THING == 1
        with override_settings(SOME_THING=2):
            assert settings.SOME_THING == 2
        assert settings.SOME_THING == 1
    assert settings.DEBUG is before
    assert not hasattr(settings, "SOME_THING")


def test_a_setting_can_be_deleted_inside():
    with override_settings(SOME_THING=1):
        with override_settings():
            del settings.SOME_THING
            assert not hasattr(settings, "SOME_THING")
        assert settings.SOME_THING == 1


def test_receivers_hear_of_both_changes():
    heard = []

    def receiver(*, setting, value, enter, **kwargs):
        heard.append((setting, value, enter))

    setting_changed.connect(receiver)
    try:
        with override_settings(SOME_THING=1):
            pass
    finally:
        setting_changed.disconnect(receiver)
    assert heard == [("SOME_THING", 1, True), ("SOME_THING", None, False)]


def test_a_failing_receiver_undoes_everything():
    def receiver(*, setting, enter, **kwargs):
        if setting == "SOME_THING" and enter:
            raise ValueError("no")

    setting_changed.connect(receiver)
    try:
        with pytest.raises(ValueError, match="no"), override_settings(SOME_THING=1):
            raise AssertionError
    finally:
        setting_changed.disconnect(receiver)
    assert not hasattr(settings, "SOME_THING")


def test_functions_and_coroutine_functions_can_be_decorated():
    @override_settings(SOME_THING=1)
    def function():
        return settings.SOME_THING

    @override_settings(SOME_THING=2)
    async def coroutine_function():
        return settings.SOME_THING

    from offbeat.concurrency import run

    assert function() == 1
    assert run(coroutine_function()) == 2
    assert not hasattr(settings, "SOME_THING")


def test_only_our_test_cases_can_be_decorated():
    with pytest.raises(ValueError, match="SimpleTestCase"):
        override_settings(DEBUG=True)(unittest.TestCase)
    with pytest.raises(TypeError):
        TestContextDecorator()(5)
    with pytest.raises(TypeError):
        TestContextDecorator()(int)


def test_lists_are_modified():
    with override_settings(SOME_LIST=["a", "b"]):
        with modify_settings(SOME_LIST={"append": "c", "prepend": ["z", "a"], "remove": "b"}):
            assert settings.SOME_LIST == ["z", "a", "c"]
        assert settings.SOME_LIST == ["a", "b"]
        with pytest.raises(ValueError, match="Unsupported action"), modify_settings(SOME_LIST={"swap": "a"}):
            pass


def test_time_zone_of_the_process_follows():
    with override_settings(TIME_ZONE="Asia/Tokyo"):
        assert os.environ["TZ"] == "Asia/Tokyo"
        assert time.timezone == -9 * 3600
    assert os.environ["TZ"] == settings.TIME_ZONE


def test_small_tools(tmp_path):
    with captured_stdout() as out, captured_stderr() as err:
        print("x")
        print("y", file=sys.stderr)
    assert (out.getvalue(), err.getvalue()) == ("x\n", "y\n")
    with captured_stdin() as stdin:
        stdin.write("in\n")
        stdin.seek(0)
        assert input() == "in"
    with extend_sys_path(str(tmp_path)):
        assert str(tmp_path) in sys.path
    assert str(tmp_path) not in sys.path
    with freeze_time(5):
        assert time.time() == 5
    with override_script_prefix("/prefix/"):
        assert get_script_prefix() == "/prefix/"
    with ignore_warnings(category=UserWarning):
        warnings.warn("hidden", UserWarning, stacklevel=1)
    assert 1.00000001 == Approximate(1)
    assert 1.1 != Approximate(1, places=2)


def test_context_lists_look_in_all_contexts():
    contexts = ContextList([{"a": 1}, {"b": 2}])
    assert (contexts["a"], contexts["b"], contexts.get("c", 3)) == (1, 2, 3)
    assert "b" in contexts and "c" not in contexts
    assert contexts[0] == {"a": 1}
    with pytest.raises(KeyError):
        contexts["c"]


@pytest.mark.parametrize(
    ("want", "got", "same"),
    [
        ("<a x='1' y='2'/>", "<a y='2' x='1'/>", True),
        ("<a>b  c</a>", "<a>b c</a>", True),
        (" <a/> ", "<a/>", True),
        ("<a/><b/>", "<b/><a/>", False),
        ("<a/>", "<a x=''/>", False),
        ("<?xml version='1.0'?><!-- c --><a/>", "<?xml version='1.0'?><a/>", True),
    ],
)
def test_xml(want, got, same):
    assert compare_xml(want, got) is same


def test_tags_add_up():
    @tag("slow")
    class Base:
        @tag("core", "db")
        def method(self):
            pass

    @tag("fast")
    class Child(Base):
        pass

    assert Child.tags == {"slow", "fast"}
    assert Base.tags == {"slow"}
    assert Base.method.tags == {"core", "db"}


def test_overriding_databases_warns():
    with pytest.warns(UserWarning, match="Overriding setting DATABASES can lead to unexpected behavior"):
        with override_settings(DATABASES={}):
            pass
