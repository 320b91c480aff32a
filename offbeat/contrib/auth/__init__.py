"""Authentication (Django documentation: topics/auth)."""

from __future__ import annotations

from offbeat.contrib.auth.core import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    REDIRECT_FIELD_NAME,
    SESSION_KEY,
    aauthenticate,
    aget_user,
    alogin,
    alogout,
    aupdate_session_auth_hash,
    authenticate,
    get_backends,
    get_permission_codename,
    get_user,
    get_user_model,
    load_backend,
    login,
    logout,
    update_session_auth_hash,
)
from offbeat.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

__all__ = [
    "BACKEND_SESSION_KEY",
    "HASH_SESSION_KEY",
    "REDIRECT_FIELD_NAME",
    "SESSION_KEY",
    "aauthenticate",
    "aget_user",
    "alogin",
    "alogout",
    "aupdate_session_auth_hash",
    "authenticate",
    "get_backends",
    "get_permission_codename",
    "get_user",
    "get_user_model",
    "load_backend",
    "login",
    "logout",
    "update_session_auth_hash",
    "user_logged_in",
    "user_logged_out",
    "user_login_failed",
]
