"""Events with all constituents in a file small enough to carry: half precision, and the columns that generators need.

    python validation/compact_events.py EVENTS... --out compact.parquet [--events 80000] [--sidebands 2300:5000]
    python validation/compact_events.py EVENTS --out study.parquet --skip 105000 --sideband-events 8000 \
        --region-events 60000 --signal-events 5000

EVENTS are tables with constituents (`resonaut simulate ... --constituents`), or blocks of a production. The result is
such a table again, constituents as 16-bit numbers: pT to 0.05 %, angles to 0.001. Either all background events up to a
number, without labels; or, for `full_phase_space_search.py`, given numbers of background events of the sidebands and of
the signal region 3300-3700 GeV and of signal events there, with their labels and the four features.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.progress import track

from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.parquet import column_names, read_batches, read_table
from resonaut.events.point_cloud import PointCloud
from resonaut.events.reading import BASELINE
from resonaut.features.constituents import CONSTITUENTS
from resonaut.runs.folder import atomic_path
from resonaut.searches.regions import Region, interval

KINDS = ("sideband", "region", "signal")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", nargs="+", type=Path, help="tables with constituents, read in this order")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--events", dest="most", type=int, default=80_000, help="stop after so many")
    parser.add_argument("--sidebands", default="2300:5000", help="keep dijet masses within, GeV")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many rows first")
    for kind in KINDS:
        parser.add_argument(f"--{kind}-events", type=int, help="of this kind, instead of --events")
    options = parser.parse_args()
    wanted = {kind: getattr(options, f"{kind}_events") for kind in KINDS}
    table = background(options) if not any(wanted.values()) else mixture(options, wanted)
    with atomic_path(options.out) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            compression_level=12,
            use_dictionary=False,
            # High and low bytes apart: the high ones, signs and exponents, are all but the same in a column.
            use_byte_stream_split=[f"{name}.list.element" for name in CONSTITUENTS],
        )
    print(f"{table.num_rows:,} events, {options.out.stat().st_size / 1e6:.1f} MB in {options.out}")


def background(options: argparse.Namespace) -> pa.Table:
    """Background events of the mass window, without labels."""
    low, high = interval(options.sidebands, "sidebands")
    parts: list[pa.Table] = []
    for path in track(options.events, "reading"):
        columns = ["mjj", *CONSTITUENTS, *(["label"] if "label" in column_names(path) else [])]
        table = read_table(path, columns).replace_schema_metadata(None)
        keep = pc.and_(pc.greater_equal(table["mjj"], low), pc.less(table["mjj"], high))
        if "label" in columns:
            keep = pc.and_(keep, pc.equal(table["label"], 0))
        parts.append(halved(table.filter(keep).select(["mjj", *CONSTITUENTS])))
        if sum(part.num_rows for part in parts) >= options.most:
            break
    return pa.concat_tables(parts).slice(0, options.most).combine_chunks()


def mixture(options: argparse.Namespace, wanted: dict[str, int | None]) -> pa.Table:
    """So many events of each kind, in the order of the files, with labels and the four features."""
    region, missing = Region(), {kind: n or 0 for kind, n in wanted.items()}
    parts: list[pa.Table] = []
    skip = options.skip
    for path in options.events:
        for table in read_batches(path, 20_000, ["mjj", "label", *BASELINE, *CONSTITUENTS]):
            skip, rows = max(0, skip - table.num_rows), table.slice(skip)
            mass, signal = rows["mjj"].to_numpy(), rows["label"].to_numpy() == 1
            kinds = {
                "sideband": ~signal & region.in_sidebands(mass),
                "region": ~signal & region.in_signal(mass),
                "signal": signal & region.in_signal(mass),
            }
            for kind, which in kinds.items():
                chosen = np.flatnonzero(which)[: missing[kind]]
                missing[kind] -= len(chosen)
                parts.append(halved(rows.take(chosen), keep=("label", *BASELINE)))
            if not any(missing.values()):
                return pa.concat_tables(parts).combine_chunks()
    raise SystemExit(f"error: the files lack {missing}; give more events, or ask for fewer")


def as_stored(events: DijetClouds) -> DijetClouds:
    """Generated events as coarse as those of a compact file; a particle without pT then is not there."""
    jets = []
    for cloud in events.jets:
        points = cloud.points.astype(np.float16).astype(np.float32)
        there = points[:, 0] > 0
        jets.append(PointCloud.of_counts(points[there], cloud.sum(there).astype(np.int64)))
    return DijetClouds(*jets)


def halved(table: pa.Table, keep: tuple[str, ...] = ()) -> pa.Table:
    """Lists of 16-bit numbers; masses and columns to keep in single precision."""
    columns = {name: table[name].combine_chunks().cast(pa.float32()) for name in ("mjj", *keep)}
    for name in CONSTITUENTS:
        lists = table[name].combine_chunks()
        half = np.asarray(lists.flatten()).astype(np.float16)
        offsets = np.concatenate([[0], np.cumsum(np.asarray(pc.list_value_length(lists)))]).astype(np.int32)
        columns[name] = pa.ListArray.from_arrays(offsets, pa.array(half))
    return pa.table(columns)


if __name__ == "__main__":
    main()
