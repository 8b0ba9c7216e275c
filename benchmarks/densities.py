"""Our densities beside those of sk_cathode: time to its likelihood, events sampled a second, and how good they are.

    git clone https://github.com/uhh-pd-ml/sk_cathode
    pip install torchdyn
    python benchmarks/densities.py [EVENTS] --peer sk_cathode [--seeds 2] [--epochs 100]

Everything in one process, one thread and CPU seconds, on the same events: the sidebands of EVENTS (the demo events by
default), a fifth of them held out for validation. The peer is run with its defaults and its walkthrough's steps, for at
most `--epochs` epochs with its own early stopping, and gives the weights of its best epoch.

The race: our flows are trained with ever more epochs, a training from scratch each, until one reaches the validation
likelihood that the peer ended at; the ratio is between the peer's training and that one. Likelihoods are those of the
features themselves, with the Jacobians of what each side does to them first. Its scaling makes NaN of the extremes, so
that the means are over the held-out events within the range of the rest.

Samples: one call for as many events as the signal region holds, at their masses, timed after one that warms up; the
C2ST is boosted trees' between that sample and the true background there, as far from real as other real events are
(floor). Beside our namesake stand our default flow and our diffusion model, with how much longer the peer trained.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

SOONER = 20  # what a flow's training should be, at the least, in units of the peer's MAF
FASTER = {"maf": 10, "cfm": 20}  # sampling
TRIED_EPOCHS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40)


@dataclass
class Data:
    """Sidebands to learn from and to validate on, background of the signal region to compare with."""

    train: tuple[np.ndarray, np.ndarray]
    held_out: tuple[np.ndarray, np.ndarray]
    region: tuple[np.ndarray, np.ndarray]


def read(path: str | None, most: int) -> Data:
    from resonaut.analysis.loading import load
    from resonaut.features.sets import resolve
    from resonaut.searches.regions import Region

    events = load(path, features=resolve("baseline"))[:most]
    if events.labels is not None:
        events = events[events.labels == 0]
    region = Region()
    outside = events[region.in_sidebands(events.mass)]
    inside = events[region.in_signal(events.mass)]
    order = np.random.default_rng(1).permutation(len(outside))
    held_out, train = outside[order[: len(order) // 5]], outside[order[len(order) // 5 :]]
    within = ((held_out.features > train.features.min(0)) & (held_out.features < train.features.max(0))).all(axis=1)
    return Data(*((part.features, part.context) for part in (train, held_out[within], inside)))


def cpu_seconds(function: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


class Peer:
    """A density of sk_cathode as its walkthrough uses it: logit and standardised features, masses in TeV."""

    def __init__(self, kind: str, epochs: int, seed: int) -> None:
        import torch
        from sk_cathode.utils.preprocessing import ExtStandardScaler, LogitScaler
        from sklearn.pipeline import make_pipeline

        torch.manual_seed(seed)
        self.folder = tempfile.TemporaryDirectory()
        if kind == "maf":
            from sk_cathode.generative_models.conditional_normalizing_flow_torch import ConditionalNormalizingFlow as Of
        else:
            from sk_cathode.generative_models.conditional_flow_matching import ConditionalFlowMatching as Of
        with silence():
            self.model = Of(save_path=self.folder.name, epochs=epochs, early_stopping=True)
        self.scaling = make_pipeline(LogitScaler(), ExtStandardScaler())

    def fit(self, data: Data) -> Peer:
        with silence():
            self.model.fit(
                self.scaling.fit_transform(data.train[0]),
                data.train[1] / 1000,
                self.scaling.transform(data.held_out[0]),
                data.held_out[1] / 1000,
            )
        return self

    def sample(self, mass: np.ndarray) -> np.ndarray:
        with silence():
            z = self.model.sample(n_samples=len(mass), m=(mass / 1000).astype(np.float32))
        return self.scaling.inverse_transform(z)

    def nll(self, x: np.ndarray, mass: np.ndarray) -> float:
        (_, logit), (_, standardise) = self.scaling.steps
        unit = x * logit.scale_ + logit.min_
        jacobian = np.log(logit.scale_ / (unit * (1 - unit)) / standardise.scale_).sum(axis=1)
        log_prob = self.model.predict_log_proba(self.scaling.transform(x), mass / 1000)
        return -float(np.mean(np.asarray(log_prob).reshape(-1) + jacobian))


@contextlib.contextmanager
def silence() -> Any:
    """The peer talks in every epoch, by print and by progress bars."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def ours(name: str, epochs: int | None = None) -> Any:
    from resonaut.registry import read_config

    density = read_config("density", name)
    return density if epochs is None else replace(density, trainer=replace(density.trainer, epochs=epochs))


