"""A picture reaches the page of an asset as an image that needs nothing else."""

import base64
import xml.etree.ElementTree as ElementTree

from orchestration.defs.pictures import shown_picture
from orchestration.publishing.clv_pictures import transform


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
