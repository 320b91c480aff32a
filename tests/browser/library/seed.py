"""Make the database of one run: tables, people who log in, and a shelf of books."""

from __future__ import annotations

import datetime
import os

NASTY = "<script>alert('x')</script> & \"Co\""


def fill() -> None:
    """Tables and rows; the settings name the file."""
    import offbeat

    offbeat.setup()
    from offbeat.contrib.auth.models import User
    from offbeat.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    from tests.browser.library.models import Author, Book, Chapter, Publisher, Review, Tag

    User.objects.create_superuser("librarian", "librarian@example.com", "open-sesame", first_name="Ada")
    User.objects.create_user("guest", "guest@example.com", "open-sesame", is_staff=True)
    authors = [Author.objects.create(name=name) for name in ("Ann Radcliffe", "Bram Stoker", "Mary Shelley")]
    authors += [Author.objects.create(name=f"Author {number:02}") for number in range(30)]
    nasty = Author.objects.create(name=NASTY)
    publishers = [Publisher.objects.create(name=name) for name in ("Lackington", "Constable", NASTY)]
    tags = [Tag.objects.create(name=name) for name in ("gothic", "letters", "monsters", "science", NASTY)]
    frankenstein = Book.objects.create(
        title="Frankenstein",
        slug="frankenstein",
        author=authors[2],
        publisher=publishers[0],
        editor=authors[0],
        price="12.50",
        published=datetime.date(1818, 1, 1),
        notes="Or, the modern Prometheus.",
    )
    frankenstein.tags.set(tags[:2])
    frankenstein.translators.set(authors[:2])
    for number, title in enumerate(("Letter I", "Letter II"), 1):
        Chapter.objects.create(book=frankenstein, number=number, title=title)
    Review.objects.create(book=frankenstein, author=authors[1], stars=5, text="Could not sleep.")
    book = Book.objects.create(
        title=NASTY, author=nasty, publisher=publishers[2], published=datetime.date(2020, 5, 6)
    )
    Chapter.objects.create(book=book, title=NASTY)
    for number in range(45):
        Book.objects.create(
            title=f"Volume {number:02}",
            author=authors[number % 33],
            publisher=publishers[number % 2],
            kind=("novel", "essay", "poems")[number % 3],
            price=number,
            in_print=number % 4 != 0,
            published=datetime.date(1990 + number % 30, number % 12 + 1, 1),
        )
    # A name without a place to break, as the last book of all.
    long = Author.objects.create(name="y" * 120)
    book = Book.objects.create(title="x" * 160, author=long, published=datetime.date(2020, 5, 6))
    Chapter.objects.create(book=book, title="c" * 120)


if __name__ == "__main__":
    os.environ.setdefault("OFFBEAT_SETTINGS_MODULE", "tests.browser.library.settings")
    fill()
