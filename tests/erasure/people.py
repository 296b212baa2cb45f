"""People in landing: C00777, once OLD-0042, who is to be forgotten, and others who are not."""

import json
from pathlib import Path

import duckdb

from orchestration.config.sources import Feed
from orchestration.settings import Settings, load_settings
from orchestration.sources.files import literal
from orchestration.sources.landing import land
from orchestration.sources.loads import Load, loads_of

ID, OLD, NAME, PHONE, EMAIL, FORMER_PHONE = (
    "C00777", "OLD-0042", "王小明", "13812345678", "Xiaoming.Wang@example.com", "13900001111",
)  # fmt: skip
EVERYTHING = frozenset({ID, OLD, NAME, PHONE, EMAIL, FORMER_PHONE})
FEEDS = {
    "orders": f"""order_id,customer_id,ordered_at,amount
O1,{ID},2026-01-01,10.00
O2,C00001,2026-01-02,20.00
O3,{OLD},2025-01-01,5.50
O4,{ID},2026-02-30,7.00
O5,C00001,never,1.00
O6,C00001,2026-01-05,{NAME}
O7,{ID},2026-01-05,2.00,one field too many
""",
    "complaints": f"""complaint_id,customer_id,opened_at,text
P1,+86 138-1234-5678,2026-01-01,my own
P2,C00001,2026-01-02,the meter of {NAME} is broken (tel １３８１２３４５６７８)
P3,C00001,2026-01-03,nothing to see
""",
    "customers": f"""customer_id,name,phone,email,referrer_customer_id
{ID},{NAME},{PHONE},{EMAIL},
C00001,李雷,13700000001,li@example.com,{ID}
C00002,韩梅梅,13700000002,han@example.com,C00001
""",
    "aliases": f"""customer_id,kind,value
{ID},old_id,{OLD}
{OLD},phone,{FORMER_PHONE}
C00001,phone,13700000009
""",
}


def settings_of(folder: Path) -> Settings:
    """Settings of the home in this folder, with the feeds' files beside it."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    feeds = {name: {"path": str(folder / "exports" / f"{name}.csv")} for name in FEEDS}
    company = {"name": "Test", "currency": "CNY"}
    (config / "sources.yml").write_text(json.dumps({"company": company, "feeds": feeds}), "utf-8")
    return load_settings(folder / "home", config)


def land_people(folder: Path, **changed: str) -> Path:
    """Land all feeds, some of them with other text; the home."""
    settings = settings_of(folder)
    for name, text in (FEEDS | changed).items():
        path = folder / "exports" / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        land(settings.home, name, Feed(path=str(path)))
    return settings.home


def newest(home: Path, feed_name: str) -> Load:
    return loads_of(home, feed_name)[-1]


def rows(home: Path, feed_name: str, columns: str, name: str = "accepted.parquet") -> list[tuple]:
    """Columns of the newest load, by row."""
    path = newest(home, feed_name).folder(home) / name
    with duckdb.connect() as connection:
        relation = f"read_parquet({literal(path)}, hive_partitioning = false)"
        return connection.execute(f"select {columns} from {relation} order by _row").fetchall()


def is_conserved(home: Path) -> bool:
    """Whether each load's files hold as many rows, by outcome, as its manifest says, and all make up the source's."""
    for feed_name in FEEDS:
        for load in loads_of(home, feed_name):
            aside = load.folder(home) / "set_aside.parquet"
            counted = {"accepted": count(load.folder(home) / "accepted.parquet"), "excluded": 0}
            counted["quarantined"] = count(aside) if aside.exists() else 0
            told = {outcome: load.rows[outcome] for outcome in counted}
            if counted != told or sum(counted.values()) + load.erased != load.source_rows:
                return False
            if sum(load.reasons.values()) != counted["quarantined"]:
                return False
    return True


def count(path: Path) -> int:
    with duckdb.connect() as connection:
        return connection.execute(f"select count(*) from read_parquet({literal(path)})").fetchall()[0][0]
