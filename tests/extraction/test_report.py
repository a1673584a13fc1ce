"""What is said of the items that gave no row."""

from __future__ import annotations

import os

import pytest

from mer_sklearn.extraction.report import Failure, as_table, shown


@pytest.mark.parametrize(
    ("sentence", "reason", "remedy"),
    [
        ("a: is empty. Give an audio file.", "is empty", "Give an audio file."),
        ("a: fails (Error. No. 5). Mend it.", "fails (Error. No. 5)", "Mend it."),
        ("a: takes longer than 0.5 s. Leave it out.", "takes longer than 0.5 s", "Leave it out."),
        ("something", "something", ""),
        ("", "", ""),
    ],
)
def test_a_sentence_is_taken_apart(sentence, reason, remedy):
    assert Failure.of("a", sentence) == Failure("a", reason, remedy)


def test_the_table_is_indexed_by_the_rows_of_X():
    table = as_table({3: Failure("a", "b", "c"), 7: Failure("d", "e", "f")})
    assert list(table) == ["file", "reason", "remedy"]
    assert table.loc[7, "file"] == "d"
    assert as_table({}).shape == (0, 3)


def test_the_reason_does_not_repeat_a_name_that_is_no_utf8():
    name = os.fsdecode(b"caf\xe9.wav")
    expected = Failure("caf\\xe9.wav", "is empty", "Give one.")
    assert Failure.of(name, f"{name}: is empty. Give one.") == expected
    assert Failure.of(name, "caf\\xe9.wav: is empty. Give one.") == expected


@pytest.mark.parametrize("raw", [b"a.wav", b"caf\xe9.wav", "caf\xe9".encode(), b"\xff\xfe"])
def test_every_name_can_be_written(raw):
    text = shown(os.fsdecode(raw))
    assert text.encode()
    if raw.isascii():
        assert text == raw.decode()
