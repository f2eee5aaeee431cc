"""What becomes of branches, and of what runs in them, when the tree is reorganised; positions are shifted by then.

What lies on a building or a unit follows it. What belongs to a grid as a whole goes on at the grid that continues it,
of a divided one at its first part, where its posts and cases go too; the other parts read along.
"""

from collections.abc import Iterable
from datetime import datetime

from branches.services.rehoming.areas import rehome_areas
from branches.services.rehoming.branches import rehome_branches
from branches.services.rehoming.budgets import carry_budgets
from branches.services.rehoming.claims import rehome_claims
from branches.services.rehoming.news import News, Span
from branches.services.rehoming.wholes import carry_topics, carry_wholes
from grids.models import Grid, GridChange


def rehome(*, change: GridChange, successors: list[Grid], moved: Iterable[tuple[Span, Span]], at: datetime) -> None:
    """Let all of it follow a reorganisation, inside its transaction."""
    news = News(change, successors, list(moved), at)
    rehome_branches(news)
    rehome_areas(news)
    if news.ended and news.heir:
        carry_wholes(news)
        carry_topics(news)
        carry_budgets(news)
    rehome_claims(news)
