"""System checks of authentication."""

from __future__ import annotations

from inspect import isroutine
from itertools import chain
from typing import Any

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.core import checks
from offbeat.utils.module_loading import import_string


def check_user_model(app_configs: Any = None, **kwargs: Any) -> list[Any]:
    """auth.E001 to E003, W004, C009, C010: what the user model must look like."""
    if app_configs is None:
        cls: Any = apps.get_model(settings.AUTH_USER_MODEL)
    else:
        app_label, model_name = settings.AUTH_USER_MODEL.split(".")
        config = next((config for config in app_configs if config.label == app_label), None)
        if config is None:
            return []
        cls = config.get_model(model_name)
    errors: list[Any] = []
    if not isinstance(cls.REQUIRED_FIELDS, list | tuple):
        errors.append(checks.Error("'REQUIRED_FIELDS' must be a list or tuple.", obj=cls, id="auth.E001"))
    if cls.USERNAME_FIELD in cls.REQUIRED_FIELDS:
        errors.append(
            checks.Error(
                "The field named as the 'USERNAME_FIELD' for a custom user model must not be included in "
                "'REQUIRED_FIELDS'.",
                hint=(
                    f"The 'USERNAME_FIELD' is currently set to '{cls.USERNAME_FIELD}', you should remove "
                    f"'{cls.USERNAME_FIELD}' from the 'REQUIRED_FIELDS'."
                ),
                obj=cls,
                id="auth.E002",
            )
        )
    if not cls._meta.get_field(cls.USERNAME_FIELD).unique and not any(
        constraint.fields == (cls.USERNAME_FIELD,) for constraint in cls._meta.total_unique_constraints
    ):
        shown = f"'{cls._meta.object_name}.{cls.USERNAME_FIELD}'"
        if list(settings.AUTHENTICATION_BACKENDS) in (
            ["offbeat.contrib.auth.backends.ModelBackend"],
            ["django.contrib.auth.backends.ModelBackend"],
        ):
            errors.append(
                checks.Error(
                    f"{shown} must be unique because it is named as the 'USERNAME_FIELD'.",
                    obj=cls,
                    id="auth.E003",
                )
            )
        else:
            errors.append(
                checks.Warning(
                    f"{shown} is named as the 'USERNAME_FIELD', but it is not unique.",
                    hint="Ensure that your authentication backend(s) can handle non-unique usernames.",
                    obj=cls,
                    id="auth.W004",
                )
            )
    for name, code in (("is_anonymous", "auth.C009"), ("is_authenticated", "auth.C010")):
        if isroutine(getattr(cls(), name)):
            errors.append(
                checks.Critical(
                    f"{cls}.{name} must be an attribute or property rather than a method. Ignoring this is a security "
                    f"issue as anonymous users will be treated as authenticated!",
                    obj=cls,
                    id=code,
                )
            )
    return errors


def check_models_permissions(app_configs: Any = None, **kwargs: Any) -> list[Any]:
    """auth.E005 to E008, E011, E012: names of permissions that fit their columns and do not clash."""
    found = (
        apps.get_models() if app_configs is None else chain.from_iterable(c.get_models() for c in app_configs)
    )
    permission = apps.get_model("auth", "Permission")
    name_limit = permission._meta.get_field("name").max_length
    codename_limit = permission._meta.get_field("codename").max_length
    errors: list[Any] = []
    for model in found:
        opts = model._meta
        builtin = {
            f"{action}_{opts.model_name}": f"Can {action} {opts.verbose_name_raw}"
            for action in opts.default_permissions
        }
        longest = max((len(name) for name in builtin.values()), default=0)
        if longest > name_limit:
            errors.append(
                checks.Error(
                    f"The verbose_name of model '{opts.label}' must be at most {name_limit - (longest - len(opts.verbose_name_raw))} "
                    f"characters for its builtin permission names to be at most {name_limit} characters.",
                    obj=model,
                    id="auth.E007",
                )
            )
        longest = max((len(codename) for codename in builtin), default=0)
        if longest > codename_limit:
            errors.append(
                checks.Error(
                    f"The name of model '{opts.label}' must be at most {codename_limit - (longest - len(opts.model_name))} "
                    f"characters for its builtin permission codenames to be at most {codename_limit} characters.",
                    obj=model,
                    id="auth.E011",
                )
            )
        seen: set[str] = set()
        for codename, name in opts.permissions:
            if len(name) > name_limit:
                errors.append(
                    checks.Error(
                        f"The permission named '{name}' of model '{opts.label}' is longer than {name_limit} characters.",
                        obj=model,
                        id="auth.E008",
                    )
                )
            if len(codename) > codename_limit:
                errors.append(
                    checks.Error(
                        f"The permission codenamed '{codename}' of model '{opts.label}' is longer than {codename_limit} characters.",
                        obj=model,
                        id="auth.E012",
                    )
                )
            if codename in builtin:
                errors.append(
                    checks.Error(
                        f"The permission codenamed '{codename}' clashes with a builtin permission for model '{opts.label}'.",
                        obj=model,
                        id="auth.E005",
                    )
                )
            elif codename in seen:
                errors.append(
                    checks.Error(
                        f"The permission codenamed '{codename}' is duplicated for model '{opts.label}'.",
                        obj=model,
                        id="auth.E006",
                    )
                )
            seen.add(codename)
    return errors


def check_middleware(app_configs: Any, **kwargs: Any) -> list[Any]:
    """auth.E013: LoginRequiredMiddleware after AuthenticationMiddleware."""
    from offbeat.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware

    positions: dict[Any, int] = {}
    for position, path in enumerate(settings.MIDDLEWARE):
        try:
            middleware = import_string(path)
        except ImportError:
            continue
        for kind in (AuthenticationMiddleware, LoginRequiredMiddleware):
            if isinstance(middleware, type) and issubclass(middleware, kind):
                positions.setdefault(kind, position)
    required = positions.get(LoginRequiredMiddleware)
    if required is not None and positions.get(AuthenticationMiddleware, required) >= required:
        return [
            checks.Error(
                "In order to use offbeat.contrib.auth.middleware.LoginRequiredMiddleware, "
                "offbeat.contrib.auth.middleware.AuthenticationMiddleware must be defined before it in MIDDLEWARE.",
                id="auth.E013",
            )
        ]
    return []
