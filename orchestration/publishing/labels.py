"""The words for published values in English and Chinese, as the mart `labels` has them.

A value without a label is shown by its name; members such as regions speak for themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Labels:
    """Words by field and value.

    Attributes
    ----------
    texts : mapping of (str, str) to (str, str)
        From field and value to English and Chinese.
    """

    texts: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def english(self, kind: str, value: str) -> str:
        """The English label, else the name as words: `response_timeliness` becomes `Response timeliness`."""
        words = value.replace("_", " ")
        return self.texts.get((kind, value), (words[:1].upper() + words[1:], ""))[0]

    def chinese(self, kind: str, value: str) -> str:
        """The Chinese label, or nothing."""
        return self.texts.get((kind, value), ("", ""))[1]

    def both(self, kind: str, value: str) -> str:
        """English, then Chinese."""
        return f"{self.english(kind, value)} {self.chinese(kind, value)}".strip()


NO_LABELS = Labels()
