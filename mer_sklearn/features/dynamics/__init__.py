"""Dynamics: how loud, and how that changes."""

__all__: list[str] = []
