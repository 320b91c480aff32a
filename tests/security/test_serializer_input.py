"""Fixtures are data: they must not reach files, hosts or the interpreter, nor cost more than their size."""

from __future__ import annotations

import time

import pytest

from offbeat.core import serializers
from offbeat.core.exceptions import SuspiciousOperation
from offbeat.core.serializers.xml_serializer import DTDForbidden

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    "<django-objects>&b;</django-objects>"
)
EXTERNAL = '<!DOCTYPE x SYSTEM "file:///etc/passwd"><django-objects/>'


@pytest.mark.parametrize("text", [BOMB, EXTERNAL])
def test_xml_with_a_document_type_is_refused(text: str) -> None:
    with pytest.raises(DTDForbidden):
        list(serializers.deserialize("xml", text))


def test_nested_elements_in_a_field_are_refused_in_linear_time() -> None:
    """CVE-2025-64460."""
    depth = 20_000
    text = (
        '<django-objects><object model="contenttypes.contenttype" pk="1"><field name="model">'
        + "<n>" * depth
        + "x"
        + "</n>" * depth
        + "</field></object></django-objects>"
    )
    started = time.thread_time()
    with pytest.raises(SuspiciousOperation, match="Unexpected element: 'n'"):
        list(serializers.deserialize("xml", text))
    assert time.thread_time() - started < 5
