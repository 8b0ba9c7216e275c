"""The one trainer: every network of resonaut is trained here.

The network owns its loss, `loss(batch) -> [B]`, one value an event; the trainer owns everything else: batches, device,
precision, learning rate, averaging, early stopping, checkpoints. A new method is then a network and nothing more.

The data live on the device as whole tensors, and a batch is a set of rows: tables of a million events fit, and no
loader stands between them and the arithmetic. Point clouds are `Ragged` there, and batches of them hold sets of similar
size (`resonaut.models.ragged`).

Several devices share the work of each batch, a process each (`devices`): every one of them holds the whole data and the
whole network, takes its rows of a batch, and steps by the mean of all gradients. What comes out is handed over as any
interrupted training is, by its checkpoint.
"""

from __future__ import annotations

import copy
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from resonaut.errors import ConfigError, FitError
from resonaut.models.ragged import Ragged, batch_of, similar_batches
from resonaut.models.saving import read_tensors, write_tensors
from resonaut.models.schedules import Schedule, learning_rate_factor
from resonaut.protocols import Seed
from resonaut.registry import check_config, dump_config, settings

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["Device", "SelfJudging", "Trainer", "TrainingHistory", "seeded"]

Batch = dict[str, Tensor]
Data = dict[str, Tensor | Ragged]
Tensors = tuple[Tensor, ...] | list[Tensor]
Device = Literal["auto", "cpu", "cuda", "mps"]


@dataclass
class TrainingHistory:
    """What happened, an entry an epoch.

    Args:
        train_loss: Weighted mean of the loss over the epoch, while it was learning.
        validation_loss: Of the held-out events, after the epoch, or the "distance" of a network that judges itself;
            empty without them.
        best_epochs: The epochs whose weights were kept, from 0, the best one first.
        measures: What a network that judges itself (`SelfJudging`) said after each epoch, by name.
        stopped: Why it gave up before the last epoch; empty where it did not.
        seconds: Wall time of all epochs, before and after an interruption.
        states: Weights of the best epochs, in the same order; the trained network has the first.
    """

    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    best_epochs: list[int] = field(default_factory=list)
    measures: dict[str, list[float]] = field(default_factory=dict)
    stopped: str = ""
    seconds: float = 0.0
    states: list[Batch] = field(default_factory=list, repr=False)

    @property
    def epochs(self) -> int:
        """How many epochs are done."""
        return len(self.train_loss)


@runtime_checkable
class SelfJudging(Protocol):
    """A network whose loss does not say how good it is, as that of an energy-based model does not."""

    def judge(self, data: Data) -> Mapping[str, float]:
        """Measures after an epoch; "distance" is among them and ranks the epochs, smaller is better."""
        ...

    def verdict(self, history: TrainingHistory) -> str | None:
        """Why it is of no use to go on; None where it is."""
        ...


