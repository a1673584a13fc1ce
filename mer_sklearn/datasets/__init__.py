"""Corpora: one module each, loaded by name."""

from .base import Dataset, DatasetInfo, Target
from .reading import find_audio
from .registry import dataset_info, dataset_names, load_dataset, load_source

__all__ = [
    "Dataset",
    "DatasetInfo",
    "Target",
    "dataset_info",
    "dataset_names",
    "find_audio",
    "load_dataset",
    "load_source",
]
