"""Where a significance improvement may be quoted: above the floor.

SIC = TPR / sqrt(FPR) grows without bound where hardly a background event is left to know FPR by, so that its maximum
means nothing without the floor it was read above. Ours: at least 25 background events pass, which is a relative error
of 20 % on the background efficiency. Published floors differ, and maxima read above different ones cannot be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from resonaut.errors import ConfigError

__all__ = ["FLOORS", "Floor"]

Array = np.ndarray

FLOORS: Mapping[str, float] = {"background-20": 25.0, "sic-20": 6.25, "cathode": 1.84e-5}
"""By name: 20 % on the background efficiency (25 events), 20 % on the SIC (6.25 events), and the CATHODE paper's FPR
(arXiv:2109.00546), which is 6.25 of its 340,000 test events whatever the size of another test set."""


@dataclass(frozen=True)
class Floor:
    """A cut counts if it passes at least so much background.

    Args:
        events: Least number of background events of the test set.
        fpr: Least background efficiency.
    """

    events: float = FLOORS["background-20"]
    fpr: float = 0.0

    @classmethod
    def read(cls, floor: str | float) -> Floor:
        """A floor by name, by a number of events (1 or more), or by a background efficiency (less than 1).

        Raises:
            ConfigError: it is none of these.
        """
        try:
            value = FLOORS[floor] if isinstance(floor, str) and floor in FLOORS else float(floor)
        except ValueError:
            value = float("nan")
        if not 0 < value < np.inf:
            raise ConfigError(
                f"floor {floor!r} is unknown; choose from {', '.join(FLOORS)}, or give the background events that must "
                "pass (25) or the background efficiency (1e-4)"
            )
        return cls(events=value) if value >= 1 else cls(events=0.0, fpr=value)

    def passes(self, fpr: Float[Array, " T"], n_background: float) -> Bool[Array, " T"]:
        """At which background efficiencies, measured with so many background events, a SIC may be quoted."""
        # The tolerance is for k events that come out as 24.999999.
        enough: Array = (fpr > 0) & (fpr * n_background * (1 + 1e-9) >= self.events) & (fpr * (1 + 1e-9) >= self.fpr)
        return enough
