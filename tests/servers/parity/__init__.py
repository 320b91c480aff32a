"""A small site that says what it was asked, and odd requests to it."""
