"""Serialization of model instances."""
