"""Signals of authentication (Django documentation: ref/contrib/auth)."""

from __future__ import annotations

from offbeat.dispatch import Signal

user_logged_in = Signal()
user_login_failed = Signal()
user_logged_out = Signal()
