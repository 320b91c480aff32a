"""A base for tests of admin pages in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from offbeat.contrib.staticfiles.testing import StaticLiveServerTestCase
from offbeat.test import modify_settings, override_settings
from offbeat.test.selenium import SeleniumTestCase
from offbeat.utils.csp import CSP
from offbeat.utils.translation import gettext as _

__all__ = ["AdminSeleniumTestCase"]

_POLICY = {
    "default-src": [CSP.NONE],
    **{kind: [CSP.SELF] for kind in ("connect-src", "img-src", "script-src", "style-src")},
}


@modify_settings(MIDDLEWARE={"append": "offbeat.middleware.csp.ContentSecurityPolicyMiddleware"})
@override_settings(SECURE_CSP=_POLICY)
class AdminSeleniumTestCase(SeleniumTestCase, StaticLiveServerTestCase):
    """Drives the admin with a browser, under a policy that forbids inline scripts and styles.

    The ``wait_…`` methods raise Selenium's TimeoutException after ``timeout`` seconds.
    """

    available_apps = [
        "offbeat.contrib.admin",
        "offbeat.contrib.auth",
        "offbeat.contrib.contenttypes",
        "offbeat.contrib.sessions",
        "offbeat.contrib.sites",
    ]
    selenium: Any

    def tearDown(self) -> None:
        # What the policy forbids is in the browser's log, where it keeps one.
        for entry in self.get_browser_logs(level="SEVERE"):
            self.assertNotIn("Content Security Policy", entry["message"])
        super().tearDown()

    # Waiting

    def wait_until(self, callback: Callable[[Any], Any], timeout: float = 10) -> Any:
        """Wait until ``callback(driver)`` is true."""
        from selenium.webdriver.support.wait import WebDriverWait

        return WebDriverWait(self.selenium, timeout).until(callback)

    def _wait_for_element(self, condition: str, css_selector: str, *args: Any, timeout: float) -> None:
        from selenium.webdriver.common.by import By
        from selenium.webdriver.support import expected_conditions

        expected = getattr(expected_conditions, condition)
        self.wait_until(expected((By.CSS_SELECTOR, css_selector), *args), timeout)

    def wait_for_and_switch_to_popup(self, num_windows: int = 2, timeout: float = 10) -> None:
        """Wait for another window and go there."""
        self.wait_until(lambda driver: len(driver.window_handles) == num_windows, timeout)
        self.selenium.switch_to.window(self.selenium.window_handles[-1])
        self.wait_page_ready()

    def wait_for(self, css_selector: str, timeout: float = 10) -> None:
        """Wait for an element."""
        self._wait_for_element("presence_of_element_located", css_selector, timeout=timeout)

    def wait_for_text(self, css_selector: str, text: str, timeout: float = 10) -> None:
        """Wait for a text in an element."""
        self._wait_for_element("text_to_be_present_in_element", css_selector, text, timeout=timeout)

    def wait_for_value(self, css_selector: str, text: str, timeout: float = 10) -> None:
        """Wait for a value in an input."""
        self._wait_for_element("text_to_be_present_in_element_value", css_selector, text, timeout=timeout)

    def wait_until_visible(self, css_selector: str, timeout: float = 10) -> None:
        """Wait until an element is visible."""
        self._wait_for_element("visibility_of_element_located", css_selector, timeout=timeout)

    def wait_until_invisible(self, css_selector: str, timeout: float = 10) -> None:
        """Wait until an element is invisible."""
        self._wait_for_element("invisibility_of_element_located", css_selector, timeout=timeout)

    def wait_page_ready(self, timeout: float = 10) -> None:
        """Wait until the page is complete."""
        self.wait_until(
            lambda driver: driver.execute_script("return document.readyState;") == "complete", timeout
        )

    @contextmanager
    def wait_page_loaded(self, timeout: float = 10) -> Iterator[None]:
        """Wait, at the end of the block, until another page has taken the place of this one."""
        from selenium.webdriver.common.by import By
        from selenium.webdriver.support import expected_conditions

        old_page = self.selenium.find_element(By.TAG_NAME, "html")
        yield
        self.wait_until(expected_conditions.staleness_of(old_page), timeout)
        self.wait_page_ready(timeout)

    # Doing

    def trigger_resize(self) -> None:
        """Have the page notice a change of the window's size."""
        width = self.selenium.get_window_size()["width"]
        height = self.selenium.get_window_size()["height"]
        self.selenium.set_window_size(width + 1, height)
        self.wait_page_ready()
        self.selenium.set_window_size(width, height)
        self.wait_page_ready()

    def admin_login(self, username: str, password: str, login_url: str = "/admin/") -> None:
        """Log in by the form."""
        from selenium.webdriver.common.by import By

        self.selenium.get(f"{self.live_server_url}{login_url}")
        self.selenium.find_element(By.NAME, "username").send_keys(username)
        self.selenium.find_element(By.NAME, "password").send_keys(password)
        login_text = _("Log in")
        with self.wait_page_loaded():
            self.selenium.find_element(By.XPATH, f'//input[@value="{login_text}"]').click()

    def select_option(self, selector: str, value: str) -> None:
        """Choose an option of a select."""
        self._select(selector).select_by_value(value)

    def deselect_option(self, selector: str, value: str) -> None:
        """Choose an option of a select no longer."""
        self._select(selector).deselect_by_value(value)

    def _select(self, selector: str) -> Any:
        from selenium.webdriver.common.by import By
        from selenium.webdriver.support.ui import Select

        return Select(self.selenium.find_element(By.CSS_SELECTOR, selector))

    # Looking

    def assertCountSeleniumElements(self, selector: str, count: int, root_element: Any = None) -> None:
        """There are so many elements, in the page or in ``root_element``."""
        from selenium.webdriver.common.by import By

        root = root_element or self.selenium
        self.assertEqual(len(root.find_elements(By.CSS_SELECTOR, selector)), count)

    def _assertOptionsValues(self, options_selector: str, values: Iterable[str]) -> None:
        from selenium.webdriver.common.by import By

        # Without options the driver would wait for them.
        with self.disable_implicit_wait():
            options = self.selenium.find_elements(By.CSS_SELECTOR, options_selector)
        self.assertEqual([option.get_attribute("value") for option in options], list(values))

    def assertSelectOptions(self, selector: str, values: Iterable[str]) -> None:
        """A select has these options."""
        self._assertOptionsValues(f"{selector} > option", values)

    def assertSelectedOptions(self, selector: str, values: Iterable[str]) -> None:
        """A select has these options chosen."""
        self._assertOptionsValues(f"{selector} > option:checked", values)

    def is_disabled(self, selector: str) -> bool:
        """Whether an element is disabled."""
        from selenium.webdriver.common.by import By

        element = self.selenium.find_element(By.CSS_SELECTOR, selector)
        return bool(element.get_attribute("disabled") == "true")
