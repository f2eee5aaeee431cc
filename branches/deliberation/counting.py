"""Counting a vote, without the ORM: whether enough voted, whether one option has the majority, else no decision."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Majority(TextChoices):
    SIMPLE = "simple", _("more than half of the votes cast")
    ABSOLUTE = "absolute", _("more than half of all entitled")
    TWO_THIRDS = "two_thirds", _("two thirds of the votes cast")


class QuorumKind(TextChoices):
    SHARE = "share", _("percent of all entitled")
    NUMBER = "number", _("votes")


class Verdict(TextChoices):
    DECIDED = "decided", _("decided")
    NO_QUORUM = "no_quorum", _("no decision: too few voted")
    TIE = "tie", _("no decision: a tie")
    NO_MAJORITY = "no_majority", _("no decision: no option has the majority")


@dataclass(frozen=True)
class Rule:
    """When a vote decides. A quorum of 0 asks for none; abstentions are votes cast."""

    majority: str = Majority.SIMPLE
    quorum_kind: str = QuorumKind.SHARE
    quorum: int = 0

    def needed(self, entitled: int) -> int:
        """How many votes must be cast at least, of so many entitled."""
        if self.quorum_kind == QuorumKind.NUMBER:
            return self.quorum
        return -(-entitled * self.quorum // 100)

    def carries(self, votes: int, cast: int, entitled: int) -> bool:
        """Whether so many votes are the majority."""
        match self.majority:
            case Majority.ABSOLUTE:
                return 2 * votes > entitled
            case Majority.TWO_THIRDS:
                return votes > 0 and 3 * votes >= 2 * cast
            case _:
                return 2 * votes > cast


@dataclass(frozen=True)
class Result:
    """What a vote came to; `winner` is the key of the option that was decided for."""

    entitled: int
    cast: int
    verdict: Verdict
    winner: int | None = None


def count(rule: Rule, entitled: int, votes: Mapping[int, int], abstained: int = 0) -> Result:
    """The result of a vote; `votes` are those for each option, by its key."""
    cast = sum(votes.values()) + abstained
    if not cast or cast < rule.needed(entitled):
        return Result(entitled, cast, Verdict.NO_QUORUM)
    most = max(votes.values(), default=0)
    leading = [option for option, number in votes.items() if number == most]
    if len(leading) != 1:
        # Nobody chose an option at all, or several stand level.
        return Result(entitled, cast, Verdict.TIE if most else Verdict.NO_MAJORITY)
    if not rule.carries(most, cast, entitled):
        return Result(entitled, cast, Verdict.NO_MAJORITY)
    return Result(entitled, cast, Verdict.DECIDED, leading[0])
