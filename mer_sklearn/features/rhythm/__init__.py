"""Rhythm: when something begins, and how regularly."""

__all__: list[str] = []
