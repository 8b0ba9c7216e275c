"""A black box is opened: the truth beside what a hunt claimed, and a verdict.

A claim is right where there is a resonance and the claimed region contains its mass, or the fitted peak is within 5 %
of it; any other claim is a false alarm. Silence is correct about an empty box, and a miss otherwise, even where the
hunt looked elsewhere: a search that is blind to most masses should be told so.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter

from resonaut.analysis.result import HuntResult, Truth
from resonaut.analysis.truth import measure_truth
from resonaut.errors import FormatError, RunError
from resonaut.events.parquet import read_table
from resonaut.runs.folder import RunFolder
from resonaut.simulation.sealing import SUFFIX, read_sealed, sealed_path

__all__ = ["Claimed", "Hidden", "Unsealed", "unseal", "verdict"]

Verdict = Literal["right", "miss", "false alarm", "correct silence"]

TOLERANCE = 0.05
"""Of the peak's position, relative to the resonance's mass."""


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """What the box held; numbers in the window are those within 5 % of the resonance's mass.

    Args:
        process: Of the signal; None in an empty box.
        mass: Of the resonance (GeV).
        parameters: All of the process's masses and widths (GeV).
        window: Where signal and background are counted (GeV).
        n_signal: Signal events in the box.
        n_signal_in_window: S.
        n_background_in_window: B.
        s_over_sqrt_b: S / sqrt(B).
    """

    process: str | None
    mass: float | None
    parameters: dict[str, float]
    window: tuple[float, float] | None
    n_signal: int
    n_signal_in_window: int
    n_background_in_window: int
    s_over_sqrt_b: float


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """What the hunt said: its claim, where it looked, its quoted significance, and the peak at that cut (GeV)."""

    claim: str
    region: tuple[float, float]
    z_quoted: float
    efficiency: float
    peak_mass: float | None
    peak_mass_error: float | None


@dataclass(frozen=True, kw_only=True)
class Unsealed:
    """Truth, claim and verdict; the keys are those of unsealed.json.

    Args:
        verdict: "right", "miss", "false alarm" or "correct silence".
        truth: What was hidden.
        claimed: What was found.
        scores: How well the hunt's scores rank the signal events in its region; None where there are none.
    """

    verdict: Verdict
    truth: Hidden
    claimed: Claimed
    scores: Truth | None


def unseal(box: str | Path, run: str | Path) -> Unsealed:
    """Compare a black box's truth with a hunt's result, and write `unsealed.json` into the run's folder.

    Args:
        box: The file of events, or its sealed file.
        run: The hunt's run folder.

    Raises:
        FormatError: there is no sealed file, or it is damaged.
        RunError: the run is not a finished hunt on this box, or the box is not finished.
    """
    sealed = Path(box) if str(box).endswith(SUFFIX) else sealed_path(Path(box))
    content = read_sealed(sealed)
    if not content["complete"]:
        raise RunError(f"{sealed} is of a box that is not finished; repeat its command to finish it")
    folder = RunFolder.existing(Path(run))
    result = HuntResult.from_json(folder.result())
    _check_same_events(folder, content, sealed)

    hidden = _hidden(content, sealed)
    claimed = _claimed(result)
    opened = Unsealed(
        verdict=verdict(hidden.mass, claimed), truth=hidden, claimed=claimed, scores=_scores(folder, content)
    )
    folder.write_json("unsealed.json", asdict(opened))
    return opened


def verdict(mass: float | None, claimed: Claimed) -> Verdict:
    """Whether what was claimed is true of a resonance of that mass (GeV), or of none."""
    if claimed.claim != "made":
        return "correct silence" if mass is None else "miss"
    if mass is None:
        return "false alarm"
    low, high = claimed.region
    near = claimed.peak_mass is not None and abs(claimed.peak_mass - mass) <= TOLERANCE * mass
    return "right" if low <= mass < high or near else "false alarm"


def _hidden(content: dict[str, Any], sealed: Path) -> Hidden:
    try:
        return TypeAdapter(Hidden).validate_python({field.name: content[field.name] for field in fields(Hidden)})
    except (KeyError, ValueError):
        raise FormatError(f"{sealed} is of another version of resonaut; open it with that one") from None


def _check_same_events(folder: RunFolder, content: dict[str, Any], sealed: Path) -> None:
    inputs = folder.provenance()["inputs"]
    if content["sha256"] not in [entry["sha256"] for entry in inputs]:
        hunted = ", ".join(entry["path"] for entry in inputs) or "other events"
        raise RunError(
            f"the hunt in {folder.path} ran on {hunted}, not on the box of {sealed}; give the run on that box"
        )


def _claimed(result: HuntResult) -> Claimed:
    """The claim, with the cut that it rests on: the most significant one."""
    best = max(result.cuts[1:], key=lambda cut: cut.z_local)
    fit = next((fit for fit in result.fits if fit.efficiency == best.efficiency), None)
    return Claimed(
        claim=result.claim,
        region=result.region,
        z_quoted=result.z_quoted,
        efficiency=best.efficiency,
        peak_mass=None if fit is None else fit.peak_mass,
        peak_mass_error=None if fit is None else fit.peak_mass_error,
    )


def _scores(folder: RunFolder, content: dict[str, Any]) -> Truth | None:
    """Figures of merit in the hunt's region, now that there are labels."""
    table = read_table(folder.path / "scores.parquet", ["event", "score", "in_signal_region"])
    inside = table["in_signal_region"].to_numpy()
    labels = np.isin(table["event"].to_numpy(), content["signal_ids"]).astype(np.int64)
    return measure_truth(labels[inside], table["score"].to_numpy()[inside])[0]
