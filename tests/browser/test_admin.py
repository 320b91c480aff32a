"""A librarian at the admin: a real headless Chromium adds, changes, searches and deletes."""

from __future__ import annotations

import os

import pytest

selenium = pytest.importorskip("selenium")

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select  # noqa: E402

from tests.browser.admin_pages import PAGES, Desk  # noqa: E402
from tests.browser.library.seed import NASTY  # noqa: E402

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(180)]


def test_a_wrong_password_is_refused_with_a_message(visitor: Desk) -> None:
    visitor.log_in(password="not this one")
    assert "correct username and password" in visitor.one(".errornote").text


def test_the_index_lists_what_the_librarian_may_do(desk: Desk) -> None:
    assert desk.texts(".app-library th a") == ["Authors", "Books", "Publishers", "Shelves", "Tags"]
    assert desk.one("#user-tools strong").text == "Ada"
    desk.photograph("index")


def test_someone_without_permissions_sees_nothing_and_is_refused(visitor: Desk) -> None:
    visitor.log_in("guest")
    assert visitor.all(".app-library") == []
    visitor.open("library/book/")
    assert visitor.all("#result_list") == []
    assert "403" in visitor.browser.page_source


def test_a_book_is_added_with_rows_suggestions_and_a_slug_that_follows(desk: Desk) -> None:
    desk.open("library/book/add/")
    desk.fill("#id_title", "Das Schloß: eine Ære")
    assert desk.one("#id_slug").get_attribute("value") == "das-schloss-eine-aere"
    desk.autocomplete("author", "stoker", "Bram Stoker")
    desk.autocomplete("translators", "shelley", "Mary Shelley")
    desk.autocomplete("translators", "radcl", "Ann Radcliffe")
    assert desk.texts("#id_translators + .autocomplete .autocomplete-chip") == [
        "Mary Shelley",
        "Ann Radcliffe",
    ]
    Select(desk.one("#id_tags_from")).select_by_visible_text("gothic")
    desk.click(".field-tags .selector-chooser button")
    desk.click(".collapse summary")
    desk.fill("#id_published", "1897-05-26")
    desk.fill("#id_chapters-0-title", "Jonathan Harker’s journal")
    for _ in range(2):
        desk.click("#chapters-group .add-row button")
    desk.fill("#id_chapters-1-title", "to be removed")
    desk.fill("#id_chapters-2-title", "Mina’s letters")
    assert desk.one("#id_chapters-0-anchor").get_attribute("value") == "jonathan-harkers-journal"
    assert desk.one("#id_chapters-2-anchor").get_attribute("value") == "minas-letters"
    desk.click("#chapters-1 .inline-deletelink")
    desk.click("#reviews-group .add-row button")
    desk.autocomplete("reviews-0-author", "author 07", "Author 07")
    desk.photograph("add")
    desk.press("#content-main form > div > .submit-row:last-of-type [name=_continue]")
    assert "was added successfully" in desk.one(".messagelist .success").text
    assert desk.one("#id_author + .autocomplete input").get_attribute("value") == "Bram Stoker"
    titles = [desk.one(f"#id_chapters-{number}-title").get_attribute("value") for number in range(3)]
    assert titles == ["Jonathan Harker’s journal", "Mina’s letters", ""]
    assert desk.texts("#id_tags_to option") == ["gothic"]
    assert sorted(desk.texts("#id_translators + .autocomplete .autocomplete-chip")) == [
        "Ann Radcliffe",
        "Mary Shelley",
    ]
    assert desk.one("#reviews-0 .inline_label").text == "3 stars by Author 07"


def test_errors_are_shown_at_their_fields_and_nothing_is_lost(desk: Desk) -> None:
    desk.open("library/book/add/")
    desk.fill("#id_title", "Half a book")
    desk.press("[name=_save]")
    assert "correct the errors below" in desk.one(".errornote").text
    assert desk.texts(".field-author .errorlist li") == ["This field is required."]
    # The folded part opens, since something in it is wrong.
    assert desk.one(".field-published .errorlist").is_displayed()
    assert desk.one("#id_title").get_attribute("value") == "Half a book"
    desk.photograph("errors")


