"""Truth for the methods that ask for it, taken from the labels of the events: part of them is set aside.

An idealised detector is told what background is, a supervised one what signal is, too. These must be other events than
the ones that are searched: an event which a classifier sees as data and as background teaches it nothing. So half of
the labelled events are set aside at random, signal and background in the same proportion, and the other half searched.
"""

from __future__ import annotations

import numpy as np

from resonaut.errors import ConfigError
from resonaut.events.events import TRUTH, Events, Samples
from resonaut.protocols import Search, Seed
from resonaut.registry import members

__all__ = ["check_truth", "set_truth_aside"]

LABELS = {"background": 0, "signal": 1}


def check_truth(events: Events, search: Search) -> None:
    """Refuse a method that needs to know what the labels do not tell.

    Raises:
        ConfigError: no labels, or none of a kind that is needed.
    """
    there = {kind for kind, label in LABELS.items() if events.labels is not None and (events.labels == label).any()}
    missing = sorted((search.needs & TRUTH) - there)
    if missing:
        blind = ", ".join(name for name, cls in members("search").items() if _is_blind(cls))
        why = "the events have no labels" if events.labels is None else "the labels name none"
        raise ConfigError(
            f"this method needs events known to be {' and '.join(missing)}, and {why}; give events with a column "
            f"'label' (1 for signal, 0 for background), or choose a method that learns from the data alone: {blind}"
        )


def _is_blind(search: type) -> bool:
    """Whether a method asks for no truth, whatever its settings."""
    needs = getattr(search, "needs", None)
    return isinstance(needs, frozenset) and not needs & TRUTH


def set_truth_aside(events: Events, needs: frozenset[str], *, seed: Seed = None) -> Samples:
    """What a search is given: all events where it needs no truth, else half of them, and truth from the other half."""
    if not needs & TRUTH:
        return Samples(data=events)
    assert events.labels is not None, "check_truth has checked"
    searched = np.random.default_rng(seed).random(len(events)) < 0.5
    aside = events[~searched]
    assert aside.labels is not None
    truth = {kind: aside[aside.labels == LABELS[kind]].blinded() for kind in sorted(needs & TRUTH)}
    return Samples(data=events[searched], background=truth.get("background"), signal=truth.get("signal"))
