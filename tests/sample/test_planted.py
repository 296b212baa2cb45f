"""What the truth says was planted is in the feeds, within tolerances of about four standard errors or more."""

import numpy as np
import pandas as pd
import pytest

from orchestration.sample import stories
from orchestration.sample.company import write_company

FIRST, CLOSE = pd.Timestamp("2024-07-01"), pd.Timestamp("2026-07-01")
IMPROVED = pd.Timestamp("2025-12-31")


@pytest.fixture(scope="module")
def feeds(clean_company):
    moments = {
        "orders": ["ordered_at", "due_at", "paid_at", "promised_at", "delivered_at", "updated_at"],
        "complaints": ["opened_at", "first_response_at", "escalated_at", "resolved_at", "updated_at"],
        "surveys": ["answered_at"],
        "customers": ["registered_at"],
        "interactions": ["occurred_at"],
        "service_costs": ["occurred_at"],
    }
    tables = {feed: pd.read_csv(clean_company / f"{feed}.csv", parse_dates=dates) for feed, dates in moments.items()}
    # The help desk names customers by phone, and some interactions by an old id: the truth says who they are.
    whose = pd.read_csv(clean_company / "truth" / "complaints.csv").set_index("complaint_id")["customer_id"]
    tables["complaints"] = tables["complaints"].assign(
        named=tables["complaints"]["customer_id"], customer_id=tables["complaints"]["complaint_id"].map(whose)
    )
    for feed in ("aliases", "wallets"):
        tables[feed] = pd.read_csv(clean_company / f"{feed}.csv")
    old_ids = tables["aliases"].query("kind == 'old_id'").set_index("value")["customer_id"]
    named = tables["interactions"]["customer_id"]
    tables["interactions"] = tables["interactions"].assign(named=named, customer_id=named.map(old_ids).fillna(named))
    tables["truth"] = pd.read_csv(
        clean_company / "truth" / "customers.csv", parse_dates=["active_from", "drop_out_date"]
    )
    tables["stories"] = pd.read_csv(clean_company / "truth" / "stories.csv")
    return tables


@pytest.fixture(scope="module")
def regions(feeds):
    return feeds["customers"].set_index("customer_id")["region"]


def is_late(orders):
    return (orders["delivered_at"] > orders["promised_at"])[orders["delivered_at"].notna()]


def test_every_record_names_a_customer_and_an_order_that_exist(feeds):
    """A clean company passes every relationship."""
    known = set(feeds["customers"]["customer_id"])
    for feed in ("orders", "complaints", "surveys", "aliases", "interactions", "service_costs", "wallets", "truth"):
        assert set(feeds[feed]["customer_id"]) <= known, feed
    assert set(feeds["customers"]["referrer_customer_id"].dropna()) <= known
    about = feeds["complaints"].merge(feeds["orders"], on="order_id", suffixes=("", "_of_order"))
    assert len(about) == feeds["complaints"]["order_id"].notna().sum() > 0
    assert (about["customer_id"] == about["customer_id_of_order"]).all()


def test_the_help_desk_knows_customers_by_phone_only(feeds):
    """Digits in the last eleven places are the customer's phone, however it is written."""
    complaints, phones = feeds["complaints"], feeds["customers"].set_index("customer_id")["phone"].astype(str)
    # Python's int reads digits of any script.
    digits = complaints["named"].map(lambda text: "".join(str(int(sign)) for sign in text if sign.isdecimal())[-11:])
    assert digits.eq(complaints["customer_id"].map(phones)).all()
    written = complaints["named"].str.replace(r"\d", "0", regex=True).value_counts(normalize=True)
    assert len(written) == 5
    assert written.min() > 0.03


def test_some_interactions_name_an_old_id(feeds):
    """The alias that resolves it is valid by then."""
    by_old_id = feeds["interactions"].query("named != customer_id")
    assert by_old_id["named"].str.fullmatch(r"K-\d+").all()
    assert 0.02 < len(by_old_id) / len(feeds["interactions"]) < 0.10
    aliases = feeds["aliases"].set_index("value")["valid_from"]
    assert (pd.to_datetime(by_old_id["named"].map(aliases)) <= by_old_id["occurred_at"]).all()


