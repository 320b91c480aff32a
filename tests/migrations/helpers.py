"""States of models, and what the autodetector makes of two of them."""

from __future__ import annotations

from typing import Any

from offbeat.db.migrations.autodetector import MigrationAutodetector
from offbeat.db.migrations.graph import MigrationGraph
from offbeat.db.migrations.questioner import MigrationQuestioner
from offbeat.db.migrations.state import ModelState, ProjectState


def model(label: str, *fields: Any, **keywords: Any) -> ModelState:
    """``model("zoo.Animal", ("name", field), options={…})``, with an automatic key unless a field is one."""
    from offbeat.db import models

    app_label, name = label.split(".")
    own = list(fields)
    if not any(field.primary_key for _, field in own) and not keywords.get("bases"):
        own.insert(0, ("id", models.AutoField(primary_key=True)))
    return ModelState(app_label, name, own, **keywords)


def state(*model_states: ModelState) -> ProjectState:
    """A state of these models."""
    made = ProjectState()
    for model_state in model_states:
        made.add_model(model_state.clone())
    return made


class Answers(MigrationQuestioner):
    """Answers for every question; the names of the questions that were asked are kept."""

    def __init__(self, **answers: Any) -> None:
        super().__init__({"ask_initial": True, **answers})
        self.answers = answers
        self.asked: list[str] = []

    def _answer(self, question: str, fallback: Any = None) -> Any:
        self.asked.append(question)
        return self.answers.get(question, fallback)

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        return self._answer("ask_not_null_addition")

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        return self._answer("ask_not_null_alteration")

    def ask_auto_now_add_addition(self, field_name: str, model_name: str) -> Any:
        return self._answer("ask_auto_now_add_addition")

    def ask_unique_callable_default_addition(self, field_name: str, model_name: str) -> Any:
        return self._answer("ask_unique_callable_default_addition")


def changes(before: Any, after: Any, **answers: Any) -> dict[str, list[Any]]:
    """Migrations by application that lead from one list of models to the other."""
    detector = MigrationAutodetector(state(*before), state(*after), Answers(**answers))
    graph = MigrationGraph()
    for label in {model_state.app_label for model_state in before}:
        graph.add_node((label, "0001_initial"), None)
    return detector.changes(graph)


def operations(before: Any, after: Any, **answers: Any) -> list[str]:
    """What the operations say of themselves, application by application."""
    found = changes(before, after, **answers)
    return [
        op.describe() for label in sorted(found) for migration in found[label] for op in migration.operations
    ]
