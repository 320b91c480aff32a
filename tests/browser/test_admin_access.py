"""The admin's pages for eyes that need contrast, for screen readers and for keyboards."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("selenium")

from selenium.webdriver.common.keys import Keys

from tests.browser.admin_pages import PAGES, Desk

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(180)]
FAINT = (Path(__file__).parent / "faint.js").read_text()
NAMED = {
    "button",
    "checkbox",
    "combobox",
    "image",
    "link",
    "listbox",
    "navigation",
    "radio",
    "search",
    "searchbox",
}
NAMED |= {"spinbutton", "table", "textbox"}


def unfold(desk: Desk) -> None:
    desk.script("document.querySelectorAll('details').forEach((each) => { each.open = true })")


def nameless(desk: Desk) -> list[tuple[str, str]]:
    """What a screen reader would announce without a name: role and markup."""
    driver = desk.browser
    found = []
    for node in driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]:
        role = node.get("role", {}).get("value")
        if node.get("ignored") or role not in NAMED or node.get("name", {}).get("value", "").strip():
            continue
        which = {"backendNodeId": node["backendDOMNodeId"]}
        found.append((role, driver.execute_cdp_cmd("DOM.getOuterHTML", which)["outerHTML"][:160]))
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_has_enough_contrast(desk: Desk, theme: str) -> None:
    desk.script("localStorage.setItem('theme', arguments[0])", theme)
    for page in PAGES:
        desk.open(page)
        unfold(desk)
        assert desk.script(FAINT) == [], page
    # The measure itself: a grey that is too close to both grounds is found.
    desk.script("document.querySelector('h1').style.color = '#6f7774'")
    assert [name for name, ratio in desk.script(FAINT)] == ["H1."]


def test_everything_to_be_used_has_a_name(desk: Desk) -> None:
    for page in PAGES:
        desk.open(page)
        unfold(desk)
        assert nameless(desk) == [], page
    desk.script("document.querySelector('main').append(document.createElement('button'))")
    assert [role for role, markup in nameless(desk)] == ["button"]


def test_the_first_tab_skips_to_the_content(desk: Desk) -> None:
    desk.open("library/book/")
    desk.one("body").send_keys(Keys.TAB)
    link = desk.browser.switch_to.active_element
    assert link.text == "Skip to main content"
    link.send_keys(Keys.ENTER)
    assert desk.browser.switch_to.active_element.get_attribute("id") == "content-start"


def test_no_id_is_used_twice(desk: Desk) -> None:
    for page in PAGES:
        desk.open(page)
        twice = desk.script(
            "const seen = new Set(); return [...document.querySelectorAll('[id]')].map((each) => each.id)"
            ".filter((id) => seen.has(id) || !seen.add(id))"
        )
        assert twice == [], page
