"""Tests in real browsers, driven by Selenium (which has to be installed)."""

from __future__ import annotations

import sys
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from offbeat.conf import settings
from offbeat.test import LiveServerTestCase, override_settings, tag
from offbeat.utils.functional import classproperty
from offbeat.utils.module_loading import import_string
from offbeat.utils.text import capfirst

__all__ = ["SeleniumTestCase", "SeleniumTestCaseBase", "screenshot_cases"]


class SeleniumTestCaseBase(type):
    """Makes a class for each of the ``browsers``; without any, the tests are skipped."""

    browsers: list[str] = []
    selenium_hub: str | None = None
    external_host: str | None = None
    browser: str | None = None
    headless = False

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        test_class: Any = super().__new__(mcs, name, bases, attrs)
        if test_class.browser or not any(attribute.startswith("test") for attribute in dir(test_class)):
            return test_class
        if not mcs.browsers:
            return unittest.skip("No browsers specified.")(test_class)
        first, *others = mcs.browsers
        test_class = test_class.for_browser(first, mcs.selenium_hub, mcs.external_host)
        module = sys.modules[test_class.__module__]
        for browser in others:
            variant = super().__new__(
                mcs, f"{capfirst(browser)}{name}", (test_class,), {"__module__": module.__name__}
            )
            variant.for_browser(browser, mcs.selenium_hub, mcs.external_host)
            setattr(module, variant.__name__, variant)
        return test_class

    def for_browser(cls, browser: str, hub: str | None, external_host: str | None) -> Any:
        """Have the class use this browser."""
        cls.browser = browser
        if hub:
            cls.selenium_hub = hub
            cls.host = "0.0.0.0"
            cls.external_host = external_host
        return tag("selenium")(cls)

    @staticmethod
    def import_webdriver(browser: str) -> Any:
        """The class of a browser's driver."""
        return import_string(f"selenium.webdriver.{browser}.webdriver.WebDriver")

    @staticmethod
    def import_options(browser: str) -> Any:
        """The class of a browser's options."""
        return import_string(f"selenium.webdriver.{browser}.options.Options")

    def create_options(cls) -> Any:
        """Options for the browser."""
        assert cls.browser is not None
        options = cls.import_options(cls.browser)()
        if cls.headless and cls.browser in ("chrome", "edge"):
            options.add_argument("--headless=new")
        elif cls.headless and cls.browser == "firefox":
            options.add_argument("-headless")
        return options

    def create_webdriver(cls) -> Any:
        """Start the browser, here or at the hub."""
        options = cls.create_options()
        if cls.selenium_hub:
            remote = import_string("selenium.webdriver.Remote")
            return remote(command_executor=cls.selenium_hub, options=options)
        assert cls.browser is not None
        return cls.import_webdriver(cls.browser)(options=options)


