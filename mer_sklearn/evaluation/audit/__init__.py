"""The leak audit: what would stand on both sides of a split, in data and in pipelines."""

from .audit import audit
from .pipelines import audit_pipeline
from .report import KINDS, AuditReport, Finding

__all__ = ["KINDS", "AuditReport", "Finding", "audit", "audit_pipeline"]