def test_keys_are_unique(feeds):
    """Duplicates are planted only on demand."""
    keys = {
        "orders": ["order_id"],
        "complaints": ["complaint_id"],
        "surveys": ["response_id", "question"],
        "customers": ["customer_id"],
        "aliases": ["kind", "value"],
    }
    for feed, key in keys.items():
        assert not feeds[feed].duplicated(key).any(), feed


def test_events_lie_between_registration_and_drop_out(feeds):
    """The truth about a customer would otherwise be contradicted by their own orders."""
    lives = feeds["customers"].merge(feeds["truth"], on="customer_id").set_index("customer_id")
    orders = feeds["orders"].join(lives[["registered_at", "drop_out_date"]], on="customer_id")
    assert (orders["ordered_at"] > orders["registered_at"]).all()
    assert not (orders["ordered_at"].dt.normalize() > orders["drop_out_date"]).any()
    assert orders["ordered_at"].between(FIRST, CLOSE, inclusive="left").all()


def test_nothing_is_known_from_after_the_end(feeds):
    """An extract cannot hold what has not happened; only promises and due dates lie ahead."""
    orders, complaints = feeds["orders"], feeds["complaints"]
    happened = [orders[name] for name in ("paid_at", "delivered_at", "updated_at")]
    happened += [complaints[name] for name in ("opened_at", "first_response_at", "escalated_at", "resolved_at")]
    happened += [feeds["surveys"]["answered_at"], feeds["interactions"]["occurred_at"]]
    assert all(moments.max() < CLOSE for moments in happened)


def test_orders_agree_with_the_true_rates(feeds):
    """Counts are Poisson around rate × years for each customer, so the truth can judge an estimate."""
    truth = feeds["truth"].set_index("customer_id")
    end = truth["drop_out_date"].fillna(CLOSE)
    years = (end - truth["active_from"]).dt.days / 365.25
    expected = truth["purchase_rate_per_year"] * years
    counted = feeds["orders"].groupby("customer_id").size().reindex(truth.index, fill_value=0)
    # The total is exact by construction. The season of a part of a year shifts a customer's own expectation
    # by up to a fifth, in both directions: 3 % of the total is what may be left.
    assert len(feeds["orders"]) == 40_000
    assert expected.sum() == pytest.approx(40_000, rel=0.03)
    by_rate = pd.qcut(truth["purchase_rate_per_year"], 5, labels=False)
    totals = pd.DataFrame({"expected": expected, "counted": counted}).groupby(by_rate).sum()
    tolerance = 4 * np.sqrt(totals["expected"]) + 0.05 * totals["expected"]
    assert ((totals["counted"] - totals["expected"]).abs() <= tolerance).all()


def test_some_customers_have_no_order_and_some_have_left(feeds):
    """Both kinds must be met before real data bring them."""
    truth = feeds["truth"]
    assert set(truth["customer_id"]) - set(feeds["orders"]["customer_id"])
    assert 0.15 < truth["drop_out_date"].notna().mean() < 0.6


def test_amounts_are_around_the_true_mean_spend(feeds):
    """Gamma with shape 3: one order's relative deviation is 1/√3, and of 40,000 orders' mean below 1 %."""
    truth = feeds["truth"].set_index("customer_id")
    orders = feeds["orders"].join(truth[["mean_spend", "tier_drift"]], on="customer_id")
    steady = orders[orders["tier_drift"] == "steady"]
    assert (steady["amount"] / steady["mean_spend"]).mean() == pytest.approx(1.0, abs=0.02)
    assert (orders["amount"] > 0).all()
    assert (orders["cost"] < orders["amount"]).mean() > 0.99


@pytest.mark.parametrize(("drift", "is_up"), [("rising", True), ("falling", False)])
def test_drifting_customers_spend_more_or_less_over_time(feeds, drift, is_up):
    """Segments move: e^(1.6/2) is more than twice as much in the second year as in the first."""
    truth = feeds["truth"].set_index("customer_id")
    orders = feeds["orders"].join(truth[["mean_spend", "tier_drift"]], on="customer_id")
    orders = orders[orders["tier_drift"] == drift]
    relative = orders["amount"] / orders["mean_spend"]
    is_second_year = orders["ordered_at"] >= FIRST + pd.Timedelta(days=365)
    ratio = relative[is_second_year].mean() / relative[~is_second_year].mean()
    assert (ratio if is_up else 1 / ratio) > 1.7