@settings
@dataclass(kw_only=True)
class Trainer:
    """How a network is trained.

    Args:
        epochs: Passes over the data.
        batch_size: Events a step, of all devices together.
        learning_rate: The highest the schedule reaches.
        schedule: "one-cycle", "cosine", "cosine-warm-up" or "constant".
        weight_decay: AdamW's.
        gradient_clip: Largest norm of a step's gradient; None leaves it alone.
        ema: Decay of a running average of the weights, which is what is kept; None keeps the last weights.
        validation_fraction: Events held out; with any, the weights of the best epoch are kept.
        best_epochs: Of how many of the best epochs the weights are kept; what becomes of them is
            `resonaut.models.networks.best_epochs`.
        patience: Stop after so many epochs without a better one; None trains all epochs.
        device: "auto", "cpu", "cuda", "mps".
        devices: How many of them share each batch. More than one needs a script whose main part is guarded by
            `if __name__ == "__main__"`, as everything that starts processes does.
        precision: Lightning Fabric's names.
        checkpoints: Folder from which an interrupted training goes on, to the bit; a file there for each training.
        progress: Show a progress bar.
    """

    epochs: Annotated[int, Field(ge=1)] = 10
    batch_size: Annotated[int, Field(ge=1)] = 2048
    learning_rate: Annotated[float, Field(gt=0)] = 4e-3
    schedule: Schedule = "one-cycle"
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    gradient_clip: Annotated[float, Field(gt=0)] | None = None
    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    validation_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.0
    best_epochs: Annotated[int, Field(ge=1)] = 1
    patience: Annotated[int, Field(ge=1)] | None = None
    device: Device = "auto"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    # These say how a training is computed and watched over, not what comes out: they are no part of a run's settings.
    devices: Annotated[int, Field(ge=1, exclude=True)] = 1
    checkpoints: Annotated[Path | None, Field(exclude=True)] = None
    progress: Annotated[bool, Field(exclude=True)] = False

    def __post_init__(self) -> None:
        if self.patience is not None and not self.validation_fraction:
            raise ConfigError(f"patience is {self.patience} but nothing is held out; set validation_fraction, say 0.1")
        if self.best_epochs > 1 and not self.validation_fraction:
            raise ConfigError(
                f"best_epochs is {self.best_epochs} but nothing is held out to rank epochs by; "
                "set validation_fraction, say 0.1"
            )

    def fit(
        self,
        network: nn.Module,
        data: Mapping[str, Tensor | Ragged],
        *,
        weight: Float[Tensor, " N"] | None = None,
        seed: Seed = None,
    ) -> TrainingHistory:
        """Train a network in place; it comes back on the CPU, ready for use.

        Args:
            network: Has `loss(batch) -> [B]`; batch holds rows of `data` and of "weight" (mean 1) under the same
                names, and of a point cloud `x` the points as a rectangle "x" and which of them exist as "x_mask". One
                that is `SelfJudging` ranks its epochs itself and may give up.
            data: Tensors with one row an event, point clouds with one set an event.
            weight: Of each event; only ratios matter.
            seed: Batches and whatever the loss draws follow from it. The global random state stays as it was.

        Raises:
            ConfigError: an impossible setting.
            FitError: no events, values that are not finite, or a loss that becomes so.
        """
        check_config(self)
        seed = int(np.random.default_rng(seed).integers(2**62))
        given = network, _with_weight(data, weight), seed
        if self.devices == 1:
            return _train(self._fabric(), self, *given)
        with TemporaryDirectory() as place:
            together = self if self.checkpoints else replace(self, checkpoints=Path(place))
            error = self._fabric(self.devices).launch(_Together(together, *given))
            if error is not None:
                raise error
            # All that is left to do is to take it up.
            return _train(replace(self, device="cpu")._fabric(), together, *given)

    def torch_device(self) -> torch.device:
        """Where the training runs, and where its network is used afterwards."""
        if self.device in ("auto", "cpu"):  # what Fabric would say, without its import: a sample is a short errand
            there = self.device == "auto" and torch.accelerator.is_available()
            return (torch.accelerator.current_accelerator() if there else None) or torch.device("cpu")
        device: torch.device = self._fabric().device
        return device

    def _fabric(self, devices: int = 1) -> Fabric:
        """Where it is computed. The import takes 2 s, which any of torch's optimizers would take anyway."""
        from lightning_fabric import Fabric
        from lightning_fabric.utilities.exceptions import MisconfigurationException

        strategy = "auto" if devices == 1 else "ddp_spawn"
        try:
            return Fabric(accelerator=self.device, devices=devices, strategy=strategy, precision=self.precision)
        except (RuntimeError, ValueError, MisconfigurationException) as error:
            which = f"device '{self.device}'" if devices == 1 else f"{devices} devices '{self.device}'"
            raise ConfigError(
                f"{which} cannot be used here ({error}); set device to 'auto', or devices to what there is"
            ) from None


def _train(fabric: Fabric, trainer: Trainer, network: nn.Module, data: Data, seed: int) -> TrainingHistory:
    with seeded(seed):
        training = _Training(trainer, fabric, network, data, seed)
        training.run()
    return training.history


@dataclass(frozen=True)
class _Together:
    """The training as each of several processes runs it; what comes out is in the checkpoint."""

    trainer: Trainer
    network: nn.Module
    data: Data
    seed: int

    def __call__(self, fabric: Fabric) -> ConfigError | FitError | None:
        """What went wrong, since an error that is raised loses its type on the way."""
        try:
            # On the CPU all processes have been handed the same memory: to read data from, not to write weights.
            _train(fabric, self.trainer, copy.deepcopy(self.network), self.data, self.seed)
        except (ConfigError, FitError) as error:
            return error
        return None


