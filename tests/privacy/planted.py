"""A small company with marked people in its exports: what may stand in landing, and nowhere that anybody looks.

Each secret is written at one place, in a spelling of its own, so that what leaks says where it came from.
"""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

from orchestration.sample.company import write_company
from orchestration.settings import PROJECT, SHIPPED_CONFIG

CUSTOMERS, ORDERS = 60, 600
# The secret as it is searched for, by what it is and how it is written.
PUBLISHED = {
    "name": ("欧阳寒鸦", "欧阳寒鸦"),
    "Latin name": ("Quillon Vexforth", "QUILLON Vexforth"),
    "name with signs": ("Zoë <Quaxley> & Söhne", "Zoë <Quaxley> & Söhne"),
    "full-width phone": ("13711102201", "１３７１１１０２２０１"),
    "phone with country code": ("13711102202", "+86 137-1110-2202"),
    "phone with zeros": ("13711102203", "0086 137 1110 2203"),
    "e-mail": ("vexforth.q@example.org", "Vexforth.Q@example.org"),
    "alias phone": ("13711102204", "(137) 1110.2204"),
    "alias e-mail": ("quax-alias@example.org", "quax-alias@example.org"),
    "alias of an undeclared kind": ("wxid_quaxleyzz", "wxid_quaxleyzz"),
    "complaint": ("翡翠鲸鱼昨夜停电", "翡翠鲸鱼昨夜停电，十分不满"),
    "Latin complaint": ("zephyrquartz overcharged us", "zephyrquartz overcharged us"),
    "phone in a complaint": ("13711102205", "请回电 137 1110 2205"),
    "phone as the customer of an interaction": ("13711102206", "13711102206"),
    "name as an amount": ("上官雪蛟", "上官雪蛟"),
    "phone as a date": ("13711102207", "13711102207"),
    "e-mail as a status": ("status-quax@example.org", "status-quax@example.org"),
    "name in a field too many": ("司徒冰蟾", "司徒冰蟾"),
    "phone as a score": ("13711102208", "137-1110-2208"),
    "text of a refused complaint": ("琥珀海豹没有答复", "琥珀海豹没有答复"),
    "e-mail in a column that nothing reads": ("unread-quax@example.org", "unread-quax@example.org"),
}
HELD = {
    "phone as the customer of a complaint": ("13711102211", "+8613711102211"),
    "e-mail as the customer of an answer": ("unknown-quax@example.org", "unknown-quax@example.org"),
    "name instead of a header": ("慕容霜狐", "慕容霜狐"),
    "phone instead of a header": ("13711102213", "13711102213"),
    "text of a late complaint": ("珊瑚刺猬赔偿未到", "珊瑚刺猬赔偿未到"),
}


def sought(planted: dict[str, tuple[str, str]]) -> set[str]:
    return {secret for secret, _ in planted.values()}


class Company:
    """A home, and beside it the exports and the configuration."""

    def __init__(self, folder: Path):
        self.home, self.exports, self.config = folder / "home", folder / "exports", folder / "config"

    def touchstone(self, *arguments: str) -> tuple[int, str]:
        """How a command ended, and everything that it said, in a process of its own, as a user runs it."""
        places = {"TOUCHSTONE_HOME": self.home, "TOUCHSTONE_CONFIG": self.config, "PYTHONPATH": PROJECT}
        ended = subprocess.run(
            [Path(sys.executable).with_name("touchstone"), *arguments],
            env=os.environ | {name: str(place) for name, place in places.items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        return ended.returncode, ended.stdout

    def change(self, feed: str, change, encoding: str = "utf-8") -> None:
        """Replace the rows of an export (dictionaries) by what `change` makes of them."""
        path = self.exports / f"{feed}.csv"
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding), newline="")))
        rows = change(rows)
        with path.open("w", encoding=encoding, newline="") as stream:
            writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in rows for name in row)), restval="")
            writer.writeheader()
            writer.writerows(rows)

    def add(self, feed: str, *rows: dict[str, str], encoding: str = "utf-8") -> None:
        self.change(feed, lambda before: [*before, *rows], encoding)


