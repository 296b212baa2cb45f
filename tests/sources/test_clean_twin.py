"""Real-world files: however a file is written, its rows are those of its clean twin."""

import gzip
import io
import json
import zipfile

import duckdb
import openpyxl
import pytest
import xlwt

HEADER = ["订单号", "客户", "下单时间", "金额", "地区"]
ROWS = [
    ["0001", "张三", "2026-06-30 08:15:00", "1234.50", "北京"],
    ["0002", "李四", "2026-07-01 00:00:00", "-5.00", "上海, 浦东"],
    ["0003", "王\n五", "2026-07-02 23:59:59", "0.10", '说"不"'],
]
COLUMNS = {
    "order_id": 'source."订单号"',
    "customer_id": 'source."客户"',
    "ordered_at": 'source."下单时间"',
    "amount": 'source."金额"',
    "region": 'source."地区"',
}


WITHOUT_HEADER = {
    "header_row": 0,
    "columns": {name: f"source.column{number}" for number, name in enumerate(COLUMNS, 1)},
}


def text(rows=None, delimiter=",", header=HEADER) -> str:
    def field(value: str) -> str:
        return '"' + value.replace('"', '""') + '"' if set(value) & {delimiter, '"', "\n"} else value

    return "".join(delimiter.join(map(field, row)) + "\n" for row in [header, *(rows or ROWS)])


def changed(column: int, values: list[str]) -> str:
    return text([[*row[:column], value, *row[column + 1 :]] for row, value in zip(ROWS, values, strict=True)])


def sheet(write, header=HEADER) -> bytes:
    rows = [header, *ROWS]
    stream = io.BytesIO()
    write(rows).save(stream)
    return stream.getvalue()


def xlsx(rows) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


def xls(rows) -> xlwt.Workbook:
    book = xlwt.Workbook()
    page = book.add_sheet("订单")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            page.write(number, column, value)
    return book


def json_lines() -> str:
    return "".join(json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) + "\n" for row in ROWS)


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def parquet(folder) -> bytes:
    path = folder / "twin.parquet"
    with duckdb.connect() as connection:
        columns = ", ".join(f'"{name}" varchar' for name in HEADER)
        connection.execute(f"create table twin ({columns})")
        connection.executemany("insert into twin values (?, ?, ?, ?, ?)", ROWS)
        connection.execute(f"copy twin to '{path}' (format parquet)")
    return path.read_bytes()


