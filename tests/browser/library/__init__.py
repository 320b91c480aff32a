"""A small library whose admin the browser tests drive."""
