"""Events with all constituents in a file small enough to carry: half precision, and the columns that generators need.

    python validation/compact_events.py EVENTS... --out compact.parquet [--events 80000] [--sidebands 2300:5000]

EVENTS are tables with constituents (`resonaut simulate ... --constituents`), or blocks of a production. The result is
such a table again, constituents as 16-bit numbers: pT to 0.05 %, angles to 0.001. Signal, where labels say so, is left
out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.progress import track

from resonaut.events.parquet import column_names, read_table
from resonaut.features.constituents import CONSTITUENTS
from resonaut.runs.folder import atomic_path
from resonaut.searches.regions import interval


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", nargs="+", type=Path, help="tables with constituents, read in this order")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--events", dest="most", type=int, default=80_000, help="stop after so many")
    parser.add_argument("--sidebands", default="2300:5000", help="keep dijet masses within, GeV")
    options = parser.parse_args()
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
    table = pa.concat_tables(parts).slice(0, options.most).combine_chunks()
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


def halved(table: pa.Table) -> pa.Table:
    """Lists of 16-bit numbers; masses in single precision."""
    columns = {"mjj": table["mjj"].combine_chunks().cast(pa.float32())}
    for name in CONSTITUENTS:
        lists = table[name].combine_chunks()
        half = np.asarray(lists.flatten()).astype(np.float16)
        offsets = np.concatenate([[0], np.cumsum(np.asarray(pc.list_value_length(lists)))]).astype(np.int32)
        columns[name] = pa.ListArray.from_arrays(offsets, pa.array(half))
    return pa.table(columns)


if __name__ == "__main__":
    main()
