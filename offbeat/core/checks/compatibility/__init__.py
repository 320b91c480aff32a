"""Checks of settings that changed their meaning."""
