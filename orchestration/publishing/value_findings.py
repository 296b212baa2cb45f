"""What the report and the asset's page tell of the value schemes: small frames, binned by the engine.

How they are drawn is in `value_pictures`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.publishing.findings import Marts

BINS = 20  # on each side: a million customers are 400 dots at most, and a dot is 5 points of score wide


def matrix_sql(table: str) -> str:
    """Customers by quadrant and bin of both scores (its middle), and where the quadrant begins in each score.

    `not_shown`, the same in every row, is how many have no place because a score is unknown.
    """
    width = 100 / BINS
    current, potential = (
        f"(least(floor({score} / {width}), {BINS - 1}) + 0.5) * {width}"
        for score in ("current_value_score", "potential_value_score")
    )
    return f"""
        select
            value_quadrant,
            {current} as current_value,
            {potential} as potential_value,
            count(*) as customers,
            min(current_value_score) as current_from,
            min(potential_value_score) as potential_from,
            (
                select count(*) from {table}
                where current_value_score is null or potential_value_score is null
            ) as not_shown
        from {table}
        where current_value_score is not null and potential_value_score is not null
        group by all
        order by all
    """


def rfm_sql(table: str) -> str:
    """`recency_score`, `frequency_score`, `customers` and `mean_clv` of each pair of scores that somebody has."""
    return f"""
        select recency_score, frequency_score, count(*) as customers, sum(clv)::double / count(*) as mean_clv
        from {table}
        where recency_score is not null
        group by all
        order by all
    """


def matrix(marts: "Marts") -> "pd.DataFrame | None":
    """As `matrix_sql` of the mart."""
    return marts.frame(
        "customer_value",
        "value_quadrant current_value_score potential_value_score",
        matrix_sql("customer_value"),
    )


def rfm(marts: "Marts") -> "pd.DataFrame | None":
    """As `rfm_sql` of the mart."""
    return marts.frame("customer_value", "recency_score frequency_score clv", rfm_sql("customer_value"))
