"""Lazy values, cached properties and the small structures."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from offbeat.test import override_settings
from offbeat.utils import timezone
from offbeat.utils.crypto import (
    InvalidAlgorithm,
    constant_time_compare,
    get_random_string,
    pbkdf2,
    salted_hmac,
)
from offbeat.utils.datastructures import (
    CaseInsensitiveMapping,
    ImmutableList,
    MultiValueDict,
    MultiValueDictKeyError,
    OrderedSet,
)
from offbeat.utils.deconstruct import deconstructible
from offbeat.utils.encoding import (
    DjangoUnicodeDecodeError,
    escape_uri_path,
    filepath_to_uri,
    force_bytes,
    force_str,
    iri_to_uri,
    repercent_broken_unicode,
    uri_to_iri,
)
from offbeat.utils.functional import (
    LazyObject,
    SimpleLazyObject,
    cached_property,
    classproperty,
    keep_lazy,
    lazy,
    lazystr,
    partition,
)
from offbeat.utils.hashable import make_hashable
from offbeat.utils.inspect import (
    func_accepts_kwargs,
    func_supports_parameter,
    get_func_args,
    method_has_no_args,
)
from offbeat.utils.module_loading import import_string, module_has_submodule
from offbeat.utils.safestring import SafeString, mark_safe
from offbeat.utils.tree import Node
from offbeat.utils.version import get_version, get_version_tuple


class Counted:
    calls = 0

    @cached_property
    def value(self) -> int:
        """The docstring."""
        type(self).calls += 1
        return 5

    def method(self) -> None: ...

    @classproperty
    def name(cls: Any) -> str:
        return f"<{cls.__name__}>"


def test_a_cached_property_is_worked_out_once_per_object() -> None:
    one = Counted()
    assert (one.value, one.value, Counted.calls) == (5, 5, 1)
    assert Counted.value.__doc__ == "The docstring."
    one.value = 7
    assert one.value == 7
    del one.value
    assert one.value == 5
    assert Counted.name == Counted().name == "<Counted>"


def test_lazy_text_is_worked_out_at_each_use() -> None:
    texts = iter(["one", "two"])
    late = lazy(lambda: next(texts), str)()
    assert str(late) == "one"
    assert late + "!" == "two!"
    assert lazystr(5) == "5"
    assert f"{lazystr('a')}-{lazystr('b')!s}" == "a-b"
    assert pickle.loads(pickle.dumps(lazystr("a"))) == "a"
    assert hash(lazystr("a")) == hash("a")


def test_keep_lazy_waits_for_lazy_arguments_only() -> None:
    calls: list[str] = []

    @keep_lazy(str)
    def shout(text: Any) -> str:
        calls.append(str(text))
        return str(text).upper()

    assert shout("a") == "A"
    late = shout(lazystr("b"))
    assert calls == ["a"]
    assert str(late) == "B"
    with pytest.raises(TypeError):
        keep_lazy()


def test_a_lazy_object_becomes_what_it_stands_for() -> None:
    made: list[int] = []

    def make() -> list[int]:
        made.append(1)
        return [1, 2]

    late = SimpleLazyObject(make)
    assert made == []
    assert (len(late), list(late), 2 in late, late[0]) == (2, [1, 2], True, 1)
    assert made == [1]
    assert isinstance(late, list) and late == [1, 2] and bool(late)
    assert copy.deepcopy(SimpleLazyObject(make)) == [1, 2]
    assert pickle.loads(pickle.dumps(late)) == [1, 2]
    late.append(3)
    assert late == [1, 2, 3]
    with pytest.raises(TypeError):
        del LazyObject()._wrapped


def test_partition_splits_in_two() -> None:
    assert partition(lambda number: number > 1, [1, 2, 3]) == ([1], [2, 3])


def test_many_values_behind_one_key() -> None:
    values = MultiValueDict({"a": ["1", "2"], "empty": []})
    assert (values["a"], values.getlist("a"), values["empty"]) == ("2", ["1", "2"], [])
    assert values.get("lost") is None and values.getlist("lost") == []
    with pytest.raises(MultiValueDictKeyError):
        values["lost"]
    values.appendlist("a", "3")
    values.update({"a": "4"}, b="5")
    assert values.getlist("a") == ["1", "2", "3", "4"]
    assert values.dict() == {"a": "4", "empty": [], "b": "5"}
    assert values.setlistdefault("c", ["6"]) == ["6"]
    assert copy.deepcopy(values).getlist("a") == values.getlist("a")
    assert pickle.loads(pickle.dumps(values)).getlist("a") == values.getlist("a")


def test_small_structures() -> None:
    ordered = OrderedSet([3, 1, 3])
    ordered.add(2)
    assert list(ordered) == [3, 1, 2] and len(ordered) == 3
    headers = CaseInsensitiveMapping({"Accept": "x"})
    assert headers["ACCEPT"] == "x" and list(headers) == ["Accept"]
    with pytest.raises(ValueError):
        CaseInsensitiveMapping([("a",)])
    frozen = ImmutableList([1], warning="No.")
    with pytest.raises(AttributeError, match=r"No\."):
        frozen.append(2)
    assert make_hashable({"a": [1, {2}]}) == make_hashable({"a": [1, {2}]})
    with pytest.raises(TypeError):
        make_hashable(Unhashable())


class Unhashable:
    __hash__ = None  # type: ignore[assignment]


def test_nodes_join_where_the_connector_is_the_same() -> None:
    node = Node([1], "AND")
    node.add(Node([2, 3], "AND"), "AND")
    assert node.children == [1, 2, 3]
    node.add(4, "OR")
    assert (node.connector, len(node)) == ("OR", 2)
    assert Node([1]) == Node([1]) and hash(Node([1])) == hash(Node([1]))
    node.negate()
    assert node.negated


def test_text_and_bytes() -> None:
    assert force_str(b"caf\xc3\xa9") == "café" and force_bytes("é") == b"\xc3\xa9"
    assert force_str(5) == "5" and force_str(None, strings_only=True) is None
    assert force_bytes(b"\xe9", "utf-8", errors="ignore") == b"\xe9"
    with pytest.raises(DjangoUnicodeDecodeError):
        force_str(b"\xff")


def test_uris_and_iris() -> None:
    assert iri_to_uri("/caf\u00e9/?q=\u2713&x=%20") == "/caf%C3%A9/?q=%E2%9C%93&x=%20"
    assert uri_to_iri("/caf%C3%A9/%2F") == "/café/%2F"
    assert iri_to_uri(uri_to_iri("/%E2%99%A5%E2%99%A5/")) == "/%E2%99%A5%E2%99%A5/"
    assert escape_uri_path("/a b?c#d") == "/a%20b%3Fc%23d"
    assert filepath_to_uri("dir\\file é.txt") == "dir/file%20%C3%A9.txt"
    assert repercent_broken_unicode(b"/%FF\xff/") == b"/%FF%FF/"


def test_keys_and_random_text() -> None:
    assert salted_hmac("salt", "value", "key").digest() == salted_hmac("salt", b"value", b"key").digest()
    assert salted_hmac("a", "v", "key").digest() != salted_hmac("b", "v", "key").digest()
    with pytest.raises(InvalidAlgorithm):
        salted_hmac("salt", "value", "key", algorithm="whirlpool-9")
    assert constant_time_compare("é", "é") and not constant_time_compare("a", "b")
    assert len(get_random_string(12)) == 12 and set(get_random_string(9, "ab")) <= {"a", "b"}
    # RFC 6070, with SHA-256.
    assert pbkdf2("password", "salt", 1).hex().startswith("120fb6cffcf8b32c43e7225256c4f837")


def test_time_zones_are_activated_and_overridden() -> None:
    paris = ZoneInfo("Europe/Paris")
    moment = datetime(2024, 1, 2, 12, tzinfo=UTC)
    with timezone.override("Europe/Paris"):
        assert timezone.get_current_timezone_name() == "Europe/Paris"
        assert timezone.localtime(moment).hour == 13
        assert timezone.make_naive(moment).hour == 13
        assert timezone.make_aware(datetime(2024, 7, 2)) == datetime(2024, 7, 2, tzinfo=paris)
        with timezone.override(None):
            assert timezone.get_current_timezone_name() == "UTC"
    assert timezone.get_current_timezone_name() == "UTC"
    assert timezone.get_fixed_timezone(-90).utcoffset(None) == timedelta(minutes=-90)
    assert timezone.is_aware(timezone.now())
    with override_settings(USE_TZ=False):
        assert timezone.is_naive(timezone.now())


def test_wrong_times_are_refused() -> None:
    with pytest.raises(ValueError):
        timezone.make_aware(datetime(2024, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError):
        timezone.make_naive(datetime(2024, 1, 1))
    with pytest.raises(ValueError):
        timezone.localtime(datetime(2024, 1, 1))
    with pytest.raises(ValueError):
        timezone.activate(5)


def test_importing_by_text() -> None:
    assert import_string("offbeat.utils.tree.Node") is Node
    assert import_string("django.utils.tree.Node") is Node
    with pytest.raises(ImportError, match="doesn't look like a module path"):
        import_string("Node")
    with pytest.raises(ImportError, match='does not define a "Nodes"'):
        import_string("offbeat.utils.tree.Nodes")
    import offbeat.utils

    assert module_has_submodule(offbeat.utils, "tree") and not module_has_submodule(offbeat.utils, "forest")


def test_objects_remember_how_they_were_made() -> None:
    @deconstructible(path="offbeat.utils.tree.Node")
    class Point:
        def __init__(self, x: int, y: int = 0) -> None:
            self.x = x

    assert Point(1, y=2).deconstruct() == ("offbeat.utils.tree.Node", (1,), {"y": 2})  # type: ignore[attr-defined]


def test_looking_at_signatures() -> None:
    def function(a: int, b: int = 1, *args: int, **kwargs: int) -> None: ...

    assert get_func_args(function) == ["a", "b"]
    assert func_accepts_kwargs(function) and func_supports_parameter(function, "a")
    assert method_has_no_args(Counted().method) and not method_has_no_args(function)


def test_safe_text_stays_safe_only_with_safe_text() -> None:
    safe = mark_safe("<b>")
    assert isinstance(safe + mark_safe("x"), SafeString)
    assert not isinstance(safe + "x", SafeString)
    assert safe.__html__() == "<b>"
    assert str(mark_safe(lazystr("<i>"))) == "<i>"


def test_versions() -> None:
    assert get_version((6, 1, 0, "final", 0)) == "6.1"
    assert get_version((6, 1, 3, "rc", 2)) == "6.1.3rc2"
    assert get_version_tuple("1.2.3b2") == (1, 2, 3)
