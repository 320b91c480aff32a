"""Consumers for WebSocket and HTTP."""
