"""What ``makemigrations`` cannot know and asks for."""

from __future__ import annotations

import datetime
import importlib
import os
import sys
from typing import Any

from offbeat.apps import apps
from offbeat.core.management.base import OutputWrapper
from offbeat.db.migrations.loader import MigrationLoader
from offbeat.db.models import NOT_PROVIDED
from offbeat.utils import timezone
from offbeat.utils.version import get_docs_version


class MigrationQuestioner:
    """Answers without asking anybody: from ``defaults``, or no."""

    def __init__(
        self, defaults: dict[str, Any] | None = None, specified_apps: Any = None, dry_run: bool | None = None
    ) -> None:
        self.defaults = defaults or {}
        self.specified_apps = specified_apps or set()
        self.dry_run = dry_run

    def ask_initial(self, app_label: str) -> bool:
        """Whether an application without migrations shall get its first one."""
        if app_label in self.specified_apps:
            return True
        try:
            config = apps.get_app_config(app_label)
        except LookupError:
            return bool(self.defaults.get("ask_initial", False))
        name, _ = MigrationLoader.migrations_module(config.label)
        if name is None:
            return bool(self.defaults.get("ask_initial", False))
        try:
            module = importlib.import_module(name)
        except ImportError:
            return bool(self.defaults.get("ask_initial", False))
        if getattr(module, "__file__", None):
            names = os.listdir(os.path.dirname(str(module.__file__)))
        else:
            names = [entry for path in module.__path__ for entry in os.listdir(path)]
        return not any(entry.endswith(".py") for entry in names if entry != "__init__.py")

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        """A default for existing rows of a new field that may not be NULL."""
        return None

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        """A default for existing NULLs of a field that may not be NULL any more; NOT_PROVIDED to leave them."""
        return None

    def ask_rename(self, model_name: str, old_name: str, new_name: str, field_instance: Any) -> bool:
        """Whether a field was renamed."""
        return bool(self.defaults.get("ask_rename", False))

    def ask_rename_model(self, old_model_state: Any, new_model_state: Any) -> bool:
        """Whether a model was renamed."""
        return bool(self.defaults.get("ask_rename_model", False))

    def ask_merge(self, app_label: str) -> bool:
        """Whether to merge branches."""
        return bool(self.defaults.get("ask_merge", False))

    def ask_auto_now_add_addition(self, field_name: str, model_name: str) -> Any:
        """A default for existing rows of a new field with ``auto_now_add``."""
        return None

    def ask_unique_callable_default_addition(self, field_name: str, model_name: str) -> Any:
        """Whether to go on although one default for all rows breaks a unique field."""
        return None


