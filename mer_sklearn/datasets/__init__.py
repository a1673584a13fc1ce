"""Corpora: one module each, loaded by name."""

from ._check import Check
from ._harmonize import harmonize
from ._validate import validate_dataset
from .base import Dataset, DatasetInfo, Target
from .reading import find_audio
from .registry import dataset_info, dataset_names, load_dataset, load_source

__all__ = [
    "Check",
    "Dataset",
    "DatasetInfo",
    "Target",
    "dataset_info",
    "dataset_names",
    "find_audio",
    "harmonize",
    "load_dataset",
    "load_source",
    "validate_dataset",
]
