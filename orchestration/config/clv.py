"""What clv.yml may say: the method of lifetime value, its horizon, and when a model is tried."""

from typing import Literal

from pydantic import Field

from orchestration.config.strict import Strict


class MinimumDataConfig(Strict):
    """From what on a probabilistic model is tried."""

    customers: int = Field(default=500, ge=1)
    history_days: int = Field(default=180, ge=1)
    newest_order_within_days: int = Field(default=30, ge=0)
    customers_with_3_order_days: int = Field(default=1, ge=1)


class HoldoutConfig(Strict):
    """The last part of history, on which models are compared."""

    share: float = Field(default=0.25, gt=0, le=0.5)
    days_at_least: int = Field(default=90, ge=1)


class ClvConfig(Strict):
    method: Literal["auto", "bg_nbd", "mbg_nbd", "pareto_nbd", "nbd", "simple_ltv", "discounted_ltv"] = "auto"
    minimum_data: MinimumDataConfig = MinimumDataConfig()
    holdout: HoldoutConfig = HoldoutConfig()
    expected_years: float = Field(default=3, gt=0, le=100)
    retention: float | None = Field(default=None, ge=0, lt=1)
    shrinkage_years: float = Field(default=1, gt=0, le=100)
    horizon_days: int = Field(default=365, gt=0, le=3650)
    annual_discount_rate: float = Field(default=0.10, ge=0, le=1)
    margin: float = Field(default=1.0, gt=0, le=1)
