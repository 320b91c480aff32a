"""Signals sent by models, relations and migrations (Django documentation: ref/signals)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from offbeat.db.models.utils import make_model_tuple
from offbeat.dispatch import Signal

__all__ = [
    "class_prepared",
    "m2m_changed",
    "post_delete",
    "post_init",
    "post_migrate",
    "post_save",
    "pre_delete",
    "pre_init",
    "pre_migrate",
    "pre_save",
]

class_prepared = Signal()


class ModelSignal(Signal):
    """A signal whose sender may be named "app_label.Model" before that model is loaded."""

    def _lazy_method(
        self,
        method: Callable[..., Any],
        apps: Any,
        receiver: Any,
        sender: Any,
        **kwargs: Any,
    ) -> Any:
        if isinstance(sender, str):
            if apps is None:
                from offbeat.apps import apps
            return apps.lazy_model_operation(
                partial(self._call, method, receiver, kwargs), make_model_tuple(sender)
            )
        return method(receiver, sender=sender, **kwargs)

    @staticmethod
    def _call(method: Callable[..., Any], receiver: Any, kwargs: dict[str, Any], sender: Any) -> Any:
        return method(receiver, sender=sender, **kwargs)

    def connect(
        self,
        receiver: Any,
        sender: Any = None,
        weak: bool = True,
        dispatch_uid: Any = None,
        apps: Any = None,
    ) -> Any:
        """Connect `receiver`; `sender` is a model class or "app_label.Model"."""
        self._lazy_method(super().connect, apps, receiver, sender, weak=weak, dispatch_uid=dispatch_uid)

    def disconnect(
        self, receiver: Any = None, sender: Any = None, dispatch_uid: Any = None, apps: Any = None
    ) -> bool:
        """Disconnect `receiver`; `sender` is a model class or "app_label.Model"."""
        result: bool = self._lazy_method(
            super().disconnect, apps, receiver, sender, dispatch_uid=dispatch_uid
        )
        return result


pre_init = ModelSignal(use_caching=True)
post_init = ModelSignal(use_caching=True)

pre_save = ModelSignal(use_caching=True)
post_save = ModelSignal(use_caching=True)

pre_delete = ModelSignal(use_caching=True)
post_delete = ModelSignal(use_caching=True)

m2m_changed = ModelSignal(use_caching=True)

pre_migrate = Signal()
post_migrate = Signal()
