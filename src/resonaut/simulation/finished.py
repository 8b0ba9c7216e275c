"""A production that has finished: its file, and the manifest that says how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resonaut.errors import ConfigError, RunError
from resonaut.features.sets import resolve
from resonaut.simulation.result import ProcessCounts
from resonaut.simulation.shards import FOLDER_SUFFIX, Shards

__all__ = ["FinishedProduction", "origin", "require_parquet"]


@dataclass(frozen=True)
class FinishedProduction:
    """What lies on disk of a finished production.

    Args:
        path: The file of events.
        folder: `FILE.run`.
        manifest: Settings, versions, counts.
    """

    path: Path
    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def at(cls, path: Path) -> FinishedProduction | None:
        """The production whose file, or whose `FILE.run`, that is; None where it is something else.

        Raises:
            RunError: the production has not finished.
        """
        if path.is_dir() and path.name.endswith(FOLDER_SUFFIX):
            path = path.with_name(path.name.removesuffix(FOLDER_SUFFIX))
        shards = Shards.beside(path)
        manifest = shards.read_manifest()
        if manifest is None:
            return None
        if not manifest["complete"]:
            raise RunError(f"{shards.folder} holds an unfinished production; repeat its command to finish it")
        return cls(path, shards.folder, manifest)

    @property
    def name(self) -> str:
        """The process or mixture that was asked for."""
        return str(self.manifest["settings"]["name"])

    @property
    def origin(self) -> dict[str, str]:
        """What its file says of where the events come from; files of the first version did not say it yet."""
        return origin(self.manifest["settings"])

    @property
    def chains(self) -> list[Mapping[str, Any]]:
        """The settings of each process's chain."""
        return list(self.manifest["settings"]["chains"])

    @property
    def format(self) -> str:
        """The file's format."""
        return str(self.manifest["settings"].get("format", "parquet"))

    @property
    def features(self) -> tuple[str, ...]:
        """The feature columns."""
        return resolve(self.chains[0]["features"])

    @property
    def processes(self) -> dict[str, ProcessCounts]:
        """Counts by process."""
        return {name: ProcessCounts(**counts) for name, counts in self.manifest["processes"].items()}


def require_parquet(format: str) -> None:
    """Refuse a format that a report is not made of.

    Raises:
        ConfigError: it is not Parquet.
    """
    if format != "parquet":
        raise ConfigError(
            f"a report is made of events in Parquet, and these are in '{format}'; simulate with --format parquet"
        )


def origin(settings: Mapping[str, Any]) -> dict[str, str]:
    """The note that goes into the file of a production of these settings."""
    return {"process": str(settings["name"]), "detector": str(settings["chains"][0]["detector"]["name"])}
