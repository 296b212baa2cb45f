"""Whose a row is: names in any spelling, chains of aliases, and what is not known, against a plain reference.

The models are compiled once; each example runs their SQL on an engine in memory.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from pathlib import Path

import duckdb
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from refreshes import compiled

from orchestration.sample.company import write_company
from orchestration.scoring.identity import claim_ends
from orchestration.sources.identifiers import phone_digits

FEEDS = ("orders", "complaints", "surveys", "customers", "aliases", "interactions", "service_costs", "wallets")
CLAIMS = "claims"
NEW_YEAR = dt.datetime(2026, 1, 1)


class Identity:
    """The staging models on an engine of its own, and what they say of some rows."""

    def __init__(self, refresh):
        models = [
            result.node
            for result in refresh.nodes("model").values()
            if result.node.schema == "staging" and result.node.name != "set_aside"
        ]
        after_claims = {"source.touchstone.staging.claim_ends"}
        for node in models:
            if after_claims & set(node.depends_on.nodes):
                after_claims.add(node.unique_id)
        # To dbt the ends of claims are there from the beginning; here they are made between the models.
        models.sort(key=lambda node: node.unique_id in after_claims)
        self.steps = [(node.name, node.config.materialized, node.compiled_code) for node in models]
        self.engine = duckdb.connect(":memory:", config={"threads": 1, "python_enable_replacements": False})
        self.engine.execute("attach ':memory:' as warehouse; use warehouse; create schema raw; create schema staging")
        self.engine.execute("create table staging.claim_ends (named_customer_id varchar, customer_id varchar)")
        with refresh.connect() as source:
            for feed in FEEDS:
                columns = source.execute(
                    "select column_name || ' ' || data_type from duckdb_columns()"
                    f" where schema_name = 'raw' and table_name = '{feed}' order by column_index"
                ).fetchall()
                self.engine.execute(f"create table raw.{feed} ({', '.join(column for (column,) in columns)})")
        self.is_built = False

    def land(self, **feeds: list[dict]) -> None:
        """Replace what has landed; columns that a row does not name are empty."""
        for feed in FEEDS:
            self.engine.execute(f"truncate raw.{feed}")
            for number, row in enumerate(feeds.get(feed, []), start=1):
                row = {"_load": "l1", "_row": number} | row
                marks = ", ".join("?" for _ in row)
                self.engine.execute(f"insert into raw.{feed} ({', '.join(row)}) values ({marks})", list(row.values()))
        self.build()

    def land_files(self, folder: Path) -> None:
        """Land the feeds of an example company."""
        for feed in FEEDS:
            self.engine.execute(f"truncate raw.{feed}")
            self.engine.execute(
                f"insert into raw.{feed} by name select *, 'l1' as _load, row_number() over () as _row"
                f" from read_csv('{folder / feed}.csv', all_varchar = true)"
            )
        self.build()

    def build(self) -> None:
        for name, materialized, sql in self.steps:
            if materialized != "view":
                self.engine.execute(f"create or replace table staging.{name} as {sql}")
            elif not self.is_built:
                self.engine.execute(f"create view staging.{name} as {sql}")
            if name == CLAIMS:
                claims = self.engine.execute("select named_customer_id, customer_id from staging.claims").fetchall()
                self.engine.execute("truncate staging.claim_ends")
                for pair in claim_ends(claims):
                    self.engine.execute("insert into staging.claim_ends values (?, ?)", pair)
        self.is_built = True

    def rows(self, sql: str) -> list[tuple]:
        return self.engine.execute(sql).fetchall()

    def outcomes(self, feed: str, key: str) -> dict[str, tuple]:
        """By record: its customer, or the reason and the candidates."""
        told = {
            record: (customer, None)
            for record, customer in self.rows(f"select {key}, customer_id from staging.identified_{feed}")
        }
        aside = self.rows(f"select record_key, reason, candidates from staging.unidentified where feed = '{feed}'")
        assert not told.keys() & {record for record, *_ in aside}
        return told | {record: (reason, candidates) for record, reason, candidates in aside}


@pytest.fixture(scope="module")
def identity(clean_refresh):
    return Identity(clean_refresh)


def order(customer: str, **more) -> dict:
    return {"order_id": f"of {customer}", "customer_id": customer, "ordered_at": NEW_YEAR, "amount": 1} | more


def complaint(named: str, day: int = 1, **more) -> dict:
    return {"complaint_id": f"{named} {day}", "customer_id": named, "opened_at": dt.datetime(2026, 3, day)} | more


def alias(customer: str, kind: str, value: str, since: dt.datetime | None = None) -> dict:
    return {"customer_id": customer, "kind": kind, "value": value, "valid_from": since}


def whose(identity, named: str, day: int = 1) -> tuple:
    return identity.outcomes("complaints", "complaint_id")[f"{named} {day}"]


# --- spelling ---------------------------------------------------------------------------------------------


SPELLINGS = {
    "phone": {
        "13800000001": [
            "13800000001",
            "+86 138-0000-0001",
            "（＋８６）１３８　００００　０００１",
            "0086 138 0000 0001",
            "8613800000001",
            "138.0000.0001",
        ],
        "1088888888": ["010-8888 8888", "(010)88888888", "+86 (0)10 8888 8888", "０１０－８８８８８８８８"],
        "86123456": ["86123456", "8612-3456"],
        "+15551234567": ["+1 (555) 123-4567", "001 555 123 4567", "＋１５５５１２３４５６７"],
        "95588": ["95588", "9 5588"],
        None: ["1234", "C13800000001", "13800000001 ext 5", "138+0000", "", "+86 1234", "电话"],
    },
    "email": {
        "li.wei@example.com": ["Li.Wei@Example.COM", "ｌｉ．ｗｅｉ＠ｅｘａｍｐｌｅ．ｃｏｍ", " li.wei@example.com　"],
        None: ["li.wei", ""],
    },
    "id": {
        "k-17": ["K-17", "Ｋ－１７", " k-17　"],
        "客户7": ["客户7", "客户７"],
        None: ["", "　"],
    },
}


@pytest.fixture(scope="module")
def normalised(clean_refresh, dbt_target):
    """The macros as functions of the engine."""
    engine = duckdb.connect()
    expressions = "~~~".join(f"{{{{ normalised_{kind}('spelt') }}}}" for kind in SPELLINGS)
    for kind, sql in zip(SPELLINGS, compiled(clean_refresh.home, dbt_target, expressions).split("~~~"), strict=True):
        engine.execute(f"create macro normalised_{kind}(spelt) as ({sql})")
    return engine


@pytest.mark.parametrize("kind", SPELLINGS)
def test_spellings_of_one_name_become_one(normalised, kind):
    """What is typed into a help desk is the same phone in a dozen ways, and half of them in full width."""
    found = {
        (meant, spelt): normalised.execute(f"select normalised_{kind}(?)", [spelt]).fetchone()[0]
        for meant, spellings in SPELLINGS[kind].items()
        for spelt in spellings
    }
    assert found == {(meant, spelt): meant for meant, spelt in found}


SEPARATED = st.lists(st.tuples(st.sampled_from("0123456789０１８"), st.sampled_from(["", "", "-", " "])), min_size=5)


@settings(deadline=None)
@given(
    st.sampled_from(["", "+86", "+86 (0)", "0086 ", "86", "0", "+1 ", "001", "＋８６"]),
    SEPARATED.map(lambda pairs: "".join(map("".join, pairs)).rstrip("- ")),
)
@example("+86", "1234567")
@example("", "86123456")
@example("0", "000000")
@example("00", "0123456789")
@example("86", "13800000001")
def test_an_erasure_knows_a_phone_by_the_same_spellings(normalised, prefix, digits):
    """What resolves to a customer is found when the customer is to be forgotten; there, + does not count."""
    in_marts = normalised.execute("select normalised_phone(?)", [prefix + digits]).fetchone()[0]
    in_erasures = phone_digits(prefix + digits)
    assume(in_marts is not None and in_erasures is not None)
    assert in_erasures == in_marts.removeprefix("+")


# --- rules ------------------------------------------------------------------------------------------------


def test_an_exact_id_goes_before_every_other_meaning(identity):
    """An id is what it says, even where somebody else has it as a phone; in another spelling it is a phone."""
    identity.land(
        orders=[order("13800000001"), order("c2")],
        customers=[{"customer_id": "c2", "phone": "13800000001"}],
        complaints=[complaint("13800000001"), complaint("+86 13800000001")],
    )
    assert whose(identity, "13800000001") == ("13800000001", None)
    assert whose(identity, "+86 13800000001") == ("c2", None)


def test_a_phone_that_two_share_is_ambiguous_and_merges_nobody(identity):
    """Families share a phone."""
    phones = [{"customer_id": name, "phone": "138 0000 0001"} for name in ("c1", "c2")]
    identity.land(orders=[order("c1"), order("c2")], customers=phones, complaints=[complaint("13800000001")])
    assert whose(identity, "13800000001") == ("ambiguous_customer", "c1, c2")
    assert identity.rows("from staging.merged_customers") == []


def test_a_phone_that_two_ids_of_one_customer_share_is_the_customers(identity):
    """All candidates are the same after merging."""
    phones = [{"customer_id": name, "phone": "13800000001"} for name in ("c1", "c2")]
    identity.land(customers=phones, aliases=[alias("c2", "old_id", "c1")], complaints=[complaint("13800000001")])
    assert whose(identity, "13800000001") == ("c2", None)


def test_of_many_candidates_five_are_told(identity):
    """A switchboard may be the phone of a thousand."""
    phones = [{"customer_id": f"c{number}", "phone": "95588"} for number in range(1, 9)]
    identity.land(customers=phones, complaints=[complaint("95588")])
    assert whose(identity, "95588") == ("ambiguous_customer", "c1, c2, c3, c4, c5")


def test_an_alias_counts_from_its_date_and_the_latest_holder_wins(identity):
    """A phone number goes from one customer to another; complaints of before stay the first one's."""
    identity.land(
        orders=[order("c1"), order("c2"), order("c3")],
        aliases=[
            alias("c1", "phone", "13800000001"),
            alias("c2", "phone", "13800000001", dt.datetime(2026, 3, 10)),
            alias("c3", "phone", "13800000001", dt.datetime(2026, 7, 1)),
            alias("c2", "account", "A-9", dt.datetime(2026, 3, 10)),
        ],
        complaints=[
            complaint("13800000001", 9),
            complaint("13800000001", 10),
            complaint("a-9", 9),
            complaint("a-9", 10),
        ],
    )
    assert whose(identity, "13800000001", 9) == ("c1", None)
    assert whose(identity, "13800000001", 10) == ("c2", None)
    assert whose(identity, "a-9", 9) == ("unknown_customer", None)
    assert whose(identity, "a-9", 10) == ("c2", None)


