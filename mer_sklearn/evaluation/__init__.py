"""Evaluation: scores that do not leak, always beside the trivial baseline."""
