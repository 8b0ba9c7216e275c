"""From a production to the demo events inside the package, and the provenance beside them.

    resonaut simulate lhco-rnd --events 150000 --signal 400 --mass-range 2300:5000 --seed 2020 --out demo.parquet
    python validation/make_demo_events.py demo.parquet

    resonaut simulate wprime-xy --events 6000 --mass-range 2300:5000 --seed 2021 --out signal.parquet
    python validation/make_demo_events.py signal.parquet --signal

The second pair makes the simulated signal that limits need. docs/demo-events.md has the story. Single precision and the
four features suffice for a demo and keep it below 5 MB.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from resonaut.events.demo import demo_path, demo_provenance_path, demo_signal_path

FEATURES = ("mjj", "mj1", "delta_mj", "tau21_1", "tau21_2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("production", type=Path, help="what `resonaut simulate` wrote")
    parser.add_argument("--signal", action="store_true", help="write the demo's signal sample")
    options = parser.parse_args()
    out = demo_signal_path() if options.signal else demo_path()

    manifest = json.loads(Path(f"{options.production}.run", "manifest.json").read_text())
    if not manifest["complete"]:
        parser.error(f"{options.production} is not complete; run its command again")
    events = pq.read_table(options.production)
    columns = {"event": events["event"], **{name: events[name].cast(pa.float32()) for name in FEATURES}}
    columns["label"] = events["label"]
    out.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), out, compression="zstd", compression_level=19)

    name, n_events, first = (manifest["settings"][key] for key in ("name", "events", "chains"))
    first, (n_first, *n_signal) = first[0], n_events.values()
    numbers = f"--events {n_first}" + "".join(f" --signal {n}" for n in n_signal)
    low, high = first["mass_range"]
    provenance = {
        "commands": [
            f"resonaut simulate {name} {numbers} "
            f"--mass-range {low:.0f}:{high:.0f} --seed {first['seed']} --out {options.production.name}",
            f"python validation/make_demo_events.py {options.production.name}" + " --signal" * options.signal,
        ],
        "settings": manifest["settings"],
        "versions": manifest["versions"],
        "processes": manifest["processes"],
        "n_events": events.num_rows,
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
    }
    demo_provenance_path(out).write_text(json.dumps(provenance, indent=2) + "\n")
    print(f"{out}: {events.num_rows:,} events, {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
