"""Formats of dates and numbers by locale, and the message catalogs."""
