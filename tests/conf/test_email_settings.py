"""EMAIL_… settings against MAILERS."""

from __future__ import annotations

import pytest

from offbeat.conf import DEPRECATED_EMAIL_SETTINGS, LazySettings, settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.test.utils import override_settings
from offbeat.utils.deprecation import RemovedInDjango2028Warning


@pytest.mark.parametrize("name", sorted(DEPRECATED_EMAIL_SETTINGS))
def test_setting_one_is_warned_of(name: str) -> None:
    fresh = LazySettings()
    with pytest.warns(RemovedInDjango2028Warning, match=f"The {name} setting is deprecated"):
        fresh.configure(**{name: "x"})
    with pytest.warns(RemovedInDjango2028Warning, match=f"The {name} setting is deprecated"):
        assert getattr(fresh, name) == "x"


def test_both_ways_at_once_are_refused() -> None:
    with (
        pytest.warns(RemovedInDjango2028Warning),
        pytest.raises(ImproperlyConfigured, match=r"not allowed when MAILERS is defined: EMAIL_HOST\."),
    ):
        LazySettings().configure(EMAIL_HOST="x", MAILERS={})


def test_mailers_hide_them() -> None:
    with override_settings(MAILERS={}):
        assert not hasattr(settings, "EMAIL_HOST")
        assert "EMAIL_HOST" not in dir(settings)
        with pytest.raises(
            AttributeError, match="EMAIL_HOST setting is not available when MAILERS is defined"
        ):
            settings.EMAIL_HOST
    assert "EMAIL_HOST" in dir(settings)
