"""Whatever happened to a file on its way, the readers either read it or refuse it in one line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonaut.errors import FormatError, ResonautError
from resonaut.events.formats import FORMATS, TableFormat, detect_format
from resonaut.events.lhco import read_particles
from resonaut.events.parquet import write_table
from resonaut.events.reading import read_events
from resonaut.events.root import RootWriter

KINDS = ["parquet", "lhco", "lhco-particles", "root"]


def read_all(path):
    """Everything a hunt would read of a file."""
    if isinstance(FORMATS[detect_format(path)], TableFormat):
        read_events(path)
    else:
        for _ in read_particles(path):
            pass


def refusal(path):
    """What the readers say against a file, nothing if they read it; any other exception fails the test."""
    try:
        read_all(path)
    except ResonautError as error:
        return str(error)
    return None


@pytest.fixture(scope="module")
def originals(scratch, write_frame, jets, padded):
    """A small good file of each format, as bytes."""
    features = write_frame(scratch / "features", jets(20))
    particles = write_frame(scratch / "particles", padded([[3.0, 2.0], [1.0]], [0, 1]))
    write_table(FORMATS["lhco"].read(features, None), scratch / "parquet")
    writer = RootWriter(scratch / "root")
    writer.write(FORMATS["lhco"].read(features, None))
    writer.close()
    return {"parquet": scratch / "parquet", "lhco": features, "lhco-particles": particles, "root": scratch / "root"}


@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bytes(kind, originals, scratch):
    rng = np.random.default_rng(20)
    good, bad = originals[kind].read_bytes(), scratch / f"flipped {kind}"
    refused = 0
    for trial in range(120):
        content = bytearray(good)
        # Half of the flips where the structure is, at the beginning (HDF5) or the end (Parquet).
        where = len(content) if trial % 2 else min(2048, len(content))
        for position in rng.integers(0, where, rng.integers(1, 6)):
            content[-position if kind == "parquet" else position] ^= rng.integers(1, 256)
        bad.write_bytes(content)
        if message := refusal(bad):
            assert "\n" not in message
            refused += 1
    assert refused > 20, "these flips hurt nothing, so this test tests nothing"


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(fraction=st.floats(0.0, 1.0, exclude_max=True))
def test_every_truncation_is_refused(kind, fraction, originals, scratch):
    good, bad = originals[kind].read_bytes(), scratch / f"cut {kind}"
    bad.write_bytes(good[: int(fraction * len(good))])
    with pytest.raises(FormatError, match=r"\A[^\n]*cut [^\n]*\Z"):
        read_all(bad)


@settings(max_examples=100, deadline=None)
@given(tail=st.binary(max_size=300), magic=st.sampled_from([b"", b"PAR1", b"\x89HDF\r\n\x1a\n", b"root"]))
def test_noise_is_refused(tail, magic, scratch):
    bad = scratch / "noise"
    bad.write_bytes(magic + tail)
    with pytest.raises(FormatError, match=r"\A[^\n]*noise [^\n]*\Z"):
        read_all(bad)
