"""What fields and forms of this application share."""

from __future__ import annotations

from typing import Any

from offbeat.apps import apps
from offbeat.core import checks
from offbeat.core.exceptions import ValidationError
from offbeat.utils.functional import lazy

__all__ = ["CheckPostgresInstalledMixin", "prefix_validation_error"]

APP_NAME = "offbeat.contrib.postgres"


class CheckPostgresInstalledMixin:
    """A field whose values travel only with this application installed, which postgres.E005 asks for."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the messages of the field's other checks and of this one."""
        errors: list[Any] = super().check(**kwargs)  # type: ignore[misc]
        if not apps.is_installed(APP_NAME):
            errors.append(
                checks.Error(
                    f"'{APP_NAME}' must be in INSTALLED_APPS in order to use {self.__class__.__name__}.",
                    obj=self,
                    id="postgres.E005",
                )
            )
        return errors


def _prefixed(prefix: Any, params: dict[str, Any], error: ValidationError) -> str:
    own = error.params
    message = f"{prefix % params} {error.message % own if own else error.message}"
    # Whoever shows the error fills in parameters, which is done here already.
    return message.replace("%", "%%")


def prefix_validation_error(
    error: ValidationError, prefix: Any, code: str, params: dict[str, Any]
) -> ValidationError:
    """The error (or each of a list of them) with a text before its message, filled in from `params`."""
    if error.error_list == [error]:
        message = _lazily_prefixed(prefix, params, error)
        return ValidationError(message, code=code, params={**(error.params or {}), **params})
    return ValidationError([prefix_validation_error(e, prefix, code, params) for e in error.error_list])


_lazily_prefixed = lazy(_prefixed, str)