def test_a_row_is_taken_up_when_its_customer_appears(identity):
    """Nothing has to be replayed: what is not identified is looked at again each time."""
    known = {"aliases": [alias("c1", "email", "A@x.cn")], "complaints": [complaint("a@X.cn")]}
    identity.land(**known)
    assert whose(identity, "a@X.cn") == ("unknown_customer", None)
    identity.land(**known, orders=[order("c1")])
    assert whose(identity, "a@X.cn") == ("c1", None)


def test_orders_of_an_id_that_two_claim_are_set_aside_with_their_money(identity):
    """It would be a guess whose revenue it is."""
    identity.land(
        orders=[order("old", amount=7), order("c1"), order("c2")],
        aliases=[alias("c1", "old_id", "old"), alias("c2", "account", "OLD")],
        complaints=[complaint("old")],
    )
    assert identity.outcomes("orders", "order_id") == {
        "of old": ("ambiguous_customer", "c1, c2"),
        "of c1": ("c1", None),
        "of c2": ("c2", None),
    }
    assert identity.rows("select amount from staging.unidentified where feed = 'orders'") == [(7,)]
    assert whose(identity, "old") == ("ambiguous_customer", "c1, c2")


def test_orders_go_by_id_alone(identity):
    """A phone on an order is an id like any other, or a new alias would move revenue of years."""
    identity.land(orders=[order("13800000001")], customers=[{"customer_id": "c1", "phone": "13800000001"}])
    assert identity.outcomes("orders", "order_id") == {"of 13800000001": ("13800000001", None)}


