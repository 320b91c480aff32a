from __future__ import annotations

from offbeat.contrib.messages import get_messages


def messages_of(response):
    """The texts that the user is shown next."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def book_data(book=None, **changes):
    """What the form of a book sends."""
    data = {"title": "Emma", "author": "", "kind": "n"}
    if book is not None:
        data |= {"title": book.title, "author": book.author_id, "kind": book.kind}
    for prefix in ("chapter_set", "shelf-note-content_type-object_id"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return {**data, **changes}