class SeleniumTestCase(LiveServerTestCase, metaclass=SeleniumTestCaseBase):
    """A live server, and a browser as ``self.selenium``."""

    implicit_wait = 10
    screenshots = False
    browser: str | None = None
    external_host: str | None = None
    selenium: Any

    @classproperty
    def live_server_url(cls) -> str:
        return f"http://{cls.external_host or cls.host}:{cls.server_thread.port}"

    @classproperty
    def allowed_host(cls) -> str:
        return str(cls.external_host or cls.host)

    @classmethod
    def setUpClass(cls) -> None:
        cls.selenium = cls.create_webdriver()
        cls.addClassCleanup(cls._quit_selenium)
        cls.selenium.implicitly_wait(cls.implicit_wait)
        super().setUpClass()

    @classmethod
    def _quit_selenium(cls) -> None:
        # Before the server ends: open connections would keep it waiting.
        cls.selenium.quit()

    @contextmanager
    def _window(self, width: int, height: int) -> Iterator[None]:
        before = self.selenium.get_window_size()
        self.selenium.set_window_size(width, height)
        try:
            yield
        finally:
            self.selenium.set_window_size(before["width"], before["height"])

    def desktop_size(self) -> Any:
        """A window of 1280 by 720."""
        return self._window(1280, 720)

    def small_screen_size(self) -> Any:
        """A window of 1024 by 768."""
        return self._window(1024, 768)

    def mobile_size(self) -> Any:
        """A window of 360 by 800."""
        return self._window(360, 800)

    @contextmanager
    def rtl(self) -> Iterator[None]:
        """A desktop with a language that is written from right to left."""
        with self.desktop_size(), override_settings(LANGUAGE_CODE=settings.LANGUAGES_BIDI[-1]):
            yield

    @contextmanager
    def _media_features(self, **features: str) -> Iterator[None]:
        # Only browsers made of Chromium can pretend.
        emulate = getattr(self.selenium, "execute_cdp_cmd", None)
        if emulate is None:
            yield
            return
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        emulate("Emulation.setEmulatedMedia", {"features": wanted})
        try:
            yield
        finally:
            emulate("Emulation.setEmulatedMedia", {"features": []})

    @contextmanager
    def dark(self) -> Iterator[None]:
        """A desktop that prefers dark colours."""
        with self.desktop_size(), self._media_features(prefers_color_scheme="dark"):
            yield

    @contextmanager
    def high_contrast(self) -> Iterator[None]:
        """A desktop with forced colours."""
        with self.desktop_size(), self._media_features(forced_colors="active"):
            yield

    def take_screenshot(self, name: str) -> None:
        """Save what the browser shows, if screenshots are asked for."""
        if not self.screenshots:
            return
        test = getattr(self, self._testMethodName)
        case = getattr(test, "_screenshot_case", "")
        path = Path.cwd() / "screenshots" / f"{self._testMethodName}-{name}{f'-{case}' if case else ''}.png"
        path.parent.mkdir(exist_ok=True, parents=True)
        self.selenium.save_screenshot(path)

    def get_browser_logs(self, source: str | None = None, level: str = "ALL") -> list[dict[str, Any]]:
        """Entries of the browser's console of this level, optionally of one source; Chromium only."""
        if self.browser not in ("chrome", "edge"):
            return []
        return [
            entry
            for entry in self.selenium.get_log("browser")
            if level in ("ALL", entry["level"]) and source in (None, entry["source"])
        ]

    @contextmanager
    def disable_implicit_wait(self) -> Iterator[None]:
        """Find elements at once or not at all."""
        self.selenium.implicitly_wait(0)
        try:
            yield
        finally:
            self.selenium.implicitly_wait(self.implicit_wait)


def screenshot_cases(method_names: str | list[str]) -> Callable[[Callable[..., Any]], Any]:
    """Run a test once in each of these settings (``"desktop_size"``, ``"rtl"``, …) when screenshots are taken.

    Without screenshots, the test runs once, as it is.
    """
    names = method_names.split(",") if isinstance(method_names, str) else method_names

    def decorator(test: Callable[..., Any]) -> Any:
        return _ScreenshotCases(test, names)

    return decorator


class _ScreenshotCases:
    """Replaces itself by the test and its variants when the class is made."""

    def __init__(self, test: Callable[..., Any], names: list[str]) -> None:
        self.test = test
        self.names = names

    def __set_name__(self, owner: Any, name: str) -> None:
        setattr(owner, name, self.test)
        for case in self.names:
            setattr(owner, f"{name}_{case}", _variant(self.test, case, name))


def _variant(test: Callable[..., Any], case: str, name: str) -> Callable[..., Any]:
    @wraps(test)
    def run(self: Any, *args: Any, **kwargs: Any) -> None:
        if not self.screenshots:
            self.skipTest("No screenshots are taken.")
        with getattr(self, case)():
            test(self, *args, **kwargs)

    run.__name__ = f"{name}_{case}"
    run._screenshot_case = case  # type: ignore[attr-defined]
    return tag("screenshot")(run)