def race(name: str, data: Data, goal: float, seed: int) -> tuple[float, int, float]:
    """CPU seconds, epochs and validation NLL of the shortest training that reaches the goal, or of the longest."""
    for epochs in TRIED_EPOCHS:
        seconds, density = cpu_seconds(lambda epochs=epochs: ours(name, epochs).fit(*data.train, seed=seed))
        nll = -float(density.log_prob(*data.held_out).mean())
        print(f"    {name}, {epochs} epochs: {seconds:.1f} s, validation NLL {nll:.4f}", flush=True)
        if nll <= goal:
            break
    return seconds, epochs, nll


def sampling(sample: Callable[[np.ndarray], np.ndarray], data: Data, seed: int) -> tuple[float, float]:
    """Events a CPU second, and the C2ST AUC against the background of the signal region."""
    from resonaut.quality.two_sample import c2st

    real, mass = data.region
    sample(mass[:1000])
    seconds, generated = cpu_seconds(lambda: sample(mass))
    return len(mass) / seconds, c2st(real, generated, seed=seed).auc


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", nargs="?", help="a file of events; the demo events where there is none")
    parser.add_argument("--peer", required=True, help="a clone of sk_cathode")
    parser.add_argument("--most", type=int, default=200_000, help="take so many events at most")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=100, help="of the peer, at most")
    parser.add_argument("--only", choices=["maf", "cfm"], help="one of the peer's densities")
    options = parser.parse_args()
    sys.path.insert(0, options.peer)

    import torch

    torch.set_num_threads(1)
    from resonaut.quality.two_sample import c2st_floor

    data = read(options.events, options.most)
    ours("nsf", 1).fit(data.train[0][:5000], data.train[1][:5000], seed=1)  # the first training pays for imports
    floor = c2st_floor(data.region[0], len(data.region[0]) // 2, seed=1)
    print(
        f"{len(data.train[0]):,} events to train on, {len(data.held_out[0]):,} held out, {len(data.region[0]):,} in "
        f"the signal region (C2ST floor {floor.auc:.3f} +- {floor.error:.3f} between its halves)"
    )
    too_slow = []
    for kind in ("maf", "cfm") if options.only is None else (options.only,):
        sooner: dict[str, list[float]] = {"nsf": [], "maf": []}
        faster: dict[str, list[float]] = {}
        longer: dict[str, list[float]] = {}
        for seed in range(1, options.seeds + 1):
            seconds, peer = cpu_seconds(lambda kind=kind, seed=seed: Peer(kind, options.epochs, seed).fit(data))
            epochs = len(peer.model.load_val_loss()) - 1
            print(f"{kind} of sk_cathode, seed {seed}: {epochs} epochs, {seconds:.0f} CPU s", flush=True)
            if kind == "maf":
                goal = peer.nll(*data.held_out)
                print(f"    validation NLL {goal:.4f}")
                for name, ratios in sooner.items():
                    took, _, reached = race(name, data, goal, seed)
                    ratios.append(seconds / took if reached <= goal else 0.0)
            rate, auc = sampling(peer.sample, data, seed)
            print(f"    samples {rate:,.0f} events/s, C2ST {auc:.4f}", flush=True)
            for name in (kind, "nsf", "ddpm"):
                took, density = cpu_seconds(lambda name=name, seed=seed: ours(name).fit(*data.train, seed=seed))
                our_rate, our_auc = sampling(lambda m, d=density, s=seed: d.sample(m, seed=s), data, seed)
                print(f"    our {name}: trained in {took:.0f} s, samples {our_rate:,.0f} events/s, C2ST {our_auc:.4f}")
                faster.setdefault(name, []).append(our_rate / rate)
                longer.setdefault(name, []).append(seconds / took)
        for name, ratios in sooner.items():
            if ratios:
                ratio = statistics.median(ratios)
                print(f"our {name} reaches the likelihood of its {kind} {ratio:.1f} times sooner (0: never)")
                too_slow += [f"{name} {ratio:.1f} times sooner"] if ratio < SOONER else []
        for name, ratios in faster.items():
            print(
                f"our {name} samples {statistics.median(ratios):.1f} times as many events a second as its {kind}, "
                f"whose training takes {statistics.median(longer[name]):.1f} times as long"
            )
        ratio = statistics.median(faster[kind])
        too_slow += [f"{kind} samples {ratio:.1f} times faster"] if ratio < FASTER[kind] else []
    if too_slow:
        raise SystemExit(f"short of {SOONER} times sooner, or of {FASTER} times faster: {', '.join(too_slow)}")


if __name__ == "__main__":
    main()
