"""Voice: pitch, quality and articulation of one speaker."""

__all__: list[str] = []
