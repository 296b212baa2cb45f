"""Landing without a person: their rows go, what mentions them is emptied, and the rest stays and adds up."""

import json
import re
import shutil

import duckdb
import pytest

from erasure.conftest import SECRET
from erasure.people import (
    EMAIL,
    EVERYTHING,
    FEEDS,
    FORMER_PHONE,
    ID,
    NAME,
    OLD,
    PHONE,
    is_conserved,
    land_people,
    newest,
    rows,
    settings_of,
)  # fmt: skip
from orchestration.doctor import erasures
from orchestration.erasure.forget import forget
from orchestration.erasure.needles import Needles
from orchestration.erasure.person import Person, identify
from orchestration.erasure.search import search
from orchestration.errors import UserError
from orchestration.sources import forgotten
from orchestration.sources.contract import CONTRACTS
from orchestration.sources.identifiers import canonical
from orchestration.sources.naming import marked

NEEDLES = Needles(EVERYTHING)


@pytest.fixture(scope="module")
def erased(tmp_path_factory):
    """The folder of a home that the person has left; not to be changed."""
    folder = tmp_path_factory.mktemp("erased")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(forgotten.KEY, SECRET)
        land_people(folder)
        assert forget(settings_of(folder), ID).is_done
    return folder


@pytest.fixture
def later(erased, tmp_path):
    """A copy of it, for what arrives later."""
    shutil.copytree(erased, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_person_is_all_their_ids_names_phones_and_emails(home):
    """Also those of ids that were merged into theirs."""
    assert identify(home, ID, None).identifiers >= EVERYTHING - {OLD}
    assert OLD.lower() in identify(home, ID, None).identifiers


def test_an_old_id_leads_to_the_same_person(home):
    """Whoever asks may know only the id of years ago."""
    found, expected = (identify(home, customer_id, None).identifiers for customer_id in (OLD, ID))
    assert {canonical(text) for text in found} == {canonical(text) for text in expected}


def test_what_another_customer_bears_too_is_left_to_them(tmp_path):
    """A common name says nothing; a family's phone is also somebody else's."""
    customers = FEEDS["customers"] + f"C00003,{NAME},{PHONE},c3@example.com,\n"
    home = land_people(tmp_path, customers=customers)
    person = identify(home, ID, None)
    assert not {NAME, PHONE} & person.identifiers
    assert EMAIL in person.identifiers
    assert person.shared == 2
    assert forget(settings_of(tmp_path), ID).is_done
    assert ("C00003", NAME, PHONE) in rows(home, "customers", "customer_id, name, phone")


def test_nothing_is_left_in_landing_and_everything_was(home, erased):
    """The search that finds nothing afterwards finds each identifier before."""
    for identifier in EVERYTHING:
        assert search(home / "landing", Needles(frozenset({identifier})))
    assert search(erased / "home", NEEDLES) == []


def test_rows_of_the_person_go_and_rows_of_others_stay(erased):
    """Whoever is named by phone in a complaint is gone from there too."""
    home = erased / "home"
    assert rows(home, "orders", "order_id") == [("O2",)]
    assert rows(home, "complaints", "complaint_id") == [("P2",), ("P3",)]
    assert rows(home, "customers", "customer_id") == [("C00001",), ("C00002",)]
    assert rows(home, "aliases", "value") == [("13700000009",)]
    assert rows(home, "orders", "_reason", "set_aside.parquet") == [("unparseable:ordered_at",)]


def test_what_only_mentions_the_person_is_emptied(erased):
    """A friend who was recommended by them, and a neighbour's complaint, are other people's rows."""
    home = erased / "home"
    assert rows(home, "complaints", "text") == [(None,), ("nothing to see",)]
    assert rows(home, "customers", "referrer_customer_id") == [(None,), ("C00001",)]


def test_rows_and_money_are_conserved(home, erased):
    """Orders: of 20.00 + 15.50 accepted and 10.00 refused money (7 + 1 + 2) only 20.00 and 1.00 stay."""
    before = newest(home, "orders")
    assert before.rows == {"accepted": 3, "excluded": 0, "quarantined": 4, "duplicate": 0}
    home = erased / "home"
    after = newest(home, "orders")
    assert is_conserved(home)
    assert after.rows == {"accepted": 1, "excluded": 0, "quarantined": 1, "duplicate": 0}
    assert after.erased == 5
    assert after.source_rows == before.source_rows == 7
    assert after.reasons == {"unparseable:ordered_at": 1}
    money = {outcome: float(amount) for outcome, amount in after.money.items()}
    assert money == {"accepted": 20.0, "excluded": 0.0, "quarantined": 1.0, "duplicate": 0.0, "erased": 22.5}


def test_forgetting_twice_changes_nothing_more(later):
    """The same command may be run again at any time, also when nothing is there."""
    home = later / "home"
    before = contents(home)
    again = forget(settings_of(later), ID)
    assert again.is_done
    assert not again.was_known
    assert contents(home) == before


def test_an_id_that_nobody_bears_is_recorded(later):
    """They may have asked before the first pull that would have brought them."""
    home = later / "home"
    assert not forget(settings_of(later), "C00999").was_known
    land_people(later, complaints=FEEDS["complaints"] + "P4,c00999,2026-02-01,\n")
    assert rows(home, "complaints", "complaint_id") == [("P2",), ("P3",)]
    assert newest(home, "complaints").erased == 2


def test_the_next_pull_does_not_bring_them_back(later):
    """The company's own system still exports them, with another spelling and a mention in somebody's text."""
    home = later / "home"
    land_people(
        later,
        orders=FEEDS["orders"] + f"O8,{ID.lower()},2026-03-01,9.00\nO9,C00001,2026-03-01,8.00\n",
        complaints=FEEDS["complaints"] + f"P4,00８６{PHONE},2026-03-01,\nP5,C00002,2026-03-01,ask {NAME}\n",
        customers=FEEDS["customers"] + "C00003,new,13700000003,new@example.com,\n",
        aliases=FEEDS["aliases"] + f"{ID},email,{EMAIL.upper()}\n",
    )
    assert search(home, NEEDLES) == []
    assert is_conserved(home)
    assert rows(home, "orders", "order_id") == [("O2",), ("O9",)]
    assert rows(home, "complaints", "complaint_id, text")[-1] == ("P5", None)
    assert newest(home, "orders").erased == 6
    assert float(newest(home, "orders").money["erased"]) == 31.5
    assert newest(home, "customers").erased == 1


def test_somebody_else_of_the_same_name_may_come(later):
    """A name is not an id: only its mention in texts is kept out."""
    home = later / "home"
    land_people(later, customers=FEEDS["customers"] + f"C00003,{NAME},13700000003,,\n")
    assert ("C00003", NAME) in rows(home, "customers", "customer_id, name")


def test_a_short_id_goes_with_its_rows_and_leaves_quantities(tmp_path):
    """Customer 42 is forgotten; somebody else's 42 pieces are not."""
    orders = "order_id,customer_id,ordered_at,amount,quantity\nO1,42,2026-01-01,1,1\nO2,7,2026-01-01,1,42\n"
    home = land_people(tmp_path, orders=orders + "O3,7,never,1,42\nO4,42,never,1,2\n")
    assert forget(settings_of(tmp_path), "42").is_done
    assert rows(home, "orders", "order_id") == [("O2",)]
    assert rows(home, "orders", "order_id", "set_aside.parquet") == [("O3",)]


def test_the_list_holds_no_identifier(erased):
    """Keyed hashes only, of 64 hex digits."""
    home = erased / "home"
    text = forgotten.list_file(home).read_text("utf-8")
    assert not NEEDLES.is_in(text)
    entry = json.loads(text)["entries"][0]
    assert entry["finished_at"]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in entry["whole"])


