"""Weights as safetensors, settings as text beside them in the same file; nothing is ever unpickled.

    save(flow, "density.safetensors")
    flow = load("density.safetensors")

A pickled model is a program that runs when it is opened, and stops working with the next version of its libraries.
This file holds numbers and JSON: the settings say which class to build (through the registry), the arrays what it had
learnt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from resonaut.errors import ConfigError, FormatError
from resonaut.registry import dump_config, read_config
from resonaut.runs.folder import atomic_path

__all__ = ["Saveable", "load", "read_tensors", "save", "write_tensors"]

_KEY = "resonaut"
_LAYOUT = 1


@runtime_checkable
class Saveable(Protocol):
    """A registered estimator that can hand out what it has learnt."""

    def state(self) -> dict[str, Tensor]:
        """Everything learnt, as tensors by name."""
        ...

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        """Take up what `state` gave; afterwards the estimator is fitted."""
        ...


def save(model: Saveable, path: str | Path) -> None:
    """Write a fitted estimator to one file.

    Raises:
        ConfigError: its class is not registered, so that a reader could not find it.
    """
    registered = vars(type(model)).get("registered_as")
    if registered is None:
        raise ConfigError(f"{type(model).__name__} cannot be saved, as nobody could load it; put @register above it")
    write_tensors(path, model.state(), {"kind": registered[0], "settings": dump_config(model)})


def load(path: str | Path) -> Any:
    """Read a fitted estimator, to be used on whatever device there is: where it was trained says nothing of that.

    Raises:
        FormatError: the file is missing or truncated, or was not written by `save`.
    """
    tensors, about = read_tensors(path)
    if "settings" not in about:
        raise FormatError(f"{path} holds no model (a training's checkpoint, perhaps); give a file that `save` wrote")
    return read_config(about["kind"], _anywhere(about["settings"])).load_state(tensors)


def _anywhere(settings: Any) -> Any:
    """The same settings, every trainer's device left to choose."""
    if isinstance(settings, list):
        return [_anywhere(item) for item in settings]
    if not isinstance(settings, dict):
        return settings
    return {key: "auto" if key == "device" else _anywhere(value) for key, value in settings.items()}


def write_tensors(path: str | Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors and a JSON description, whole or not at all."""
    # safetensors refuses views that share memory.
    alone = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with atomic_path(Path(path)) as temporary:
        save_file(alone, temporary, metadata={_KEY: json.dumps({"layout": _LAYOUT, **about})})


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read tensors and their description.

    Raises:
        FormatError: the file is missing or truncated, or not of ours.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            about = json.loads((file.metadata() or {}).get(_KEY, "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, not a dict
    except (OSError, SafetensorError) as error:
        raise FormatError(f"{path} cannot be read as safetensors ({error}); give a file that resonaut wrote") from None
    if about.get("layout") != _LAYOUT:
        raise FormatError(f"{path} has layout {about.get('layout')}, this version reads {_LAYOUT}; write it again")
    return tensors, about
