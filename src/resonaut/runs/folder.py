"""A run is a folder: settings, provenance, result, tables, weights, figures, report.

    run.toml          every setting, resolved: what `--recipe` reads to do the same again
    provenance.json   versions, seed, checksums of the inputs
    result.json       written last: a folder that has one is complete
    scores.parquet, tables/, weights/, figures/, report.html

Everything is written to a temporary name and moved into place, so that a file is there whole or not at all. The same
settings on the same folder continue an interrupted run; other settings are refused.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from resonaut.errors import RunError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["RunFolder", "atomic_path", "checksum", "versions"]

_PACKAGES = ("resonaut", "numpy", "scipy", "torch", "zuko", "scikit-learn", "iminuit", "pythia8mc", "fastjet", "numba")


@dataclass(frozen=True)
class RunFolder:
    """A run's folder on disk; `open` makes or continues one, `existing` reads a finished one."""

    path: Path

    @classmethod
    def open(
        cls,
        path: Path,
        settings: Mapping[str, Any],
        inputs: Sequence[Path] = (),
        *,
        origin: Mapping[str, str] | None = None,
    ) -> RunFolder:
        """Make the folder, or continue the run in it if settings and inputs are the same.

        Args:
            path: The folder.
            settings: For run.toml.
            inputs: Files that the run reads.
            origin: What made their events, as far as they say; goes into the provenance.

        Raises:
            RunError: it holds a run with other settings or inputs, or cannot be written.
        """
        folder = cls(Path(path))
        settings = _without_none(settings)
        digests = [{"path": str(p), "bytes": p.stat().st_size, "sha256": checksum(p)} for p in inputs]
        if (folder.path / "run.toml").exists():
            if different := _differences(folder.settings(), settings):
                raise RunError(f"{folder.path} holds a run with other settings ({different}); choose another --out")
            before = [entry["sha256"] for entry in folder.provenance()["inputs"]]
            if before != [entry["sha256"] for entry in digests]:
                raise RunError(f"{folder.path} holds a run on other events (checksums differ); choose another --out")
            return folder
        if folder.path.is_dir() and any(folder.path.iterdir()):
            raise RunError(f"{folder.path} is not empty and holds no run; choose another --out")
        provenance = {"versions": versions(), "inputs": digests, "origin": dict(origin or {})}
        folder.write_json("provenance.json", provenance)
        with atomic_path(folder.path / "run.toml") as temporary:
            temporary.write_text(tomli_w.dumps(settings))
        return folder

    @classmethod
    def existing(cls, path: Path) -> RunFolder:
        """A finished run's folder.

        Raises:
            RunError: there is none, or it has not finished.
        """
        folder = cls(Path(path))
        if not (folder.path / "run.toml").exists():
            raise RunError(f"{path} is not a run folder (it has no run.toml); give the --out of an earlier run")
        if not folder.complete:
            raise RunError(f"{path} holds an unfinished run (no result.json); repeat its command to finish it")
        return folder

    @property
    def complete(self) -> bool:
        """Whether the run has finished."""
        return (self.path / "result.json").exists()

    def settings(self) -> dict[str, Any]:
        """The resolved settings of run.toml."""
        try:
            return tomllib.loads((self.path / "run.toml").read_text())
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise RunError(f"{self.path / 'run.toml'} cannot be read ({error}); repeat the run elsewhere") from None

    def provenance(self) -> dict[str, Any]:
        """Versions and inputs."""
        return self.read_json("provenance.json")

    def result(self) -> dict[str, Any]:
        """The numbers of result.json."""
        return self.read_json("result.json")

    def read_json(self, name: str) -> dict[str, Any]:
        """One of the run's JSON files."""
        try:
            content: dict[str, Any] = json.loads((self.path / name).read_text())
        except (OSError, json.JSONDecodeError) as error:
            raise RunError(f"{self.path / name} cannot be read ({error}); repeat the run in another folder") from None
        return content

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write one JSON file, whole or not at all."""
        with atomic_path(self.path / name) as temporary:
            temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")

    def write_table(self, name: str, table: pa.Table) -> None:
        """Write one Parquet file, whole or not at all."""
        import pyarrow.parquet as pq

        with atomic_path(self.path / name) as temporary:
            pq.write_table(table, temporary, compression="zstd")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, moved onto it when the block ends without an error.

    Raises:
        RunError: the place cannot be written (read-only, full).
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        cure = "free some space or choose" if error.errno == errno.ENOSPC else "choose"
        raise RunError(f"{path} cannot be written ({error.strerror or error}); {cure} another --out") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def checksum(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions(packages: Sequence[str] = _PACKAGES) -> dict[str, str]:
    """Versions of Python and of the packages a result depends on; absent ones are left out."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _without_none(settings: Mapping[str, Any]) -> dict[str, Any]:
    """TOML has no null: what is not set is not written."""
    return {
        key: _without_none(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
        for key, value in settings.items()
        if value is not None
    }


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> str:
    """What differs between two nested settings, in words."""
    words = []
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            words.append(_differences(before, after, f"{prefix}{key}."))
        elif before != after:
            words.append(f"{prefix}{key} was {before!r}, is now {after!r}")
    return "; ".join(word for word in words if word)