def company_with_secrets(folder: Path) -> Company:
    """The exports of a company whose first refresh publishes, though rows of each kind are refused."""
    company = Company(folder)
    write_company(company.exports, CUSTOMERS, ORDERS)
    company.config.mkdir()
    sources = (SHIPPED_CONFIG / "sources.yml").read_text("utf-8")
    sources = sources.replace("${TOUCHSTONE_HOME}/sample", str(company.exports))
    (company.config / "sources.yml").write_text(sources, "utf-8")
    # A refused row in a file of twenty is five in a hundred.
    gates = (SHIPPED_CONFIG / "gates.yml").read_text("utf-8")
    (company.config / "gates.yml").write_text(gates.replace("threshold: 0.01}", "threshold: 0.5}"), "utf-8")
    written = {place: spelling for place, (_, spelling) in PUBLISHED.items()}

    def named(rows: list[dict]) -> list[dict]:
        rows[0] |= {"name": written["name"], "phone": written["full-width phone"], "email": written["e-mail"]}
        rows[1] |= {"name": written["Latin name"], "phone": written["phone with country code"]}
        rows[2] |= {"name": written["name with signs"], "phone": written["phone with zeros"]}
        rows[3] |= {"note": written["e-mail in a column that nothing reads"]}
        return rows

    company.change("customers", named)
    whose = {"customer_id": "C000001"}
    company.add(
        "aliases",
        whose | {"kind": "phone", "value": written["alias phone"]},
        whose | {"kind": "email", "value": written["alias e-mail"]},
        whose | {"kind": "wechat", "value": written["alias of an undeclared kind"]},
    )
    opened = whose | {"opened_at": "2026-06-25 10:00:00", "category": "outage", "channel": "phone"}
    # Answered before it was opened: a check warns, and shows samples.
    early = {"first_response_at": "2026-06-24 10:00:00"}
    company.add(
        "complaints",
        opened | early | {"complaint_id": "X1", "text": written["complaint"]},
        opened | {"complaint_id": "X2", "text": written["Latin complaint"]},
        opened | {"complaint_id": "X3", "text": written["phone in a complaint"]},
        opened | {"complaint_id": "X4", "text": written["text of a refused complaint"], "opened_at": "yesterday"},
    )
    recode(company.exports / "complaints.csv", "gb18030")
    company.add(
        "interactions",
        {
            "customer_id": written["phone as the customer of an interaction"],
            "occurred_at": "2026-06-01 08:00:00",
            "kind": "visit",
        },
    )
    ordered = whose | {"ordered_at": "2026-06-01 10:00:00", "amount": "5.00"}
    company.add(
        "orders",
        ordered | {"order_id": "X1", "amount": written["name as an amount"]},
        ordered | {"order_id": "X2", "ordered_at": written["phone as a date"]},
        ordered | {"order_id": "X3", "status": written["e-mail as a status"]},
    )
    with (company.exports / "orders.csv").open("a", encoding="utf-8", newline="") as stream:
        stream.write("X4" + "," * 20 + written["name in a field too many"] + "\r\n")
    company.add(
        "surveys",
        whose
        | {
            "response_id": "X1",
            "answered_at": "2026-06-01 10:00:00",
            "question": "overall_satisfaction",
            "score": written["phone as a score"],
        },
    )
    return company


def recode(path: Path, encoding: str) -> None:
    path.write_bytes(path.read_text("utf-8").encode(encoding))


def add_what_is_held(company: Company) -> None:
    """Rows and files that must hold the next refresh."""
    written = {place: spelling for place, (_, spelling) in HELD.items()}
    late = {"opened_at": "2026-06-26 10:00:00", "text": written["text of a late complaint"]}
    nobody = late | {"customer_id": written["phone as the customer of a complaint"]}
    company.add("complaints", *(nobody | {"complaint_id": f"Y{row}"} for row in range(6)), encoding="gb18030")
    answered = {"answered_at": "2026-06-02 10:00:00", "question": "would_rebuy", "score": "1"}
    unknown = answered | {"customer_id": written["e-mail as the customer of an answer"]}
    company.add("surveys", *(unknown | {"response_id": f"Y{row}"} for row in range(6)))


def add_what_cannot_be_read(company: Company) -> None:
    """A file without its header, which stops the refresh where it lands."""
    written = {place: spelling for place, (_, spelling) in HELD.items()}
    row = [written["name instead of a header"], written["phone instead of a header"], "2025-07-01", "", ""]
    (company.exports / "wallets.csv").write_text(",".join(row) + "\n", "utf-8")


def place_of(secret: str) -> str:
    """What a secret is, for messages."""
    return next(place for place, (text, _) in (PUBLISHED | HELD).items() if text == secret)