def test_rows_stop_at_the_largest_number_and_tell_what_happened(desk: Desk) -> None:
    desk.open("library/book/add/")
    desk.script(
        "window.seen = [];"
        "for (const kind of ['formset:added', 'formset:removed'])"
        " document.addEventListener(kind, (e) => seen.push([kind, e.detail.formsetName, e.target.id || '']))"
    )
    for _ in range(3):
        desk.click("#chapters-group .add-row button")
    assert not desk.one("#chapters-group .add-row").is_displayed()
    desk.click("#chapters-3 .inline-deletelink")
    assert desk.one("#chapters-group .add-row").is_displayed()
    assert desk.one("#id_chapters-TOTAL_FORMS").get_attribute("value") == "3"
    added = [["formset:added", "chapters", f"chapters-{number}"] for number in (1, 2, 3)]
    assert desk.script("return seen") == [*added, ["formset:removed", "chapters", ""]]


def test_no_more_rows_are_removed_than_there_have_to_be(desk: Desk) -> None:
    desk.open("library/shelf/add/")
    assert len(desk.all(".dynamic-slots")) == 2
    desk.click("#slots-0 .inline-deletelink")
    assert [row.get_attribute("id") for row in desk.all(".dynamic-slots")] == ["slots-0"]
    assert not desk.one("#slots-0 .inline-deletelink").is_displayed()
    desk.click("#slots-group .add-row button")
    assert desk.one("#slots-0 .inline-deletelink").is_displayed()
    assert desk.one("#slots-1 input[type=text]").get_attribute("name") == "slots-1-label"


def test_the_calendar_and_the_clock_fill_their_fields(desk: Desk) -> None:
    desk.open("library/book/1/change/")
    desk.click(".collapse summary")
    desk.click("#id_published + .datetimeshortcuts [aria-haspopup]")
    assert desk.shown(".calendarbox").text.startswith("January 1818")
    desk.click(".calendarbox [data-date='1818-01-20']")
    assert desk.one("#id_published").get_attribute("value") == "1818-01-20"
    desk.click("#id_published + .datetimeshortcuts [aria-haspopup]")
    desk.browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    desk.browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert desk.one("#id_published").get_attribute("value") == "1818-01-28"
    desk.click("#id_published + .datetimeshortcuts [aria-haspopup]")
    desk.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert desk.all(".calendarbox") == []
    desk.click("#id_added_1 + .datetimeshortcuts [aria-haspopup]")
    desk.shown(".clockbox")
    desk.browser.find_element(By.XPATH, "//*[@class='timelist']//button[text()='Noon']").click()
    assert desk.one("#id_added_1").get_attribute("value") == "12:00:00"


def test_a_suggestion_is_chosen_with_the_keyboard_alone(desk: Desk) -> None:
    desk.open("library/book/1/change/")
    field = desk.one("#id_author + .autocomplete [role=combobox]")
    # A click marks what is there, as in any field for searching: typing replaces it.
    field.click()
    field.send_keys("author 2")
    desk.until(lambda d: len(desk.texts("#id_author + .autocomplete [role=option]")) == 12)
    field.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    assert field.get_attribute("value") == "Author 12"
    assert (
        desk.script("return document.getElementById('id_author').selectedOptions[0].textContent")
        == "Author 12"
    )
    field.send_keys("nobody", Keys.ESCAPE)
    assert field.get_attribute("value") == "Author 12"


def test_more_suggestions_come_while_scrolling(desk: Desk) -> None:
    desk.open("library/book/add/")
    desk.click("#id_author + .autocomplete [role=combobox]")
    options = "#id_author + .autocomplete [role=option]"
    desk.until(lambda d: len(desk.all(options)) == 20)
    desk.script(
        "const list = document.querySelector('.autocomplete-list'); list.scrollTop = list.scrollHeight"
    )
    desk.until(lambda d: len(desk.all(options)) > 30)