FILES = {
    "utf-8": ("a.csv", text()),
    "utf-8 with a byte-order mark": ("a.csv", text().encode("utf-8-sig")),
    "gb18030": ("a.csv", text().encode("gb18030")),
    "gbk, stated": ("a.csv", text().encode("gbk"), {"encoding": "gbk"}),
    "utf-16 with a byte-order mark": ("a.csv", text().encode("utf-16")),
    "utf-16 little endian": ("a.csv", text().encode("utf-16-le")),
    "utf-16 big endian": ("a.csv", text().encode("utf-16-be")),
    "tabs": ("a.tsv", text(delimiter="\t")),
    "semicolons": ("a.csv", text(delimiter=";")),
    "pipes": ("a.txt", text(delimiter="|")),
    "a stated delimiter": ("a.csv", text(delimiter="^"), {"delimiter": "^"}),
    "CRLF": ("a.csv", text().replace("\n", "\r\n")),
    "title rows": ("a.csv", '订单"表\n\n' + text(), {"header_row": 3}),
    "title rows in gbk": ("a.csv", ("订单表,,\n" + text()).encode("gbk"), {"header_row": 2}),
    "no header row": ("a.csv", text().partition("\n")[2], {"delimiter": ",", **WITHOUT_HEADER}),
    "no header row in gbk": ("a.txt", text().partition("\n")[2].encode("gbk"), {"delimiter": ",", **WITHOUT_HEADER}),
    "xlsx without a header row": ("a.xlsx", sheet(xlsx, header=[]), WITHOUT_HEADER),
    "dates as T": ("a.csv", changed(2, ["2026-06-30T08:15:00", "2026-07-01", "2026-07-02T23:59:59"])),
    "dates in Chinese": ("a.csv", changed(2, ["2026年6月30日 8时15分", "2026年07月01日", "2026年7月2日 23:59:59"])),
    "dates of Excel": ("a.csv", changed(2, ["46203.34375", "46204", "46205.999988425926"])),
    "dates with slashes": ("a.csv", changed(2, ["2026/6/30 8:15", "2026/7/1", "2026/7/2 下午11:59:59"])),
    "dates with dots": ("a.csv", changed(2, ["2026.6.30 8:15", "20260701", "2026.7.2 23:59:59"])),
    "amounts with separators": ("a.csv", changed(3, ["1,234.50", "(5.00)", "+.10"])),
    "amounts of Europe": ("a.csv", changed(3, ["1.234,50", "5-", "0,1"]), {"decimal": ","}),
    "amounts with signs": ("a.csv", changed(3, ["￥1,234.50", "-¥5", "0.10元"])),
    "full-width digits": ("a.csv", changed(3, ["１，２３４．５０", "－５", "０．１"])),
    "xlsx": ("a.xlsx", sheet(xlsx)),
    "xls": ("a.xls", sheet(xls)),
    "xlsx named csv": ("a.csv", sheet(xlsx)),
    "text named xls": ("a.xls", text(delimiter="\t").encode("gbk")),
    "json lines": ("a.jsonl", json_lines()),
    "json lines in gbk": ("a.json", json_lines().encode("gbk")),
    "gzip": ("a.csv.gz", gzip.compress(text().encode("gb18030"))),
    "json lines in gzip": ("a.jsonl.gz", gzip.compress(json_lines().encode())),
    "zip": ("a.zip", zipped(orders__csv=text().encode("gb18030"), readme__txt=b"x"), {"members": "*.csv"}),
    "xlsx in zip": ("a.zip", zipped(orders__xlsx=sheet(xlsx))),
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> list[dict]:
    from sources.desk import Desk

    return landed(Desk(tmp_path_factory.mktemp("clean")), "clean.csv", text())


def landed(desk, name, content, mapping=None) -> list[dict]:
    desk.put(content, name)
    load = desk.land(name, **{"columns": COLUMNS} | (mapping or {}))
    assert load.rows == {"accepted": 3, "excluded": 0, "quarantined": 0, "duplicate": 0}
    return [
        {column: str(value).replace("\r\n", "\n") for column, value in row.items() if column != "_load"}
        for row in desk.accepted(load)
    ]


@pytest.mark.parametrize("kind", FILES)
def test_a_file_lands_as_its_clean_twin(desk, clean, kind):
    """Which program wrote the export, and in which country, changes no row."""
    assert landed(desk, *FILES[kind]) == clean


def test_parquet_lands_as_its_clean_twin(desk, clean, tmp_path):
    """Text columns of Parquet are spelt as people spell them, too."""
    assert landed(desk, "a.parquet", parquet(tmp_path)) == clean


def test_the_clean_twin_is_what_was_written(clean):
    """Everything above is held against it."""
    assert [(row["order_id"], row["ordered_at"], row["amount"]) for row in clean] == [
        ("0001", "2026-06-30 08:15:00", "1234.5000"),
        ("0002", "2026-07-01 00:00:00", "-5.0000"),
        ("0003", "2026-07-02 23:59:59", "0.1000"),
    ]


def test_a_sheet_with_a_title_and_a_total_is_configured_not_cleaned(desk):
    """The report that accounting sends: a merged title, Chinese headers, a total at the foot."""
    book = openpyxl.Workbook()
    book.active.title = "说明"
    page = book.create_sheet("六月")
    page.merge_cells("A1:D1")
    page["A1"] = "2026年6月订单表"
    page.append([])
    page.append(["订单号", "客户", "下单时间", "金额"])
    page.append(["0001", "张三", "2026年6月30日", 10.5])
    page.append(["0002", "李四", "2026年6月30日", 20])
    page.append(["合计", None, None, 30.5])
    stream = io.BytesIO()
    book.save(stream)
    desk.put(stream.getvalue(), "report.xlsx")
    load = desk.land(
        "report.xlsx",
        sheet="六月",
        header_row=3,
        columns={name: expression for name, expression in COLUMNS.items() if name != "region"},
        exclude=[{"when": "source.\"订单号\" = '合计'", "reason": "total of the sheet"}],
    )
    assert load.reasons == {"excluded:total of the sheet": 1}
    assert [(row["order_id"], str(row["amount"])) for row in desk.accepted(load)] == [
        ("0001", "10.5000"),
        ("0002", "20.0000"),
    ]
