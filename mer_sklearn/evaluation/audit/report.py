"""What an audit found: findings, and the report that holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["KINDS", "SCHEMA", "AuditReport", "Finding"]

SCHEMA = 1  # of the JSON document; changes when the meaning of an entry does
SHOWN = 10  # findings of one kind in the text; the document has them all

KINDS = {
    "same_bytes": "the same bytes twice",
    "same_audio": "the same recording in another file",
    "overlap": "parts of one file that overlap",
    "parts": "parts of one file",
    "group_on_both_sides": "a group on both sides of a split",
    "group_spelling": "two spellings of one group",
    "twin_names": "files that are copies, versions or takes by their names",
    "one_artist": "one artist in several groups, by the names of the files",
    "same_row": "the same row twice",
    "near_row": "nearly the same row",
    "mixed_row": "a row that is mixed from two others",
    "scaled": "a table that was scaled as a whole",
    "contradictory_labels": "copies with different labels",
    "fitted_before": "a step that fit does not fit",
    "batch": "predictions that depend on the other rows that are predicted",
    "saw_test_rows": "predictions that depend on other test rows",
    "unread": "files that could not be read",
}


@dataclass(frozen=True)
class Finding:
    """One thing that an audit found.

    Parameters
    ----------
    kind : str
        What it is, one of `KINDS`.
    severity : {"leak", "remark"}
        Whether it makes scores too good, or is worth a look.
    rows : tuple of int
        The rows of X that it is about, from 0.
    names : tuple of str
        What these rows are called: their files, or "row 3".
    sentence : str
        What is wrong and what to do.
    """

    kind: str
    severity: str
    rows: tuple[int, ...]
    names: tuple[str, ...]
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as a part of a JSON document."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "rows": list(self.rows),
            "names": list(self.names),
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class AuditReport:
    """What an audit looked for and what it found.

    Parameters
    ----------
    n_rows : int
        Rows that were looked at.
    checked : tuple of str
        What was looked for, of `KINDS`.
    findings : tuple of Finding
        What was found, leaks first.
    """

    n_rows: int
    checked: tuple[str, ...]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, n_rows: int, checked: Iterable[str], findings: Iterable[Finding]) -> AuditReport:
        """Return a report of findings in any order."""
        order = [*KINDS]
        ordered = sorted(findings, key=lambda f: (f.severity != "leak", order.index(f.kind)))
        return cls(n_rows, tuple(checked), tuple(ordered))

    @property
    def leaks(self) -> tuple[Finding, ...]:
        """The findings that make scores too good."""
        return tuple(finding for finding in self.findings if finding.severity == "leak")

    @property
    def remarks(self) -> tuple[Finding, ...]:
        """The findings that are worth a look."""
        return tuple(finding for finding in self.findings if finding.severity != "leak")

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a JSON document."""
        return {
            "schema": SCHEMA,
            "n_rows": self.n_rows,
            "checked": list(self.checked),
            "n_leaks": len(self.leaks),
            "n_remarks": len(self.remarks),
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __str__(self) -> str:
        """Return a line for the whole and one for each finding, at most ten of a kind."""
        n_leaks, n_remarks = len(self.leaks), len(self.remarks)
        lines = [
            f"{self.n_rows} rows: {n_leaks} leak{'s' * (n_leaks != 1)}, "
            f"{n_remarks} remark{'s' * (n_remarks != 1)}"
        ]
        seen: Counter[tuple[str, str]] = Counter()
        for finding in self.findings:
            key = finding.severity, finding.kind
            seen[key] += 1
            if seen[key] <= SHOWN:
                lines.append(f"{finding.severity:6}  {finding.kind}: {finding.sentence}")
        for (severity, kind), count in seen.items():
            if count > SHOWN:
                lines.append(f"{severity:6}  {kind}: {count - SHOWN} more, see the JSON document.")
        if not self.findings:
            lines.append("none of: " + "; ".join(KINDS[kind] for kind in self.checked))
        return "\n".join(lines)
