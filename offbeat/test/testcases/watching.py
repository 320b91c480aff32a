"""Context managers behind assertions: which queries ran, which templates were rendered."""

from __future__ import annotations

from typing import Any

from offbeat.test.signals import template_rendered
from offbeat.test.utils import CaptureQueriesContext, ContextList

__all__ = ["AssertNumQueriesContext", "AssertTemplateNotUsedContext", "AssertTemplateUsedContext"]

__unittest = True


class AssertNumQueriesContext(CaptureQueriesContext):
    """Fails unless `num` queries ran in the block."""

    def __init__(self, test_case: Any, num: int, connection: Any) -> None:
        self.test_case = test_case
        self.num = num
        super().__init__(connection)

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        super().__exit__(exc_type, exc_value, traceback)
        if exc_type is not None:
            return
        executed = len(self)
        listing = "\n".join(f"{i}. {query['sql']}" for i, query in enumerate(self.captured_queries, start=1))
        self.test_case.assertEqual(
            executed,
            self.num,
            f"{executed} queries executed, {self.num} expected\nCaptured queries were:\n{listing}",
        )


class AssertTemplateUsedContext:
    """Fails unless the template was rendered in the block."""

    def __init__(self, test_case: Any, template_name: str | None, msg_prefix: str, count: int | None) -> None:
        self.test_case = test_case
        self.template_name = template_name
        self.msg_prefix = msg_prefix
        self.count = count
        self.rendered_templates: list[Any] = []
        self.context = ContextList()

    @property
    def rendered_template_names(self) -> list[str]:
        """The names of the templates that were rendered."""
        return [t.name for t in self.rendered_templates if t.name is not None]

    def _remember(self, sender: Any, signal: Any, template: Any, context: Any, **kwargs: Any) -> None:
        from copy import copy

        self.rendered_templates.append(template)
        self.context.append(copy(context))

    def test(self) -> None:
        """Check, at the end of the block."""
        self.test_case._check_template_used(
            self.template_name, self.rendered_template_names, self.msg_prefix, self.count
        )

    def __enter__(self) -> AssertTemplateUsedContext:
        template_rendered.connect(self._remember)
        return self

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        template_rendered.disconnect(self._remember)
        if exc_type is None:
            self.test()


class AssertTemplateNotUsedContext(AssertTemplateUsedContext):
    """Fails if the template was rendered in the block."""

    def test(self) -> None:
        self.test_case.assertFalse(
            self.template_name in self.rendered_template_names,
            f"{self.msg_prefix}Template '{self.template_name}' was used unexpectedly in rendering the response",
        )