def test_ids_that_differ_in_case_alone_are_two_customers(identity):
    """Some systems count on it; a third spelling names neither."""
    identity.land(
        orders=[order("ab1"), order("AB1"), order("c")],
        aliases=[alias("c", "old_id", "Ab1")],
        complaints=[complaint("Ab1")],
    )
    assert identity.rows("from staging.merged_customers") == []
    assert whose(identity, "Ab1") == ("ambiguous_customer", "AB1, ab1, c")


def test_a_circle_of_claims_is_one_customer():
    """Nobody is lost where two systems each call the other the older one; whoever else claims it has it."""
    circle = [("c2", "c3"), ("c3", "c1"), ("c1", "c2")]
    assert claim_ends(circle) == [("c2", "c1"), ("c3", "c1")]
    assert claim_ends([*circle, ("c3", "d")]) == [("c1", "d"), ("c2", "d"), ("c3", "d")]


def test_a_chain_of_ten_thousand_ends_at_its_last():
    """However often a company changed its numbers."""
    chain = [(f"{number:05}", f"{number + 1:05}") for number in range(10_000)]
    assert claim_ends(chain) == [(name, "10000") for name, _ in chain]


def test_the_help_desk_of_the_example_resolves_to_the_truth(identity, tmp_path):
    """It knows customers by phone only, and writes phones in five ways; some interactions name old ids."""
    write_company(tmp_path, 300, 6_000)
    identity.land_files(tmp_path)
    truth = identity.rows(f"select complaint_id, customer_id from read_csv('{tmp_path}/truth/complaints.csv')")
    assert len(truth) > 100
    assert identity.outcomes("complaints", "complaint_id") == {record: (whom, None) for record, whom in truth}
    assert identity.rows("from staging.unidentified") == []
    old_ids = identity.rows(
        "select distinct named_customer_id = 'K-' || ltrim(substr(customer_id, 2), '0')"
        " from staging.identified_interactions where named_customer_id <> customer_id"
    )
    assert old_ids == [(True,)]