def test_the_late_region_is_late(feeds, regions):
    """The cause that a reader of the marts should find."""
    orders = feeds["orders"].set_index("order_id")
    late = is_late(orders).groupby(orders["region"]).mean()
    assert late["西南"] == pytest.approx(0.36, abs=0.05)
    assert (late.drop("西南") < 0.10).all()
    assert set(late.index) == {"华东", "华南", "华北", "西南", "Overseas"} == set(regions)


def test_complaints_follow_late_deliveries(feeds):
    """Complaints of a delivery are opened after the promised date, and mostly in the late region."""
    complaints = feeds["complaints"].query("category == 'delivery'")
    about = complaints.merge(feeds["orders"], on="order_id", suffixes=("", "_of_order"))
    assert len(about) == len(complaints)
    assert (about["opened_at"] > about["promised_at"]).all()
    complained = feeds["complaints"].groupby(feeds["complaints"]["order_id"]).size()
    per_order = feeds["orders"]["order_id"].isin(complained.index).groupby(feeds["orders"]["region"]).mean()
    assert per_order["西南"] > 2 * per_order.drop("西南").max()


def test_the_promise_of_24_hours_is_missed_more_often_in_the_late_region(feeds, regions):
    """Medians of 19 and 8 hours: about 61 % and 91 % in time."""
    complaints = feeds["complaints"].dropna(subset="first_response_at")
    hours = (complaints["first_response_at"] - complaints["opened_at"]).dt.total_seconds() / 3600
    in_time = (hours <= 24).groupby(complaints["customer_id"].map(regions)).mean()
    assert in_time["西南"] < in_time.drop("西南").min() - 0.15


def test_the_manager_hears_late_of_what_goes_wrong_in_the_late_region(feeds, regions):
    """Medians of 9.6 and 4 hours, and one in fifty never: about 60 % and 90 % within the 12 hours."""
    complaints = feeds["complaints"]
    complaints = complaints[complaints["opened_at"] < CLOSE - pd.Timedelta(hours=12)]
    is_green = complaints["need_violated"].isin(["safety", "fairness"])
    assert complaints.loc[~is_green, "escalated_at"].isna().all()
    green = complaints[is_green]
    hours = (green["escalated_at"] - green["opened_at"]).dt.total_seconds() / 3600
    in_time = (hours <= 12).groupby(green["customer_id"].map(regions)).mean()
    assert in_time["西南"] == pytest.approx(0.60, abs=0.12)
    assert in_time.drop("西南").mean() == pytest.approx(0.90, abs=0.06)


def test_one_region_improved_in_the_last_six_months(feeds, regions):
    """The before and after that the quality index must show, in manner and response alone.

    Manner rises by .25 of a scale of four points. A change's standard error is .08 there, .05 elsewhere.
    """
    surveys = feeds["surveys"]
    is_there = surveys["customer_id"].map(regions) == "华东"
    is_after = surveys["answered_at"] >= IMPROVED
    mean = surveys.groupby(["question", is_there, is_after])["score"].mean().unstack()
    change = mean[True] - mean[False]
    assert change["manner", True] == pytest.approx(1.0, abs=0.35)
    assert change["manner", False] == pytest.approx(0.0, abs=0.2)
    assert change["content_effectiveness", True] == pytest.approx(0.0, abs=0.4)
    complaints = feeds["complaints"]
    complaints = complaints[complaints["customer_id"].map(regions) == "华东"]
    wait = complaints["first_response_at"] - complaints["opened_at"]
    median = wait.groupby(complaints["opened_at"] >= IMPROVED).median()
    assert median[True] < 0.6 * median[False]


