from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Sample
from events.rechecks.verifying import few, left_out, sample_problems


class Command(BaseCommand):
    help = "Draw the stored samples again from seed and population, and say of each whether it matches."

    def add_arguments(self, parser):
        parser.add_argument("samples", nargs="*", type=int, help="numbers of samples; all of them if none is given")

    def handle(self, *args, samples: list[int], **options):
        found = Sample.objects.select_related("grid").order_by("pk")
        if samples:
            found = found.filter(pk__in=samples)
            if missing := sorted(set(samples) - {sample.pk for sample in found}):
                raise CommandError(_("There is no sample %(key)d.") % {"key": missing[0]})
        wrong = sum(not self._matches(sample) for sample in found)
        if wrong:
            raise CommandError(
                ngettext("%(count)d sample does not match.", "%(count)d samples do not match.", wrong)
                % {"count": wrong}
            )

    def _matches(self, sample: Sample) -> bool:
        problems = list(sample_problems(sample))
        for problem in problems:
            self.stderr.write(f"{sample.pk} {sample}: {problem}")
        if not problems:
            self.stdout.write(_("%(key)d %(sample)s: matches.") % {"key": sample.pk, "sample": sample})
        if others := left_out(sample):
            self.stdout.write(
                _("  Closed then in this subtree as it lies today, and not on the list: %(count)d (%(numbers)s)")
                % {"count": len(others), "numbers": few(others)}
            )
        return not problems
