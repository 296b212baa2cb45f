"""The search of these tests finds a secret however it is written, packed or compressed."""

import base64
import gzip
import html
import json
import pickle
import sqlite3
import zlib
from contextlib import closing
from urllib.parse import quote

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from privacy.decoded import search

NAME, PHONE = "欧阳 <Quax>", "13711102201"
TEXT = f"请联系{NAME}，电话 +86 １３７-1110 2201。"
WRITTEN = {
    "UTF-8": TEXT.encode(),
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-16 among other bytes": b"\x00\x01\x02" + NAME.encode("utf-16-be") + b"\x00" + PHONE.encode("utf-16-le"),
    "GB18030": TEXT.encode("gb18030"),
    "JSON": json.dumps([TEXT]).encode(),
    "JSON in JSON": json.dumps(json.dumps({"told": TEXT})).encode(),
    "a URL": quote(TEXT).encode(),
    "a page": html.escape(TEXT).encode(),
    "a picture of two words": TEXT.replace("欧阳", "<tspan>欧</tspan><tspan>阳</tspan>")
    .replace("<Quax>", "Quax")
    .encode(),
    "base64": b"data:image/svg+xml;base64," + base64.b64encode(TEXT.encode()) + b'"',
    "base64 of zlib of a pickle": base64.b64encode(zlib.compress(pickle.dumps([TEXT, 1]))),
    "gzip": gzip.compress(TEXT.encode()),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_secret_is_found_in_any_spelling(tmp_path, how):
    """One that only this spelling hides would pass for kept."""
    path = tmp_path / "file"
    path.write_bytes(WRITTEN[how])
    assert set(search([path], {NAME, PHONE})) == {NAME, PHONE}


def test_a_secret_is_found_in_a_column_of_each_format(tmp_path):
    """Compressed columns hide what stands in them from a search of bytes."""
    parquet, engine, history = tmp_path / "a.parquet", tmp_path / "a.duckdb", tmp_path / "a.db"
    pyarrow.parquet.write_table(pyarrow.table({"told": [[TEXT]] * 9}), parquet, compression="zstd")
    with duckdb.connect(str(engine)) as connection:
        connection.execute("create table told as select ? as cell", [TEXT])
    with closing(sqlite3.connect(history)) as connection:
        connection.execute("create table told (cell blob)")
        connection.execute("insert into told values (?)", [zlib.compress(TEXT.encode())])
        connection.commit()
    for path in (parquet, engine, history):
        assert set(search([path], {NAME, PHONE})) == {NAME, PHONE}, path


def test_another_name_and_another_number_are_not_found(tmp_path):
    """A search that always finds would not notice a mend."""
    path = tmp_path / "file"
    path.write_text("欧阳 Quux, 13711102202", "utf-8")
    assert search([path], {NAME, PHONE}) == {}
