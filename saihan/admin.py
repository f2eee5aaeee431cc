"""Django admin as a whole: its name, and the tokens of the API."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.admin import TokenAdmin
from rest_framework.authtoken.models import TokenProxy

admin.site.site_header = admin.site.site_title = _("Saihan Grid administration")
admin.site.index_title = _("Administration")
admin.site.unregister(TokenProxy)


@admin.register(TokenProxy)
class PersonTokenAdmin(TokenAdmin):
    """A key is as good as a password: it is shown once, in the message that it was made."""

    list_display = ["user", "created"]
    list_filter = []
    search_fields = ["user__name", "user__username"]
    search_help_text = _("Name or username")
    autocomplete_fields = ["user"]
    show_full_result_count = False