def test_the_list_is_changed_in_place(desk: Desk) -> None:
    desk.open("library/book/?q=Volume+07")
    desk.fill("#id_form-0-price", "99.50")
    desk.click("#id_form-0-in_print")
    desk.press(".changelist-footer [name=_save]")
    assert "changed successfully" in desk.one(".messagelist").text
    assert desk.one("#id_form-0-price").get_attribute("value") == "99.50"
    assert not desk.one("#id_form-0-in_print").is_selected()
    assert desk.one(".field-is_dear img").get_attribute("alt") == "True"


def test_searching_filtering_and_paging_narrow_the_list(desk: Desk) -> None:
    desk.open("library/book/")
    assert len(desk.all("#result_list tbody tr")) == 20
    desk.photograph("list")
    desk.fill("#searchbar", "shelley")
    desk.press("#changelist-search [type=submit]")
    assert "Frankenstein" in desk.texts("#result_list .field-title")
    desk.open("library/book/")
    desk.press("#changelist-filter a[href*='kind__exact=poems']")
    assert set(desk.texts("#result_list .field-kind")) == {"Poems"}
    assert desk.texts("#changelist-filter .selected a")[1] == "Poems"
    desk.press("#changelist-filter-extra-actions a[href='?']")
    desk.press(".toplinks a[href*='1818']")
    assert desk.texts("#result_list .field-title") == ["Frankenstein"]
    desk.open("library/book/?p=3")
    assert desk.texts(".paginator [aria-current]") == ["3"]


def test_a_folded_filter_stays_folded(desk: Desk) -> None:
    desk.open("library/book/")
    desk.click("#changelist-filter details:nth-of-type(2) summary")
    desk.open("library/book/?q=volume")
    opened = [each.get_attribute("open") for each in desk.all("#changelist-filter details")]
    assert opened == ["true", None, "true", "true"]


def test_an_action_runs_on_the_chosen_rows(desk: Desk) -> None:
    desk.open("library/book/?q=Volume+2")
    boxes = desk.all(".action-select")
    boxes[1].click()
    assert desk.one(".action-counter").text.startswith(f"1 of {len(boxes)}")
    # With Shift everything in between comes along.
    desk.browser.execute_script(
        "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true, shiftKey: true}))", boxes[4]
    )
    assert desk.one(".action-counter").text.startswith(f"4 of {len(boxes)}")
    assert len(desk.all("#result_list tr.selected")) == 4
    Select(desk.one(".actions select")).select_by_value("take_out_of_print")
    desk.press(".actions [name=index]")
    assert desk.texts(".messagelist li") == ["4 taken out of print."]


def test_an_action_runs_on_the_object_of_the_form(desk: Desk) -> None:
    desk.open("library/book/12/change/")
    action = Select(desk.one(".change-form-actions select"))
    action.select_by_visible_text("Take this book out of print")
    desk.photograph("form-action")
    desk.press(".change-form-actions [name=index]")
    assert desk.texts(".messagelist li") == ["1 taken out of print."]


def test_enter_in_a_field_saves_although_the_action_comes_first(desk: Desk) -> None:
    desk.open("library/book/11/change/")
    desk.script("document.querySelector('.submit-row').remove()")
    desk.fill("#id_slug", "saved-by-enter")
    desk.script("window.pageBefore = true")
    desk.one("#id_slug").send_keys(Keys.ENTER)
    desk.until(lambda d: d.execute_script("return !window.pageBefore"))
    assert "was changed successfully" in desk.one(".messagelist").text
    desk.open("library/book/11/change/")
    assert desk.one("#id_slug").get_attribute("value") == "saved-by-enter"


def test_everything_across_the_pages_can_be_chosen(desk: Desk) -> None:
    desk.open("library/author/")
    desk.open("library/book/?q=Volume")
    desk.click("#action-toggle")
    assert desk.shown(".actions .question").text.startswith("Select all 45")
    desk.click(".actions .question button")
    assert desk.one(".actions .all").is_displayed()
    assert desk.one("input.select-across").get_attribute("value") == "1"
    desk.click(".actions .clear button")
    assert desk.one("input.select-across").get_attribute("value") == "0"
    assert not desk.one("#action-toggle").is_selected()