# --- any graph of aliases ----------------------------------------------------------------------------------

IDS = ["a1", "b2", "c3", "d4", "e5"]
PHONES = ["138 0000 0001", "+86 13800000001", "13800000002"]
NAMES = [*IDS, "A1", "Ｂ２", *PHONES, "nobody"]
SINCE = [None, dt.datetime(2026, 2, 1), dt.datetime(2026, 3, 2), dt.datetime(2026, 9, 1)]
AS_OF_END = dt.datetime(2026, 7, 1)

# Claims and shared phones in equal parts: of names drawn at random few would ever meet.
ALIASES = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(IDS), st.sampled_from(["old_id", "account"]), st.sampled_from(NAMES), st.sampled_from(SINCE)
        ),
        st.tuples(st.sampled_from(IDS), st.just("phone"), st.sampled_from(PHONES), st.sampled_from(SINCE)),
    ),
    min_size=4,
    max_size=10,
    unique_by=lambda row: row[:3],
)


def plain(kind: str, text: str) -> str | None:
    """The spellings of this test's names, by Python."""
    text = text.replace("Ｂ２", "b2").lower()
    if kind != "phone":
        return text
    digits = text.replace("+86", "").replace(" ", "")
    return digits if digits.isdigit() and len(digits) >= 5 else None


