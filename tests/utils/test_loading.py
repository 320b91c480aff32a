"""The garbage collector while an application is loaded."""

from __future__ import annotations

import gc

import pytest

from offbeat.utils.loading import loading


@pytest.fixture(autouse=True)
def thresholds():
    before = gc.get_threshold()
    yield before
    gc.set_threshold(*before)


def test_the_collector_rests_meanwhile(thresholds):
    with loading():
        assert gc.get_threshold()[0] == 0
    assert gc.get_threshold() == thresholds


def test_it_works_again_after_an_error(thresholds):
    with pytest.raises(ValueError), loading():
        raise ValueError
    assert gc.get_threshold() == thresholds


def test_what_settings_say_meanwhile_stays():
    with loading():
        gc.set_threshold(5000, 20, 30)
    assert gc.get_threshold() == (5000, 20, 30)


def test_loads_may_be_nested(thresholds):
    with loading():
        with loading():
            pass
        assert gc.get_threshold()[0] == 0
    assert gc.get_threshold() == thresholds


def test_only_the_first_load_is_frozen():
    frozen = gc.get_freeze_count()
    with loading():
        kept = [[] for _ in range(1000)]
    assert gc.get_freeze_count() <= frozen
    assert len(kept) == 1000
