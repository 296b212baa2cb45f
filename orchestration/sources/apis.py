"""An HTTP API pulled into one Parquet file of texts: pages go through a spool on disk, so memory stays bounded.

Nothing is handed on before the last page has come. How pages are asked for is in `rest.py`.
"""

import datetime as dt
import json
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from orchestration.config.sources import Api, Cursor
from orchestration.environment import filled
from orchestration.errors import UserError
from orchestration.sources.pulls import Pulled, Reading, TextParquet, as_text, require_names

BATCH_ROWS = 5_000


def pull_api(source: Api, since: str | None, where: str, home: Path, work: Path) -> Pulled:
    """Ask for the records from `lookback` before `since` on; for all without it.

    Columns are the keys of all records; nested values are JSON text, and numbers keep their digits.

    Parameters
    ----------
    since : str or None
        Watermark of the newest load.
    where : str
        Place in sources.yml, for messages: `feeds.complaints.api`.
    work : Path
        Folder that gets `pulled.parquet`.

    Raises
    ------
    UserError
        A page fails, is not understood or comes twice, or the records cannot be used.
    """
    from orchestration.sources.rest import pages

    url = filled(source.url, f"{where}.url", home)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError("this is not the URL of an API", where=f"sources.yml, {where}.url", mend="write https://…")
    name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    headers = {key: filled(value, f"{where}.headers.{key}", home) for key, value in source.headers.items()}
    parameters = {key: filled(value, f"{where}.parameters.{key}", home) for key, value in source.parameters.items()}
    reading = Reading(source.cursor, since, where) if source.cursor else None
    if reading and reading.start is not None:
        parameters[source.cursor.parameter] = written(reading.start, source.cursor)

    spool, path = work / "pulled.jsonl", work / "pulled.parquet"
    columns: dict[str, None] = {}
    with spool.open("w", encoding="utf-8") as stream:
        for page in pages(source, url, headers, parameters, name, where):
            for record in page:
                try:
                    values = {as_text(key): as_text(value) for key, value in record.items()}
                except RecursionError:
                    what, mend = f"a record of {name} is nested too deeply", "ask the API for fewer of its keys"
                    raise UserError(what, where=f"sources.yml, {where}", mend=mend) from None
                columns.update(dict.fromkeys(values))
                stream.write(json.dumps(values) + "\n")
                if reading:
                    reading.see([values.get(source.cursor.column)])
    require_names(tuple(columns), name, where, "ask the API for records without this key")
    if columns and reading and source.cursor.column not in columns:
        raise UserError(
            f"no record of {name} has the key {source.cursor.column!r}",
            where=f"sources.yml, {where}.cursor; keys found: {', '.join(columns)}",
            mend="name one of the keys found",
        )
    watermark = reading.end() if reading else None
    with TextParquet(path, tuple(columns)) as file, spool.open(encoding="utf-8") as stream:
        while lines := list(islice(stream, BATCH_ROWS)):
            records = map(json.loads, lines)
            file.add([[record.get(column) for column in columns] for record in records])
    spool.unlink()
    return Pulled(name, path, tuple(columns), file.rows, watermark)


def written(start: str, cursor: Cursor) -> str:
    """The value to begin from as the API takes it: in its own spelling, or in the cursor's `format`."""
    if cursor.format is None:
        return start
    moment = dt.datetime.fromisoformat(start)
    if cursor.format == "epoch_seconds":
        return str(int((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()))
    return moment.strftime(cursor.format)
