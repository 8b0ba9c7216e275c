"""Feature extraction batch by batch: nothing lost, nothing twice, the same as all at once."""

from dataclasses import dataclass

import awkward as ak
import numpy as np
import pyarrow as pa

from resonaut.features.extraction import extract_features


@dataclass
class Batch:
    event: np.ndarray
    particles: ak.Array
    label: np.ndarray | None


GOOD = [(1300.0, 0.0, 0.0), (60.0, 0.2, 0.3), (1250.0, 0.1, 3.0), (40.0, 0.3, 2.8)]
ROWS = [
    GOOD,
    [*GOOD, (np.nan, 0.0, 0.0)],
    [*GOOD, (1.0, np.inf, 0.0)],
    [(1300.0, 0.0, 0.0)],
    [(100.0, 0.0, 0.0), (90.0, 0.0, 3.0)],
    [],
    GOOD,
]


def batches(size: int, labelled: bool = True) -> list[Batch]:
    fields = {
        name: ak.Array([[particle[k] for particle in row] for row in ROWS])
        for k, name in enumerate(("pt", "eta", "phi"))
    }
    particles, event = ak.zip(fields), np.arange(10, 10 + len(ROWS))
    label = np.array([0, 0, 0, 0, 0, 0, 1]) if labelled else None
    return [
        Batch(event[i : i + size], particles[i : i + size], None if label is None else label[i : i + size])
        for i in range(0, len(ROWS), size)
    ]


def test_every_event_is_accounted_for_by_reason():
    extraction = extract_features(batches(3))
    table = pa.concat_tables(list(extraction))
    assert table["event"].to_pylist() == [10, 16]
    assert table["label"].to_pylist() == [0, 1]
    assert extraction.n_events == len(ROWS)
    assert extraction.n_selected + sum(extraction.exclusions.values()) == extraction.n_events
    assert extraction.exclusions["a particle is NaN or infinite"] == 2
    assert extraction.exclusions["fewer than two jets"] == 2
    assert extraction.exclusions["leading jet pT below 1200 GeV"] == 1
    assert extraction.n_unusable == 4


def test_batches_do_not_matter():
    at_once = pa.concat_tables(list(extract_features(batches(len(ROWS)), constituents=True)))
    one_by_one = pa.concat_tables(list(extract_features(batches(1), constituents=True)))
    assert one_by_one.equals(at_once)


def test_batches_are_read_only_when_their_table_is_asked_for():
    def source():
        yield batches(1)[0]
        raise RuntimeError("read too far ahead")

    next(iter(extract_features(source())))


def test_recorded_data_gets_no_label():
    assert "label" not in next(iter(extract_features(batches(3, labelled=False)))).column_names


def test_a_batch_without_a_selected_event_gives_an_empty_table_of_the_same_columns():
    first, empty = (list(extract_features(batches(1), constituents=True))[i] for i in (0, 3))
    assert empty.num_rows == 0
    assert empty.schema == first.schema