def test_deleting_shows_what_goes_and_the_log_remembers(desk: Desk) -> None:
    desk.open("library/tag/add/")
    desk.fill("#id_name", "short-lived")
    desk.press("[name=_continue]")
    address = desk.browser.current_url
    desk.press(".object-tools .historylink")
    assert "Added" in desk.one("#change-history tbody").text
    desk.photograph("history")
    desk.browser.get(address)
    desk.press(".submit-row .deletelink")
    assert "Tags: 1" in desk.one("#content").text
    assert "short-lived" in desk.one("#deleted-objects").text
    desk.photograph("delete")
    desk.press("#content form [type=submit]")
    assert "was deleted successfully" in desk.one(".messagelist").text
    desk.open()
    assert "short-lived" in desk.one(".actionlist .deletelink").text


def test_a_protected_object_says_what_holds_it(desk: Desk) -> None:
    desk.open("library/author/2/delete/")
    assert "5 stars by Bram Stoker" in desk.one("#deleted-objects").text
    assert desk.all("#content form") == []


def test_a_popup_adds_changes_and_deletes_the_related_object(desk: Desk) -> None:
    desk.open("library/book/1/change/")
    page = desk.popup("#add_id_publisher")
    desk.fill("#id_name", "Archibald & <b>Sons</b>")
    desk.click("[name=_save]")
    desk.back_to(page)
    chosen = "return document.getElementById('id_publisher').selectedOptions[0].textContent"
    assert desk.script(chosen) == "Archibald & <b>Sons</b>"
    page = desk.popup("#change_id_publisher")
    desk.fill("#id_name", "Archibald Constable")
    desk.click("[name=_save]")
    desk.back_to(page)
    assert desk.script(chosen) == "Archibald Constable"
    page = desk.popup("#delete_id_publisher")
    desk.click("#content form [type=submit]")
    desk.back_to(page)
    assert "Archibald Constable" not in desk.texts("#id_publisher option")


def test_a_popup_adds_to_suggestions_and_to_the_dual_list(desk: Desk) -> None:
    desk.open("library/book/1/change/")
    page = desk.popup("#add_id_author")
    desk.fill("#id_name", "Percy Shelley")
    desk.click("[name=_save]")
    desk.back_to(page)
    assert desk.one("#id_author + .autocomplete input").get_attribute("value") == "Percy Shelley"
    page = desk.popup("#add_id_tags")
    desk.fill("#id_name", "electricity")
    desk.click("[name=_save]")
    desk.back_to(page)
    assert "electricity" in desk.texts("#id_tags_to option")


def test_a_raw_id_is_looked_up_in_a_list(desk: Desk) -> None:
    desk.open("library/book/1/change/")
    page = desk.popup("#lookup_id_editor")
    desk.photograph("lookup")
    row = next(each for each in desk.all("#result_list th a") if each.text == "Author 03")
    row.click()
    desk.back_to(page)
    assert desk.one("#id_editor").get_attribute("value") == "7"


