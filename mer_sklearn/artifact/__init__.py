"""Saved models: one file, with a manifest that says what it holds."""
