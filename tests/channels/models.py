"""Rooms with an owner."""

from __future__ import annotations

from offbeat.contrib.auth.models import User
from offbeat.db import models


class Room(models.Model):
    name = models.CharField(max_length=50)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="rooms")

    class Meta:
        app_label = "channels_tests"