class _Training:
    """One training under way: the state that a checkpoint holds, and the loop."""

    def __init__(self, trainer: Trainer, fabric: Fabric, network: nn.Module, data: Data, seed: int) -> None:
        self.trainer, self.fabric, self.network, self.seed = trainer, fabric, network, seed
        self.history = TrainingHistory()
        # Named by all that determines the result, so that a file is found by the training it belongs to and no other.
        self.file = (
            trainer.checkpoints and trainer.checkpoints / f"{_fingerprint(trainer, network, data, seed)}.safetensors"
        )
        order = torch.randperm(_rows(data))
        n_held_out = round(trainer.validation_fraction * len(order))
        if trainer.validation_fraction and not 0 < n_held_out < len(order):
            raise FitError(
                f"{len(order)} events cannot be split for validation; give more or set validation_fraction 0"
            )
        self.train, self.held_out = (
            {name: tensor[rows].to(fabric.device) for name, tensor in data.items()}
            for rows in (order[n_held_out:], order[:n_held_out])
        )
        optimizer = torch.optim.AdamW(network.parameters(), lr=trainer.learning_rate, weight_decay=trainer.weight_decay)
        self.model, self.optimizer = fabric.setup(network, optimizer)
        self.model.mark_forward_method("loss")
        self.average = _average(network, trainer.ema)
        self.best: dict[int, Batch] = {}

    @property
    def kept(self) -> nn.Module:
        """The network whose weights are the result so far."""
        return self.average.module if self.average else self.network

    def run(self) -> None:
        """Train until the epochs are done or nothing gets better."""
        from rich.console import Console
        from rich.progress import Progress

        self._resume()
        shown = self.trainer.progress and self.fabric.is_global_zero
        with Progress(console=Console(stderr=True), disable=not shown, transient=True) as bar:
            task = bar.add_task("training", total=self.trainer.epochs, completed=self.history.epochs)
            while not self._finished():
                start, epoch = time.perf_counter(), self.history.epochs
                # Each epoch has its own seed, so that a training that resumes draws what it would have drawn.
                torch.manual_seed(_mixed(self.seed, epoch))
                try:
                    self.history.train_loss.append(self._epoch(epoch))
                    self._validate(epoch)
                except FitError as error:
                    # An energy that has run away: the epochs before this one have been judged, and the best is kept.
                    if not (self.history.best_epochs and isinstance(self.kept, SelfJudging)):
                        raise
                    del self.history.train_loss[len(self.history.validation_loss) :]
                    self.history.stopped = f"{error}. The best epoch is kept"
                    self._checkpoint()
                    break
                self.history.seconds += time.perf_counter() - start
                self._checkpoint()
                bar.update(task, advance=1, description=f"training (loss {self.history.train_loss[-1]:.4f})")
        self.history.states = [self.best[epoch] for epoch in self.history.best_epochs]
        self.network.load_state_dict(self.history.states[0])
        self.network.cpu().eval()

    def _finished(self) -> bool:
        done, patience = self.history.epochs, self.trainer.patience
        if done >= self.trainer.epochs or self.history.stopped:
            return True
        return patience is not None and done > 0 and done - 1 - self.history.best_epochs[0] >= patience

    def _epoch(self, epoch: int) -> float:
        """Take one step a batch; the mean loss."""
        trainer, fabric, n = self.trainer, self.fabric, _rows(self.train)
        total = torch.zeros((), device=self.fabric.device)
        self.model.train()
        # Batches of equal size: a last one of a few events would take a step as long as the others'.
        batches = self._batches(self.train, torch.randperm(n))
        if fabric.global_rank:
            # The batches are the same everywhere, what a loss draws for its rows is not.
            torch.manual_seed(_mixed(self.seed, epoch, fabric.global_rank))
        for i, rows in enumerate(batches):
            done = (epoch + i / len(batches)) / trainer.epochs
            for group in self.optimizer.param_groups:
                group["lr"] = trainer.learning_rate * learning_rate_factor(trainer.schedule, done)
            self.optimizer.zero_grad()
            # Devices take the mean of their gradients, so that a device's part of the mean counts that many times.
            share = len(rows) / fabric.world_size
            loss = self._loss(self.model, self.train, self._own(rows)).sum() / share
            fabric.backward(loss)
            if trainer.gradient_clip is not None:
                # What is not finite shows in the loss, after the epoch: to look at each step would hold up a GPU.
                fabric.clip_gradients(
                    self.model, self.optimizer, max_norm=trainer.gradient_clip, error_if_nonfinite=False
                )
            self.optimizer.step()
            if self.average:
                self.average.update_parameters(self.network)
            total += loss.detach() * (len(rows) / n)
        return self._finite(float(self._over_devices(total, "mean")), "training loss", epoch)

    def _validate(self, epoch: int) -> None:
        """Keep the weights, unless enough earlier ones did better on the held-out events."""
        best = [epoch]
        if self.trainer.validation_fraction:
            self.history.validation_loss.append(self._validation_loss(epoch))
            # Of equal ones the later, which has seen more.
            ranked = sorted([epoch, *self.history.best_epochs], key=lambda e: (self.history.validation_loss[e], -e))
            best = ranked[: self.trainer.best_epochs]
        if epoch in best:
            self.best[epoch] = _copy(self.kept)
        self.best = {e: self.best[e] for e in best}
        self.history.best_epochs = best

    def _validation_loss(self, epoch: int) -> float:
        """The mean loss of the held-out events, with the same noise after every epoch: what differs is the network."""
        held_out, weight = self.held_out, self.held_out["weight"]
        assert isinstance(weight, Tensor)
        self.kept.eval()
        with seeded(self.seed), torch.no_grad(), self.fabric.autocast():
            if isinstance(self.kept, SelfJudging):
                return self._judgement(self.kept, epoch)
            batches = self._batches(held_out, torch.arange(len(weight)))
            total = sum(float(self._loss(self.kept, held_out, self._own(rows)).sum()) for rows in batches)
        total = float(self._over_devices(torch.tensor(total, dtype=torch.float64), "sum"))
        return self._finite(total / float(weight.sum()), "validation loss", epoch)

    def _judgement(self, network: SelfJudging, epoch: int) -> float:
        """The distance, written down with the other measures, and the verdict."""
        # What it draws, and so its judgement, may differ between devices; there is one, by which all of them go.
        judged = self.fabric.broadcast(dict(network.judge(self.held_out)))
        found = {name: self._finite(value, name, epoch) for name, value in judged.items()}
        for name, value in found.items():
            self.history.measures.setdefault(name, []).append(value)
        self.history.stopped = network.verdict(self.history) or ""
        return self.history.measures["distance"][-1]

    def _batches(self, data: Data, order: Tensor) -> list[Tensor]:
        """The rows of each batch, out of rows in that order."""
        sizes = [cloud.counts for cloud in data.values() if isinstance(cloud, Ragged)]
        return similar_batches(order, sizes, -(-len(order) // self.trainer.batch_size))

    def _own(self, rows: Tensor) -> Tensor:
        """Of the rows of a batch, those that this device takes."""
        return rows[self.fabric.global_rank :: self.fabric.world_size]

    def _over_devices(self, value: Tensor, how: str) -> Tensor:
        """The mean or sum of what each device has found."""
        if self.fabric.world_size == 1:
            return value
        reduced = self.fabric.all_reduce(value.to(self.fabric.device), reduce_op=how)
        assert isinstance(reduced, Tensor)
        return reduced

    def _loss(self, network: Any, data: Data, rows: Tensor) -> Float[Tensor, " B"]:
        """The weighted loss of each event."""
        batch = batch_of(data, rows)
        weighted: Tensor = batch["weight"] * network.loss(batch)
        return weighted

    def _finite(self, loss: float, which: str, epoch: int) -> float:
        if not np.isfinite(loss):
            raise FitError(
                f"the {which} became {loss} in epoch {epoch + 1}; lower learning_rate "
                f"(now {self.trainer.learning_rate:g}) or set gradient_clip"
            )
        return loss

    def _checkpoint(self) -> None:
        """Write down everything that the next epoch depends on."""
        if self.file is None or not self.fabric.is_global_zero:
            return
        parts = {"network": _copy(self.network), **{f"best.{epoch}": state for epoch, state in self.best.items()}}
        if self.average:
            parts["average"] = _copy(self.average)
        for i, state in self.optimizer.state_dict()["state"].items():
            parts[f"optimizer.{i}"] = state
        tensors = {f"{part}/{name}": tensor for part, state in parts.items() for name, tensor in state.items()}
        history = {name: value for name, value in vars(self.history).items() if name != "states"}
        write_tensors(self.file, tensors, {"history": history})

    def _resume(self) -> None:
        """Go on from a checkpoint, where there is one."""
        if self.file is None or not self.file.exists():
            return
        tensors, about = read_tensors(self.file)
        parts: dict[str, Batch] = {}
        for key, tensor in tensors.items():
            part, _, name = key.partition("/")
            parts.setdefault(part, {})[name] = tensor
        self.history = TrainingHistory(**about["history"])
        self.network.load_state_dict(parts["network"])
        self.best = {epoch: parts[f"best.{epoch}"] for epoch in self.history.best_epochs}
        if self.average:
            self.average.load_state_dict(parts["average"])
        optimizer = self.optimizer.state_dict()
        optimizer["state"] = {int(k.split(".")[1]): state for k, state in parts.items() if k.startswith("optimizer.")}
        self.optimizer.load_state_dict(optimizer)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's global random state, seeded inside and untouched afterwards."""
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield


def _average(network: nn.Module, decay: float | None) -> AveragedModel | None:
    """A running average of the weights that forgets its first steps faster than its later ones."""
    if decay is None:
        return None

    def update(average: Tensors, weights: Tensors, n_averaged: Tensor | int) -> None:
        n = float(n_averaged)
        torch._foreach_lerp_(average, weights, 1 - min(decay, (1 + n) / (10 + n)))

    return AveragedModel(network, multi_avg_fn=update)


def _with_weight(data: Mapping[str, Tensor | Ragged], weight: Tensor | None) -> Data:
    """The data and a weight of mean 1, checked; an event of weight 0 is not there."""
    n = _rows(data)
    weight = torch.ones(n) if weight is None else weight.float()
    for name, column in {**data, "weight": weight}.items():
        if len(column) != n or not n:
            raise FitError(
                f"'{name}' has {len(column)} rows for {n} events; give every event one, and at least one event"
            )
        if not torch.isfinite(column.points if isinstance(column, Ragged) else column).all():
            raise FitError(f"'{name}' holds NaN or infinite values; leave these events out before training")
    there = weight != 0
    if (weight < 0).any() or not there.any():
        raise FitError("weights must not be negative, nor all 0; give every event the number it stands for")
    if not there.all():
        rows = torch.nonzero(there)[:, 0]
        data, weight = {name: column[rows] for name, column in data.items()}, weight[rows]
    return {**data, "weight": weight / weight.mean()}


def _rows(data: Mapping[str, Tensor | Ragged]) -> int:
    return len(next(iter(data.values())))


def _copy(network: nn.Module) -> Batch:
    """A network's weights at this moment, on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}


def _mixed(*numbers: int) -> int:
    """A seed for each epoch of each training, and each further device."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 2)


def _fingerprint(trainer: Trainer, network: nn.Module, data: Data, seed: int) -> str:
    """Changes when anything that determines the result changes."""
    what = {key: value for key, value in dump_config(trainer).items() if key != "device"}
    digest = hashlib.sha256(json.dumps([what, seed, network.__class__.__name__], sort_keys=True).encode())
    for name, tensor in [*network.state_dict().items(), *_as_tensors(data)]:
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _as_tensors(data: Data) -> Iterator[tuple[str, Tensor]]:
    """All numbers of the data, by name."""
    for name, column in data.items():
        if isinstance(column, Ragged):
            yield from ((f"{name}.points", column.points), (f"{name}.offsets", column.offsets))
        else:
            yield name, column
