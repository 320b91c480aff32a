"""Steps that the admin's browser tests share: serve the library, drive Chromium through its pages."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.running import ROOT, free_port, stop

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
    "--window-size=1280,1000",
]
PASSWORD = "open-sesame"
PAGES = [
    "",
    "library/",
    "library/book/",
    "library/book/?in_print__exact=1&q=volume&_facets=True",
    "library/book/add/",
    "library/book/1/change/",
    "library/book/2/delete/",
    "library/book/48/change/",
    "library/book/48/delete/",
    "library/book/2/history/",
    "auth/user/add/",
    "auth/user/1/change/",
    "auth/user/1/password/",
    "password_change/",
]
TEXTS = """
return [...document.querySelectorAll(arguments[0])].map((each) => (
    each.tagName === 'OPTION' ? each.textContent : each.checkVisibility() ? each.innerText : '').trim());
"""


@contextmanager
def library(folder: Path) -> Iterator[str]:
    """The address of a library that answers, with a database of its own in the folder."""
    inherited = {k: v for k, v in os.environ.items() if not k.endswith("_SETTINGS_MODULE")}
    environment = {
        **inherited,
        "OFFBEAT_SETTINGS_MODULE": "tests.browser.library.settings",
        "LIBRARY_DATABASE": str(folder / "library.sqlite3"),
        "PYTHONPATH": str(ROOT),
    }
    run = {"cwd": ROOT, "env": environment}
    subprocess.run([sys.executable, "-m", "tests.browser.library.seed"], check=True, timeout=120, **run)
    port = free_port()
    command = [sys.executable, "-m", "offbeat", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **run
        )
        try:
            wait_for(port, process, folder / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(process)


def wait_for(port: int, process: subprocess.Popen[str], log: Path) -> None:
    """Return when the server answers; show its output when it does not."""
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


class Desk:
    """A person at the admin's pages."""

    def __init__(self, browser: Any, url: str) -> None:
        self.browser = browser
        self.url = url

    def until(self, condition: Any) -> Any:
        """What the condition answers once that is true."""
        return WebDriverWait(self.browser, 15, poll_frequency=0.05).until(condition)

    def log_in(self, name: str = "librarian", password: str = PASSWORD) -> None:
        """Start afresh as that person."""
        self.browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.open("login/?next=/admin/")
        self.one("[name=username]").send_keys(name)
        self.one("[name=password]").send_keys(password)
        self.press("#login-form [type=submit]")

    def open(self, path: str = "") -> None:
        """Go to a page of the admin."""
        self.browser.get(f"{self.url}/admin/{path}")

    def one(self, selector: str) -> Any:
        """The first element."""
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[Any]:
        """Each element, in the page's order."""
        return list(self.browser.find_elements(By.CSS_SELECTOR, selector))

    def shown(self, selector: str) -> Any:
        """The first element, once it can be seen."""
        return self.until(
            lambda d: next((e for e in d.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()), None)
        )

    def texts(self, selector: str) -> list[str]:
        """What the elements say, read at one moment; nothing where they cannot be seen."""
        return list(self.script(TEXTS, selector))

    def click(self, selector: str) -> None:
        """Click where the page stays."""
        element = self.one(selector)
        self.script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def press(self, selector: str) -> None:
        """Click where a new page follows, and wait for it."""
        self.script("window.pageBefore = true")
        self.click(selector)
        self.until(
            lambda d: d.execute_script("return !window.pageBefore && document.readyState === 'complete'")
        )

    def fill(self, selector: str, text: str) -> None:
        """Replace a field's value by typing."""
        field = self.one(selector)
        self.script("arguments[0].scrollIntoView({block: 'center'})", field)
        field.clear()
        field.send_keys(text)

    def script(self, source: str, *arguments: Any) -> Any:
        """What a script in the page returns."""
        return self.browser.execute_script(source, *arguments)

    def autocomplete(self, field: str, typed: str, wanted: str) -> None:
        """Choose by typing a part and clicking on the suggestion."""
        box = f"#id_{field} + .autocomplete"
        self.fill(f"{box} [role=combobox]", typed)
        self.until(lambda d: self.all(f"{box} [role=listbox]:not([hidden], [aria-busy])"))
        assert wanted in self.texts(f"{box} [role=option]")
        next(each for each in self.all(f"{box} [role=option]") if each.text == wanted).click()

    def popup(self, selector: str) -> str:
        """Click on what opens a window, go there, and return the handle of the window before."""
        here = self.browser.current_window_handle
        before = set(self.browser.window_handles)
        self.click(selector)
        self.until(lambda d: len(d.window_handles) > len(before))
        self.browser.switch_to.window(next(h for h in self.browser.window_handles if h not in before))
        self.until(
            lambda d: d.execute_script(
                "return document.readyState === 'complete' && location.href !== 'about:blank'"
            )
        )
        return str(here)

    def back_to(self, handle: str) -> None:
        """Wait until the popup has closed itself, and go on in the page that opened it."""
        self.until(lambda d: len(d.window_handles) == 1)
        self.browser.switch_to.window(handle)

    def width(self, pixels: int, height: int = 900) -> None:
        """Make the window that wide."""
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": pixels, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def photograph(self, name: str) -> None:
        """Keep a picture where the environment says so."""
        folder = os.environ.get("OFFBEAT_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.browser.save_screenshot(str(Path(folder) / f"admin-{name}.png"))
