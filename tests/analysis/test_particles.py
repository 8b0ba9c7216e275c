"""Events with all particles of their jets: each gets its own, and what cannot be used is counted or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from closure.toy_dijets import toy_events
from resonaut.analysis.embedding import write_embedding
from resonaut.analysis.loading import load
from resonaut.errors import ConfigError, EventsError, FormatError
from resonaut.features.cloud_frame import jets_of
from resonaut.models.classifier.cloud_transformer import CloudTransformer
from resonaut.models.saving import save
from resonaut.models.training import Trainer

N = 40


def table(**columns: pa.Array) -> pa.Table:
    """Toy events as `resonaut simulate --constituents` writes them, with ids that are no row numbers."""
    clouds, mass = toy_events(N, seed=1)
    lists = {}
    for jet, cloud in zip((1, 2), clouds.jets, strict=True):
        for column, name in enumerate(("pt", "eta", "phi")):
            values = pa.array(cloud.points[:, column].astype(np.float32))
            lists[f"jet{jet}_constituent_{name}"] = pa.ListArray.from_arrays(cloud.offsets.astype(np.int32), values)
    named = {"event": np.arange(N)[::-1] * 7, "mjj": mass, "mj1": mass / 10}
    return pa.table({**named, **lists, **columns})


def written(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path)
    return path


def test_every_event_gets_its_own_particles(tmp_path: Path) -> None:
    mass = table()["mjj"].to_numpy().copy()
    mass[3] = np.nan
    file = written(tmp_path / "events.parquet", table(mjj=pa.array(mass)))
    events = load(file, features=["mj1"], particles=True)
    assert len(events) == N - 1
    clouds, _ = toy_events(N, seed=1)
    rows = N - 1 - events.ids // 7
    np.testing.assert_allclose(
        jets_of(events.require_particles().second).pt, jets_of(clouds.second).pt[rows], rtol=1e-5
    )
    assert load(file, features=["mj1"]).particles is None


def test_events_without_usable_particles_are_counted(tmp_path: Path) -> None:
    lists = table()["jet2_constituent_eta"].to_pylist()
    lists[5][0] = float("nan")
    file = written(tmp_path / "events.parquet", table(jet2_constituent_eta=pa.array(lists, pa.list_(pa.float32()))))
    events = load(file, features=["mj1"], particles=True)
    assert len(events) == len(events.require_particles()) == N - 1
    assert (N - 1 - 5) * 7 not in events.ids
    assert dict(events.exclusions) == {"a particle is NaN or infinite": 1}


def test_no_usable_particles_at_all_are_refused(tmp_path: Path) -> None:
    empty = pa.array([[]] * N, pa.list_(pa.float32()))
    file = written(
        tmp_path / "events.parquet", table(**{f"jet1_constituent_{name}": empty for name in ("pt", "eta", "phi")})
    )
    with pytest.raises(EventsError, match="a jet of fewer than two particles: 40"):
        load(file, features=["mj1"], particles=True)


def test_a_table_without_constituents_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "events.parquet", table().select(["event", "mjj", "mj1"]))
    with pytest.raises(EventsError, match="--constituents"):
        load(file, features=["mj1"], particles=True)
    with pytest.raises(EventsError, match="came without"):
        load(load(file, features=["mj1"]), features=["mj1"], particles=True)


def test_an_embedding_becomes_columns(tmp_path: Path) -> None:
    lists = table()["jet2_constituent_eta"].to_pylist()
    lists[5][0] = float("nan")
    file = written(tmp_path / "events.parquet", table(jet2_constituent_eta=pa.array(lists, pa.list_(pa.float32()))))
    clouds, _ = toy_events(N, seed=1)
    small = CloudTransformer(width=4, blocks=1, trainer=Trainer(epochs=1, batch_size=16, device="cpu"), random_state=1)
    save(small.fit(clouds, np.arange(N) % 2), tmp_path / "backbone.safetensors")
    out = tmp_path / "embedded.parquet"
    result = write_embedding(file, out, backbone=tmp_path / "backbone.safetensors")
    assert result.exclusions == {"a particle is NaN or infinite": 1}
    events = load(out, features=[f"embedding_{i}" for i in range(1, 5)])
    expected = small.embed(clouds)[np.delete(np.arange(N), 5)]
    np.testing.assert_allclose(events.features, expected, atol=1e-4)
    assert events.n_unusable == 1
    with pytest.raises(ConfigError, match="has an embedding"):
        write_embedding(out, tmp_path / "twice.parquet", backbone=tmp_path / "backbone.safetensors")
    plain = written(tmp_path / "plain.parquet", table().select(["mjj"]))
    with pytest.raises(FormatError, match="--constituents"):
        write_embedding(plain, out, backbone=tmp_path / "backbone.safetensors")
