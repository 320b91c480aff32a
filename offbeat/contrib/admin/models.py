"""The log of changes made in the admin (Django documentation: ref/contrib/admin, "LogEntry objects")."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from offbeat.conf import settings
from offbeat.contrib.admin.utils import quote
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.db import models
from offbeat.urls import NoReverseMatch, reverse
from offbeat.utils import timezone
from offbeat.utils.text import get_text_list
from offbeat.utils.translation import gettext
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["ACTION_FLAG_CHOICES", "ADDITION", "CHANGE", "DELETION", "LogEntry", "LogEntryManager"]

ADDITION = 1
CHANGE = 2
DELETION = 3

ACTION_FLAG_CHOICES = [
    (ADDITION, _("Addition")),
    (CHANGE, _("Change")),
    (DELETION, _("Deletion")),
]


class LogEntryManager(models.Manager["LogEntry"]):
    """Writes the log."""

    use_in_migrations = True

    def log_actions(
        self,
        user_id: Any,
        queryset: Iterable[Any],
        action_flag: int,
        change_message: Any = "",
        *,
        single_object: bool = False,
    ) -> Any:
        """Log an action on objects; return the entries (the entry, for a ``single_object``).

        ``change_message``: text, or a list that is stored as JSON and translated when it is shown.
        """
        if isinstance(change_message, list):
            change_message = json.dumps(change_message)
        entries = [
            self.model(
                user_id=user_id,
                content_type_id=ContentType.objects.get_for_model(obj, for_concrete_model=False).id,
                object_id=obj.pk,
                object_repr=str(obj)[:200],
                action_flag=action_flag,
                change_message=change_message,
            )
            for obj in queryset
        ]
        if len(entries) == 1:
            # Signals are sent for a change by hand.
            entries[0].save()
            return entries[0] if single_object else entries
        return self.bulk_create(entries)


class LogEntry(models.Model):
    """One addition, change or deletion."""

    action_time = models.DateTimeField(_("action time"), default=timezone.now, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"))
    content_type = models.ForeignKey(
        ContentType, models.SET_NULL, verbose_name=_("content type"), blank=True, null=True
    )
    object_id = models.TextField(_("object id"), blank=True, null=True)
    object_repr = models.CharField(_("object repr"), max_length=200)
    action_flag = models.PositiveSmallIntegerField(_("action flag"), choices=ACTION_FLAG_CHOICES)
    change_message = models.TextField(_("change message"), blank=True)

    objects = LogEntryManager()

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("log entries")
        db_table = "django_admin_log"
        ordering = ["-action_time"]

    def __repr__(self) -> str:
        return str(self.action_time)

    def __str__(self) -> str:
        if self.is_addition():
            return gettext("Added “%(object)s”.") % {"object": self.object_repr}
        if self.is_change():
            names = {"object": self.object_repr, "changes": self.get_change_message()}
            return gettext("Changed “%(object)s” — %(changes)s") % names
        if self.is_deletion():
            return gettext("Deleted “%(object)s.”") % {"object": self.object_repr}
        return gettext("LogEntry Object")

    def is_addition(self) -> bool:
        """Whether an object was added."""
        return self.action_flag == ADDITION

    def is_change(self) -> bool:
        """Whether an object was changed."""
        return self.action_flag == CHANGE

    def is_deletion(self) -> bool:
        """Whether an object was deleted."""
        return self.action_flag == DELETION

    def get_change_message(self) -> str:
        """What was changed, in the current language where it is stored as JSON."""
        if not self.change_message.startswith("["):
            return self.change_message
        try:
            changes = json.loads(self.change_message)
        except json.JSONDecodeError:
            return self.change_message
        sentences = [
            sentence for change in changes if isinstance(change, dict) for sentence in _sentences(change)
        ]
        return " ".join(sentences) or gettext("No fields changed.")

    def get_edited_object(self) -> Any:
        """The object; its model's DoesNotExist when it is gone."""
        content_type: Any = self.content_type
        return content_type.get_object_for_this_type(pk=self.object_id)

    def get_admin_url(self) -> str | None:
        """Where the object can be changed, None where nowhere."""
        if not (self.content_type and self.object_id):
            return None
        name = f"admin:{self.content_type.app_label}_{self.content_type.model}_change"
        try:
            return reverse(name, args=(quote(self.object_id),))
        except NoReverseMatch:
            return None


def _translated(words: dict[str, Any]) -> dict[str, Any]:
    # The name of a model is stored in English, like the names of fields.
    return {**words, "name": gettext(words["name"])} if "name" in words else words


def _sentences(change: dict[str, Any]) -> list[str]:
    """One change of the JSON format as sentences."""
    sentences = []
    if "added" in change:
        words = _translated(change["added"] or {})
        sentences.append(gettext("Added {name} “{object}”.").format(**words) if words else gettext("Added."))
    elif "changed" in change:
        words = _translated(change["changed"])
        fields = get_text_list([gettext(name) for name in words["fields"]], gettext("and"))
        text = (
            gettext("Changed {fields} for {name} “{object}”.")
            if "name" in words
            else gettext("Changed {fields}.")
        )
        sentences.append(text.format(**{**words, "fields": fields}))
    elif "deleted" in change:
        sentences.append(gettext("Deleted {name} “{object}”.").format(**_translated(change["deleted"])))
    return sentences
