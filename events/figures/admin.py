"""The weights of the ratings in Django admin, and the history of them."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from events import services
from events.models import LONGEST_REASON, RatingWeight, WeightChange
from events.text import plain_text
from grids.admin.base import ReadOnly, ServiceAdmin


class RatingWeightForm(forms.ModelForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_REASON, validators=plain_text,
        help_text=_("Such as the document that sets it; it stands in the history. All figures follow at once."),
    )  # fmt: skip

    class Meta:
        model = RatingWeight
        fields = ["weight"]


@admin.register(RatingWeight)
class RatingWeightAdmin(ServiceAdmin):
    form = RatingWeightForm
    list_display = ["rating", "weight"]
    fields = ["rating", "weight", "reason"]
    readonly_fields = ["rating"]

    def save_model(self, request, obj: RatingWeight, form, change: bool) -> None:
        reason = form.cleaned_data["reason"]
        services.change_weight(rating=obj.rating, weight=obj.weight, reason=reason, actor=request.user)

    def has_add_permission(self, request) -> bool:
        return False  # there is one for each rating

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(WeightChange)
class WeightChangeAdmin(ReadOnly, ServiceAdmin):
    list_display = ["rating", "before", "after", "changed_by", "changed_at", "reason"]
    list_filter = ["rating"]
    list_select_related = ["changed_by"]
    list_per_page = 50
