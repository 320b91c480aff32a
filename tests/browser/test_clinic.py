"""A person at the clinic: a real headless Chromium logs in, books, watches and chats."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import LOGIN, PASSWORD, SERVERS, Site, make_database, serve

selenium = pytest.importorskip("selenium")

from selenium.webdriver import Chrome, ChromeOptions, ChromeService  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,900",
]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module", autouse=True)
def _chromium() -> None:
    if CHROMIUM and DRIVER:
        return
    if os.environ.get("OFFBEAT_REQUIRE_SERVICES") == "1":
        pytest.fail("Chromium and its driver are required here")
    pytest.skip("no Chromium with driver on this machine")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("clinic")
    make_database(folder / "clinic.sqlite3")
    with serve(SERVERS["uvicorn"], folder / "clinic.sqlite3", folder) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def inside(browser: Any, site: Site) -> Any:
    """The browser, logged in."""
    browser.get(f"{site.url}/dashboard/")
    if "/accounts/login/" in browser.current_url:
        browser.find_element(By.NAME, "username").send_keys(LOGIN)
        browser.find_element(By.NAME, "password").send_keys(PASSWORD)
        browser.find_element(By.CSS_SELECTOR, "main button").click()
        # The login page's own address ends in "?next=/dashboard/": leaving early would race with the redirect.
        until(browser, lambda d: "/accounts/login/" not in d.current_url)
    return browser


def until(browser: Any, condition: Any) -> Any:
    return WebDriverWait(browser, 15, poll_frequency=0.05).until(condition)


def text(browser: Any, selector: str) -> str:
    return str(browser.find_element(By.CSS_SELECTOR, selector).text)


def photograph(browser: Any, name: str) -> None:
    """Keep a picture where the environment says so."""
    folder = os.environ.get("OFFBEAT_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))


def fill_booking(browser: Any, site: Site, start: str) -> None:
    browser.get(f"{site.url}/appointments/book/")
    Select(browser.find_element(By.NAME, "patient")).select_by_index(1)
    Select(browser.find_element(By.NAME, "room")).select_by_visible_text("Room 301")
    # The control's own format depends on the browser's language: set its value as a script does.
    field = browser.find_element(By.NAME, "start")
    browser.execute_script("arguments[0].value = arguments[1]", field, start)
    minutes = browser.find_element(By.NAME, "minutes")
    minutes.clear()
    minutes.send_keys("30")
    browser.find_element(By.CSS_SELECTOR, "main form button").click()


def test_a_wrong_password_is_refused_with_a_message(browser: Any, site: Site) -> None:
    browser.delete_all_cookies()
    browser.get(f"{site.url}/accounts/login/")
    browser.find_element(By.NAME, "username").send_keys(LOGIN)
    browser.find_element(By.NAME, "password").send_keys("not this one")
    browser.find_element(By.CSS_SELECTOR, "main button").click()
    assert "correct username and password" in until(browser, lambda d: text(d, ".note.error"))


def test_today_shows_wards_appointments_and_a_silent_laboratory(inside: Any, site: Site) -> None:
    inside.get(f"{site.url}/dashboard/")
    assert len(inside.find_elements(By.CSS_SELECTOR, "a.ward")) == 3
    # Nobody started the laboratory's service: the page says so instead of failing.
    assert "does not answer" in text(inside, ".note.warning")
    photograph(inside, "today")


def test_booking_then_a_clash_refused_with_a_clear_message(inside: Any, site: Site) -> None:
    fill_booking(inside, site, "2031-05-06T10:00")
    until(inside, lambda d: d.current_url.endswith("/appointments/"))
    assert "Booked:" in text(inside, ".note")
    fill_booking(inside, site, "2031-05-06T10:15")
    error = until(inside, lambda d: text(d, ".note.error"))
    assert "Room 301 is taken from 10:00 to 10:30" in error
    photograph(inside, "clash")


def test_vital_signs_move_by_themselves(inside: Any, site: Site) -> None:
    inside.get(f"{site.url}/wards/cardiology/")

    def signs(driver: Any) -> list[str]:
        return [each.text for each in driver.find_elements(By.CSS_SELECTOR, "[data-sign]")]

    until(inside, lambda d: text(d, "#live") == "live")
    before = signs(inside)
    until(inside, lambda d: signs(d) != before)
    until(inside, lambda d: d.find_element(By.CSS_SELECTOR, "polyline").get_attribute("points"))
    photograph(inside, "ward")


def test_two_windows_chat(inside: Any, site: Site) -> None:
    inside.get(f"{site.url}/wards/surgery/")
    first = inside.current_window_handle
    inside.switch_to.new_window("window")
    second = inside.current_window_handle
    inside.get(f"{site.url}/wards/surgery/")
    for window, words in ((first, "Bed 4 is free"), (second, "Thank you <b>very</b> much")):
        inside.switch_to.window(window)
        until(inside, lambda d: d.find_element(By.ID, "chat").get_attribute("data-open"))
        inside.find_element(By.ID, "text").send_keys(words)
        inside.find_element(By.CSS_SELECTOR, "#say button").click()
        for listener in (first, second):
            inside.switch_to.window(listener)
            until(inside, lambda d, words=words: words in text(d, "#chat"))
    photograph(inside, "chat")
    inside.switch_to.window(second)
    inside.close()
    inside.switch_to.window(first)


def test_no_page_complains_on_the_console(inside: Any, site: Site) -> None:
    for path in ("/patients/", "/appointments/", "/appointments/book/", "/wards/paediatrics/"):
        inside.get(site.url + path)
    # A refused booking is answered with 422, which the browser notes as a failed resource.
    severe = [
        each
        for each in inside.get_log("browser")
        if each["level"] == "SEVERE" and "422" not in each["message"]
    ]
    assert severe == []
