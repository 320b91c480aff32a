from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.apps import apps
from offbeat.core import serializers
from offbeat.test.utils import override_settings
from tests.management.models import Author, Book, Tag


@pytest.fixture(autouse=True)
def fresh_registry() -> Iterator[None]:
    known = serializers._serializers
    serializers._serializers = {}
    yield
    serializers._serializers = known


def test_formats_can_be_added_and_taken_away() -> None:
    assert set(serializers.get_public_serializer_formats()) == {"json", "jsonl", "xml", "yaml"}
    assert "python" in serializers.get_serializer_formats()
    serializers.register_serializer("mine", "offbeat.core.serializers.json")
    serializers.unregister_serializer("xml")
    assert "mine" in serializers.get_serializer_formats()
    assert "xml" not in serializers.get_serializer_formats()


@pytest.mark.parametrize("function", ["get_serializer", "get_deserializer", "unregister_serializer"])
def test_an_unknown_format_does_not_exist(function: str) -> None:
    with pytest.raises(serializers.SerializerDoesNotExist):
        getattr(serializers, function)("nonsense")


def test_settings_add_formats() -> None:
    with override_settings(SERIALIZATION_MODULES={"other": "offbeat.core.serializers.json"}):
        assert "other" in serializers.get_serializer_formats()


def test_a_module_that_cannot_be_imported_is_reported_by_its_use_only() -> None:
    serializers.register_serializer("broken", "no.such.module")
    assert "broken" in serializers.get_serializer_formats()
    with pytest.raises(ImportError):
        serializers.serialize("broken", [])
    with pytest.raises(ImportError):
        serializers.deserialize("broken", "")


def test_models_come_after_those_that_their_natural_keys_need() -> None:
    config: Any = apps.get_app_config("management_tests")
    assert serializers.sort_dependencies([(config, [Book, Tag, Author])]) == [Tag, Author, Book]
    assert set(serializers.sort_dependencies([(config, None)])) == set(config.get_models())
