"""What a refresh publishes: every mart of the contract, described, and numbers that a plain script gets as well."""

import json

import duckdb
import numpy as np
import pandas as pd
import pytest

CONTRACT = {
    "customer_value": "customer_id as_of first_ordered_at last_ordered_at order_days frequency recency_days age_days "
    "revenue revenue_last_365_days profit p_alive expected_orders expected_order_value clv clv_low clv_high clv_method "
    "value_tier previous_value_tier tier_since abc_class is_key_account key_account_rank_revenue "
    "key_account_rank_non_monetary key_account_class contribution_class wallet_share wallet_share_band "
    "current_value_score potential_value_score value_quadrant rfm_segment cluster lifecycle_stage",
    "customer_relationship": "customer_id as_of region account_manager_id satisfaction_score satisfaction_standardised "
    "satisfaction_answers satisfaction_last_answered_at satisfaction_ratio expectation_class satisfaction_level "
    "satisfaction_grade is_grade_inconsistent will_rebuy recommend_score recommend_answers recommend_last_answered_at "
    "nps_class people_told loyalty_score loyalty_type loyalty_attitude complaints complaints_last_365_days suggestions "
    "unanswered_complaints recovered_complaints last_complained_at is_silent silence_limit_days "
    "is_silent_without_complaint is_profitable_but_dissatisfied e_value",
    "customer_segments": "customer_id scheme segment as_of since previous_segment",
    "segment_schemes": "scheme position rule is_exclusive is_on reason_off label_en label_zh",
    "segment_summary": "scheme segment customers revenue profit clv quality_index",
    "tier_migration": "scheme customers held_by_margin clv_before clv comparison",
    "segment_moves": "customer_id as_of scheme from_segment to_segment clv_before clv cause is_held_by_margin",
    "service_quality": "dimension member period quality_index process_index performance_index coverage",
    "service_quality_changes": "dimension member period period_before indicator change contribution is_more_than_noise",
    "service_quality_indicators": "dimension member period indicator value raw_value is_small_sample score weight "
    "contribution",
    "service_timings": "dimension member period timing unit events median_time p90_time promised within_promise_share",
    "quality_weights": "hierarchy indicator parent local_weight global_weight consistency_ratio experts method",
    "complaint_trends": "month category channel complaints complaints_per_100_orders complaints_per_100_customers "
    "median_response_hours p90_response_hours median_resolution_hours p90_resolution_hours within_promise_share "
    "repeat_share recovered_share green_channel_complaints green_channel_breaches suggestions",
    "complaint_changes": "month category rate_ratio rate_ratio_low rate_ratio_high p_value is_more_than_noise",
    "relationship_summary": "dimension member customers answering_customers satisfied_share top_box_share nps "
    "net_word_of_mouth advocates mercenaries captives saboteurs silent_share silent_without_complaint "
    "profitable_but_dissatisfied late_deliveries_per_100_orders complaints_per_100_orders green_channel_breaches "
    "unanswered_complaints recovered_share",
    "profit_curve": "percentile customers",
    "service_plan": "customer_id package personal_packages contact_cadence next_contact_due_at rebate_amount gift "
    "planning_horizon_months actions",
    "clv_model": "model parameters fit_status",
    "cluster_profiles": "cluster as_of customers customer_share description_en description_zh centroid_order_days "
    "median_order_days k silhouette",
    "refresh_checks": "subject severity observed threshold sample_ids",
    "release": "release_id as_of",
}


