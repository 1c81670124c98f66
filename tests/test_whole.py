"""Files that are whole or as they were."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sereno import whole


def test_a_file_is_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    whole.write(tmp_path / "a/b/report.md", "words \N{GREEK SMALL LETTER ALPHA}")
    assert (tmp_path / "a/b/report.md").read_text(encoding="utf-8") == "words \N{GREEK SMALL LETTER ALPHA}"


@pytest.mark.parametrize("end", [KeyboardInterrupt, OSError])
def test_whoever_is_interrupted_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: type[BaseException]
) -> None:
    (tmp_path / "report.md").write_text("old")

    def interrupted(path: Path, data: bytes) -> int:
        path.touch()
        with path.open("wb") as file:
            file.write(data[:2])
        raise end

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(end):
        whole.write(tmp_path / "report.md", "new words")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"report.md": "old"}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.md").write_text("old")
    (tmp_path / "link.md").symlink_to("real.md")
    whole.write(tmp_path / "link.md", "new")
    assert ((tmp_path / "link.md").is_symlink(), (tmp_path / "real.md").read_text()) == (True, "new")


def test_what_is_no_plain_file_is_written_to_as_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    whole.write(tmp_path / "pipe", b"bytes")
    assert os.read(reader, 10) == b"bytes"
    os.close(reader)


def test_a_folder_in_the_file_s_place_is_an_error_and_stays(tmp_path: Path) -> None:
    (tmp_path / "report.md").mkdir()
    with pytest.raises(IsADirectoryError):
        whole.write(tmp_path / "report.md", "words")
    assert [p.name for p in tmp_path.iterdir()] == ["report.md"]


def test_who_may_read_a_file_may_read_the_one_in_its_place_and_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("old")
    (tmp_path / "plan.json").chmod(0o640)
    whole.write(tmp_path / "plan.json", "new")
    assert (tmp_path / "plan.json").stat().st_mode & 0o777 == 0o640
