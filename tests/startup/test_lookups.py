"""Built-in lookups are loaded when lookups are first asked for; that is told by nothing but the time."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = """
from offbeat.conf import settings
settings.configure()
import sys, offbeat
offbeat.setup()
from offbeat.db import models
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", START + code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("field", "lookup", "name"),
    [
        ("CharField", "exact", "Exact"),
        ("IntegerField", "gt", "IntegerGreaterThan"),
        ("DateField", "year", "ExtractYear"),
        ("DateTimeField", "date", "TruncDate"),
        ("UUIDField", "icontains", "UUIDIContains"),
        ("ForeignKey", "in", "RelatedIn"),
        ("JSONField", "has_key", "HasKey"),
    ],
)
def test_each_field_knows_its_lookups_from_the_start(field, lookup, name):
    run(f"assert models.{field}.get_lookups()[{lookup!r}].__name__ == {name!r}")


def test_a_lookup_of_the_project_wins_over_the_one_of_the_same_name():
    run(
        """
class Mine(models.Lookup):
    lookup_name = "exact"
assert "offbeat.db.models.lookups.registration" not in sys.modules
models.Field.register_lookup(Mine)
assert models.CharField().get_lookup("exact") is Mine
assert models.CharField().get_lookup("iexact").__name__ == "IExact"
"""
    )


def test_a_transform_is_found_by_a_query_that_is_the_first_of_the_process():
    run(
        """
class Book(models.Model):
    published = models.DateField()
    class Meta:
        app_label = "library"
settings.DATABASES["default"] = {"ENGINE": "offbeat.db.backends.sqlite3", "NAME": ":memory:"}
assert "published" in str(Book.objects.filter(published__year__gte=2020).query)
"""
    )
