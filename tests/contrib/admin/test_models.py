"""The log."""

from __future__ import annotations

import pytest

from offbeat.template import Context, Engine, TemplateSyntaxError
from tests.contrib.admin.shelf.models import Book


def test_one_object_gives_one_entry(root, book, log):
    message = [{"changed": {"fields": ["Title", "Author"]}}]
    entry = log.LogEntry.objects.log_actions(root.pk, [book], log.CHANGE, message, single_object=True)
    assert str(entry) == "Changed “Emma” — Changed Title and Author."
    assert entry.get_admin_url() == f"/admin/shelf/book/{book.pk}/change/"
    assert entry.get_edited_object() == book
    assert entry.get_action_flag_display() == "Change"


def test_many_objects_give_as_many(root, book, log):
    Book.objects.create(title="Anna", author=book.author)
    entries = log.LogEntry.objects.log_actions(root.pk, Book.objects.order_by("title"), log.DELETION)
    assert [str(entry) for entry in entries] == ["Deleted “Anna.”", "Deleted “Emma.”"]
    assert log.LogEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('[{"added": {}}]', "Added."),
        ('[{"added": {"name": "chapter", "object": "one"}}]', "Added chapter “one”."),
        ('[{"changed": {"fields": ["A"], "name": "n", "object": "o"}}]', "Changed A for n “o”."),
        ('[{"deleted": {"name": "n", "object": "{o}"}}]', "Deleted n “{o}”."),
        ("[]", "No fields changed."),
        ("[broken", "[broken"),
        ("[1]", "No fields changed."),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_messages_are_shown_as_sentences(stored, shown, log):
    assert log.LogEntry(change_message=stored).get_change_message() == shown


def test_an_entry_without_an_object_has_no_page(log):
    assert log.LogEntry(action_flag=log.ADDITION).get_admin_url() is None
    assert str(log.LogEntry(action_flag=9)) == "LogEntry Object"


def test_the_table_and_its_history_are_djangos(shelf, log):
    from offbeat.db.migrations.loader import MigrationLoader

    assert log.LogEntry._meta.db_table == "django_admin_log"
    names = sorted(name for app, name in MigrationLoader(shelf).disk_migrations if app == "admin")
    assert names == [
        "0001_initial",
        "0002_logentry_remove_auto_add",
        "0003_logentry_add_action_flag_choices",
    ]


def test_templates_read_the_log(root, book, log):
    log.LogEntry.objects.log_actions(root.pk, [book], log.ADDITION)
    engine = Engine(libraries={"log": "offbeat.contrib.admin.templatetags.log"})
    for user in (str(root.pk), "who"):
        template = engine.from_string(
            "{% load log %}{% get_admin_log 5 as log for_user " + user + " %}{{ log.0 }}"
        )
        assert template.render(Context({"who": root})) == "Added “Emma”."
    for wrong in ("5", "x as log", "5 of log", "5 as log by 3"):
        with pytest.raises(TemplateSyntaxError):
            engine.from_string("{% load log %}{% get_admin_log " + wrong + " %}")