@pytest.mark.parametrize("secret", ["", "short", "another key, long enough as well"])
def test_without_the_key_nothing_lands(later, monkeypatch, secret):
    """Who was forgotten cannot be told without it, and must not come in unseen."""
    home = later / "home"
    before = contents(home)
    monkeypatch.setenv(forgotten.KEY, secret)
    with pytest.raises(UserError, match=forgotten.KEY):
        land_people(later, orders=FEEDS["orders"] + "O9,C00001,2026-03-01,8.00\n")
    assert contents(home) == before


def test_no_key_is_needed_where_nobody_was_forgotten(tmp_path, monkeypatch):
    """Erasure costs those who do not use it nothing."""
    monkeypatch.delenv(forgotten.KEY)
    assert newest(land_people(tmp_path), "orders").erased == 0


def test_columns_that_nothing_reads_are_searched_too():
    """They are kept as they came, and may hold anything."""
    sought = Person(frozenset({ID, PHONE}), 0).sought()
    relation = f"""(select 'C1' as customer_id, {{note: 'ask {PHONE}', size: 'L'}} as _unread
        union all select 'C2', {{note: 'nothing', size: '{ID}'}} union all select 'C3', {{note: null, size: 'M'}})"""
    with duckdb.connect() as connection:
        kept = connection.execute(f"{marked(connection, relation, sought).kept(relation)} order by 1").fetchall()
    assert kept == [("C1", None), ("C2", None), ("C3", {"note": None, "size": "M"})]


def test_doctor_tells_of_an_erasure_that_did_not_end(home, tmp_path):
    """Nobody may believe that somebody is gone who is not."""
    settings = settings_of(tmp_path)
    key = forgotten.key_of(home)
    forgotten.record(home, key, [ID])
    assert [finding.is_fine for finding in erasures(settings)] == [False, True]
    forgotten.finish(home, key, ID)
    assert [finding.is_fine for finding in erasures(settings)] == [True]


def test_every_feed_has_a_column_that_says_whom_a_row_is_about():
    """A feed without one would be passed over."""
    assert all("customer_id" in [column.name for column in contract.columns] for contract in CONTRACTS.values())


def test_old_phone_of_a_merged_id_is_kept_out(later):
    """The chain is gone from landing, its end is still known by its hash."""
    home = later / "home"
    land_people(later, orders=FEEDS["orders"] + f"O8,{FORMER_PHONE},2026-03-01,9.00\n")
    assert rows(home, "orders", "order_id") == [("O2",)]


def contents(home) -> dict[str, bytes]:
    """Every file of landing."""
    return {str(path): path.read_bytes() for path in sorted((home / "landing").rglob("*")) if path.is_file()}
