"""How a picture reaches the page of an asset."""

import base64

import dagster as dg

_WIDTH = 620  # pixels; the page's dialog grows to it, and would be 360 wide without


def shown_picture(svg: str) -> dg.MarkdownMetadataValue:
    """Metadata that the page shows as the picture itself.

    The page's Markdown drops an `<svg>` element and shows an image with a data address. The paper is white, because
    such an image knows nothing of a dark page around it.

    Parameters
    ----------
    svg : str
        As the functions of `publishing.pictures` and `publishing.clv_pictures` give it.
    """
    opening, drawing = svg.split(">", 1)
    paper = f'{opening} width="{_WIDTH}"><rect width="100%" height="100%" fill="#fff"/>{drawing}'
    return dg.MetadataValue.md(f"![](data:image/svg+xml;base64,{base64.b64encode(paper.encode()).decode()})")
