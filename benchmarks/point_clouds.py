"""What is gained by never computing particles that do not exist, and beside the EPiC flow matching code of the paper?

    git clone https://github.com/uhh-pd-ml/LHCO_EPiC-FM
    pip install torchdyn pytorch-lightning POT
    python benchmarks/point_clouds.py EVENTS [--jets 2048] [--peer LHCO_EPiC-FM]

EVENTS is a table with constituents (`resonaut simulate ... --constituents`). One process, one thread, CPU seconds.

Training: steps of loss, gradients, clipping and AdamW, over the same jets. Each of our networks has them in batches of
similar multiplicity, and then in random ones that are padded to 279 particles, as is the peer's. The peer's network has
the width that brings it nearest to our number of weights, and otherwise the settings of its both-jets experiment.

Sampling: what the networks compute, without the projection onto the jets. Ours takes its default of midpoint steps, in
batches of similar multiplicity; the peer's 250 (500 calls, as in the paper), padded to 279. What its `sample` would
take by default (198 calls) is told as well, by the number of calls.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch

MOST = 279  # particles that the paper pads to
PEER_STEPS = 250
PEER_DEFAULT_CALLS = 198
THAN_PADDED, THAN_PEER, SAMPLES_THAN_PEER = 3, 2, 15  # how many times as many jets a second we want at the least
FEATURES, CONTEXT, PEER_CONTEXT = 3, 6, 4

Step = Callable[[Any], torch.Tensor]


@dataclass
class Data:
    """Particles in their jets' frames, standardised."""

    cloud: Any
    context: torch.Tensor

    def __len__(self) -> int:
        return len(self.context)

    def similar(self, size: int) -> Iterator[dict[str, torch.Tensor]]:
        from resonaut.models.ragged import batch_of, similar_batches

        data = {"x": self.cloud, "context": self.context}
        for rows in similar_batches(torch.randperm(len(self)), [self.cloud.counts], -(-len(self) // size)):
            yield batch_of(data, rows)

    def padded(self, size: int) -> Iterator[dict[str, torch.Tensor]]:
        for rows in torch.randperm(len(self)).split(size):
            rectangle = self.cloud.padded(rows, MOST)
            yield {"x": rectangle.points, "x_mask": rectangle.mask, "context": self.context[rows]}


def read(path: Path, n_jets: int) -> Data:
    from resonaut.events.parquet import read_table
    from resonaut.events.point_cloud import PointCloud
    from resonaut.features.cloud_frame import into_frame, jets_of
    from resonaut.features.constituents import CONSTITUENTS, read_clouds
    from resonaut.models.ragged import Ragged

    events, *_ = read_clouds(read_table(path, list(CONSTITUENTS))[: n_jets // 2])
    both = PointCloud.concatenate(events.jets).hardest(MOST)
    jets = jets_of(both)
    relative = into_frame(both, jets)
    points = (relative.points - relative.points.mean(axis=0)) / relative.points.std(axis=0)
    columns = np.stack([np.log(jets.pt), jets.eta, jets.phi, np.log(jets.mass), np.log(jets.n), np.log(jets.n)], axis=1)
    context = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    return Data(Ragged.of(PointCloud(points, relative.offsets)), torch.from_numpy(context).float())


class Peer:
    """The network and loss of the paper's code; it wants mask and conditions in shapes of its own."""

    def __init__(self, clone: Path, weights: int) -> None:
        sys.path.insert(0, str(clone))
        # Its package of helpers imports plotting and jet libraries that none of this needs.
        helpers = types.ModuleType("src.utils")
        helpers.__path__ = [str(clone / "src" / "utils")]
        sys.modules["src.utils"] = helpers
        warnings.filterwarnings("ignore", category=FutureWarning)
        from src.models.flow_matching_module import SetFlowMatchingLitModule

        def module(width: int) -> Any:
            return SetFlowMatchingLitModule(
                optimizer=torch.optim.AdamW,
                features=FEATURES,
                hidden_dim=width,
                num_particles=MOST,
                frequencies=16,
                layers=5,
                latent=64,
                global_cond_dim=PEER_CONTEXT,
                local_cond_dim=PEER_CONTEXT,
                add_time_to_input=False,
                t_global_cat=True,
                t_local_cat=True,
                t_emb="cosine",
            )

        self.module = min((module(width) for width in range(32, 97, 4)), key=lambda m: abs(n_weights(m) - weights))

    def loss(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        mask = batch["x_mask"][..., None].float()
        loss: torch.Tensor = self.module.loss(batch["x"], mask=mask, cond=batch["context"][:, :PEER_CONTEXT])
        return loss

    def sample(self, data: Data, rows: torch.Tensor, steps: int) -> None:
        mask = data.cloud.padded(rows, MOST).mask[..., None].float()
        # Its solvers are told the times, one more than the steps.
        self.module.sample(
            len(rows), cond=data.context[rows, :PEER_CONTEXT], mask=mask, ode_solver="midpoint", ode_steps=steps + 1
        )


def n_weights(network: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def training_rate(network: torch.nn.Module, loss: Step, batches: Callable[[], Iterator[Any]], epochs: int) -> float:
    """Jets a CPU second, the median over the epochs after one step that warms up."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    network.train()

    def step(batch: dict[str, torch.Tensor]) -> int:
        optimizer.zero_grad()
        loss(batch).mean().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.5)
        optimizer.step()
        return len(batch["context"])

    step(next(batches()))
    rates = []
    for _ in range(epochs):
        start = time.process_time()
        jets = sum(step(batch) for batch in batches())
        rates.append(jets / (time.process_time() - start))
    return statistics.median(rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", type=Path, help="a table with constituents")
    parser.add_argument("--peer", type=Path, help="a clone of uhh-pd-ml/LHCO_EPiC-FM")
    parser.add_argument("--jets", type=int, default=2048)
    parser.add_argument("--epochs", type=int, default=3, help="passes over the jets that are timed")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--peer-jets", type=int, default=32, help="jets that the peer samples")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)

    from resonaut.models.density.cloud_diffusion import CloudDiffusion
    from resonaut.models.density.epic_flow_matching import EPiCFlowMatching

    data = read(options.events, options.jets)
    counts = data.cloud.counts
    points = {
        name: sum(batch["x_mask"].numel() for batch in batches(options.batch_size)) / int(counts.sum()) - 1
        for name, batches in (("similar", data.similar), ("padded", data.padded))
    }
    print(
        f"{len(data):,} jets of {counts.float().mean():.0f} particles, batches of {options.batch_size}: of similar "
        f"multiplicity {points['similar']:.1%} of the points are added, padded to {MOST} {points['padded']:.0%}",
        flush=True,
    )
    short = []
    rate: dict[str, float] = {}
    for model in (EPiCFlowMatching(), CloudDiffusion()):
        name = type(model).__name__
        network = model._network(FEATURES, CONTEXT)
        rates = [
            training_rate(network, network.loss, lambda b=b: b(options.batch_size), options.epochs)  # type: ignore[misc]
            for b in (data.similar, data.padded)
        ]
        rate[name], ratio = rates[0], rates[0] / rates[1]
        print(
            f"{name} ({n_weights(network):,} weights) trains {rates[0]:,.0f} jets/s, padded {rates[1]:,.0f}: "
            f"{ratio:.1f} times",
            flush=True,
        )
        short += [f"{name} {ratio:.1f} times its padded self"] if ratio < THAN_PADDED else []
    if options.peer is not None:
        short += beside_peer(data, options, rate["EPiCFlowMatching"])
    if short:
        raise SystemExit(f"short of what is wanted: {', '.join(short)}")


def beside_peer(data: Data, options: argparse.Namespace, our_rate: float) -> list[str]:
    """Both rates of the peer's network beside ours; what falls short."""
    from resonaut.models.density.epic_flow_matching import EPiCFlowMatching

    ours = EPiCFlowMatching()
    calls = 2 * ours.steps
    peer = Peer(options.peer, n_weights(ours._network(FEATURES, CONTEXT)))
    theirs = training_rate(peer.module, peer.loss, lambda: data.padded(options.batch_size), options.epochs)
    ratio = our_rate / theirs
    print(
        f"the peer ({n_weights(peer.module):,} weights) trains {theirs:,.0f} jets/s, ours {ratio:.1f} times", flush=True
    )
    network = ours._network(FEATURES, CONTEXT).eval()
    start = time.process_time()
    with torch.no_grad():
        for batch in data.similar(options.batch_size):
            network.generate(
                torch.randn_like(batch["x"]) * batch["x_mask"][..., None], batch["x_mask"], batch["context"]
            )
    our_samples = len(data) / (time.process_time() - start)
    rows = torch.randperm(len(data))[: options.peer_jets]
    peer.module.eval()
    peer.sample(data, rows, 1)
    start = time.process_time()
    peer.sample(data, rows, PEER_STEPS)
    their_samples = len(rows) / (time.process_time() - start)
    faster = our_samples / their_samples
    print(
        f"samples: ours {our_samples:,.0f} jets/s in {calls} calls, the peer's {their_samples:,.2f} in "
        f"{2 * PEER_STEPS}: {faster:.0f} times; against {PEER_DEFAULT_CALLS} calls, by their number, "
        f"{faster * PEER_DEFAULT_CALLS / (2 * PEER_STEPS):.0f} times"
    )
    short = [f"training {ratio:.1f} times the peer's"] if ratio < THAN_PEER else []
    return short + ([f"sampling {faster:.0f} times the peer's"] if faster < SAMPLES_THAN_PEER else [])


if __name__ == "__main__":
    main()
