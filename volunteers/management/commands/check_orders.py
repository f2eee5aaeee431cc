from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from volunteers.models import ServiceOrder
from volunteers.orders.checking import check_orders


class Command(BaseCommand):
    help = "Prove that the steps of every service order give its row, and that somebody holds each open one."

    def handle(self, *args, **options):
        problems = list(check_orders())
        for problem in problems:
            self.stdout.write(f"{problem.number}: {problem.text}")
        if problems:
            raise CommandError(_("%(count)d problems were found.") % {"count": len(problems)})
        self.stdout.write(
            _("%(count)d service orders, each as its steps say.") % {"count": ServiceOrder.objects.count()}
        )
