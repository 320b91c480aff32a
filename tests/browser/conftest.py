"""The library and a browser at its admin, shared by the modules that drive it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def library_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a library that answers."""
    from tests.browser.admin_pages import CHROMIUM, DRIVER, library

    if not (CHROMIUM and DRIVER):
        if os.environ.get("OFFBEAT_REQUIRE_SERVICES") == "1":
            pytest.fail("Chromium and its driver are required here")
        pytest.skip("no Chromium with driver on this machine")
    with library(tmp_path_factory.mktemp("library")) as url:
        yield url


@pytest.fixture(scope="session")
def librarians_browser(library_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Chromium of its own."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    from tests.browser.admin_pages import CHROMIUM, DRIVER, FLAGS

    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def visitor(librarians_browser: Any, library_url: str) -> Iterator[Any]:
    """Nobody is logged in."""
    from tests.browser.admin_pages import Desk

    browser = librarians_browser
    yield Desk(browser, library_url)
    # A test that stops in the middle must not leave its popup or its question to the next one.
    for handle in browser.window_handles[1:]:
        browser.switch_to.window(handle)
        browser.close()
    browser.switch_to.window(browser.window_handles[0])
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Page.navigate", {"url": "about:blank"})


@pytest.fixture
def desk(visitor: Any) -> Any:
    """The librarian is logged in, with nothing remembered from before."""
    visitor.log_in()
    visitor.script("localStorage.clear(); sessionStorage.clear()")
    return visitor
