"""Validators of new passwords (Django documentation: topics/auth/passwords, "Password validation")."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from offbeat.concurrency import async_function
from offbeat.conf import settings
from offbeat.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ValidationError
from offbeat.utils.functional import cached_property, lazy
from offbeat.utils.html import format_html, format_html_join
from offbeat.utils.module_loading import import_string
from offbeat.utils.translation import gettext as _
from offbeat.utils.translation import ngettext


@functools.cache
def get_default_password_validators() -> list[Any]:
    """The validators that ``AUTH_PASSWORD_VALIDATORS`` configures."""
    return get_password_validators(settings.AUTH_PASSWORD_VALIDATORS)


def get_password_validators(validator_config: Any) -> list[Any]:
    """Instances of validators from a list such as the setting's; ImproperlyConfigured."""
    validators = []
    for validator in validator_config:
        try:
            klass = import_string(validator["NAME"])
        except ImportError:
            raise ImproperlyConfigured(
                f"The module in NAME could not be imported: {validator['NAME']}. Check your AUTH_PASSWORD_VALIDATORS setting."
            )
        validators.append(klass(**validator.get("OPTIONS", {})))
    return validators


def validate_password(password: str, user: Any = None, password_validators: Any = None) -> None:
    """ValidationError with what all validators have against the password."""
    errors = []
    for validator in (
        get_default_password_validators() if password_validators is None else password_validators
    ):
        try:
            validator.validate(password, user)
        except ValidationError as error:
            errors.append(error)
    if errors:
        raise ValidationError(errors)


def password_changed(password: str, user: Any = None, password_validators: Any = None) -> None:
    """Tell the validators that want to know that the user has a new password."""
    for validator in (
        get_default_password_validators() if password_validators is None else password_validators
    ):
        changed = getattr(validator, "password_changed", None)
        if changed is not None:
            changed(password, user)


apassword_changed = async_function(password_changed)


def password_validators_help_texts(password_validators: Any = None) -> list[str]:
    """What the validators ask for, one text each."""
    validators = get_default_password_validators() if password_validators is None else password_validators
    return [validator.get_help_text() for validator in validators]


def _password_validators_help_text_html(password_validators: Any = None) -> str:
    texts = password_validators_help_texts(password_validators)
    items = format_html_join("", "<li>{}</li>", ((text,) for text in texts))
    return format_html("<ul>{}</ul>", items) if items else ""


password_validators_help_text_html = lazy(_password_validators_help_text_html, str)


class MinimumLengthValidator:
    """At least ``min_length`` characters."""

    def __init__(self, min_length: int = 8) -> None:
        self.min_length = min_length

    def validate(self, password: str, user: Any = None) -> None:
        """ValidationError for a shorter one."""
        if len(password) < self.min_length:
            raise ValidationError(
                self.get_error_message(), code="password_too_short", params={"min_length": self.min_length}
            )

    def get_error_message(self) -> str:
        """Hook: the error's text."""
        return (
            ngettext(
                "This password is too short. It must contain at least %d character.",
                "This password is too short. It must contain at least %d characters.",
                self.min_length,
            )
            % self.min_length
        )

    def get_help_text(self) -> str:
        """What is asked for."""
        return ngettext(
            "Your password must contain at least %(min_length)d character.",
            "Your password must contain at least %(min_length)d characters.",
            self.min_length,
        ) % {"min_length": self.min_length}


def exceeds_maximum_length_ratio(password: str, max_similarity: float, value: str) -> bool:
    """Whether the value is so much shorter than the password that they cannot be similar."""
    pwd_len = len(password)
    length_bound_similarity = max_similarity / 2 * pwd_len
    return pwd_len >= 10 * len(value) and len(value) < length_bound_similarity


class UserAttributeSimilarityValidator:
    """Not too similar to the user's own data; ``max_similarity`` from 0.1 (nothing shared) to 1 (equal)."""

    DEFAULT_USER_ATTRIBUTES = ("username", "first_name", "last_name", "email")

    def __init__(self, user_attributes: Any = DEFAULT_USER_ATTRIBUTES, max_similarity: float = 0.7) -> None:
        self.user_attributes = user_attributes
        if max_similarity < 0.1:
            raise ValueError("max_similarity must be at least 0.1")
        self.max_similarity = max_similarity

    def validate(self, password: str, user: Any = None) -> None:
        """ValidationError naming the attribute."""
        if not user:
            return
        from difflib import SequenceMatcher

        password = password.lower()
        for attribute in self.user_attributes:
            value = getattr(user, attribute, None)
            if not value or not isinstance(value, str):
                continue
            lowered = value.lower()
            for part in [*re.split(r"\W+", lowered), lowered]:
                if exceeds_maximum_length_ratio(password, self.max_similarity, part):
                    continue
                if SequenceMatcher(a=password, b=part).quick_ratio() >= self.max_similarity:
                    raise ValidationError(
                        self.get_error_message(),
                        code="password_too_similar",
                        params={"verbose_name": self._verbose_name(user, attribute)},
                    )

    @staticmethod
    def _verbose_name(user: Any, attribute: str) -> str:
        try:
            return str(user._meta.get_field(attribute).verbose_name)
        except FieldDoesNotExist:
            return attribute

    def get_error_message(self) -> str:
        """Hook: the error's text."""
        return _("The password is too similar to the %(verbose_name)s.")

    def get_help_text(self) -> str:
        """What is asked for."""
        return _("Your password can’t be too similar to your other personal information.")


class CommonPasswordValidator:
    """Not among the passwords of a list, by default of the 20,000 most common ones; the file may be gzipped."""

    @cached_property
    def DEFAULT_PASSWORD_LIST_PATH(self) -> Path:
        """The list that comes with the package."""
        return Path(__file__).resolve().parent / "common-passwords.txt.gz"

    def __init__(self, password_list_path: Any = DEFAULT_PASSWORD_LIST_PATH) -> None:
        if password_list_path is CommonPasswordValidator.DEFAULT_PASSWORD_LIST_PATH:
            password_list_path = self.DEFAULT_PASSWORD_LIST_PATH
        self.passwords = _read_passwords(str(password_list_path))

    def validate(self, password: str, user: Any = None) -> None:
        """ValidationError for a common one."""
        if password.lower().strip() in self.passwords:
            raise ValidationError(self.get_error_message(), code="password_too_common")

    def get_error_message(self) -> str:
        """Hook: the error's text."""
        return _("This password is too common.")

    def get_help_text(self) -> str:
        """What is asked for."""
        return _("Your password can’t be a commonly used password.")


@functools.lru_cache(maxsize=4)
def _read_passwords(path: str) -> frozenset[str]:
    import gzip

    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return frozenset(line.strip() for line in file)
    except OSError:
        with open(path, encoding="utf-8") as file:
            return frozenset(line.strip() for line in file)


class NumericPasswordValidator:
    """Not digits only."""

    def validate(self, password: str, user: Any = None) -> None:
        """ValidationError for a number."""
        if password.isdigit():
            raise ValidationError(self.get_error_message(), code="password_entirely_numeric")

    def get_error_message(self) -> str:
        """Hook: the error's text."""
        return _("This password is entirely numeric.")

    def get_help_text(self) -> str:
        """What is asked for."""
        return _("Your password can’t be entirely numeric.")
