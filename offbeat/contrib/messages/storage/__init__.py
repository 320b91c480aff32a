"""Where messages wait to be shown."""

from offbeat.contrib.messages.storage.default import default_storage

__all__ = ["default_storage"]