def test_unsaved_changes_are_not_lost_without_a_question(desk: Desk) -> None:
    desk.open("library/book/1/change/")
    desk.fill("#id_slug", "something-else")
    desk.script(
        "window.asked = 0; window.addEventListener('beforeunload', (e) => { asked += e.defaultPrevented ? 1 : 0 })"
    )
    desk.script("window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    assert desk.script("return asked") == 1
    desk.fill("#id_slug", "frankenstein")
    desk.script("window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    assert desk.script("return asked") == 1


def test_the_theme_is_kept_from_page_to_page(desk: Desk) -> None:
    def ground() -> tuple[str, str]:
        theme = "return document.documentElement.dataset.theme"
        return desk.script(theme), desk.script("return getComputedStyle(document.body).backgroundColor")

    desk.open()
    desk.click(".theme-toggle")
    light = ground()
    desk.click(".theme-toggle")
    dark = ground()
    assert (light[0], dark[0]) == ("light", "dark")
    assert light[1] != dark[1]
    desk.open("library/book/")
    assert ground() == dark
    desk.photograph("dark")


def test_the_sidebar_is_filtered_and_stays_hidden(desk: Desk) -> None:
    desk.open("library/book/")
    desk.fill("#nav-filter", "publ")
    assert [t for t in desk.texts("#nav-sidebar th a") if t] == ["Publishers"]
    desk.click("#toggle-nav-sidebar")
    desk.open("library/author/")
    assert not desk.one("#nav-sidebar").is_displayed()
    assert desk.one("#toggle-nav-sidebar").get_attribute("aria-expanded") == "false"


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_no_page_scrolls_sideways_on_a_phone(desk: Desk, direction: str) -> None:
    desk.width(360)
    for page in PAGES:
        desk.open(page)
        desk.script("document.documentElement.dir = arguments[0]", direction)
        for part in desk.all("details:not([open]) > summary"):
            part.click()
        assert desk.script("return document.documentElement.scrollWidth") <= 360, page
    desk.photograph(f"phone-{direction}")


def test_no_page_complains_on_the_console(desk: Desk) -> None:
    desk.browser.get_log("browser")
    for page in PAGES:
        desk.open(page)
    severe = [each["message"] for each in desk.browser.get_log("browser") if each["level"] == "SEVERE"]
    assert [each for each in severe if "favicon" not in each] == []


def test_the_essentials_work_without_scripts(desk: Desk) -> None:
    desk.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        desk.open("library/book/3/change/")
        assert Select(desk.one("#id_author")).first_selected_option.text == "Ann Radcliffe"
        field = desk.one("#id_title")
        field.clear()
        field.send_keys("Volume nought")
        desk.one("[name=_save]").click()
        desk.until(lambda d: d.find_elements(By.CSS_SELECTOR, ".messagelist .success"))
        assert "Volume nought" in desk.one(".messagelist .success").text
    finally:
        desk.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def planted(desk: Desk) -> int:
    """How many elements the page made out of the nasty name."""
    return int(
        desk.script(
            "return [...document.scripts].filter((each) => /alert\\('x'\\)/.test(each.textContent)).length"
        )
    )


@pytest.mark.parametrize(
    "page, place",
    [
        ("library/book/?q=alert", "#result_list .field-title"),
        ("library/book/?q=alert", "#result_list .field-author"),
        ("library/book/", "#changelist-filter details:last-of-type"),
        ("library/book/2/change/", ".breadcrumbs"),
        ("library/book/2/change/", "#content > h1 + h2"),
        ("library/book/2/change/", "#chapters-0 .original"),
        ("library/book/2/change/", "#id_tags_from"),
        ("library/book/2/change/", "#id_publisher"),
        ("library/book/2/delete/", ".breadcrumbs"),
        ("library/book/2/delete/", "#content > p"),
        ("library/book/2/delete/", "#deleted-objects"),
        ("library/book/2/history/", ".breadcrumbs"),
        ("library/book/2/history/", "#content h1"),
    ],
)
def test_a_name_with_markup_is_shown_as_it_is(desk: Desk, page: str, place: str) -> None:
    desk.open(page)
    assert NASTY in " ".join(desk.one(place).get_property("textContent").split())
    assert planted(desk) == 0


def test_messages_popups_and_suggestions_show_markup_as_it_is(desk: Desk) -> None:
    desk.open("library/book/2/change/")
    field = desk.one("#id_author + .autocomplete [role=combobox]")
    assert field.get_attribute("value") == NASTY
    field.click()
    field.send_keys("alert")
    desk.until(lambda d: NASTY in desk.texts("#id_author + .autocomplete [role=option]"))
    desk.autocomplete("translators", "alert", NASTY)
    assert desk.texts("#id_translators + .autocomplete .autocomplete-chip") == [NASTY]
    page = desk.popup("#add_id_tags")
    desk.fill("#id_name", NASTY)
    desk.click("[name=_save]")
    desk.back_to(page)
    assert NASTY in desk.texts("#id_tags_to option")
    assert planted(desk) == 0
    desk.press("[name=_continue]")
    assert NASTY in desk.one(".messagelist").text
    assert planted(desk) == 0
    desk.open()
    assert NASTY in desk.one(".actionlist").text
    assert planted(desk) == 0


def test_the_summary_of_a_bulk_deletion_shows_markup_as_it_is(desk: Desk) -> None:
    desk.open("library/book/?q=alert")
    desk.click("#action-toggle")
    Select(desk.one(".actions select")).select_by_value("delete_selected")
    desk.press(".actions [name=index]")
    assert NASTY in desk.one("#deleted-objects").text
    assert "Books: 1" in desk.one("#content").text
    assert planted(desk) == 0


@pytest.mark.parametrize(
    "words, slug",
    [
        ("  Hello,   World! ", "hello-world"),
        ("Ærøskøbing på dansk", "aeroskobing-pa-dansk"),
        ("Ελληνικά γράμματα", "ellinika-grammata"),
        ("Щука и ёж", "shchuka-i-ezh"),
        ("Łódź, İstanbul", "lodz-istanbul"),
        ("日本", ""),
        ("x" * 20 + " y", "x" * 20),
    ],
)
def test_a_slug_is_written_in_ascii(desk: Desk, words: str, slug: str) -> None:
    desk.open("library/book/add/")
    assert desk.script("return URLify(arguments[0], 20)", words) == slug[:20].rstrip("-")


def test_a_slug_keeps_letters_where_unicode_is_allowed(desk: Desk) -> None:
    desk.open("library/book/add/")
    assert desk.script("return URLify('Ελληνικά & 日本', 50, true)") == "ελληνικά-日本"


def test_an_action_asks_before_edits_in_the_list_are_lost(desk: Desk) -> None:
    desk.open("library/book/?q=Volume+11")
    desk.script("window.asked = []; window.confirm = (text) => { asked.push(text); return false }")
    desk.fill("#id_form-0-price", "12.34")
    desk.click(".action-select")
    Select(desk.one(".actions select")).select_by_value("take_out_of_print")
    desk.click(".actions [name=index]")
    desk.click(".changelist-footer [name=_save]")
    assert len(desk.script("return asked")) == 2
    # Both times the answer was no: the page is the same, with what was typed.
    assert desk.one("#id_form-0-price").get_attribute("value") == "12.34"


def test_counts_beside_the_filters_are_shown_on_demand(desk: Desk) -> None:
    desk.open("library/book/?kind__exact=essay")
    desk.press("#changelist-filter-extra-actions .viewlink")
    assert any(text.startswith("Poems (") for text in desk.texts("#changelist-filter li"))
    desk.press("#changelist-filter-extra-actions .hidelink")
    assert "Poems" in desk.texts("#changelist-filter li")


def test_taking_back_a_deletion_returns_to_where_one_was(desk: Desk) -> None:
    desk.open("library/tag/1/change/")
    before = desk.browser.current_url
    desk.press(".submit-row .deletelink")
    desk.click(".cancel-link")
    desk.until(lambda d: d.current_url == before)


def test_a_user_without_a_password_needs_no_password_fields(desk: Desk) -> None:
    desk.open("auth/user/add/")
    assert desk.one("#id_password1").is_displayed()
    desk.click("input[name=usable_password][value=false]")
    assert not desk.one("#id_password1").is_displayed()
    desk.fill("#id_username", f"token-{os.urandom(4).hex()}")
    desk.press("[name=_continue]")
    assert "was added successfully" in desk.one(".messagelist").text
    assert "No password set" in desk.one(".field-password").text


def test_a_dual_list_is_narrowed_and_emptied(desk: Desk) -> None:
    desk.open("library/book/1/change/")
    desk.fill("#id_topics_from_input", "SCI")
    assert desk.texts("#id_topics_from option") == ["science"]
    desk.one("#id_topics_from_input").send_keys(Keys.ENTER)
    assert desk.texts("#id_topics_to option") == ["science"]
    chosen = (
        "return [...document.getElementById('id_topics').selectedOptions].map((each) => each.textContent)"
    )
    assert desk.script(chosen) == ["science"]
    desk.click(".field-topics .selector-clearall")
    assert desk.texts("#id_topics_to option") == []
    assert desk.script(chosen) == []
