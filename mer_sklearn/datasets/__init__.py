"""Corpora: one module each, loaded by name."""
