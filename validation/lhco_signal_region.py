"""The two bounds on the real LHC Olympics events, beside scikit-learn's trees without anything of ours.

    python validation/lhco_signal_region.py [--lhco FOLDER] [--seeds 3]

Signal region 3300-3700 GeV of the R&D v2 set, four features. For each seed the background of the file `val` and the
additional signal are halved: one half is known truth, the other the test.

    supervised    signal of `train` and the known half of the additional signal, against the background of `train`
    idealised     all of `train` (395 signal events among 60,000), against the known half of the background of `val`

Asked for: the supervised AUC at least 0.968; the idealised AUC within the band of scikit-learn's.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from real_events import add_lhco_option
from rich.console import Console
from rich.table import Table
from sklearn.ensemble import HistGradientBoostingClassifier

from resonaut.events.events import Events, Samples
from resonaut.events.reading import read_events
from resonaut.protocols import Search
from resonaut.searches.idealised import Idealised
from resonaut.searches.regions import Region
from resonaut.searches.supervised import Supervised
from resonaut.statistics.bands import quantiles
from resonaut.statistics.curves import Curves

REGION = Region()
MEMBERS = 10

Score = Callable[[Events, Events, Events, int], np.ndarray]
"""Above, below, events to score, seed."""


def ours(search: type[Supervised] | type[Idealised]) -> Score:
    """A search of ours, on the same events."""

    def score(above: Events, below: Events, test: Events, seed: int) -> np.ndarray:
        samples = Samples(data=above, background=below, signal=above).blinded(search.needs)
        fitted: Search = search().fit_background(samples, REGION, seed=seed)
        return fitted.fit_region(samples, REGION, seed=seed).score(test.blinded())

    return score


def scikit_learn(above: Events, below: Events, test: Events, seed: int) -> np.ndarray:
    """Ten HistGradientBoosting of the published settings (arXiv:2309.13111), averaged."""
    x = np.concatenate([above.features, below.features])
    y = np.repeat([1, 0], [len(above), len(below)])
    settings = {"max_iter": 200, "max_leaf_nodes": 31, "early_stopping": True, "validation_fraction": 0.5}
    models = [HistGradientBoostingClassifier(**settings, random_state=MEMBERS * seed + i) for i in range(MEMBERS)]
    return np.mean([model.fit(x, y).decision_function(test.features) for model in models], axis=0)


def halves(events: Events, rng: np.random.Generator) -> tuple[Events, Events]:
    """Two halves at random."""
    order = rng.permutation(len(events))
    return events[order[::2]], events[order[1::2]]


def main(folder: Path, seeds: int) -> None:
    train, val, extra = (
        read_events(folder / f"lhco_rnd_v2_signal_region_{name}.parquet") for name in ("train", "val", "extra_signal")
    )
    figures: dict[tuple[str, str], list[Curves]] = {}
    for seed in range(1, seeds + 1):
        rng = np.random.default_rng(seed)
        known_background, test_background = halves(val[val.labels == 0], rng)
        known_signal, test_signal = halves(extra, rng)
        test = Events.concatenate([test_background, test_signal])
        known_signal = Events.concatenate([train[train.labels == 1], known_signal])
        for study, search, above, below in (
            ("supervised", Supervised, known_signal, train[train.labels == 0]),
            ("idealised", Idealised, train, known_background),
        ):
            for name, score in (("ours", ours(search)), ("scikit-learn alone", scikit_learn)):
                curves = Curves.from_scores(test.labels, score(above, below, test, seed))
                figures.setdefault((study, name), []).append(curves)
    table = Table(
        title=f"{len(test_background):,} background and {len(test_signal):,} signal events to test, {seeds} seeds"
    )
    for column in ("", "", "AUC, median (lowest-highest)", "maximum SIC, floor 25 events", "SIC at FPR 1e-3"):
        table.add_column(column)
    for (study, name), curves in figures.items():
        aucs = [one.auc for one in curves]
        sic, at_1e3 = (quantiles([getattr(one, figure) for one in curves]) for figure in ("max_sic", "sic_fpr_1e3"))
        assert sic is not None
        assert at_1e3 is not None
        auc = f"{np.median(aucs):.4f} ({min(aucs):.4f}-{max(aucs):.4f})"
        table.add_row(study, name, auc, f"{sic.median:.1f}", f"{at_1e3.median:.1f}")
    Console(width=120).print(table)
    auc = {key: [one.auc for one in curves] for key, curves in figures.items()}
    supervised, idealised = (float(np.median(auc[study, "ours"])) for study in ("supervised", "idealised"))
    alone = auc["idealised", "scikit-learn alone"]
    print(f"supervised AUC {supervised:.4f} (asked: at least 0.968): {'yes' if supervised >= 0.968 else 'NO'}")
    within = min(alone) <= idealised <= max(alone)
    print(
        f"idealised AUC {idealised:.4f} (asked: within {min(alone):.4f}-{max(alone):.4f}): {'yes' if within else 'NO'}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_lhco_option(parser)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    main(arguments.lhco, arguments.seeds)
