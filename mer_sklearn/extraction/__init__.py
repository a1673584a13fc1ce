"""Extraction: a row function run over many files, with workers and a cache."""
