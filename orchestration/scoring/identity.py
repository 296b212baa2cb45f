"""Which customer an id ends at, when customers say that other ids were once theirs.

Pure functions on ids. Which aliases are such claims, and what the ends are used for, is SQL under dbt_project.
"""

from graphlib import TopologicalSorter


def claim_ends(claims: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Follow claims to the ids that nobody claims.

    A circle of claims is one customer: those who claim any of it claim all of it, and where nobody else does it ends
    at its smallest id. So the ends depend on the set of claims alone, not on their order.

    Parameters
    ----------
    claims : list of (str, str)
        A claimed id, and the id of the customer who claims it. Repetitions do no harm.

    Returns
    -------
    list of (str, str)
        Sorted pairs of a claimed id and one of its ends: one pair where it is merged into that customer, several
        where it is not known whose it is. Ids that are their own end are left out.
    """
    if not claims:
        return []
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ids = sorted({name for claim in claims for name in claim})
    number = {name: place for place, name in enumerate(ids)}
    claimed = [number[name] for name, _ in claims]
    claimant = [number[name] for _, name in claims]
    graph = coo_array(([1] * len(claims), (claimed, claimant)), shape=(len(ids), len(ids))).tocsr()
    _, circles = connected_components(graph, directed=True, connection="strong")
    circle = circles.tolist()

    smallest: dict[int, str] = {}
    for name, place in number.items():
        smallest.setdefault(circle[place], name)
    onward: dict[int, set[int]] = {one: set() for one in smallest}
    for start, stop in zip(claimed, claimant, strict=True):
        if circle[start] != circle[stop]:
            onward[circle[start]].add(circle[stop])
    ends: dict[int, frozenset[str]] = {}
    for one in TopologicalSorter(onward).static_order():
        ends[one] = frozenset().union(*(ends[other] for other in onward[one])) or frozenset({smallest[one]})
    return [(name, end) for name, place in number.items() for end in sorted(ends[circle[place]]) if name != end]
