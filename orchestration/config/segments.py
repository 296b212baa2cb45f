"""What segments.yml may say: RFM segments by name, and behaviour clusters."""

from pydantic import Field

from orchestration.config.strict import Strict


class RfmRule(Strict):
    name: str
    recency: tuple[int, int] = (1, 5)
    frequency: tuple[int, int] = (1, 5)
    monetary: tuple[int, int] = (1, 5)


class ClusterConfig(Strict):
    k_min: int = Field(default=3, ge=2)
    k_max: int = Field(default=6, ge=2)
    sample_size: int = Field(default=20_000, ge=100)
    silhouette_sample_size: int = Field(default=2_000, ge=50)
    better_by: float = Field(default=0.02, ge=0)
    same_within: float = Field(default=1.0, gt=0)


class SegmentsConfig(Strict):
    rfm: list[RfmRule]
    clusters: ClusterConfig = ClusterConfig()
