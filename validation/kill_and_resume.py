"""A production killed at random moments must end as if nobody had touched it.

    python validation/kill_and_resume.py [--events 50000] [--kills 10] [--workers 2] [--seed 1] [--keep FOLDER]

Makes the sample once in peace, then again while `kill -9` ends it at random moments (drawn over the time the first
run took; the whole process group or its parent alone, in turn), each time giving the same command once more. Ends with
an error unless the two files are the same to the byte.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def start(out: Path, options: argparse.Namespace) -> subprocess.Popen[bytes]:
    command = "from resonaut.cli import main; main()"
    arguments = ["simulate", "lhco-rnd", "--events", str(options.events), "--signal", str(options.events // 100)]
    arguments += ["--seed", str(options.seed), "--workers", str(options.workers), "--out", str(out)]
    arguments += ["--set", f"pt_hat_min={options.pt_hat_min}"]
    return subprocess.Popen(
        [sys.executable, "-c", command, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pt-hat-min", type=float, default=1100.0, help="the cheapest QCD: most of it is selected")
    parser.add_argument("--keep", type=Path, help="keep the files in this folder")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        whole, killed = folder / "whole.parquet", folder / "killed.parquet"
        begin = time.perf_counter()
        assert start(whole, options).wait() == 0, "the uninterrupted production failed"
        duration = time.perf_counter() - begin
        print(f"uninterrupted: {duration:.0f} s, {sha256(whole)}", flush=True)

        rng = np.random.default_rng(options.seed)
        moments = np.sort(rng.uniform(0, duration, options.kills))
        for number, wait in enumerate(np.diff(moments, prepend=0.0)):
            process = start(killed, options)
            time.sleep(wait)
            if process.poll() is not None:
                print(f"kill {number + 1}: the production had already ended ({process.returncode})")
                continue
            if number % 2:
                os.kill(process.pid, signal.SIGKILL)
            else:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            done = len(list(Path(f"{killed}.run").glob("*.parquet")))
            print(f"kill {number + 1} after {wait:.1f} s: {done} blocks are there", flush=True)
        assert start(killed, options).wait() == 0, "the killed production did not finish"
        print(f"killed {options.kills} times: {sha256(killed)}")
        if sha256(whole) != sha256(killed):
            raise SystemExit("the files differ")
        print("the files are the same to the byte")


if __name__ == "__main__":
    main()
