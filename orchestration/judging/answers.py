"""What one expert answered, with the cell of each answer, and whether it is enough.

Reading sheets belongs to judging/reading.py and square.py; whether answers contradict each other to consistency.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from orchestration.errors import UserError
from orchestration.judging.words import Wording
from orchestration.scoring.hierarchy import Hierarchy
from orchestration.scoring.judgements import Judgement

Pair = tuple[str, str, str]  # parent, item_a, item_b


@dataclass(frozen=True)
class ExpertAnswers:
    """One expert's comparisons.

    Attributes
    ----------
    expert : str
    hierarchy : Hierarchy
        What was judged.
    source : str
        The file, as it was named.
    judgements : tuple of Judgement
        In the configuration's orientation.
    cells : dict of (parent, item_a, item_b) to str
        Sheet and cell of every pair that is asked, answered or not.
    """

    expert: str
    hierarchy: Hierarchy
    source: str
    judgements: tuple[Judgement, ...]
    cells: dict[Pair, str]

    @property
    def unanswered(self) -> list[Pair]:
        """The pairs without an answer, as asked."""
        answered = {(said.parent, said.item_a, said.item_b) for said in self.judgements}
        return [pair for pair in self.cells if pair not in answered]

    def refuse_unconnected(self, words: Wording) -> None:
        """An open pair can be completed only where a chain of answers leads from each item to each other one.

        Raises
        ------
        UserError
            Naming the groups of items between which nothing is answered, and the cells that would connect them.
        """
        if not self.judgements and self.cells:
            raise UserError(
                f"nothing is answered yet: {len(self.cells)} comparisons are open",
                where=self.source,
                mend="have it filled in and saved, and read it again",
            )
        problems = []
        for parent, items in self.hierarchy.children.items():
            groups = connected(items, [(said.item_a, said.item_b) for said in self.judgements if said.parent == parent])
            if len(groups) > 1:
                cells = [self.cells[pair] for pair in self.unanswered if pair[0] == parent and parts(groups, pair[1:])]
                told = " | ".join(", ".join(words.names[item] for item in group) for group in groups)
                problems.append(
                    f"under {words.names[parent]} no answer connects {told}: missing answer in {', '.join(cells)}"
                )
        if problems:
            raise UserError(
                "\n".join(problems),
                where=self.source,
                mend="have the answers that are missing filled in, best all of them, and read the file again",
            )


def pairs(hierarchy: Hierarchy) -> list[Pair]:
    """Each pair of siblings once, in the order of the tree."""
    return [
        (parent, item_a, item_b)
        for parent, items in hierarchy.children.items()
        for item_a, item_b in combinations(items, 2)
    ]


def connected(items: Sequence[str], compared: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The groups of items that chains of comparisons hold together."""
    group_of = {item: [item] for item in items}
    for item_a, item_b in compared:
        if group_of[item_a] is not group_of[item_b]:
            joined = group_of[item_a] + group_of[item_b]
            group_of |= dict.fromkeys(joined, joined)
    return list({id(group): group for group in group_of.values()}.values())


def parts(groups: list[list[str]], pair: tuple[str, str]) -> bool:
    """Whether the two stand in different groups."""
    return not any(set(pair) <= set(group) for group in groups)
