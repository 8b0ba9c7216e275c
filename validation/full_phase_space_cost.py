"""What do the recipes of the full phase space cost? Operations counted on our networks, GPU hours at published rates.

    python validation/full_phase_space_cost.py recipes/full-phase-space-*.toml [--jets-per-second 9723]

For every network of a recipe's `full-cathode`: operations of one forward pass of a jet (of an event, for the jets and
for the classifier) of the mean multiplicity, counted by PyTorch; a training step is three times that. Events as the
recipe simulates them: of a million, 88 % lie in the sidebands. Epochs are the recipe's, which early stopping may end
before. The share of the published rate that is reached is measured: `--jets-per-second` of `full_phase_space.py --size
large` on an H100 in bfloat16.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from resonaut.models.networks.dijet_classifier import DijetClassifier
from resonaut.registry import read_config

PUBLISHED = {"A100": 312e12, "H100": 989e12}
"""Dense bfloat16 operations a second (NVIDIA's data sheets)."""
MEASURED_ON = "H100"
PARTICLES, BATCH = 57, 64
SIDEBAND_SHARE, REGION_SHARE = 0.88, 0.12
CALLS_A_STEP = {"midpoint": 2, "heun": 2, "ddim2": 2, "euler": 1, "ddim": 1, "dpm++": 1, "ddpm": 1, "rk4": 4}
LARGE = {"name": "epic-fm", "width": 192, "global_width": 128, "layers": 8}
"""The network whose training rate was measured."""


@dataclass(frozen=True)
class Cost:
    """Operations of one stage."""

    stage: str
    weights: int
    each: float
    total: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="+", type=Path)
    parser.add_argument("--jets-per-second", type=float, default=9_723, help="measured on an H100")
    options = parser.parse_args()
    reached = 3 * of_particles(read_config("cloud", LARGE))[1] * options.jets_per_second / PUBLISHED[MEASURED_ON]
    print(f"reached: {100 * reached:.2g} % of the published rate")
    print(
        f"| recipe | stage | weights | operations each | in all | {' | '.join(f'{gpu} hours' for gpu in PUBLISHED)} |"
    )
    print("|---|---|---|---|---|" + "---|" * len(PUBLISHED))
    for path in options.recipes:
        for cost in costs(path):
            hours = " | ".join(f"{cost.total / rate / reached / 3600:.2g}" for rate in PUBLISHED.values())
            print(f"| {path.stem} | {cost.stage} | {cost.weights:,} | {cost.each:.2g} | {cost.total:.2g} | {hours} |")


def costs(path: Path) -> list[Cost]:
    """Of a recipe's stages, one generator and one classifier each."""
    text = path.read_text()
    simulated = int(re.search(r"simulate qcd --events (\d+)", text)[1])  # type: ignore[index]
    search = read_config("search", {"name": "full-cathode", **tomllib.loads(text)["methods"]["full-cathode"]})
    jets, particles, classifier = search.generator.jets, search.generator.particles, search.classifier
    outside, data = SIDEBAND_SHARE * simulated, REGION_SHARE * simulated
    sampled = search.oversample * data
    found = []
    for stage, model, (weights, each), n in (
        ("jets", jets, of_jets(jets), 1),
        ("particles", particles, of_particles(particles), 2),
    ):
        # Of validation events there is only the forward pass.
        held_out = model.trainer.validation_fraction
        passes = 3 * (1 - held_out) + held_out
        found.append(
            Cost(
                f"{stage}, {model.trainer.epochs:,} epochs",
                weights,
                3 * each,
                n * outside * model.trainer.epochs * passes * each,
            )
        )
        calls = model.steps * CALLS_A_STEP[getattr(model, "solver", None) or model.sampler]
        found.append(
            Cost(
                f"{stage}, {n * sampled:,.0f} sampled in {calls} calls",
                weights,
                calls * each,
                n * sampled * calls * each,
            )
        )
    network = DijetClassifier(
        5, 5, width=classifier.width, heads=classifier.heads, blocks=classifier.blocks, dropout=classifier.dropout
    )
    batch = {"jets": torch.randn(BATCH, 2, 5)}
    seen = min(PARTICLES, classifier.most or PARTICLES)
    for jet in ("first", "second"):
        batch |= {jet: torch.randn(BATCH, seen, 5), f"{jet}_mask": torch.ones(BATCH, seen, dtype=torch.bool)}
    each = counted(lambda: network(batch))
    epochs = classifier.trainer.epochs
    found.append(
        Cost(f"one classifier, {epochs:,} epochs", n_weights(network), 3 * each, 3 * each * epochs * (data + sampled))
    )
    return found


def of_jets(model: Any) -> tuple[int, float]:
    """Weights of the network of jets, operations of an event."""
    network = model._network(8, 1)
    x, context = torch.randn(BATCH, 8), torch.randn(BATCH, 1)
    return n_weights(network), counted(lambda: network.loss({"x": x, "context": context}))


def of_particles(model: Any) -> tuple[int, float]:
    """Weights of the network of particles, operations of a jet of the mean multiplicity."""
    network = model._network(3, 6)
    mask = torch.ones(BATCH, PARTICLES, dtype=torch.bool)
    batch = {"x": torch.randn(BATCH, PARTICLES, 3), "x_mask": mask, "context": torch.randn(BATCH, 6)}
    return n_weights(network), counted(lambda: network.loss(batch))


def counted(compute: Any) -> float:
    """Operations of one of a batch."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        compute()
    return counter.get_total_flops() / BATCH


def n_weights(network: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


if __name__ == "__main__":
    main()
