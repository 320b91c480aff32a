"""ContentType: a row for each model of the project (Django documentation: ref/contrib/contenttypes)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from offbeat.apps import apps
from offbeat.db import models
from offbeat.db.models import Q
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["ContentType", "ContentTypeManager"]


class ContentTypeManager(models.Manager["ContentType"]):
    """Finds content types, each of them in the database only once."""

    use_in_migrations = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # {alias: {(app_label, model) or id: content type}}; shared by the copies of this manager.
        self._cache: dict[str, dict[Any, Any]] = {}

    def get_by_natural_key(self, app_label: str, model: str) -> Any:
        """Return the content type of a model by its names."""
        try:
            return self._cache[self.db][(app_label, model)]
        except KeyError:
            content_type = self.get(app_label=app_label, model=model)
            self._add_to_cache(self.db, content_type)
            return content_type

    @staticmethod
    def _get_opts(model: Any, for_concrete_model: bool) -> Any:
        return model._meta.concrete_model._meta if for_concrete_model else model._meta

    def _get_from_cache(self, opts: Any) -> Any:
        return self._cache[self.db][(opts.app_label, opts.model_name)]

    def get_for_model(self, model: Any, for_concrete_model: bool = True) -> Any:
        """Return the content type of a model class or instance, created if it does not exist.

        A proxy counts as the model it stands for unless `for_concrete_model` is False.
        """
        opts = self._get_opts(model, for_concrete_model)
        try:
            return self._get_from_cache(opts)
        except KeyError:
            pass
        # Reading first: the database for reads may be another, and nearly always has it.
        try:
            content_type = self.get(app_label=opts.app_label, model=opts.model_name)
        except self.model.DoesNotExist:
            content_type, _created = self.get_or_create(app_label=opts.app_label, model=opts.model_name)
        self._add_to_cache(self.db, content_type)
        return content_type

    def get_for_models(self, *models: Any, for_concrete_models: bool = True) -> dict[Any, Any]:
        """Return {model: content type} for model classes, with as few queries as possible."""
        results: dict[Any, Any] = {}
        needed_models: dict[str, set[str]] = defaultdict(set)
        needed_opts: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for model in models:
            opts = self._get_opts(model, for_concrete_models)
            try:
                results[model] = self._get_from_cache(opts)
            except KeyError:
                needed_models[opts.app_label].add(opts.model_name)
                needed_opts[(opts.app_label, opts.model_name)].append(model)
        if needed_opts:
            condition = Q(
                *(Q(app_label=label, model__in=sorted(names)) for label, names in needed_models.items()),
                _connector=Q.OR,
            )
            for content_type in self.filter(condition):
                for model in needed_opts.pop((content_type.app_label, content_type.model), ()):
                    results[model] = content_type
                self._add_to_cache(self.db, content_type)
        for (app_label, model_name), missing in needed_opts.items():
            content_type = self.create(app_label=app_label, model=model_name)
            self._add_to_cache(self.db, content_type)
            for model in missing:
                results[model] = content_type
        return results

    def get_for_id(self, id: int) -> Any:
        """Return the content type with this key."""
        try:
            return self._cache[self.db][id]
        except KeyError:
            content_type = self.get(pk=id)
            self._add_to_cache(self.db, content_type)
            return content_type

    def clear_cache(self) -> None:
        """Forget all content types."""
        self._cache.clear()

    def _add_to_cache(self, using: str, content_type: Any) -> None:
        cache = self._cache.setdefault(using, {})
        cache[(content_type.app_label, content_type.model)] = content_type
        cache[content_type.id] = content_type


class ContentType(models.Model):
    """A model of the project, as a row that others can point to."""

    app_label = models.CharField(max_length=100)
    model = models.CharField(_("python model class name"), max_length=100)
    objects = ContentTypeManager()

    class Meta:
        verbose_name = _("content type")
        verbose_name_plural = _("content types")
        db_table = "django_content_type"
        unique_together = [["app_label", "model"]]

    def __str__(self) -> str:
        return self.app_labeled_name

    @property
    def name(self) -> str:
        """The model's verbose name; its class name when the model is gone."""
        model = self.model_class()
        return str(model._meta.verbose_name) if model else self.model

    @property
    def app_labeled_name(self) -> str:
        """The application's and the model's verbose names."""
        model = self.model_class()
        if not model:
            return self.model
        return f"{model._meta.app_config.verbose_name} | {model._meta.verbose_name}"

    def model_class(self) -> Any:
        """Return the model class, or None when it is gone."""
        try:
            return apps.get_model(self.app_label, self.model)
        except LookupError:
            return None

    def get_object_for_this_type(self, using: str | None = None, **kwargs: Any) -> Any:
        """Return the object of this type with these values; DoesNotExist when there is none."""
        model: Any = self.model_class()
        return model._base_manager.using(using).get(**kwargs)

    def get_all_objects_for_this_type(self, **kwargs: Any) -> Any:
        """Return the objects of this type with these values."""
        model: Any = self.model_class()
        return model._base_manager.filter(**kwargs)

    def natural_key(self) -> tuple[str, str]:
        """Return (app_label, model)."""
        return self.app_label, self.model
