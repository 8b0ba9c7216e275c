"""When the training of an energy-based model has gone wrong, and what to tell the user.

    collapse  the samples sit on a few spots of low energy: E+ - E- is quiet, and the Earth mover's distance rises
    runaway   E- exceeds E+ by more and more: the chains no longer get to where the energy is low, so that pushing up
              their energy costs nothing, and the loss falls without end

Both are judged by what lasts, not by one epoch: the energies of a few hundred samples go up and down. The weights of
the best epoch are kept in either case; to stop saves the time that would go on spoiling them.

References:
    Du, Mordatch, NeurIPS 2019, arXiv:1903.08689 (instabilities of energy-based models)
    CMS, arXiv:2510.02168 (the distance as the criterion)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resonaut.models.training import TrainingHistory

__all__ = ["Guard"]

LASTING = 10
COLLAPSED = 1.5
RUN_AWAY = 3.0


@dataclass(frozen=True, kw_only=True)
class Guard:
    """What is held against the training after every epoch.

    Args:
        events: Data and samples whose distance is taken.
        floor: The distance of as many data from as many other data.
        stop: Whether to end the training.
        remedies: What the user may try instead, of what this training has.
    """

    events: int
    floor: float
    stop: bool = True
    remedies: str = "a lower learning rate"

    def verdict(self, history: TrainingHistory) -> str | None:
        """Why it is of no use to go on; None as long as it may be."""
        return (self.collapse(history) or self.runaway(history)) if self.stop else None

    def collapse(self, history: TrainingHistory) -> str | None:
        """Whether the distance has been far above its best for long."""
        distance = history.measures["distance"]
        best = min(distance)
        if len(distance) < LASTING or min(distance[-LASTING:]) < COLLAPSED * max(best, self.floor):
            return None
        return (
            f"the samples have collapsed: for {LASTING} epochs they have been {min(distance[-LASTING:]):.3g} or more "
            f"from the data, which were {best:.3g} at epoch {distance.index(best) + 1} (data from data: "
            f"{self.floor:.3g}). The best epoch is kept; to try: {self.remedies}"
        )

    def runaway(self, history: TrainingHistory) -> str | None:
        """Whether the samples' energy has been far above that of the data for long."""
        energies = zip(history.measures["energy_samples"], history.measures["energy_data"], strict=True)
        ratios = [samples / max(data, 1e-12) for samples, data in energies]
        if len(ratios) < LASTING or min(ratios[-LASTING:]) < RUN_AWAY:
            return None
        return (
            f"the energy has run away: for {LASTING} epochs that of the samples has been {min(ratios[-LASTING:]):.3g} "
            f"times that of the data or more. The best epoch is kept; to try: {self.remedies}"
        )