@pytest.fixture(scope="module")
def marts(published):
    with duckdb.connect(str(published.current / "marts.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def orders(published) -> pd.DataFrame:
    """The orders as the sample wrote them, read by pandas alone."""
    return pd.read_csv(published.feed("orders"), parse_dates=["ordered_at"])


@pytest.mark.parametrize("mart", CONTRACT)
def test_mart_has_the_columns_of_the_contract(marts, mart):
    """BI tools rely on these names."""
    columns = {row[0] for row in marts.execute(f"describe marts.{mart}").fetchall()}
    assert set(CONTRACT[mart].split()) <= columns


def test_each_column_is_described(marts):
    """A reader of the marts never has to guess a unit."""
    undescribed = marts.execute(
        "select table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = ''"
    ).fetchall()
    assert undescribed == []


def test_each_mart_is_a_parquet_file_too(published, marts):
    """Readers without DuckDB get the same rows."""
    for (name,) in marts.execute("select table_name from duckdb_tables()").fetchall():
        path = published.current / f"{name}.parquet"
        in_file = marts.execute(f"select count(*) from read_parquet('{path}')").fetchone()
        assert in_file == marts.execute(f"select count(*) from marts.{name}").fetchone()


def test_revenue_is_the_money_of_completed_orders(marts, orders):
    """Recomputed by pandas from the raw file, to the cent."""
    expected = (
        orders[orders["status"].fillna("completed") == "completed"].groupby("customer_id")["amount"].sum().round(2)
    )
    found = dict(marts.execute("select customer_id, revenue::double from marts.customer_value").fetchall())
    assert {customer: found[customer] for customer in expected.index} == pytest.approx(expected.to_dict(), abs=0.005)
    assert all(revenue == 0 for customer, revenue in found.items() if customer not in expected.index)


def test_frequency_recency_and_age_are_of_order_days(marts, orders):
    """Same-day orders collapse to one transaction (methods: a transaction is a customer-day)."""
    days = orders[orders["status"].fillna("completed") == "completed"].assign(
        day=lambda rows: rows["ordered_at"].dt.normalize()
    )
    summary = days.groupby("customer_id")["day"].agg(["nunique", "min", "max"])
    found = marts.execute(
        "select customer_id, frequency, recency_days, age_days from marts.customer_value where order_days > 0"
    ).fetchall()
    end = pd.Timestamp("2026-06-30")
    expected = [
        (customer, row["nunique"] - 1, (row["max"] - row["min"]).days, (end - row["min"]).days)
        for customer, row in summary.iterrows()
    ]
    assert sorted(found) == sorted(expected)


def test_simple_ltv_is_shrunk_annual_profit_times_three_years(marts):
    """(profit + k x population rate) / (age + k) x 3 years, k one year, by hand for every customer (methods 2.1)."""
    rows = marts.execute(
        "select clv::double as clv, profit::double as profit, age_days from marts.customer_value where order_days > 0"
    ).df()
    population = rows["profit"].sum() / (rows["age_days"].sum() / 365)
    expected = 3 * (rows["profit"] + population) / (rows["age_days"] / 365 + 1)
    # Published profit is rounded to cents and taken here as exact: a cent of it moves the value by at most three.
    assert (rows["clv"] - expected).abs().max() < 0.05


def test_complaints_by_phone_are_of_the_customers_of_the_truth(published, marts):
    """The help desk knows customers by phone only; the truth beside the sample says who they are."""
    complaints = pd.read_csv(published.feed("complaints"), dtype=str)
    whose = pd.read_csv(published.feed("complaints").parent / "truth" / "complaints.csv", dtype=str)
    merged = complaints.drop(columns="customer_id").merge(whose, on="complaint_id")
    expected = merged[merged["is_suggestion"] == "false"].groupby("customer_id").size().to_dict()
    found = dict(
        marts.execute("select customer_id, complaints from marts.customer_relationship where complaints > 0").fetchall()
    )
    assert found == expected


def test_complaints_breaches_and_recoveries_are_those_of_the_feeds(published, marts, orders):
    """Recomputed by pandas from the raw files: promises of 12 and 24 hours, and an order after what was accepted."""
    moments = ["opened_at", "first_response_at", "escalated_at", "resolved_at"]
    feed = pd.read_csv(published.feed("complaints"), parse_dates=moments)
    whose = pd.read_csv(published.feed("complaints").parent / "truth" / "complaints.csv")
    complaints = feed.drop(columns="customer_id").merge(whose, on="complaint_id").query("not is_suggestion")
    hours = (complaints[moments].sub(complaints["opened_at"], axis=0)).apply(lambda gap: gap.dt.total_seconds() / 3600)
    so_far = (pd.Timestamp("2026-07-01") - complaints["opened_at"]).dt.total_seconds() / 3600
    is_green = complaints["need_violated"].isin(["safety", "fairness"])
    is_fed = complaints["opened_at"] >= complaints.loc[complaints["escalated_at"].notna(), "opened_at"].min()
    is_unheard = is_fed & (hours["escalated_at"].fillna(so_far) > 12)
    is_breach = is_green & (is_unheard | (hours["first_response_at"].fillna(so_far) > 24))
    completed = orders[orders["status"].fillna("completed") == "completed"]
    last_order = complaints["customer_id"].map(completed.groupby("customer_id")["ordered_at"].max())
    is_recovered = complaints["resolution_accepted"].fillna(False).astype(bool) & (
        last_order > complaints["resolved_at"]
    )
    expected = (len(complaints), is_green.sum(), is_breach.sum(), is_recovered.sum(), feed["is_suggestion"].sum())
    found = marts.execute(
        "select sum(complaints), sum(green_channel_complaints), sum(green_channel_breaches),"
        " round(sum(recovered_share * complaints), 6), sum(suggestions) from marts.complaint_trends"
    ).fetchone()
    assert found == expected
    assert all(count > 0 for count in expected[:4])


def test_pyramid_has_the_cumulative_ceilings(marts):
    """300 customers: ceil(3) = 3 platinum, up to ceil(15) gold, up to ceil(60) iron (methods 3.1)."""
    found = dict(marts.execute("select value_tier, count(*) from marts.customer_value group by 1").fetchall())
    assert found == {"platinum": 3, "gold": 12, "iron": 45, "lead": 240}


def test_quality_index_is_the_sum_of_its_contributions(marts):
    """An index that explains itself."""
    gaps = marts.execute(
        "select max(abs(index.quality_index - parts.total)) from marts.service_quality as index inner join ("
        "select dimension, member, period, sum(contribution) as total "
        "from marts.service_quality_indicators group by all"
        ") as parts using (dimension, member, period) where index.quality_index is not null"
    ).fetchone()
    assert gaps[0] < 1e-9


def test_process_weighs_sixty_per_cent(marts):
    """The shipped experts agree on 1.5 : 1, the source's 60 % and 40 %."""
    found = dict(
        marts.execute(
            "select indicator, global_weight from marts.quality_weights where parent = 'service_quality'"
        ).fetchall()
    )
    assert found == pytest.approx({"process": 0.6, "performance": 0.4})


def test_the_e_value_is_weighted_activity_in_logs(published, marts):
    """Recomputed by pandas from the raw file: ln(1 + count) over the highest, by the published weights."""
    events = pd.read_csv(published.feed("interactions"), parse_dates=["occurred_at"])
    events["customer_id"] = events["customer_id"].str.replace(
        r"^K-(\d+)$", lambda old: f"C{int(old[1]):06d}", regex=True
    )
    weights = dict(
        marts.execute(
            "select indicator, global_weight from marts.quality_weights where hierarchy = 'customer_activity'"
        ).fetchall()
    )
    assert sum(weights.values()) == pytest.approx(1)
    assert len(weights) == 6
    days = events["occurred_at"].dt.normalize()
    year = events[(days > pd.Timestamp("2025-06-30")) & (days <= pd.Timestamp("2026-06-30"))]
    counts = year.pivot_table(index="customer_id", columns="kind", values="occurred_at", aggfunc="count", fill_value=0)
    used = [kind for kind in weights if kind in counts]
    shares = np.log1p(counts[used]) / np.log1p(counts[used].max())
    expected = (100 * (shares * [weights[kind] for kind in used]).sum(axis=1) / sum(map(weights.get, used))).to_dict()
    found = dict(marts.execute("select customer_id, e_value from marts.customer_relationship").fetchall())
    assert found == pytest.approx(dict.fromkeys(found, 0.0) | expected, abs=1e-4)
    assert max(found.values()) > 0


def test_manifest_accounts_for_every_source_row(published):
    """Five outcomes, and nothing else, for each load."""
    manifest = json.loads((published.current / "manifest.json").read_text("utf-8"))
    outcomes = ("accepted", "duplicate", "superseded", "unidentified", "excluded", "quarantined")
    assert {load["feed"] for load in manifest["loads"]} >= {"orders", "complaints", "surveys"}
    for load in manifest["loads"]:
        assert sum(load[outcome] for outcome in outcomes) == load["source_rows"]


def test_no_personal_data_leaves_in_marts_or_manifest(published, marts):
    """Names, phones and e-mails of the example's customers stand in none of the published cells."""
    people = pd.read_csv(published.feed("customers"), dtype=str)
    secrets = {value for column in ("name", "phone", "email") for value in people[column].dropna()}
    cells = set()
    for table, column in marts.execute(
        "select table_name, column_name from duckdb_columns() where not internal"
    ).fetchall():
        cells |= {str(row[0]) for row in marts.execute(f'select distinct "{column}" from marts.{table}').fetchall()}
    assert secrets & {str(value) for value in people["name"]}, "the search itself must be able to find something"
    assert not secrets & cells
    manifest = (published.current / "manifest.json").read_text("utf-8")
    report = (published.current / "report.html").read_text("utf-8")
    assert not [value for value in secrets if value in manifest or value in report]


def test_schemes_with_customers_are_those_that_are_on_and_their_segments_have_words(marts):
    """A scheme that is off is listed, and nothing else; a code without words is what a manager would see."""
    found = marts.execute("select distinct scheme, segment from marts.customer_segments").fetchall()
    labels = {
        row[:2]: row[2:] for row in marts.execute("select field, value, label_en, label_zh from labels").fetchall()
    }
    listed = marts.execute("select scheme from marts.segment_schemes where is_on").fetchall()
    assert {scheme for scheme, _ in found} == {scheme for (scheme,) in listed}
    assert [pair for pair in found if not all(labels.get(pair, ("", "")))] == []


def test_who_pays_late_is_who_the_raw_orders_say(marts, orders):
    """As segments.yml ships it: anything overdue, or three late payments of the 365 days up to 2026-06-30."""
    last = pd.Timestamp("2026-06-30")
    sold = orders[(orders["status"] == "completed") & (orders["amount"] > 0)]
    due = pd.to_datetime(sold["due_at"]).dt.normalize()
    paid = pd.to_datetime(sold["paid_at"]).dt.normalize()
    is_overdue = paid.isna() & (due <= last)
    is_late = due.between(last - pd.Timedelta(days=364), last) & (is_overdue | (paid > due))
    late = is_late.groupby(sold["customer_id"]).sum() >= 3
    expected = set(sold.loc[is_overdue, "customer_id"]) | set(late[late].index)
    found = marts.execute(
        "select customer_id from marts.customer_segments where scheme = 'rule_group' and segment = 'arrears_risk'"
    ).fetchall()
    assert expected
    assert {customer for (customer,) in found} == expected
