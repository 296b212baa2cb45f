"""Whatever is answered, scores fade and regions are drawn to the company as a plain loop over the answers says.

Cases worked out by hand are unit tests of dbt, in models/facts/relationship_tests.yml.
"""

import datetime as dt
import math
import statistics
from typing import NamedTuple

import duckdb
import pytest
from any_loads import compiled_models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refreshes import AS_OF

MANY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
TODAY = dt.date.fromisoformat(AS_OF)
REGIONS = {"c1": "north", "c2": "north", "客户三": "南方", "c4": None}
HALF_LIFE_DAYS, COMPANY_ANSWERS = 365, 30  # as dbt_project.yml has them


class Answer(NamedTuple):
    """An answer to overall_satisfaction, on a scale of 0 to 10."""

    customer_id: str
    days_ago: int
    score: int
    expected_score: int | None


COLUMNS = ("customer_id", "score", "expected_score")

ANSWERS = st.lists(
    st.builds(
        Answer,
        customer_id=st.sampled_from([*REGIONS, "nobody"]),
        days_ago=st.sampled_from([0, 1, 30, 364, 365, 730, 4000]) | st.integers(0, 900),
        score=st.integers(0, 10),
        expected_score=st.none() | st.integers(0, 10),
    ),
    max_size=20,
)


class Engine:
    """The models over facts.survey_answers as dbt compiles them, in memory."""

    def __init__(self, models: dict[str, str]):
        self.models = {relation.replace('"', "").removeprefix("warehouse."): sql for relation, sql in models.items()}
        self.connection = duckdb.connect()
        self.connection.execute("attach ':memory:' as warehouse; use warehouse; create schema facts")
        self.connection.execute(
            "create table facts.survey_answers (customer_id varchar, answered_at timestamp, score double,"
            " expected_score double, question varchar default 'overall_satisfaction', scale_min double default 0,"
            " scale_max double default 10, score_scaled double as (score / 10));"
            "create table facts.customers (customer_id varchar, region varchar)"
        )
        self.connection.executemany("insert into facts.customers values (?, ?)", REGIONS.items())

    def build(self, answers: list[Answer], *tables: str) -> None:
        self.connection.execute("truncate facts.survey_answers")
        if answers:
            moments = [dt.datetime.combine(TODAY, dt.time(9)) - dt.timedelta(answer.days_ago) for answer in answers]
            columns = [moments, *([getattr(answer, name) for answer in answers] for name in COLUMNS)]
            self.connection.execute(
                f"insert into facts.survey_answers (answered_at, {', '.join(COLUMNS)})"
                f" select {', '.join('unnest(?)' for _ in columns)}",
                columns,
            )
        for table in tables:
            self.connection.execute(f"create or replace table {table} as {self.models[table]}")

    def rows(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def engine(tmp_path_factory, dbt_target):
    engine = Engine(
        compiled_models(tmp_path_factory.mktemp("answers"), dbt_target, ("customer_surveys", "region_habits"))
    )
    yield engine
    engine.connection.close()


def faded(answers: list[Answer]) -> list[tuple[float, Answer]]:
    """Each answer with its weight beside the newest of them."""
    newest = min((answer.days_ago for answer in answers), default=0)
    return [(2 ** (-(answer.days_ago - newest) / HALF_LIFE_DAYS), answer) for answer in answers]


def close(found: float | None, expected: float | None) -> bool:
    """Equal, or as near as weights of six places and a result of six places allow."""
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, abs_tol=5e-5)


@MANY
@given(answers=ANSWERS)
def test_scores_fade_from_the_newest_answer(engine, answers):
    """A customer's score is its own answers' mean, the old ones lighter, whenever the last one was."""
    engine.build(answers, "facts.customer_surveys")
    found = engine.rows("select customer_id, satisfaction_scaled, satisfaction_ratio from facts.customer_surveys")
    assert {row[0] for row in found} == {answer.customer_id for answer in answers}
    for customer_id, score, ratio in found:
        own = faded([answer for answer in answers if answer.customer_id == customer_id])
        assert close(
            score, sum(weight * answer.score for weight, answer in own) / 10 / sum(weight for weight, _ in own)
        )

        compared = faded([answer for _, answer in own if answer.expected_score is not None])
        expected = sum(weight * answer.expected_score for weight, answer in compared)
        if expected > 0.05:  # against less, six places of a weight are not enough to compare
            assert close(ratio, sum(weight * answer.score for weight, answer in compared) / expected)


@MANY
@given(answers=ANSWERS)
def test_a_region_answers_like_itself_and_thirty_of_the_company(engine, answers):
    """Counted out: each answer of the region as it is, and those of the company as if there were thirty."""
    engine.build(answers, "facts.region_habits")
    scores = {region: [] for region in ("north", "南方", "unknown")}
    for answer in answers:
        if answer.days_ago < 365:
            scores[REGIONS.get(answer.customer_id) or "unknown"].append(answer.score / 10)
    company = [score for own in scores.values() for score in own]
    found = {
        row[0]: row[1:] for row in engine.rows("select region, answers, mean_score, sd_score from facts.region_habits")
    }
    assert found.keys() == scores.keys()
    for region, own in scores.items():
        # Whole copies: as many of the region's answers and of the company's as have this proportion.
        together = own * len(company) + company * COMPANY_ANSWERS
        answered, mean, deviation = found[region]
        assert answered == len(own)
        assert close(mean, statistics.fmean(together) if together else None)
        assert close(deviation, statistics.pstdev(together) if together else None)


def test_the_order_of_answers_and_threads_changes_no_bit(engine):
    """Sums of doubles would differ in the last digits, and with them the hash of a release."""
    answers = [Answer(list(REGIONS)[number % 4], number * 37 % 900, number * 7 % 11, 3) for number in range(400)]
    tables = "facts.customer_surveys", "facts.region_habits"
    engine.build(answers, *tables)
    first = [engine.rows(f"from {table} order by all") for table in tables]
    engine.connection.execute("set threads = 1")
    engine.build(answers[::-1], *tables)
    assert [engine.rows(f"from {table} order by all") for table in tables] == first
