"""Parquet files that a converting reader writes into the work folder: records, their lines, refused lines."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

BATCH_ROWS = 20_000
BATCH_CHARACTERS = 32 << 20


class Table:
    """A Parquet file that grows row by row, in constant memory; columns are of one type: text, or numbers.

    Parameters
    ----------
    columns : dict
        Name to `str` or `int`.
    """

    def __init__(self, work: Path, columns: dict[str, type]):
        import pyarrow as pa
        import pyarrow.parquet as pq

        with tempfile.NamedTemporaryFile(dir=work, suffix=".parquet", delete=False) as target:
            self.path = Path(target.name)
        types = {str: pa.string(), int: pa.int64()}
        self._schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
        self._writer = pq.ParquetWriter(self.path, self._schema)
        self._batch: list[Sequence[str | int | None]] = []
        self._characters = 0
        self.rows = 0

    def __enter__(self) -> "Table":
        return self

    def add(self, row: Sequence[str | int | None]) -> None:
        self._batch.append(row)
        self._characters += sum(len(value) for value in row if isinstance(value, str))
        self.rows += 1
        if len(self._batch) == BATCH_ROWS or self._characters > BATCH_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._batch:
            columns = [
                pa.array(values, field.type)
                for values, field in zip(zip(*self._batch, strict=True), self._schema, strict=True)
            ]
            self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        self._batch, self._characters = [], 0

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is None:
                self._flush()
        finally:
            self._writer.close()