def test_scores_keep_to_their_scales_and_fall_with_dissatisfaction(feeds):
    """A survey that ignores the truth could not be judged by it."""
    surveys = feeds["surveys"]
    assert surveys["score"].between(surveys["scale_min"], surveys["scale_max"]).all()
    overall = surveys[surveys["question"] == "overall_satisfaction"]
    assert overall["expected_score"].between(1, 5).all()
    dissatisfaction = overall["customer_id"].map(feeds["truth"].set_index("customer_id")["dissatisfaction"])
    assert np.corrcoef(overall["score"], dissatisfaction)[0, 1] < -0.4


def test_telephones_and_addresses_are_fictional(feeds):
    """Nobody can be reached by a sample."""
    customers = feeds["customers"]
    assert customers["phone"].astype(str).str.startswith("1990000").all()
    assert customers["email"].str.endswith("@example.com").all()
    assert customers["phone"].is_unique


def test_opinion_leaders_buy_often_suggest_twice_and_referred_a_customer_who_ordered(feeds):
    """0.5 % of 2,000 are 10; a referred customer comes later than who referred them."""
    leaders = feeds["stories"].query("story == 'opinion_leader'")
    assert leaders["customer_id"].nunique() == leaders["referred_customer_id"].nunique() == len(leaders) == 10
    suggestions = feeds["complaints"].query("is_suggestion")["customer_id"].value_counts()
    assert (suggestions.reindex(leaders["customer_id"], fill_value=0) >= 2).all()
    people = feeds["customers"].set_index("customer_id")
    referred = people.loc[leaders["referred_customer_id"]]
    assert referred["referrer_customer_id"].tolist() == leaders["customer_id"].tolist()
    since = people.loc[leaders["customer_id"], "registered_at"]
    assert (since.to_numpy() < referred["registered_at"].to_numpy()).all()
    orders = feeds["orders"].query("status == 'completed'")["customer_id"].value_counts()
    assert referred.index.isin(orders.index).all()
    of_everyone = orders.reindex(people.index, fill_value=0)
    assert of_everyone[leaders["customer_id"]].min() > of_everyone.median()


def test_vips_look_at_a_category_that_they_had_not_looked_at_before(feeds):
    """2 % of 2,000 are 40; in the last 30 days it leads every other category by two views or more."""
    vips = feeds["stories"].query("story == 'interest_vip'").set_index("customer_id")["category"]
    assert vips.index.nunique() == len(vips) == 40
    views = feeds["interactions"].query("kind in ('ad_click', 'message_click', 'search', 'visit')")
    days_ago = (CLOSE - views["occurred_at"]).dt.total_seconds() / 86_400
    by_category = [views["customer_id"], views["category"]]
    recent, earlier = (
        span.groupby(by_category).sum().unstack(fill_value=0).loc[vips.index]
        for span in (days_ago <= 30, (days_ago > 30) & (days_ago <= 365))
    )
    assert (earlier.sum(axis=1) > 0).all()
    for customer, category in vips.items():
        assert earlier.loc[customer, category] == 0
        assert recent.loc[customer, category] >= recent.loc[customer].drop(category).max() + 2


def test_stories_leave_what_chance_drew_as_it_was(tmp_path, monkeypatch):
    """Rows follow the others, and a referrer is named where none was: results of before stay comparable."""
    write_company(tmp_path / "with", 300, 3_000)
    monkeypatch.setattr(stories, "LEADER_SHARE", 0.0)
    monkeypatch.setattr(stories, "VIP_SHARE", 0.0)
    write_company(tmp_path / "without", 300, 3_000)

    for path in (tmp_path / "without").rglob("*.csv"):
        before = path.read_text("utf-8").splitlines()
        after = (tmp_path / "with" / path.relative_to(tmp_path / "without")).read_text("utf-8").splitlines()
        if path.name != "customers.csv" or path.parent.name == "truth":
            assert after[: len(before)] == before, path.name
    before, after = (pd.read_csv(tmp_path / name / "customers.csv").fillna("") for name in ("without", "with"))
    changed = before.ne(after)
    assert changed.to_numpy().sum() == changed["referrer_customer_id"].sum() == 2
    assert (before.loc[changed["referrer_customer_id"], "referrer_customer_id"] == "").all()