def reference(aliases, ordering, registered, named, moment) -> set[str]:
    """The customers whom a name may mean at a moment, by walking from claim to claim."""
    aliases = [row for row in aliases if row[3] is None or row[3] < AS_OF_END]
    in_use = ordering | set(registered)
    ids = in_use | {row[0] for row in aliases}
    claimants = defaultdict(set)
    for customer, kind, value, _ in aliases:
        if kind == "phone":
            continue
        meant = {value} & ids or {name for name in ids if plain("id", name) == plain("id", value)}
        if len(meant) == 1 and meant != {customer}:
            claimants[meant.pop()].add(customer)

    def reach(name):
        seen, ahead = {name}, [name]
        while ahead:
            for other in claimants[ahead.pop()] - seen:
                seen.add(other)
                ahead.append(other)
        return seen

    def ends(name):
        last = [other for other in reach(name) if all(other in reach(further) for further in reach(other))]
        return {min(reach(other)) for other in last}

    known = set().union(*(ends(name) for name in in_use if len(ends(name)) == 1))
    names = in_use | {name for name in ids if ends(name) & known} | known
    if named in names and len(ends(named)) == 1:
        return ends(named)

    held = defaultdict(lambda: defaultdict(set))
    for name in names:
        held["id", plain("id", name)][dt.datetime.min] |= ends(name)
    for name, phone in registered.items():
        held["phone", plain("phone", phone)][dt.datetime.min] |= ends(name)
    for customer, kind, value, since in aliases:
        if customer in names and (since is None or since <= moment):
            held[kind, plain(kind, value)][since or dt.datetime.min] |= ends(customer)
    found = set()
    for kind in ("id", "old_id", "account", "phone"):
        spelt = plain(kind, named)
        if spelt and held[kind, spelt]:
            found |= held[kind, spelt][max(held[kind, spelt])]
    return found


def landed(aliases, ordering, registered, moments) -> dict[str, list[dict]]:
    return {
        "orders": [order(name) for name in sorted(ordering)],
        "customers": [{"customer_id": name, "phone": phone} for name, phone in registered.items()],
        "aliases": [alias(*row) for row in aliases],
        "complaints": [
            {"complaint_id": f"{named} {moment.month}", "customer_id": named, "opened_at": moment}
            for named in NAMES
            for moment in moments
        ],
    }


def told(candidates: set[str]) -> tuple:
    if not candidates:
        return "unknown_customer", None
    if len(candidates) == 1:
        return min(candidates), None
    return "ambiguous_customer", ", ".join(sorted(candidates)[:5])


MOMENTS = (dt.datetime(2026, 1, 1), dt.datetime(2026, 3, 5))


@settings(max_examples=20, deadline=None)
@given(
    aliases=ALIASES,
    ordering=st.sets(st.sampled_from(IDS), min_size=2),
    registered=st.dictionaries(st.sampled_from(IDS), st.sampled_from(PHONES), max_size=3),
    choice=st.randoms(use_true_random=False),
)
def test_resolution_is_that_of_a_plain_walk_in_any_order_and_removal_restores(
    identity, aliases, ordering, registered, choice
):
    """The set of aliases decides, not how they came; taking one out leaves what there was without it."""

    def expected(some):
        return {
            f"{named} {moment.month}": told(reference(some, ordering, registered, named, moment))
            for named in NAMES
            for moment in MOMENTS
        }

    def found(some, load=lambda: "l1"):
        rows = landed(some, ordering, registered, MOMENTS)
        rows["aliases"] = [row | {"_load": load()} for row in rows["aliases"]]
        identity.land(**rows)
        orders = identity.outcomes("orders", "order_id")
        for name in ordering:
            claimed = orders[f"of {name}"]
            assert claimed == told(reference(some, ordering, registered, name, MOMENTS[0])), name
        return identity.outcomes("complaints", "complaint_id")

    in_any_order = choice.sample(aliases, len(aliases))
    assert found(in_any_order, lambda: choice.choice(["l1", "l2"])) == expected(aliases)
    assert found(aliases[:-1]) == expected(aliases[:-1])
