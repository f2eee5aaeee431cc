"""How buildings are divided into areas of fair size: arithmetic alone, no ORM."""

from itertools import accumulate, pairwise

MOST_AREAS = 60
FAIR_PERCENT = 20  # assumed: an area within a fifth of the mean has a fair load


def divide(households: list[int], count: int) -> list[range]:
    """Cut a row of buildings into `count` runs whose loads differ least, as ranges of indices.

    Exact: of all ways to cut it has the least sum of squared loads, so the least spread about the mean. Neighbours stay
    together because the row is in the order of codes. Every building is in exactly one run, and no run is empty; of
    fewer buildings than runs each is one.
    """
    size = len(households)
    count = min(count, size)
    if count < 1:
        return []
    sums = [0, *accumulate(households)]
    best = [0, *([float("inf")] * size)]  # of the first so many buildings, in the runs made so far
    cuts: list[list[int]] = []
    for made in range(1, count + 1):
        best, cut = _one_run_more(best, sums, made)
        cuts.append(cut)
    ends = [size]
    for cut in reversed(cuts):
        ends.append(cut[ends[-1]])
    ends.reverse()
    return [range(start, end) for start, end in pairwise(ends)]


def _one_run_more(best: list[float], sums: list[int], made: int) -> tuple[list[float], list[int]]:
    """The least costs with one run more, and where that run begins."""
    costs: list[float] = [float("inf")] * len(sums)
    begins = [0] * len(sums)
    for end in range(made, len(sums)):
        for start in range(made - 1, end):
            cost = best[start] + (sums[end] - sums[start]) ** 2
            if cost < costs[end]:
                costs[end], begins[end] = cost, start
    return costs, begins


def deviation(load: int, mean: float) -> int | None:
    """By how many per cent a load lies above or below the mean; None where there is nothing to share."""
    return round(100 * (load - mean) / mean) if mean else None


def is_fair(percent: int | None) -> bool:
    return percent is None or abs(percent) <= FAIR_PERCENT
