"""Every cell is computed once, wherever that is and however often the scan is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resonaut.errors import ConfigError, RunError
from resonaut.scans.executors import Dask, Executor, Processes, Serial
from resonaut.scans.grid import grid
from resonaut.scans.scan import scan
from resonaut.scans.store import Store
from scans.work import Square


@pytest.fixture
def square(tmp_path: Path) -> Square:
    (tmp_path / "calls").mkdir()
    return Square(tmp_path / "calls")


def test_a_grid_is_every_combination() -> None:
    cells = grid(method=["a", "b"], seed=[1, 2, 3])
    assert len(cells) == 6
    assert cells[:2] == [{"method": "a", "seed": 1}, {"method": "a", "seed": 2}]
    with pytest.raises(ConfigError, match="seed 2 is listed twice"):
        grid(seed=[2, 1, 2])
    with pytest.raises(ConfigError, match="method has no value"):
        grid(method=[], seed=[1])


@pytest.mark.parametrize("executor", [Serial(), Processes(2)])
def test_results_come_in_the_cells_order(square: Square, executor: Executor, tmp_path: Path) -> None:
    # The first takes longest: with two processes it is not the first to be there.
    cells = [{"x": x, "seconds": 0.3 if x == 0 else 0.0} for x in (0, 1, 2, 1)]
    results = scan(square, cells, store=Store(tmp_path / "cells"), executor=executor)
    assert [result["square"] for result in results] == [0, 1, 4, 1]
    assert square.n_calls() == 3
    assert ({result["process"] for result in results} == {os.getpid()}) == isinstance(executor, Serial)


def test_finished_cells_are_not_computed_again(square: Square, tmp_path: Path) -> None:
    store = Store(tmp_path / "cells", {"input": "abc"})
    scan(square, grid(x=[1, 2]), store=store)
    assert scan(square, grid(x=[1, 2, 3]), store=store)[1]["square"] == 4
    assert square.n_calls() == 3
    # Other inputs are another result, and so is a file that somebody damaged.
    scan(square, grid(x=[1]), store=Store(tmp_path / "cells", {"input": "abd"}))
    store.path({"x": 2}).write_text("{")
    scan(square, grid(x=[2]), store=store)
    assert (square.n_calls(1), square.n_calls(2), square.n_calls(3)) == (2, 2, 1)


def test_the_order_of_settings_does_not_matter(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put({"a": 1, "b": {"c": 2, "d": [3]}}, {"value": 5})
    assert store.get({"b": {"d": [3], "c": 2}, "a": 1}) == {"value": 5}
    assert store.get({"b": {"d": [3], "c": 2}, "a": 2}) is None


def test_what_is_done_before_a_failure_is_kept(square: Square, tmp_path: Path) -> None:
    store = Store(tmp_path / "cells")
    with pytest.raises(ArithmeticError, match="this cell fails"):
        scan(square, grid(x=[1, 2, 3], fail=[3]), store=store)
    assert [store.get(cell) is not None for cell in grid(x=[1, 2, 3], fail=[3])] == [True, True, False]


def test_a_worker_that_dies_is_one_line(square: Square) -> None:
    with pytest.raises(RunError, match=r"a worker process died.*fewer workers"):
        scan(square, grid(x=[1], die=[1]), executor=Processes(1))


def test_a_killed_scan_goes_on(square: Square, tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from resonaut.scans.executors import Processes
from resonaut.scans.grid import grid
from resonaut.scans.scan import scan
from resonaut.scans.store import Store
from scans.work import Square
if __name__ == "__main__":
    scan(Square(Path({str(square.calls)!r})), grid(x=[1, 2, 3, 4], seconds=[0.4]),
         store=Store(Path({str(tmp_path / "cells")!r})), executor=Processes(1))
"""
    script = tmp_path / "killed.py"
    script.write_text(code)
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    running = subprocess.Popen([sys.executable, str(script)], env=os.environ | {"PYTHONPATH": paths})
    until = time.monotonic() + 60
    while not list((tmp_path / "cells").glob("*.json")):
        assert running.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    store = Store(tmp_path / "cells")
    done = [cell for cell in grid(x=[1, 2, 3, 4], seconds=[0.4]) if store.get(cell) is not None]
    assert 1 <= len(done) < 4
    before = {cell["x"]: square.n_calls(cell["x"]) for cell in done}
    results = scan(square, grid(x=[1, 2, 3, 4], seconds=[0.4]), store=store)
    assert [result["square"] for result in results] == [1, 4, 9, 16]
    assert {x: square.n_calls(x) for x in before} == before


def test_a_dask_cluster_gives_the_same(square: Square, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp://"
    ) as cluster:
        results = scan(
            square, grid(x=[3, 1, 2]), store=Store(tmp_path / "cells"), executor=Dask(cluster.scheduler_address)
        )
    assert [result["square"] for result in results] == [9, 1, 4]
    assert square.n_calls() == 3


def test_no_dask_scheduler_is_one_line(square: Square) -> None:
    pytest.importorskip("distributed", reason="needs the extra `cluster`")
    with pytest.raises(ConfigError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        scan(square, grid(x=[1]), executor=Dask("tcp://127.0.0.1:9", timeout=0.5))
