"""Claims of work lists go to what took a grid's place, parts to their new street."""

from collections.abc import Iterable

from django.db.models import F, Q
from django.utils.translation import gettext as _

from branches.models import Claim, ClaimStep, WorkList
from branches.services.rehoming.news import News
from branches.worklists.workflow import UNDER_WAY, ClaimAction, ClaimState
from grids.models import Grid, Level
from grids.tree import ancestor_codes

CLAIM_LEVELS = (Level.STREET, Level.COMMUNITY)


def rehome_claims(news: News) -> None:
    """Any number of claims in a fixed number of queries."""
    if news.ended and news.heir and news.ended.level in CLAIM_LEVELS:
        _hand_claims_on(news, news.ended, news.heir)
    _find_parents(news)


def _hand_claims_on(news: News, ended: Grid, heir: Grid) -> None:
    """The claims of a grid that went out of use go on at its successor, unless that has the item itself."""
    rows = Claim.objects.active().filter(grid=ended).exclude(item__work_list__state=WorkList.State.CLOSED)
    claims = list(rows.select_for_update(of=("self",)).order_by("pk"))
    if not claims:
        return
    has = set(Claim.objects.active().filter(grid=heir).values_list("item", flat=True))
    doubled = [claim for claim in claims if claim.item_id in has or heir.level not in CLAIM_LEVELS]
    going = [claim for claim in claims if claim not in doubled]
    Claim.objects.filter(parent__in=doubled).update(parent=None)
    Claim.objects.filter(pk__in=[claim.pk for claim in doubled]).update(state=ClaimState.WITHDRAWN)
    for claim in doubled:
        claim.state = ClaimState.WITHDRAWN
    news.carry(Claim.objects.filter(pk__in=[claim.pk for claim in going]))
    said = {"grid": news.change.old_name, "successor": heir.name}
    has_it = _("%(grid)s went up in %(successor)s, which has this item already.") % said
    _tell(news, [(claim, has_it) for claim in doubled] + [(claim, news.sentence(heir)) for claim in going])


def _find_parents(news: News) -> None:
    """A part whose community came under another street is a part of that street's claim, or one of its own."""
    away = Q(position__lt=F("parent__grid__lft")) | Q(position__gt=F("parent__grid__rght"))
    parts = list(Claim.objects.active().filter(away).select_related("grid__parent").order_by("pk"))
    if not parts:
        return
    codes = {code for part in parts for code in ancestor_codes(part.grid.code)}
    above = Claim.objects.active().filter(
        item__in={part.item_id for part in parts}, grid__code__in=codes, state__in=UNDER_WAY
    )
    found = {(claim.item_id, claim.grid.code): claim for claim in above.select_related("grid")}
    for part in parts:
        way = ((part.item_id, code) for code in ancestor_codes(part.grid.code))
        part.parent = next((found[step] for step in way if step in found), None)
    Claim.objects.bulk_update(parts, ["parent"])
    accepted_by = _("It is now accepted by %(grid)s.")
    _tell(news, [(part, accepted_by % {"grid": _judge(part).name}) for part in parts])


def _judge(part: Claim) -> Grid:
    return part.parent.grid if part.parent else part.grid.parent


def _tell(news: News, told: Iterable[tuple[Claim, str]]) -> None:
    ClaimStep.objects.bulk_create(
        ClaimStep(
            claim=claim, action=ClaimAction.REHOME, to_state=claim.state, round=claim.round, text=text, at=news.at
        )
        for claim, text in told
    )
