"""A picture reaches the page of an asset as an image that needs nothing else."""

import base64
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestration.defs.pictures import shown_picture
from orchestration.defs.relationship import mart_pictures
from orchestration.publishing.clv_pictures import transform
from orchestration.settings import load_settings
from orchestration.warehouse.duckdb import Warehouse

sys.path.insert(0, str(Path(__file__).parents[1] / "publishing"))
from candidate import fill


def shown(svg: str) -> ElementTree.Element:
    """The image that the metadata holds."""
    told = shown_picture(svg).value
    assert told.startswith("![](data:image/svg+xml;base64,")
    assert told.endswith(")")
    return ElementTree.fromstring(base64.b64decode(told[len("![](data:image/svg+xml;base64,") : -1]))


def test_a_picture_is_an_image_within_the_metadata():
    """The page's Markdown drops an inline drawing; no file lies beside the run."""
    image = shown(transform([0.1] * 10))
    assert image.tag == "{http://www.w3.org/2000/svg}svg"
    assert any("低于至高于预测" in (element.text or "") for element in image.iter())


def test_its_paper_is_white_and_below_everything():
    """On a dark page dark words would vanish."""
    paper = shown(transform([0.1] * 10))[0]
    assert (paper.tag.split("}")[1], paper.get("fill"), paper.get("width")) == ("rect", "#fff", "100%")


@pytest.fixture
def session(tmp_path):
    """What a step of a run has, over a candidate's marts."""
    session = SimpleNamespace(warehouse=Warehouse(tmp_path / "warehouse.duckdb"), settings=load_settings())
    with session.warehouse.connect() as connection:
        fill(connection)
    return session


@pytest.mark.parametrize(
    "mart",
    ["customer_relationship", "complaint_trends", "complaint_changes", "service_timings", "relationship_summary"],
)
def test_the_pages_of_the_marts_of_relationships_have_a_picture(session, mart):
    """Who looks at the mart sees at once what it says."""
    assert mart_pictures(session, f"marts.{mart}")["picture"].value.startswith("![](data:image/svg+xml;base64,")


def test_other_tables_have_no_picture(session):
    """Facts of the same name are no marts."""
    assert mart_pictures(session, "marts.customer_value") == mart_pictures(session, "facts.complaint_trends") == {}
