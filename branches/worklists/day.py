"""What work lists ask of a person: claims to do, the reports of others to judge, and items to claim."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from branches.models import Claim, WorkItem
from branches.worklists.listing import waiting_for
from grids.day import MOST, Due, whole_day
from grids.models import User


def day_of(user: User, at: datetime) -> list[Due]:
    """What the workbench shows of them, in three queries."""
    waiting = waiting_for(user, at, limit=MOST)
    done = [_claim(claim, _("Item of a work list"), at) for claim in waiting.to_do]
    judged = [_claim(claim, _("Report to be accepted"), at) for claim in waiting.to_judge]
    return done + judged + [_item(item) for item in waiting.to_claim]


def _claim(claim: Claim, label: str, at: datetime) -> Due:
    url = reverse("claim_detail", args=[claim.pk])
    day = whole_day(claim.item.due_on)
    return Due(day, "claim", label, claim.item.text, url, claim.grid.name, claim.is_late(at), has_hour=False)


def _item(item: WorkItem) -> Due:
    url = reverse("work_item", args=[item.work_list_id, item.ordinal])
    return Due(None, "item", _("Item that can be claimed"), item.text, url, str(item.work_list))
