"""The Parquet files of a run folder, as the figures want them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resonaut.errors import RunError
from resonaut.plots.table import Table

__all__ = ["read_table"]


def read_table(path: Path, columns: tuple[str, ...]) -> Table:
    """Some columns of a Parquet file as arrays; a missing number is NaN.

    Raises:
        RunError: it is not there, damaged, or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.exists():
        raise RunError(f"{path} is missing, and the report is drawn from it; repeat the run in another folder")
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise RunError(f"{path} cannot be read ({reason}); repeat the run in another folder") from None
    if missing := [name for name in columns if name not in table.column_names]:
        raise RunError(f"{path} lacks the column {', '.join(missing)}; repeat the run in another folder")
    return {name: np.asarray(table.column(name).to_numpy()) for name in columns}
