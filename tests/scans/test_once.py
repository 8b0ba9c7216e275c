"""What is read once: by each process, for each of its arguments, and not for longer than its scan."""

from __future__ import annotations

import pickle
from pathlib import Path

from resonaut.scans.once import Once


def read(path: Path, *, progress: bool = False) -> list[str]:
    return path.read_text().split()


def test_a_result_is_kept_whatever_was_said_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_text("first")
    once = Once(read)
    assert once(file, progress=True) is once(file)
    file.write_text("second")
    assert once(file) == ["first"]
    assert Once(read)(file) == ["second"]


def test_the_oldest_result_goes_first(tmp_path: Path) -> None:
    files = [tmp_path / name for name in "abc"]
    for file in files:
        file.write_text(file.name)
    once = Once(read, most=2)
    a, b, _ = (once(file) for file in files)
    assert once(files[1]) is b
    assert once(files[0]) is not a


def test_results_stay_where_they_were_made(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_text("here")
    once = Once(read)
    once(file)
    sent = pickle.loads(pickle.dumps(once))
    file.write_text("there")
    assert once(file) == ["here"]
    assert sent(file) == ["there"]
