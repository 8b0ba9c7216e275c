"""One file with numbers and text; whatever else it may be is refused."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import pytest
import torch
from safetensors.torch import save_file

from resonaut.errors import ConfigError, FormatError
from resonaut.models.saving import load, read_tensors, save, write_tensors


def test_tensors_come_back_to_the_bit(tmp_path):
    tensors = {"a": torch.rand(3, 2), "view": torch.rand(4, 4).T, "empty": torch.empty(0), "n": torch.tensor(3)}
    write_tensors(tmp_path / "file", tensors, {"text": "τ21"})
    read, about = read_tensors(tmp_path / "file")
    assert about["text"] == "τ21"
    assert all(torch.equal(read[name], tensor) for name, tensor in tensors.items())


def test_tensors_that_share_memory_are_written_apart(tmp_path):
    whole = torch.arange(4.0)
    write_tensors(tmp_path / "file", {"whole": whole, "part": whole[:2]}, {})
    assert torch.equal(read_tensors(tmp_path / "file")[0]["part"], whole[:2])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FormatError, match=r"nothing\.safetensors cannot be read"):
        load(tmp_path / "nothing.safetensors")


def test_a_pickle_is_not_opened(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was run",))

    (tmp_path / "model.pt").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(FormatError, match=r"model\.pt cannot be read"):
        load(tmp_path / "model.pt")


def test_files_of_others_are_refused(tmp_path):
    save_file({"a": torch.rand(2)}, tmp_path / "other.safetensors")
    with pytest.raises(FormatError, match="layout None, this version reads 1"):
        load(tmp_path / "other.safetensors")
    write_tensors(tmp_path / "checkpoint.safetensors", {}, {"history": []})
    with pytest.raises(FormatError, match="holds no model"):
        load(tmp_path / "checkpoint.safetensors")


def test_a_class_without_a_name_cannot_be_saved(tmp_path):
    @dataclass
    class Mine:
        def state(self):
            return {}

    with pytest.raises(ConfigError, match="Mine cannot be saved"):
        save(Mine(), tmp_path / "file")
