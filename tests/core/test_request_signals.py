"""The signals of the request cycle know whether sending them would do anything."""

from __future__ import annotations

import gc
from typing import Any

from offbeat.core.signals import RequestSignal


def _receiver(**kwargs: Any) -> None:
    pass


def _other(**kwargs: Any) -> None:
    pass


def test_a_signal_without_receivers_is_not_due():
    assert not RequestSignal().due


def test_any_receiver_makes_it_due_until_it_is_disconnected():
    signal = RequestSignal()
    signal.connect(_receiver)
    assert signal.due
    signal.disconnect(_receiver)
    assert not signal.due


def test_idle_receivers_make_it_due_only_once_they_are_noted():
    signal = RequestSignal()
    signal.connect_idle(_receiver)
    assert not signal.due
    signal.note()
    assert signal.due


def test_an_idle_receiver_does_not_hide_another_one():
    signal = RequestSignal()
    signal.connect_idle(_receiver)
    signal.connect(_other)
    assert signal.due
    signal.disconnect(_other)
    assert not signal.due


def test_a_receiver_that_died_does_not_count_after_the_next_change():
    signal = RequestSignal()

    class Owner:
        def receive(self, **kwargs: Any) -> None:
            pass

    owner = Owner()
    signal.connect(owner.receive)
    assert signal.due
    del owner
    gc.collect()
    signal.connect_idle(_receiver)
    assert not signal.due


def test_replaced_receivers_are_noticed():
    signal = RequestSignal()
    signal.connect(_receiver)
    kept, signal.receivers = signal.receivers, []
    assert not signal.due
    signal.receivers = kept
    assert signal.due
