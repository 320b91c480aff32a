"""The parts of QuerySet; `offbeat.db.models.query` is their public face."""