class InteractiveMigrationQuestioner(MigrationQuestioner):
    """Asks on the terminal."""

    def __init__(
        self,
        defaults: Any = None,
        specified_apps: Any = None,
        dry_run: bool | None = None,
        prompt_output: Any = None,
    ) -> None:
        super().__init__(defaults, specified_apps, dry_run)
        self.prompt_output = prompt_output or OutputWrapper(sys.stdout)

    def _boolean_input(self, question: str, default: bool | None = None) -> bool:
        self.prompt_output.write(f"{question} ", ending="")
        answer = input()
        while (not answer and default is None) or (answer and answer[0].lower() not in "yn"):
            self.prompt_output.write("Please answer yes or no: ", ending="")
            answer = input()
        return bool(default) if not answer else answer[0].lower() == "y"

    def _choice_input(self, question: str, choices: list[str]) -> int:
        self.prompt_output.write(question)
        for number, choice in enumerate(choices, 1):
            self.prompt_output.write(f" {number}) {choice}")
        self.prompt_output.write("Select an option: ", ending="")
        while True:
            try:
                value = int(input())
                if 0 < value <= len(choices):
                    return value
            except ValueError:
                pass
            except KeyboardInterrupt:
                self.prompt_output.write("\nCancelled.")
                sys.exit(1)
            self.prompt_output.write("Please select a valid option: ", ending="")

    def _ask_default(self, default: str = "") -> Any:
        self.prompt_output.write("Please enter the default value as valid Python.")
        if default:
            self.prompt_output.write(
                f"Accept the default '{default}' by pressing 'Enter' or provide another value."
            )
        self.prompt_output.write(
            "The datetime and offbeat.utils.timezone modules are available, so it is possible to provide e.g. "
            "timezone.now as a value.\nType 'exit' to exit this prompt"
        )
        while True:
            self.prompt_output.write(f"[default: {default}] >>> " if default else ">>> ", ending="")
            try:
                code = input() or default
            except KeyboardInterrupt:
                self.prompt_output.write("\nCancelled.")
                sys.exit(1)
            if code == "exit":
                sys.exit(1)
            if not code:
                self.prompt_output.write("Please enter some code, or 'exit' (without quotes) to exit.")
                continue
            try:
                # The developer's own terminal: the value is meant to be any Python.
                return eval(code, {}, {"datetime": datetime, "timezone": timezone})
            except Exception as error:
                self.prompt_output.write(f"{type(error).__name__}: {error}")

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        if self.dry_run:
            return None
        choice = self._choice_input(
            f"It is impossible to add a non-nullable field '{field_name}' to {model_name} without specifying a default. "
            "This is because the database needs something to populate existing rows.\nPlease select a fix:",
            [
                "Provide a one-off default now (will be set on all existing rows with a null value for this column)",
                "Quit and manually define a default value in models.py.",
            ],
        )
        if choice == 2:
            sys.exit(3)
        return self._ask_default()

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        if self.dry_run:
            return NOT_PROVIDED
        choice = self._choice_input(
            f"It is impossible to change a nullable field '{field_name}' on {model_name} to non-nullable without "
            "providing a default. This is because the database needs something to populate existing rows.\nPlease select "
            "a fix:",
            [
                "Provide a one-off default now (will be set on all existing rows with a null value for this column)",
                (
                    "Ignore for now. Existing rows that contain NULL values will have to be handled manually, for example "
                    "with a RunPython or RunSQL operation."
                ),
                "Quit and manually define a default value in models.py.",
            ],
        )
        if choice == 2:
            return NOT_PROVIDED
        if choice == 3:
            sys.exit(3)
        return self._ask_default()

    def ask_rename(self, model_name: str, old_name: str, new_name: str, field_instance: Any) -> bool:
        kind = type(field_instance).__name__
        return self._boolean_input(
            f"Was {model_name}.{old_name} renamed to {model_name}.{new_name} (a {kind})? [y/N]", False
        )

    def ask_rename_model(self, old_model_state: Any, new_model_state: Any) -> bool:
        return self._boolean_input(
            f"Was the model {old_model_state.app_label}.{old_model_state.name} renamed to {new_model_state.name}? [y/N]",
            False,
        )

    def ask_merge(self, app_label: str) -> bool:
        return self._boolean_input(
            "\nMerging will only work if the operations printed above do not conflict\nwith each other (working on "
            "different fields or models)\nShould these migration branches be merged? [y/N]",
            False,
        )

    def ask_auto_now_add_addition(self, field_name: str, model_name: str) -> Any:
        if self.dry_run:
            return None
        choice = self._choice_input(
            f"It is impossible to add the field '{field_name}' with 'auto_now_add=True' to {model_name} without providing a "
            "default. This is because the database needs something to populate existing rows.",
            [
                "Provide a one-off default now which will be set on all existing rows",
                "Quit and manually define a default value in models.py.",
            ],
        )
        if choice == 2:
            sys.exit(3)
        return self._ask_default(default="timezone.now")

    def ask_unique_callable_default_addition(self, field_name: str, model_name: str) -> Any:
        if self.dry_run:
            return None
        choice = self._choice_input(
            f"Callable default on unique field {model_name}.{field_name} will not generate unique values upon migrating.\n"
            "Please choose how to proceed:\n",
            [
                (
                    "Continue making this migration as the first step in writing a manual migration to generate unique values "
                    f"described here: https://docs.djangoproject.com/en/{get_docs_version()}/howto/writing-migrations/"
                    "#migrations-that-add-unique-fields."
                ),
                "Quit and edit field options in models.py.",
            ],
        )
        if choice == 2:
            sys.exit(3)
        return None


class NonInteractiveMigrationQuestioner(MigrationQuestioner):
    """Cannot ask: says why it gives up."""

    def __init__(
        self,
        defaults: Any = None,
        specified_apps: Any = None,
        dry_run: bool | None = None,
        verbosity: int = 1,
        log: Any = None,
    ) -> None:
        self.verbosity = verbosity
        self.log = log
        super().__init__(defaults, specified_apps, dry_run)

    def _log(self, message: str) -> None:
        if self.log and self.verbosity > 0:
            self.log(message)

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        self._log(
            f"Field '{field_name}' on model '{model_name}' not migrated: it is impossible to add a non-nullable field "
            "without specifying a default."
        )
        sys.exit(3)

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        self._log(
            f"Field '{field_name}' on model '{model_name}' given a default of NOT PROVIDED and must be corrected."
        )
        return NOT_PROVIDED

    def ask_auto_now_add_addition(self, field_name: str, model_name: str) -> Any:
        self._log(
            f"Field '{field_name}' on model '{model_name}' not migrated: it is impossible to add a field with "
            "'auto_now_add=True' without specifying a default."
        )
        sys.exit(3)
