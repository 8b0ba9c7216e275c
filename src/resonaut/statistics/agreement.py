"""Do two methods find the same events? Rank correlations of their scores, and the overlap of what they select.

Methods that agree on signal and not on background are worth combining: a cut on both keeps the one and loses the other.

References:
    Golling et al., EPJC 84 (2024) 241, arXiv:2307.11157
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import rankdata

from resonaut.errors import EventsError

__all__ = ["Agreement", "agreement", "agreement_by_truth"]

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Agreement:
    """How alike the methods see one sample.

    Args:
        names: Of the methods, in the order of rows and columns.
        n_events: In the sample.
        rank_correlation: Spearman's, of the scores.
        overlap: Of the n events that one method selects, the share that the other selects, too.
        expected_overlap: That of methods with nothing in common: the selected fraction.
    """

    names: tuple[str, ...]
    n_events: int
    rank_correlation: Float[Array, "M M"]
    overlap: Float[Array, "M M"]
    expected_overlap: float

    def plain(self) -> dict[str, Any]:
        """As JSON has it; scores that are all equal correlate with nothing: 0."""
        return {
            "names": list(self.names),
            "n_events": self.n_events,
            "rank_correlation": np.nan_to_num(self.rank_correlation).tolist(),
            "overlap": self.overlap.tolist(),
            "expected_overlap": self.expected_overlap,
        }


def agreement(scores: Mapping[str, Float[Array, " N"]], *, fraction: float = 0.01) -> Agreement:
    """Compare methods by their scores of the same events.

    Args:
        scores: By method.
        fraction: Of the events, that each method selects: those with its highest scores.

    Raises:
        EventsError: scores of different events, or too few of them to select any.
    """
    sizes = {name: len(score) for name, score in scores.items()}
    if len(set(sizes.values())) != 1:
        raise EventsError(f"methods are compared on the same events, not on samples of {sizes}; score one sample")
    n = next(iter(sizes.values()))
    n_selected = round(fraction * n)
    if not 0 < n_selected < n:
        raise EventsError(f"{fraction:g} of {n} events are {n_selected}; choose another fraction or give more events")
    ranks = np.stack([rankdata(score) for score in scores.values()])
    # A stable sort: of equal scores the first events, whatever the method, so that a method agrees with itself.
    selected = np.zeros(ranks.shape, dtype=bool)
    np.put_along_axis(selected, np.argsort(-ranks, axis=1, kind="stable")[:, :n_selected], True, axis=1)
    together = selected.astype(float) @ selected.T
    with np.errstate(invalid="ignore"):  # scores that are all equal correlate with nothing: NaN
        rank_correlation = np.atleast_2d(np.corrcoef(ranks))
    return Agreement(
        names=tuple(scores),
        n_events=n,
        rank_correlation=rank_correlation,
        overlap=together / n_selected,
        expected_overlap=n_selected / n,
    )


def agreement_by_truth(
    scores: Mapping[str, Float[Array, " N"]], labels: Int[Array, " N"], *, fraction: float = 0.01
) -> dict[str, Agreement]:
    """The same for all events, for the background among them, and for the signal, where there is enough of it."""
    samples = {"all": np.ones(len(labels), dtype=bool), "background": labels == 0, "signal": labels == 1}
    return {
        name: agreement({method: score[rows] for method, score in scores.items()}, fraction=fraction)
        for name, rows in samples.items()
        if round(fraction * rows.sum()) > 0
    }
