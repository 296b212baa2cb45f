"""How much arrived, asked of landed files and of the loads that the base release was made from."""

import datetime as dt
from types import SimpleNamespace

import pytest

from orchestration.config.sources import Feed
from orchestration.defs.raw import view_of
from orchestration.defs.volume import counted, counted_then, exported
from orchestration.sources.contract import CONTRACTS
from orchestration.sources.landing import land
from orchestration.sources.loads import loads_of
from orchestration.warehouse.duckdb import Warehouse

ORDERS = CONTRACTS["orders"]
MONDAY = dt.date(2026, 6, 1)
DAY = dt.timedelta(days=1)


class Shop:
    """Lands exports of orders, each so many a day, and is the session of a refresh of what has landed."""

    def __init__(self, home):
        self.home, self.warehouse, self.base = home, Warehouse(home / "warehouse.duckdb"), None
        self.warehouse.prepare()
        self.feed = Feed(path=f"{home}/orders-*.csv")
        self.settings = SimpleNamespace(home=home, sources=SimpleNamespace(feeds={"orders": self.feed}))

    def export(self, *orders: tuple[dt.date, range], amount: int = 10):
        rows = [f"o-{day:%m%d}-{number},c1,{day} 10:00:00,{amount}\n" for day, numbers in orders for number in numbers]
        name = f"orders-{len(loads_of(self.home, 'orders')):03}.csv"
        (self.home / name).write_text("order_id,customer_id,ordered_at,amount\n" + "".join(rows), "utf-8")
        newest = land(self.home, "orders", self.feed)[-1]
        self.warehouse.create_view("raw.orders", view_of(self.home, ORDERS, loads_of(self.home, "orders")))
        return newest

    def publish(self, as_of: dt.date) -> None:
        loads = [
            {"feed": "orders", "load_id": load.load_id, "source_rows": load.source_rows}
            for load in loads_of(self.home, "orders")
        ]
        self.base, self.as_of = SimpleNamespace(as_of=as_of, manifest={"loads": loads}), as_of + DAY

    def ratio(self, newest) -> float | None:
        return exported(self, ORDERS, newest).ratio


@pytest.fixture
def shop(tmp_path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture(scope="module")
def growing(tmp_path_factory) -> Shop:
    """Two exports of everything, the second one a day longer, of which a release was made; tests land what follows."""
    shop = Shop(tmp_path_factory.mktemp("growing"))
    shop.export((MONDAY, range(40)))
    shop.export((MONDAY, range(40)), (MONDAY + DAY, range(10)))
    shop.publish(MONDAY + DAY)
    return shop


def test_an_export_of_everything_that_was_cut_off_is_told(growing):
    """All that it has was there before, and most of that is missing."""
    assert growing.ratio(growing.export((MONDAY, range(10)))) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("orders", "amount"),
    [
        ((MONDAY + 2 * DAY, range(4)), 10),  # only what is new, or a second file of the day
        ((MONDAY, range(4)), 12),  # corrections
    ],
)
def test_a_small_file_among_exports_of_everything_is_whole(growing, orders, amount):
    """It repeats nothing, so nothing that it should repeat is missing from it."""
    assert growing.ratio(growing.export(orders, amount=amount)) is None


def test_one_file_a_day_is_never_torn_off(shop):
    """Three files of ten orders and a Saturday's of four; nor is one that is sent again in part."""
    for number in range(3):
        shop.export((MONDAY + number * DAY, range(10)))
    shop.publish(MONDAY + 2 * DAY)
    assert shop.ratio(shop.export((MONDAY + 3 * DAY, range(4)))) is None
    assert shop.ratio(shop.export((MONDAY + 2 * DAY, range(4)))) is None


def test_a_feed_that_replaces_needs_no_proof_and_a_pull_has_none(growing):
    """What a pull brings is what came since the last, and its overlap repeats what was there."""
    cut = growing.export((MONDAY, range(11)))
    feeds = growing.settings.sources.feeds
    for replaces, ratio in ((True, pytest.approx(0.22)), (False, None)):
        feeds["orders"] = SimpleNamespace(replaces=replaces, path=None)
        assert growing.ratio(cut) == ratio
    feeds["orders"] = growing.feed


def test_the_last_day_of_a_morning_export_is_judged_when_it_is_over(shop):
    """The base had 6 of its last day's 40 orders, so six of today's say nothing; a whole day does."""
    history = [(MONDAY - number * DAY, range(40)) for number in range(1, 60)]
    shop.export(*history, (MONDAY, range(6)))
    shop.publish(MONDAY)
    shop.export(*history, (MONDAY, range(40)), (MONDAY + DAY, range(6)))
    assert counted_then(shop, ORDERS) == 6
    found = counted(shop, ORDERS)
    assert (found.last, found.observed, found.usual) == (MONDAY, 40, 40)
    shop.publish(MONDAY)
    found = counted(shop, ORDERS)
    assert (found.last, found.observed, found.is_unusual) == (MONDAY + DAY, 6, True)
