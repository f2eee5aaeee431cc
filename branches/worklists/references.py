"""What a grid does of a work list, as meetings and stories point to it."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branches.models import Claim
from branches.references import OFFERED, Shown, matching, primary_keys
from branches.worklists.workflow import ClaimState
from grids.models import Grid, User


class ClaimSource:
    kind = "claim"
    title = _("item of a work list")

    def show(self, user: User, keys: Iterable[str]) -> dict[str, Shown]:
        return {str(claim.pk): self._shown(claim) for claim in self._visible(user).filter(pk__in=primary_keys(keys))}

    def offer(self, user: User, grid: Grid, words: str = "") -> list[Shown]:
        claims = self._visible(user).within(grid).order_by("-pk")
        return [self._shown(claim) for claim in matching(claims, words, "item__text", "grid__name")[:OFFERED]]

    def _visible(self, user: User) -> QuerySet[Claim]:
        return Claim.objects.visible_to(user).active().select_related("grid", "item")

    def _shown(self, claim: Claim) -> Shown:
        url = reverse("claim_detail", args=[claim.pk])
        return Shown(
            self.kind, str(claim.pk), str(claim), claim.get_state_display(), url, claim.state == ClaimState.ACCEPTED
        )
