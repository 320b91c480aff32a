"""The exceptions of the core (Django documentation: ref/exceptions).

Tree::

    Exception
    ├── FieldDoesNotExist, AppRegistryNotReady, ImproperlyConfigured, FieldError
    ├── ObjectDoesNotExist ── ObjectNotUpdated
    ├── MultipleObjectsReturned, MiddlewareNotUsed, PermissionDenied, ViewDoesNotExist
    ├── SuspiciousOperation ── DisallowedHost, DisallowedRedirect, TooManyFieldsSent, …
    ├── BadRequest, RequestAborted, SynchronousOnlyOperation
    ├── EmptyResultSet, FullResultSet
    └── ValidationError
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NON_FIELD_ERRORS = "__all__"


class FieldDoesNotExist(Exception):
    """The requested model field does not exist."""


class AppRegistryNotReady(Exception):
    """The applications or models are not loaded yet."""


class ObjectDoesNotExist(Exception):
    """The requested object does not exist."""

    silent_variable_failure = True


class ObjectNotUpdated(Exception):
    """The updated object no longer exists."""


class MultipleObjectsReturned(Exception):
    """The query returned several objects when one was expected."""


class SuspiciousOperation(Exception):
    """The user did something suspicious from a security point of view."""


class SuspiciousMultipartForm(SuspiciousOperation):
    """A multipart form that cannot be trusted."""


class SuspiciousFileOperation(SuspiciousOperation):
    """A file path outside of where files may be."""


class DisallowedHost(SuspiciousOperation):
    """The ``Host`` header is not in ``ALLOWED_HOSTS``."""


class DisallowedRedirect(SuspiciousOperation):
    """A redirect to a scheme that is not allowed, or to too long a URL."""


class TooManyFieldsSent(SuspiciousOperation):
    """More fields than ``DATA_UPLOAD_MAX_NUMBER_FIELDS``."""


class TooManyFilesSent(SuspiciousOperation):
    """More files than ``DATA_UPLOAD_MAX_NUMBER_FILES``."""


class RequestDataTooBig(SuspiciousOperation):
    """A body larger than ``DATA_UPLOAD_MAX_MEMORY_SIZE``, files not counted."""


class RequestAborted(Exception):
    """The client went away, or timed out, before the request was read."""


class BadRequest(Exception):
    """The request is malformed and cannot be processed."""


class PermissionDenied(Exception):
    """The user may not do what was asked for."""


class ViewDoesNotExist(Exception):
    """A view named by a URLconf cannot be imported."""


class MiddlewareNotUsed(Exception):
    """Raised by a middleware's constructor to leave the chain."""


class ImproperlyConfigured(Exception):
    """A setting or a class is configured in a way that cannot work."""


class FieldError(Exception):
    """A query names a field or lookup that the model does not have."""


class SynchronousOnlyOperation(Exception):
    """Blocking code was called on a running event loop where it cannot suspend."""


class FieldFetchBlocked(FieldError):
    """A value that was not loaded was asked for, and the fetch mode forbids fetching it."""


class EmptyResultSet(Exception):
    """A condition that no row can satisfy: the query need not run."""


class FullResultSet(Exception):
    """A condition that every row satisfies: it can be left out."""


class ValidationError(Exception):
    """One error, a list of errors, or a dictionary of them by field name.

    ``message``: text, list or dict (of texts or ValidationErrors); ``code``: short identifier; ``params``:
    values for ``message % params``. Django documentation: ref/forms/validation.
    """

    message: Any
    code: str | None
    params: Any
    error_dict: dict[str, list[ValidationError]]
    error_list: list[ValidationError]

    def __init__(self, message: Any, code: str | None = None, params: Any = None) -> None:
        super().__init__(message, code, params)
        if isinstance(message, ValidationError):
            if hasattr(message, "error_dict"):
                message = message.error_dict
            elif not hasattr(message, "message"):
                message = message.error_list
            else:
                message, code, params = message.message, message.code, message.params
        if isinstance(message, dict):
            self.error_dict = {
                field: (errors if isinstance(errors, ValidationError) else ValidationError(errors)).error_list
                for field, errors in message.items()
            }
        elif isinstance(message, list):
            self.error_list = list(_flatten(message))
        else:
            self.message = message
            self.code = code
            self.params = params
            self.error_list = [self]

    @property
    def message_dict(self) -> dict[str, list[str]]:
        """Field name to messages; AttributeError for an error without fields."""
        return {field: _texts(errors) for field, errors in self.error_dict.items()}

    @property
    def messages(self) -> list[str]:
        """All messages as text."""
        if hasattr(self, "error_dict"):
            return [text for errors in self.error_dict.values() for text in _texts(errors)]
        return list(self)  # type: ignore[arg-type]

    def update_error_dict(
        self, error_dict: dict[str, list[ValidationError]]
    ) -> dict[str, list[ValidationError]]:
        """Add this error's to ``error_dict`` and return it."""
        if hasattr(self, "error_dict"):
            for field, errors in self.error_dict.items():
                error_dict.setdefault(field, []).extend(errors)
        else:
            error_dict.setdefault(NON_FIELD_ERRORS, []).extend(self.error_list)
        return error_dict

    def __iter__(self) -> Iterator[str | tuple[str, list[str]]]:
        if hasattr(self, "error_dict"):
            yield from ((field, _texts(errors)) for field, errors in self.error_dict.items())
            return
        for error in self.error_list:
            text = error.message
            if error.params:
                text %= error.params
            yield str(text)

    def __str__(self) -> str:
        return repr(dict(self) if hasattr(self, "error_dict") else list(self))  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"ValidationError({self})"

    def __eq__(self, other: object) -> bool:
        return hash(self) == hash(other) if isinstance(other, ValidationError) else NotImplemented

    def __hash__(self) -> int:
        if hasattr(self, "message"):
            return hash((self.message, self.code, _hashable(self.params)))
        if hasattr(self, "error_dict"):
            return hash(_hashable(self.error_dict))
        return hash(tuple(sorted(self.error_list, key=lambda e: (str(e.message), str(e.code)))))


def _flatten(messages: Sequence[Any]) -> Iterator[ValidationError]:
    for message in messages:
        error = message if isinstance(message, ValidationError) else ValidationError(message)
        if hasattr(error, "error_dict"):
            for errors in error.error_dict.values():
                yield from errors
        else:
            yield from error.error_list


def _texts(errors: list[ValidationError]) -> list[str]:
    return [str(text) for error in errors for text in error]


def _hashable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple((k, _hashable(v)) for k, v in sorted(value.items()))
    if isinstance(value, list | tuple):
        return tuple(_hashable(v) for v in value)
    return value
